"""`make demo`, as it is: it starts the service, reads the sample, asks; a second run finds all of it; it can be stopped. And what
the service answers to every question about the sample, read with the layout model and OCR."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from api.folder import read_address

ROOT = Path(__file__).parents[2]
KINDS = ("text", "table", "figure", "scan", "unanswerable")
ANSWERS = {
    "worn-part": "stern bearing",
    "ola-firth-row": "four degrees",
    "route-vehicles": "28.7 (thousands)",
    "ferries-capex": "15.8 (£ million)",
    "public-contracts": "14%",
    "eilish-on-time": "84.7 (%)",
    "pilotage-share": "51%",
    "lease-rent": "12,750 pounds",
    "materiality": "£1.42 million",
    "trial-output": "3.1 GWh",
    "printed-page-18": "17 times",
    "own-shares": "No: ",
}
"""What is said to each question that the sample answers."""
UNANSWERED = ("pay-committee", "wind-revenue", "passengers-2015")
"""Nothing is said to these: the first wants two pages put together, which the extractive reader can't; the report is silent on
the others."""


def demo(data: Path, *arguments: str, seconds: float = 280) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "docs/demo.py", "--data", str(data), *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, env=environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def ask_all(url: str) -> None:
    """Every question about the sample is answered with what a person answers, cited from the pages on which that stands."""
    questions = json.loads((ROOT / "docs" / "sample" / "questions.json").read_text())["questions"]
    assert {question["id"] for question in questions} == {*ANSWERS, *UNANSWERED}
    with httpx.Client(base_url=url, timeout=60) as client:
        for question in questions:
            body = {"question": question["question"], "collection": "sample"}
            answer = client.post("/v1/answers", json=body).json()
            if question["id"] in UNANSWERED:
                assert (answer["outcome"], answer["claims"]) == ("not_in_documents", []), answer
                continue
            assert answer["outcome"] == "answered", answer
            assert ANSWERS[question["id"]] in answer["text"], answer
            assert answer["citations"], answer
            assert {citation["page"] for citation in answer["citations"]} <= set(question["pages"]), answer
            assert {citation["verdict"] for citation in answer["citations"]} == {"verified"}, answer


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_reads_asks_and_leaves_the_service_running(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    try:
        first = demo(data, "--port", str(port))
        assert first.returncode == 0, first.stderr
        assert f"The service answers at http://127.0.0.1:{port}" in first.stdout
        assert re.search(r"30 pages, ready, read in", first.stdout)
        for kind in KINDS:
            assert re.search(rf"^\d of \d, {kind}: ", first.stdout, re.MULTILINE), kind
        assert len(re.findall(r"^[●◐⇄○] ", first.stdout, re.MULTILINE)) >= 5
        assert len(re.findall(r"✓ verified skerrivane\S+, page \d+", first.stdout)) >= 3
        assert "○ Not in the documents" in first.stdout
        assert "The service goes on running" in first.stdout

        began = time.monotonic()
        second = demo(data, "--port", str(port))
        assert second.returncode == 0, second.stderr
        assert "The service is running at" in second.stdout
        assert "is there already" in second.stdout
        assert time.monotonic() - began < 60
        ask_all(f"http://127.0.0.1:{port}")
    finally:
        stopped = demo(data, "--stop")
    assert stopped.stdout == "Stopped.\n"
    assert read_address(data) is None


def test_a_port_that_another_program_has_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = demo(tmp_path / "data", "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken by another program" in done.stderr
    assert "Traceback" not in done.stderr


def test_stopping_where_nothing_runs_says_so(tmp_path: Path) -> None:
    done = demo(tmp_path / "data", "--stop")
    assert (done.returncode, done.stdout.startswith("No service runs on")) == (0, True)
