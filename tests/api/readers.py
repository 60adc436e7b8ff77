"""Readers of pages for the service's workers, named as `Ingestor(reader=...)`: they tell when a page is begun, and let a test
decide when it is done. What they bring is made up, so that tests of the service don't wait for real reading.

The document's subject is the folder in which they leave their traces: the environment is that of the first test that started
workers.
"""

import time
from pathlib import Path
from typing import Any

from ingest import Block, BlockKind, Box, Page, TextSource, Word
from ingest.ocr.postponed import Postponed


def gated(source: Any, number: int, ocr: object) -> Page:
    """Waits with each page until the file `open-to` holds a number that is not smaller. Page 13 fails."""
    folder = _begin(source, number)
    while number > opened(folder):
        time.sleep(0.01)
    return made_up(number)


def slow(source: Any, number: int, ocr: object) -> Page:
    """A quarter of a second a page."""
    _begin(source, number)
    time.sleep(0.25)
    return made_up(number)


def made_up(number: int) -> Page:
    """A page of one block, with a word that no other page has."""
    if number == 13:
        return Page(13, 600.0, 800.0, error="made to fail")
    text = f"Here stands marker mark{number}end, in a long report about granite and its quarries."
    words = tuple(Word(word, Box(10.0 * n, 50.0, 10.0 * n + 9, 60.0)) for n, word in enumerate(text.split()))
    block = Block(BlockKind.TEXT, text, Box(0.0, 50.0, 200.0, 60.0), 0, len(words))
    source = TextSource.OCR if number % 5 == 0 else TextSource.TEXT_LAYER
    return Page(number, 600.0, 800.0, source=source, words=words, blocks=(block,), milliseconds=7.0)


def _begin(source: Any, number: int) -> Path:
    folder = Path(source.document.metadata["subject"])
    with (folder / "begun").open("a") as log:
        log.write(f"{number}\n")
    return folder


def begun(folder: Path) -> list[int]:
    """Pages that workers have begun, in that order."""
    path = folder / "begun"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def opened(folder: Path) -> int:
    """Up to which page the gate is open."""
    try:
        return int((folder / "open-to").read_text() or 0)
    except FileNotFoundError:
        return 0


def open_to(folder: Path, number: int) -> None:
    """Let pages up to `number` pass."""
    new = folder / "open-to.new"
    new.write_text(str(number))
    new.replace(folder / "open-to")


def left(source: Any, number: int, ocr: object) -> Page:
    """Pages without words until they are asked for; then as `gated`."""
    if isinstance(ocr, Postponed):
        return Page(number, 600.0, 800.0, awaiting_ocr="it has no text layer")
    return gated(source, number, ocr)
