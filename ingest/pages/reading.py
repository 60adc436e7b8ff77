"""Reads one page: words, blocks, section. Runs in workers."""

import time
from collections.abc import Sequence
from typing import Protocol

import pymupdf

from ingest.document import Block, BlockKind, Page, TextSource, Word
from ingest.figures.reading import Figure, read_figures
from ingest.layout.columns import in_reading_order
from ingest.layout.geometric import Region, arrange, is_note
from ingest.layout.margins import mark_margins, marks_around
from ingest.ocr.need import is_garbled, needs_ocr
from ingest.sources.opening import Source
from ingest.text.lines import Line, body_size, read_lines
from ingest.text.wording import plain


class OcrEngine(Protocol):
    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]: ...


class PageTooDense(ValueError):
    """More words than `Limits.page_words`."""


def read_page(source: Source, number: int, ocr: OcrEngine | None, word_limit: int = 100_000) -> Page:
    """The page as read; `number` from 1. May raise anything MuPDF raises: the worker turns it into a page with an error."""
    started = time.perf_counter()
    page = source.document[number - 1]
    width, height = float(page.rect.width), float(page.rect.height)
    lines, text_source = _lines(page, ocr)
    count = sum(len(line.words) for line in lines)
    if count > word_limit:
        raise PageTooDense(f"the page holds {count} words; the limit is {word_limit}")
    regions = arrange(lines, body := body_size(lines))
    around = marks_around(source, number, lines, height) if text_source is TextSource.TEXT_LAYER else []
    mark_margins(regions, height, around)
    for region in regions:
        if region.kind in (BlockKind.TEXT, BlockKind.LIST) and is_note(region, body, height):
            region.kind = BlockKind.FOOTNOTE
    words, blocks = _compose(regions)
    # A page that was read by OCR has the words of its pictures already.
    figures = read_figures(page, lines, ocr if text_source is TextSource.TEXT_LAYER else None)
    words, blocks = _add_figures(words, blocks, figures)
    return Page(
        number=number,
        width=width,
        height=height,
        label=_label(source, page),
        source=text_source,
        words=words,
        blocks=tuple(blocks),
        section=source.section(number),
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def _label(source: Source, page: pymupdf.Page) -> str | None:
    """The printed number, where the file says what it is."""
    return (page.get_label() or None) if source.document.is_pdf else None


def _lines(page: pymupdf.Page, ocr: OcrEngine | None) -> tuple[list[Line], TextSource]:
    lines = read_lines(page)
    layer = TextSource.TEXT_LAYER if lines else TextSource.NONE
    if ocr is None or not needs_ocr(page, lines):
        return lines, layer
    seen = in_reading_order(ocr.read(page))
    # A thin but sound text layer beats OCR that reads no more than it.
    if not seen or (not is_garbled("".join(n.text for n in lines)) and _letters(seen) <= _letters(lines)):
        return lines, layer
    return seen, TextSource.OCR


def _letters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)


def _compose(regions: Sequence[Region]) -> tuple[tuple[Word, ...], list[Block]]:
    """Words in reading order and blocks that delimit them. Every word is in one block."""
    words: list[Word] = []
    blocks = []
    known = frozenset(w.text.lower() for r in regions for line in r.lines for w in line.words if "-" in w.text[1:-1])
    for region in regions:
        first = len(words)
        words.extend(word for line in region.lines for word in line.words)
        blocks.append(Block(region.kind, region.text(known), region.box, first, len(words)))
    return tuple(words), blocks


def _add_figures(
    words: tuple[Word, ...], blocks: list[Block], figures: Sequence[Figure]
) -> tuple[tuple[Word, ...], list[Block]]:
    """The page's pictures behind its text: blocks with the words in their pixels, a label a line."""
    for figure in figures:
        first = len(words)
        words = (*words, *(word for label in figure.labels for line in label for word in line.words))
        text = "\n".join(plain(" ".join(line.text for line in label)) for label in figure.labels)
        blocks = [*blocks, Block(BlockKind.FIGURE, text, figure.box, first, len(words))]
    return words, blocks
