"""What runs in a worker process: tasks over one file, with documents and the OCR engine kept between them.

Answers go back as MessagePack, not as pickled objects: a page of 600 words takes 0.2 ms instead of some 3 ms on the service's loop.
"""

import ctypes
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pymupdf

from ingest.document import Box, Page, SourceInfo
from ingest.errors import DamagedFile, IngestError
from ingest.ocr.postponed import Postponed
from ingest.ocr.reading import OcrReading
from ingest.pages.reading import OcrEngine, read_page
from ingest.pages.rendering import render_page
from ingest.pages.settings import ON_DEMAND, ReadingSettings
from ingest.sources.opening import OpenSources, Source, brief
from ingest.sources.probing import look, write_unlocked
from ingest.text.lines import Line
from ingest.workers.allowance import allow_seconds
from ingest.workers.lifeline import die_with_parent
from ingest.workers.tasks import WorkerSettings

PageReader = Callable[[Source, int, OcrEngine | None], Page]


class _State:
    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.sources = OpenSources()
        self._engine: OcrEngine | None = None
        self.read: PageReader = _named(settings.reader) if settings.reader else self._read

    def engine(self, asked: bool) -> OcrEngine | None:
        """For one page. `asked`: what is left until somebody asks is to be read now."""
        if self.settings.reading.ocr == ON_DEMAND and not asked:
            return Postponed()
        if self.settings.reading.ocr and self._engine is None:
            self._engine = _LazyEngine(self.settings.reading)
        return self._engine

    def _read(self, source: Source, number: int, ocr: OcrEngine | None) -> Page:
        return read_page(source, number, ocr, self.settings.limits.page_words, self.settings.reading)


class _LazyEngine:
    """Loads the OCR models at the first page that needs them."""

    def __init__(self, settings: ReadingSettings) -> None:
        self._settings = settings
        self._engine: OcrEngine | None = None

    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]:
        return self._loaded().read(page, clip)

    def read_page(self, page: pymupdf.Page, *, scan: bool) -> OcrReading:
        return self._loaded().read_page(page, scan=scan)

    def _loaded(self) -> OcrEngine:
        if self._engine is None:
            from ingest.ocr.recogniser import Recogniser

            self._engine = Recogniser(self._settings.ocr_language, self._settings.ocr_model_dir)
        return self._engine


_state: _State | None = None


def start(settings: WorkerSettings) -> None:
    """The pool's initialiser: ties the worker to its parent and bounds it."""
    global _state
    die_with_parent()
    # The pool's own handler runs Python code, which a worker stuck in C never reaches; the default ends it at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(os, "nice"):
        os.nice(settings.limits.niceness)
    _bound_memory(settings.limits.worker_memory_mb)
    logging.disable(logging.ERROR)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    _state = _State(settings)


def _bound_memory(megabytes: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limit = now + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # A crash is expected of damaged files; a gigabyte of core file for each is not.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _named(dotted: str) -> PageReader:
    module, _, function = dotted.partition(":")
    found: PageReader = getattr(importlib.import_module(module), function)
    return found


def _worker() -> _State:
    if _state is None:
        raise RuntimeError("The worker was not started by the pool.")
    return _state


def probe(path: str, name: str, password: str | None) -> bytes:
    """`SourceInfo` as MessagePack. Raises IngestError."""
    with _clear_errors("opened"):
        info: SourceInfo = look(Path(path), name, password, _worker().settings.limits)
        return msgspec.msgpack.encode(info)


def unlock(path: str, password: str, target: str) -> None:
    """Raises IngestError."""
    with _clear_errors("decrypted"):
        write_unlocked(Path(path), password, Path(target))


@contextmanager
def _clear_errors(done: str) -> Iterator[None]:
    """Whatever a library raises over a damaged file becomes a DamagedFile that says what could not be `done`."""
    try:
        yield
    except IngestError:
        raise
    except Exception as error:  # noqa: BLE001  # they raise what they like: TypeError, KeyError, struct.error
        reason = "it needs more memory than a worker may take" if isinstance(error, MemoryError) else brief(error)
        raise DamagedFile(f"The file is damaged and can't be {done}: {reason}.") from None


def read(
    path: str,
    numbers: Sequence[int],
    budget: float,
    seconds: float,
    avoided: Sequence[int] = (),
    alone: bool = False,
    asked: bool = False,
) -> bytes:
    """The first of the pages, and as many more as fit into `budget` seconds, as MessagePack of `list[Page]`. Each page may take
    `seconds` of processor time. `avoided` and `alone`: see `Source`; `asked`: OCR is not left until later."""
    deadline = time.monotonic() + budget
    pages: list[Page] = []
    for number in numbers:
        allow_seconds(seconds)
        pages.append(_read_one(path, number, frozenset(avoided), alone, asked))
        if time.monotonic() >= deadline:
            break
    # Fonts and images of pages read are kept by MuPDF, up to 256 MB; pages seldom share enough to pay for that.
    pymupdf.TOOLS.store_shrink(80)
    _trim()
    return msgspec.msgpack.encode(pages)


def _trim() -> None:
    """Gives back what the allocator keeps of the layout model's work. By hand, in one process over 240 pages of
    `benchmarks/ingest_memory.py`: 268 MB instead of 342, the time the same."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)


def _read_one(path: str, number: int, avoided: frozenset[int], alone: bool, asked: bool) -> Page:
    started = time.perf_counter()
    state = _worker()
    try:
        source = state.sources.get(Path(path))
        source.avoided, source.alone = avoided, alone
        return state.read(source, number, state.engine(asked))
    except Exception as error:  # noqa: BLE001  # whatever breaks on one page is that page's error, with its reason
        reason = "it needs more memory than a worker may take" if isinstance(error, MemoryError) else brief(error)
        elapsed = (time.perf_counter() - started) * 1000
        return Page(number, 0.0, 0.0, error=f"The page could not be read: {reason}", milliseconds=elapsed)


def render(path: str, number: int, width: int, boxes: bytes, clip: bytes) -> bytes:
    """PNG. Raises ValueError for arguments that make no image, DamagedFile where the page can't be drawn."""
    state = _worker()
    source = state.sources.get(Path(path))
    if not 1 <= number <= source.page_count:
        raise ValueError(f"There is no page {number}; the document has {source.page_count}.")
    marked = msgspec.msgpack.decode(boxes, type=list[Box])
    region = msgspec.msgpack.decode(clip, type=Box | None)
    try:
        return render_page(source.document[number - 1], width, marked, region, state.settings.limits.render_pixels)
    except ValueError:
        raise
    except Exception as error:  # noqa: BLE001  # MuPDF's errors don't pickle; what they say is kept
        raise DamagedFile(f"Page {number} can't be drawn: {brief(error)}") from None
