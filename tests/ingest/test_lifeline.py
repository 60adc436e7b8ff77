"""Workers end with their parent, whatever they are doing and however it ends."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest import die_with_parent
from tests.ingest.makers import write_pdf

ROOT = Path(__file__).parents[2]


def gone(process: psutil.Process) -> bool:
    """A zombie is gone: who reaps it is not ours to say."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("where", ["main", "thread"])
def test_workers_hanging_in_c_end_with_the_service(tmp_path: Path, how: signal.Signals, where: str) -> None:
    path = write_pdf(tmp_path / "a.pdf", "one", "two", "three", "four")
    log = tmp_path / "log"
    log.touch()
    environment = {**os.environ, "FAULTS_LOG": str(log), "PYTHONPATH": str(ROOT)}
    service = subprocess.Popen(
        [sys.executable, "-m", "tests.ingest.orphans", str(path), where], env=environment, cwd=ROOT
    )
    try:
        assert wait_until(lambda: len(log.read_text().split()) == 2, 60), "two workers hang"
        family = psutil.Process(service.pid).children(recursive=True)
        assert {int(pid) for pid in log.read_text().split()} <= {p.pid for p in family}
        service.send_signal(how)
        service.wait(timeout=10)
        assert wait_until(lambda: all(gone(p) for p in family), 10), [p for p in family if not gone(p)]
    finally:
        service.kill()


def _child(pipe: Connection) -> None:
    die_with_parent()
    pipe.send(os.getpid())
    time.sleep(600)


def _parent(method: str, pipe: Connection) -> None:
    context: Any = multiprocessing.get_context(method)
    context.Process(target=_child, args=(pipe,)).start()
    time.sleep(600)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_any_child_of_multiprocessing_can_use_it(method: str) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    parent = context.Process(target=_parent, args=(method, theirs))
    parent.start()
    assert ours.poll(30)
    child = psutil.Process(ours.recv())
    assert not gone(child)
    parent.kill()
    parent.join()
    assert wait_until(lambda: gone(child), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="the way without multiprocessing is Linux's")
def test_a_child_that_is_not_of_multiprocessing(tmp_path: Path) -> None:
    end = "die_with_parent(); print(os.getpid(), flush=True); time.sleep(600)"
    grandchild = f"import os, time; from ingest import die_with_parent; {end}"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    parent = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    orphan = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: gone(orphan), 5)
