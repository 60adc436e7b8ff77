"""A collection's index over HTTP and by the command line, against a running service."""

import json
import subprocess
from pathlib import Path

import httpx
import msgspec
import pytest

from api.schemas import IndexReport, Job, JobEvent, JobKind
from tests.api.rest_client import add, check_problem, make_pdf, wait_for
from tests.e2e.running import QUIRE, RunningService, environment

JSON = {"Accept": "application/json"}


def quire(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    command = [QUIRE, *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)


@pytest.fixture(scope="module")
def shelf(running: RunningService) -> str:
    """A collection of this module's own, of two documents."""
    for name in ("alder", "birch"):
        added = add(running.client, make_pdf(*(f"{name} leaf {n}" for n in range(3))), f"{name}.pdf", "shelf")
        assert wait_for(running.client, added["job"]["id"])["status"] == "done"
    return "shelf"


def test_an_index_is_checked_and_worked_on_while_it_serves(client: httpx.Client, shelf: str) -> None:
    report = msgspec.json.decode(client.get(f"/v1/collections/{shelf}/index").content, type=IndexReport)
    assert (report.documents, report.pages, report.findings) == (2, 6, [])
    for work in ("compact", "rebuild", "repair"):
        response = client.post(f"/v1/collections/{shelf}/index/jobs", json={"work": work})
        assert response.status_code == 202, response.text
        job = msgspec.json.decode(response.content, type=Job)
        assert (job.kind, job.document, job.collection) == (JobKind(work), None, shelf)
        assert wait_for(client, job.id)["status"] == "done"
        events = client.get(f"/v1/jobs/{job.id}/events", headers=JSON).content
        kinds = [event.kind.value for event in msgspec.json.decode(events, type=list[JobEvent])]
        built = [*["page_indexed"] * 6, "switched"] if work != "repair" else []
        assert kinds == ["accepted", "started", *built, "done"]
        found = client.post("/v1/search", json={"question": "birch leaf", "collection": shelf}).json()
        assert found["pages"]


def test_what_can_not_be_done_is_refused(client: httpx.Client, shelf: str) -> None:
    path = "/v1/collections/{}/index"
    check_problem(client.get(path.format("none")), 404, "not-found")
    check_problem(client.post(path.format("none") + "/jobs", json={"work": "compact"}), 404, "not-found")
    for body in ({"work": "read"}, {"work": "paint"}, {}, {"work": "rebuild", "context": 0}, {"work": "x", "y": 1}):
        check_problem(client.post(path.format(shelf) + "/jobs", json=body), 422, "invalid-input")


def test_the_command_line_has_the_service_do_it(running: RunningService, shelf: str, tmp_path: Path) -> None:
    told = quire("index", "verify", "-c", shelf, data=running.data)
    assert told.returncode == 0, told.stderr
    assert "2 documents, 6 pages, 12 points" in told.stdout
    assert "Nothing is wrong." in told.stdout
    done = quire("index", "rebuild", "-c", shelf, "--json", data=running.data)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["job"]["status"], result["job"]["kind"]) == ("done", "rebuild")
    assert result["result"].startswith("6 pages, 6 passages; ")
    refused = quire("index", "export", "-c", shelf, str(tmp_path / "x"), data=running.data)
    assert refused.returncode == 6
    assert "stop it to move an index" in refused.stderr
    assert not (tmp_path / "x").exists()
    assert quire("index", "export", data=running.data).returncode == 2
