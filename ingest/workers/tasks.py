"""How the service names work for its workers, without importing what the workers need.

`ingest.workers.worker` imports MuPDF (0.5 s) and sets the process to one thread; both belong in the workers only.
"""

import importlib
import os
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ingest.limits import Limits
from ingest.pages.settings import ReadingSettings


class WorkerSettings(Struct, frozen=True):
    """What a worker is started with. `reader` is the dotted name (`module:function`) of what reads a page in place of
    `ingest.pages.reading.read_page`: the seam through which tests put a crash or a hang into a real worker."""

    limits: Limits
    reading: ReadingSettings = ReadingSettings()
    reader: str | None = None


def start(settings: WorkerSettings) -> None:
    """The pool's initialiser."""
    load_worker()
    from ingest.workers import worker

    worker.start(settings)


def load_worker() -> None:
    """Imports what workers need, bound to one thread."""
    use_one_thread()
    from ingest.layout.one_thread import load_mupdf

    load_mupdf()
    importlib.import_module("ingest.workers.worker")


def use_one_thread() -> None:
    """One core a worker. Has to come before numpy and its kin are imported, since they start their threads then."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"


def call(task: str, seconds: float, *args: object) -> Any:
    """Runs the function of that name in `ingest.workers.worker`, where its arguments and result are described. The worker
    ends itself when it takes more than `seconds` of processor time."""
    from ingest.workers import worker
    from ingest.workers.allowance import allow_seconds

    allow_seconds(seconds)
    function: Callable[..., Any] = getattr(worker, task)
    return function(*args)
