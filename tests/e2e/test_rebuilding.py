"""Kill the service with SIGKILL while an index is built anew with another model: whenever it falls, the old index serves or the
new one does, whole, and the job goes on by itself at the next start."""

import random
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.rest_client import add, wait_for
from tests.e2e.running import RunningService
from tests.e2e.test_durability import make_pdf
from tests.retrieval.test_m2bert_encoder import checkpoint

__all__ = ["checkpoint"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PAGES = 150
KILLS = 4


def searched(client: httpx.Client) -> int:
    """How many pages a search brings: 10, whichever index serves."""
    found = client.post("/v1/search", json={"question": "Where does the marker stand?", "limit": 10})
    assert found.status_code == 200, found.text
    return len(found.json()["pages"])


def built(client: httpx.Client, job: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
    return found


def test_a_rebuild_survives_being_killed_again_and_again(tmp_path: Path, checkpoint: Path) -> None:
    rng = random.Random(20261124)
    data = tmp_path / "data"
    with RunningService(data) as service:
        added = add(service.client, make_pdf(tmp_path / "long.pdf", PAGES, 1), "long.pdf")
        assert wait_for(service.client, added["job"]["id"], 300)["status"] == "done"
        begun = service.client.post(
            "/v1/collections/default/index/jobs", json={"work": "rebuild", "encoder": str(checkpoint)}
        )
        job = begun.json()["id"]
        time.sleep(rng.uniform(0.0, 3.0))
        service.kill()
    reached = [0]
    for kill in range(KILLS):
        with RunningService(data) as service:
            before = built(service.client, job)
            if before["status"] != "running":
                break
            assert searched(service.client) == 10
            if kill == 1:
                late = add(service.client, make_pdf(tmp_path / "late.pdf", 8, 2), "late.pdf")
                assert wait_for(service.client, late["job"]["id"])["status"] == "done"
            while (found := built(service.client, job))["status"] == "running":
                if found["progress"]["pages_done"] > reached[-1]:
                    break
                assert searched(service.client) == 10
            time.sleep(rng.uniform(0.0, 0.3))
            service.kill()
            if found["status"] != "running":
                break
            reached.append(found["progress"]["pages_done"])
    assert len(reached) > 2, "the blows fell before it was built"
    assert reached == sorted(set(reached)), "what is built stays"
    with RunningService(data) as service:
        assert searched(service.client) == 10
        ended = wait_for(service.client, job, 300)
        assert (ended["status"], ended["kind"], ended["error"]) == ("done", "rebuild", None)
        report = service.client.get("/v1/collections/default/index").json()
        assert report["findings"] == []
        assert report["models"]["name"] == str(checkpoint)
        assert report["pages"] == ended["progress"]["pages_total"]
        events = service.client.get(f"/v1/jobs/{job}/events", headers={"Accept": "application/json"}).json()
        assert [event["kind"] for event in events[-2:]] == ["switched", "done"]
    with RunningService(data, QUIRE_INDEX__ENCODER=str(checkpoint)) as service:
        assert searched(service.client) == 10
    shards = [path.name for path in (data / "index" / "default").iterdir() if path.is_dir()]
    assert len(shards) == 1, shards
