"""OCR on demand through a real service: what a client hears of it, one that goes away, and a service that is killed meanwhile."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pymupdf
import pytest
from httpx_sse import connect_sse

from retrieval.wordspot.weights import SHIPPED
from tests.api.rest_client import add, wait_for
from tests.e2e.running import RunningService
from tests.ingest.test_postponed import picture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not SHIPPED.exists(), reason="no weights are shipped"),
]
SETTINGS = {
    "QUIRE_INGEST__OCR": "on-demand",
    "QUIRE_INGEST__OCR_PAGES": "1",
    "QUIRE_INGEST__WORKERS": "1",
    "QUIRE_INDEX__VISUAL": "wordspot",
}
LINES = (
    "Dredging of the basin took 31 days",
    "Pilotage fees were 4,410 pounds",
    "Timber exports: 812 tonnes",
    "Wind: 9 knots",
)


@pytest.fixture
def scan(tmp_path: Path) -> bytes:
    document = pymupdf.open()
    for line in LINES:
        page = document.new_page(width=300, height=120)
        page.insert_image(page.rect, stream=picture((line,)))
    return bytes(document.tobytes())


def heard(client: httpx.Client, question: str) -> Iterator[tuple[str, dict[str, Any]]]:
    body = {"question": question, "stream": True}
    with connect_sse(client, "POST", "/v1/answers", json=body, timeout=120) as source:
        for message in source.iter_sse():
            yield message.event, json.loads(message.data)


def waiting(client: httpx.Client, document: str) -> int:
    return int(client.get(f"/v1/documents/{document}").json()["pages_waiting"])


def test_clients_hear_of_it_and_one_that_goes_away_or_a_kill_leaves_nothing_half_done(
    tmp_path: Path, scan: bytes
) -> None:
    data = tmp_path / "data"
    with RunningService(data, **SETTINGS) as service:
        added = add(service.client, scan, "scan.pdf")
        document = added["document"]["id"]
        assert wait_for(service.client, added["job"]["id"])["status"] == "done"
        assert waiting(service.client, document) == 4

        events = list(heard(service.client, "How much were the pilotage fees?"))
        assert [data["stage"] for kind, data in events if kind == "stage"][:3] == ["search", "ocr", "search"]
        assert [kind for kind, _ in events][:4] == ["stage", "stage", "ocr", "stage"]
        (told,) = (data for kind, data in events if kind == "ocr")
        assert told == {"document": document, "name": "scan.pdf", "page": 2, "number": 1, "total": 1}
        kind, answer = events[-1]
        assert (kind, answer["citations"][0]["page"], answer["cost"]["ocr"][0]["page"]) == ("answer", 2, 2)
        assert waiting(service.client, document) == 3

        body = {"question": "How many days did the dredging take?"}
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{service.url}/v1/answers", json=body, timeout=0.4)
        for kind, _ in heard(service.client, "How much timber was exported?"):
            if kind == "ocr":
                break  # closes the stream
        time.sleep(4)
        assert waiting(service.client, document) == 3

        for kind, _ in heard(service.client, "How much timber was exported?"):
            if kind == "ocr":
                time.sleep(0.7)
                service.kill()
                break
    with RunningService(data, **SETTINGS) as service:
        *_, (kind, answer) = heard(service.client, "How much timber was exported, in tonnes?")
        assert (kind, answer["citations"][0]["page"]) == ("answer", 3)
        assert waiting(service.client, document) == 2
        assert service.client.get("/v1/collections/default/index").json()["findings"] == []
        job = service.client.post("/v1/collections/default/index/jobs", json={"work": "words"}).json()
        assert wait_for(service.client, job["id"])["status"] == "done"
        assert waiting(service.client, document) == 0
