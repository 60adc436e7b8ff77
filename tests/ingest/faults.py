"""Page readers that do to a real worker what damaged files do: named in `Ingestor(reader=...)`."""

import ctypes
import os
import signal
import time

from ingest.document import Page
from ingest.pages.reading import OcrEngine, read_page
from ingest.pages.settings import ReadingSettings
from ingest.sources.opening import Source


def _by_rules(source: Source, number: int, ocr: OcrEngine | None) -> Page:
    """A sound page; without the layout model, since what fails here fails before it."""
    return read_page(source, number, ocr, settings=ReadingSettings(layout="geometry"))


def crashes_on_3(source: Source, number: int, ocr: OcrEngine | None) -> Page:
    """Segmentation fault on page 3."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return _by_rules(source, number, ocr)


def spins_on_3(source: Source, number: int, ocr: OcrEngine | None) -> Page:
    """An endless loop on page 3."""
    while number == 3:
        pass
    return _by_rules(source, number, ocr)


def hangs_in_c(source: Source, number: int, ocr: OcrEngine | None) -> Page:
    """Says where it is, then sleeps in C with the interpreter locked, so that no Python thread of the worker runs."""
    if name := os.environ.get("FAULTS_LOG"):
        with open(name, "a") as log:
            log.write(f"{os.getpid()}\n")
    ctypes.PyDLL(None).sleep(600)
    return _by_rules(source, number, ocr)


def slow(source: Source, number: int, ocr: OcrEngine | None) -> Page:
    """A fifth of a second a page."""
    time.sleep(0.2)
    return _by_rules(source, number, ocr)


def dies_at_start(source: Source, number: int, ocr: OcrEngine | None) -> Page:
    """Every page ends its worker."""
    os._exit(7)
