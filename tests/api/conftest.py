"""One real service for all REST tests: `quire serve` in a process of its own, and a document that it has read."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.rest_client import add, make_pdf, wait_for
from tests.e2e.running import RunningService

UPLOAD_LIMIT = 3_000_000
HEARTBEAT = 0.05


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """The service, with small limits."""
    data = tmp_path_factory.mktemp("rest") / "data"
    limits = {
        "QUIRE_LIMITS__UPLOAD_BYTES": str(UPLOAD_LIMIT),
        "QUIRE_SERVER__HEARTBEAT_SECONDS": str(HEARTBEAT),
        "QUIRE_INGEST__WORKERS": "1",
    }
    with RunningService(data, **limits) as service:
        yield service


@pytest.fixture
def client(running: RunningService) -> httpx.Client:
    """Talks to the service."""
    return running.client


@pytest.fixture(scope="session")
def report(running: RunningService) -> str:
    """Id of a document of three pages that has been read."""
    text = (
        "The revenue of Nordwind was 412 million euros in 2023.",
        "The company employs 1,903 people at eleven sites.",
        "Turbines of the Harbour class are built in Esbjerg.",
    )
    added = add(running.client, make_pdf(*text), "annual report.pdf")
    assert wait_for(running.client, added["job"]["id"])["status"] == "done"
    return str(added["document"]["id"])
