"""A real service with tight limits, and a document in it that must go on answering whatever happens."""

from collections.abc import Iterator

import pytest

from tests.api.rest_client import add, make_pdf, wait_for
from tests.e2e.papers import FACT, MEGABYTE
from tests.e2e.running import RunningService

UPLOAD_LIMIT = 256 * MEGABYTE
PAGE_LIMIT = 3000
PAGE_SECONDS = 3
ANCHOR = "anchor"


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """The service."""
    data = tmp_path_factory.mktemp("bad-input") / "data"
    limits = {
        "QUIRE_LIMITS__UPLOAD_BYTES": str(UPLOAD_LIMIT),
        "QUIRE_LIMITS__PAGES": str(PAGE_LIMIT),
        "QUIRE_LIMITS__PAGE_SECONDS": str(PAGE_SECONDS),
        "QUIRE_LIMITS__WORKER_MEMORY_MB": "1500",
    }
    with RunningService(data, **limits) as service:
        added = add(service.client, make_pdf(FACT), "anchor.pdf", ANCHOR)
        assert wait_for(service.client, added["job"]["id"])["status"] == "done"
        yield service


@pytest.fixture
def service(hardened: RunningService) -> Iterator[RunningService]:
    """The service; after the test it is up, and the earlier document still answers."""
    yield hardened
    assert hardened.client.get("/health/ready").status_code == 200
    question = {"question": "How high is the lighthouse of Skagen?", "collection": ANCHOR}
    answer = hardened.client.post("/v1/answers", json=question).json()
    assert "46" in answer["text"], answer
    assert answer["citations"][0]["verdict"] == "verified"
