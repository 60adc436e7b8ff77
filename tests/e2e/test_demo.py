"""`make demo`, as it is: it starts the service, reads the sample, asks; a second run finds all of it; it can be stopped."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.folder import read_address

ROOT = Path(__file__).parents[2]
KINDS = ("text", "table", "figure", "scan", "unanswerable")


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
