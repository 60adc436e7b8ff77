"""Following and cancelling jobs over HTTP."""

import httpx
import msgspec
import pytest
from httpx_sse import connect_sse

from api.schemas import EventKind, JobEvent
from tests.api.rest_client import add, check_problem, make_pdf, wait_for

JSON = {"Accept": "application/json"}


def stream(client: httpx.Client, job: str, **options: dict[str, str]) -> list[JobEvent]:
    """All events of the stream, up to its end; each SSE field is checked against the object."""
    found = []
    with connect_sse(client, "GET", f"/v1/jobs/{job}/events", **options) as source:
        assert source.response.status_code == 200, source.response.read()
        for message in source.iter_sse():
            event = msgspec.json.decode(message.data, type=JobEvent, strict=True)
            assert (message.event, message.id) == (event.kind.value, str(event.id))
            found.append(event)
    return found


def as_list(client: httpx.Client, job: str, **query: int) -> list[JobEvent]:
    """The same by polling."""
    response = client.get(f"/v1/jobs/{job}/events", headers=JSON, params=query)
    assert response.headers["content-type"] == "application/json"
    return msgspec.json.decode(response.content, type=list[JobEvent])


@pytest.fixture
def job(client: httpx.Client, report: str) -> str:
    """The job that read the report."""
    return str(client.get(f"/v1/documents/{report}").json()["job"])


def test_a_job_is_followed_live_to_its_final_event(client: httpx.Client) -> None:
    added = add(client, make_pdf(*(f"followed page {n}" for n in range(6))), "followed.pdf", "following")
    events = stream(client, added["job"]["id"])
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert events[0].kind is EventKind.ACCEPTED
    assert events[-1].kind is EventKind.DONE
    assert not any(event.kind.final for event in events[:-1])
    assert {event.page for event in events if event.kind is EventKind.PAGE_READ} == {1, 2, 3, 4, 5, 6}
    assert events[-1].progress.pages_done == 6
    assert as_list(client, added["job"]["id"]) == events
    assert wait_for(client, added["job"]["id"])["status"] == "done"


def test_a_stream_is_resumed_after_the_event_that_is_known(client: httpx.Client, job: str) -> None:
    events = as_list(client, job)
    for known in (1, len(events) - 1):
        assert stream(client, job, headers={"Last-Event-ID": str(known)}) == events[known:]
        assert stream(client, job, params={"after": str(known)}) == events[known:]
    assert stream(client, job, params={"after": "1"}, headers={"Last-Event-ID": "2"}) == events[2:]
    assert as_list(client, job, after=2, limit=1) == events[2:3]


def test_after_the_final_event_browsers_are_told_not_to_come_back(client: httpx.Client, job: str) -> None:
    last = as_list(client, job)[-1].id
    for known in (last, last + 1000):
        response = client.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": str(known)})
        assert (response.status_code, response.content) == (204, b"")
    assert as_list(client, job, after=last) == []


def test_a_quiet_stream_has_heartbeats(client: httpx.Client) -> None:
    added = add(client, make_pdf(*(f"quiet page {n}" for n in range(4))), "quiet.pdf", "quiet")
    with client.stream("GET", f"/v1/jobs/{added['job']['id']}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache"
        lines = list(response.iter_lines())
    assert any(line.startswith(":") for line in lines)
    assert "event: done" in lines


@pytest.mark.parametrize("given", [b"x", b"-1", b"1.5", b"9" * 30, b"\xb2"])
def test_an_event_id_that_is_none_is_refused(client: httpx.Client, job: str, given: bytes) -> None:
    response = client.get(f"/v1/jobs/{job}/events", headers={b"Last-Event-ID": given})
    assert "Last-Event-ID" in check_problem(response, 422, "invalid-input")["detail"]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_unknown_job_is_a_problem_before_any_stream(client: httpx.Client, accept: str) -> None:
    check_problem(client.get("/v1/jobs/job_unknown/events", headers={"Accept": accept}), 404, "not-found")
    check_problem(client.get("/v1/jobs/job_unknown"), 404, "not-found")
    check_problem(client.post("/v1/jobs/job_unknown/cancel"), 404, "not-found")


def test_a_job_that_has_ended_can_not_be_cancelled(client: httpx.Client, job: str) -> None:
    assert "done" in check_problem(client.post(f"/v1/jobs/{job}/cancel"), 409, "conflict")["detail"]


def test_a_cancelled_job_ends_its_stream(client: httpx.Client) -> None:
    added = add(client, make_pdf(*(f"cancelled page {n}" for n in range(300))), "long.pdf", "cancelling")
    assert client.post(f"/v1/jobs/{added['job']['id']}/cancel").status_code == 200
    assert stream(client, added["job"]["id"])[-1].kind is EventKind.CANCELLED
    assert client.get(f"/v1/documents/{added['document']['id']}").json()["status"] == "cancelled"


def test_a_client_that_leaves_does_not_disturb_the_job(client: httpx.Client) -> None:
    added = add(client, make_pdf(*(f"left page {n}" for n in range(3))), "left.pdf", "leaving")
    with client.stream("GET", f"/v1/jobs/{added['job']['id']}/events") as response:
        next(response.iter_lines())
    assert wait_for(client, added["job"]["id"])["status"] == "done"
