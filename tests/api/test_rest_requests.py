"""Request ids, logs, unknown routes, health and metrics of the running service."""

import json
import re
import time

import httpx
import pytest

from tests.api.rest_client import check_problem
from tests.e2e.running import RunningService


def lines(running: RunningService, request_id: str) -> list[dict[str, object]]:
    """What the log has for a request: one JSON object a line. The line is written after the response."""
    for _ in range(50):
        entries = [json.loads(line) for line in running.log.read_text().splitlines() if line.startswith("{")]
        found = [entry for entry in entries if entry.get("request_id") == request_id]
        if found:
            return found
        time.sleep(0.05)
    return []


def test_every_line_of_the_log_is_json(running: RunningService, report: str) -> None:
    written = running.log.read_text().splitlines()
    assert written
    assert [line for line in written if not isinstance(json.loads(line), dict)] == []


def test_a_request_is_logged_with_the_id_that_it_came_with(running: RunningService) -> None:
    response = running.client.get("/v1/documents/doc_x?name=hidden", headers={"X-Request-ID": "trace-1.a_B:9"})
    assert response.headers["x-request-id"] == "trace-1.a_B:9"
    entry = lines(running, "trace-1.a_B:9")[-1]
    assert (entry["event"], entry["method"], entry["path"]) == ("request", "GET", "/v1/documents/doc_x")
    assert (entry["status"], entry["logger"], entry["level"]) == (404, "api.rest", "info")
    assert isinstance(entry["ms"], float)
    assert "hidden" not in json.dumps(entry)


@pytest.mark.parametrize("given", [b"", b"x" * 65, b"two words", b'"}{', b"caf\xe9", b"tab\there"])
def test_an_id_that_is_not_sane_is_replaced(client: httpx.Client, given: bytes) -> None:
    first = client.get("/v1/collections", headers=[(b"X-Request-ID", given)]).headers["x-request-id"]
    second = client.get("/v1/collections", headers=[(b"X-Request-ID", given)]).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_an_unknown_route_is_a_problem_and_is_logged(running: RunningService) -> None:
    problem = check_problem(running.client.get("/v2/nothing"), 404, "no-such-route")
    assert "/v2/nothing" in problem["detail"]
    assert lines(running, problem["request_id"])[-1]["status"] == 404


def test_a_method_that_is_not_taken_names_those_that_are(client: httpx.Client) -> None:
    response = client.put("/v1/search", json={})
    assert "POST" in check_problem(response, 405, "method-not-allowed")["detail"]
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize("path", [b"/v1/documents/%ff", b"/v1/documents?collection=%c3%28", b"/v1/documents?%ff=1"])
def test_a_url_that_is_not_utf_8_is_refused(client: httpx.Client, path: bytes) -> None:
    response = client.get(client.base_url.copy_with(raw_path=path))
    assert "UTF-8" in check_problem(response, 422, "invalid-input")["detail"]


def test_health_says_what_is_in_use(client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["ready"] is True
    assert all(part["part"] and part["use"] and part["why"] for part in ready.json()["parts"])


def test_metrics_count_requests_by_route_not_by_id(client: httpx.Client, report: str) -> None:
    client.get(f"/v1/documents/{report}")
    text = client.get("/metrics").text
    assert 'path="/v1/documents/{document}"' in text or 'path="/v1/documents/{document:str}"' in text
    assert report not in text
    assert "quire_requests_total" in text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "evil.example:80", "[::2]"])
def test_a_foreign_host_name_is_not_served_on_the_loopback(client: httpx.Client, host: str) -> None:
    problem = check_problem(client.get("/v1/collections", headers={"Host": host}), 403, "forbidden")
    assert "QUIRE_SERVER__API_KEYS" in problem["detail"]


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1", "[::1]:8000"])
def test_names_of_the_loopback_are_served(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/collections", headers={"Host": host}).status_code == 200


def test_a_page_of_another_site_can_not_send_anything(client: httpx.Client) -> None:
    for origin in ("http://evil.example", "null", "http://localhost:1"):
        response = client.post("/v1/search", json={"question": "q"}, headers={"Origin": origin})
        check_problem(response, 403, "forbidden")
        assert "access-control-allow-origin" not in response.headers
    own = client.post("/v1/search", json={"question": "q"}, headers={"Origin": str(client.base_url).rstrip("/")})
    assert own.status_code != 403
