"""Stopping the service in the middle of its work: quick, clean, and nothing is lost."""

import threading
import time
from pathlib import Path

import httpx

from tests.api.rest_client import wait_for
from tests.e2e.papers import many_pages
from tests.e2e.running import RunningService

PAGES = 200
"""More than two workers read while the first of them are noticed and the signal travels."""


def test_sigterm_ends_streams_and_the_job_goes_on_at_the_next_start(tmp_path: Path) -> None:
    ended = threading.Event()

    def follow(url: str, job: str) -> None:
        with httpx.Client(timeout=60) as client, client.stream("GET", f"{url}/v1/jobs/{job}/events") as stream:
            for _ in stream.iter_lines():
                pass
        ended.set()

    with RunningService(tmp_path / "data") as service:
        added = service.client.post(
            "/v1/collections/default/documents", params={"name": "long.pdf"}, content=many_pages(PAGES)
        ).json()
        job = added["job"]["id"]
        follower = threading.Thread(target=follow, args=(service.url, job))
        follower.start()
        while service.client.get(f"/v1/jobs/{job}").json()["progress"]["pages_done"] == 0:
            time.sleep(0.05)
        began = time.monotonic()
        assert service.stop() == 0
        took = time.monotonic() - began
        follower.join(10)
    assert ended.is_set()
    assert took < 10, f"stopping took {took:.1f} s: something waited for its time to be over"
    log = service.log.read_text()
    assert '"level": "error"' not in log, log[-3000:]
    assert not (tmp_path / "data" / "service.json").exists()
    with RunningService(tmp_path / "data") as service:
        assert wait_for(service.client, job)["status"] == "done"
        document = service.client.get(f"/v1/documents/{added['document']['id']}").json()
        assert (document["status"], document["pages"]) == ("ready", PAGES)
        events = service.client.get(f"/v1/jobs/{job}/events", headers={"Accept": "application/json"}).json()
        resumed = [event["message"] for event in events if event["kind"] == "started" and event["message"]]
        assert len(resumed) == 1
        assert "pages are there already" in resumed[0]
