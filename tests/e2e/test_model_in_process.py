"""The service with a model in its process: loaded at start, asked with drawn pages, and named where it says nothing of
use."""

from pathlib import Path

import pytest

from tests.answer.tiny_readers import build_reader
from tests.api.rest_client import add, check_problem, make_pdf, wait_for
from tests.e2e.running import RunningService

pytestmark = pytest.mark.slow


def test_a_model_of_random_weights_is_asked_twice_and_named(tmp_path: Path) -> None:
    folder = build_reader("Qwen2.5-VL", tmp_path / "model")
    settings = {
        "QUIRE_READER__KIND": "transformers",
        "QUIRE_READER__MODEL": str(folder),
        "QUIRE_READER__DEVICE": "cpu",
        "QUIRE_READER__REPLY_TOKENS": "64",
        "QUIRE_READER__PAGE_PIXELS": "60000",
        "QUIRE_INGEST__WORKERS": "1",
    }
    with RunningService(tmp_path / "data", **settings) as service:
        added = add(service.client, make_pdf("The revenue of Nordwind was 412 million euros."), "nordwind.pdf")
        assert wait_for(service.client, added["job"]["id"])["status"] == "done"
        response = service.client.post("/v1/answers", json={"question": "What was the revenue?"}, timeout=120)
        problem = check_problem(response, 503, "unavailable")
        assert f"{folder} was asked twice" in problem["detail"]
        ready = service.client.get("/health/ready").json()
        assert {"part": "reader", "use": str(folder), "ok": True, "why": "loaded", "better": None} in ready["parts"]
