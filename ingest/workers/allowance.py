"""Processor time a worker may use, kept by the kernel: it ends the process with SIGXCPU when it takes more.

Wall time would punish a page for a busy machine, and a timer inside the interpreter does not run while C code does.
"""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_ends: float | None = None
"""The processor time at which the present task has used up what it was allowed; None outside workers."""


def allow_seconds(seconds: float) -> None:
    """From now on the process may use so many seconds."""
    global _ends
    _ends = time.process_time() + seconds
    _set(_ends)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Less for a part of the task: one that is for another's sake should not cost it all of its time. No effect outside workers."""
    if _ends is None:
        yield
        return
    _set(min(_ends, time.process_time() + seconds))
    try:
        yield
    finally:
        _set(_ends)


def _set(end: float) -> None:
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = math.ceil(end)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard < 0 else min(limit, hard), hard))
