"""Processor time of a worker: the kernel ends it, and a part of a task can be given less without taking from the rest."""

import signal
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on processor time")


def ends(body: str) -> int:
    """The exit status of a process that runs `body`, where `spin(s)` uses that much processor time."""
    start = """
        import time
        from ingest.workers.allowance import allow_seconds, at_most
        def spin(seconds):
            end = time.process_time() + seconds
            while time.process_time() < end: pass
    """
    return subprocess.run([sys.executable, "-c", textwrap.dedent(start) + textwrap.dedent(body)], timeout=60).returncode


def test_a_task_that_takes_more_is_ended() -> None:
    assert ends("allow_seconds(0.5)\nspin(4)") == -signal.SIGXCPU


def test_a_part_of_a_task_that_takes_more_than_its_share_is_ended() -> None:
    assert ends("allow_seconds(50)\nwith at_most(0.5):\n    spin(4)") == -signal.SIGXCPU


def test_after_the_part_the_task_has_its_own_time_again() -> None:
    assert ends("allow_seconds(50)\nwith at_most(0.5):\n    pass\nspin(3)") == 0


def test_a_part_never_gets_more_than_the_task_has() -> None:
    assert ends("allow_seconds(0.5)\nwith at_most(50):\n    spin(4)") == -signal.SIGXCPU


def test_outside_workers_nothing_is_limited() -> None:
    assert ends("with at_most(0.5):\n    spin(3)") == 0
