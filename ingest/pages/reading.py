"""Reads one page: words, blocks, tables, figures, section. Runs in workers."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Protocol

import pymupdf
from msgspec import Struct

from ingest.document import BlockKind, Page, TextSource
from ingest.figures import read_figures
from ingest.layout.assemble import assemble
from ingest.layout.captions import tie_captions
from ingest.layout.columns import in_reading_order
from ingest.layout.geometric import arrange, is_note
from ingest.layout.glance import Glance, glance, look
from ingest.layout.margins import glances_around, mark_margins, page_label
from ingest.layout.model import boxes_of, find_groups
from ingest.layout.parts import Part, of_figure, of_region
from ingest.layout.sections import sections
from ingest.pages._shim import OcrReading, plan_ocr
from ingest.pages.compose import compose
from ingest.pages.continuing import continued
from ingest.pages.overlay import with_text
from ingest.pages.settings import ReadingSettings
from ingest.sources.opening import Source
from ingest.tables.reading import read_tables
from ingest.text.lines import Layer, Line, body_size, read_layer


class OcrEngine(Protocol):
    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]: ...

    def read_page(self, page: pymupdf.Page) -> OcrReading: ...


class PageTooDense(ValueError):
    """More words than `Limits.page_words`."""


class _Seen(Struct):
    """The words of a page, wherever they come from."""

    lines: list[Line]
    source: TextSource
    skew: float = 0.0
    notes: tuple[str, ...] = ()


_USUAL = ReadingSettings()


def read_page(
    source: Source, number: int, ocr: OcrEngine | None, word_limit: int = 100_000, settings: ReadingSettings = _USUAL
) -> Page:
    """The page as read; `number` from 1. May raise anything MuPDF raises: the worker turns it into a page with an error."""
    started = time.perf_counter()
    page = source.page(number)
    layer = read_layer(page)
    own = glance(source, number, layer.lines)
    seen = _see(page, layer, ocr)
    count = sum(len(line.words) for line in seen.lines)
    if count > word_limit:
        raise PageTooDense(f"the page holds {count} words; the limit is {word_limit}")
    parts = _parts(source, number, page, seen, ocr, settings)
    _mark(source, number, parts, seen, page.rect.height)
    section = sections(source, number, parts)
    captions = tie_captions(parts)
    _tell_units(parts, captions)
    words, blocks = compose(parts, captions)
    return Page(
        number=number,
        width=float(page.rect.width),
        height=float(page.rect.height),
        label=_label(source, number, own, seen, page.rect.height),
        source=seen.source,
        words=words,
        blocks=blocks,
        section=section,
        hidden=tuple(layer.hidden),
        skew=seen.skew,
        notes=seen.notes,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def _see(page: pymupdf.Page, layer: Layer, ocr: OcrEngine | None) -> _Seen:
    """The text layer, or what OCR reads where that is missing, garbled or thin."""
    from_layer = _Seen(layer.lines, TextSource.TEXT_LAYER if layer.lines else TextSource.NONE)
    if ocr is None:
        return from_layer
    plan = plan_ocr(page, layer.lines)
    if plan.whole:
        reading = ocr.read_page(page)
        lines = in_reading_order(reading.lines)
        # A thin but sound text layer beats OCR that reads no more than it.
        if not lines or (not plan.garbled and _letters(lines) <= _letters(layer.lines)):
            return from_layer
        return _Seen(lines, TextSource.OCR, reading.skew, (f"read by OCR: {plan.reason}", *reading.notes))
    found = [
        line
        for region in plan.regions
        for line in ocr.read(page, pymupdf.Rect(region.x0, region.y0, region.x1, region.y1))
        if not any(_covers(known, line) for known in layer.lines)
    ]
    if not found:
        return from_layer
    return _Seen(
        [*layer.lines, *in_reading_order(found)], TextSource.MIXED, 0.0, (f"parts read by OCR: {plan.reason}",)
    )


def _covers(known: Line, line: Line) -> bool:
    x, y = (line.box.x0 + line.box.x1) / 2, (line.box.y0 + line.box.y1) / 2
    return known.box.x0 <= x <= known.box.x1 and known.box.y0 <= y <= known.box.y1


def _letters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)


def _parts(
    source: Source, number: int, page: pymupdf.Page, seen: _Seen, ocr: OcrEngine | None, settings: ReadingSettings
) -> list[Part]:
    body = body_size(seen.lines)
    for place, line in enumerate(seen.lines):
        line.place = place
    # A page that was read by OCR has the words of its pictures already.
    eye = None if seen.source is TextSource.OCR else ocr
    with ExitStack() as stack:
        work = page
        if seen.source in (TextSource.OCR, TextSource.MIXED) and settings.layout == "model":
            work = stack.enter_context(with_text(page, seen.lines))[0]
        groups = find_groups(work, len(seen.lines)) if settings.layout == "model" and seen.lines else None
        if groups is None:
            figures = read_figures(page, [], seen.lines, eye, source, number)
            return [*map(of_region, arrange(seen.lines, body)), *(of_figure(figure, []) for figure in figures)]
        boxes = boxes_of(groups)
        words = [word for line in seen.lines for word in line.words]
        tables = continued(source, number, page, read_tables(work, groups, words), seen)
    pictures = [box.box for box in boxes if box.kind is BlockKind.FIGURE]
    figures = read_figures(page, pictures, seen.lines, eye, source, number)
    return assemble(seen.lines, boxes, tables, figures, body, page.rect.width * page.rect.height)


def _mark(source: Source, number: int, parts: Sequence[Part], seen: _Seen, height: float) -> None:
    """Running headers, footers, page numbers and footnotes get their kinds."""
    around = glances_around(source, number) if seen.source is not TextSource.OCR else []
    regions = [part.region for part in parts if part.region is not None]
    mark_margins(regions, height, around)
    body = body_size(seen.lines)
    for region in regions:
        if region.kind in (BlockKind.TEXT, BlockKind.LIST) and is_note(region, body, height):
            region.kind = BlockKind.FOOTNOTE
    for part in parts:
        if part.region is not None:
            part.kind = part.region.kind


def _tell_units(parts: Sequence[Part], captions: Mapping[int, int]) -> None:
    """A caption may say what all figures of its table are measured in."""
    for thing, caption in captions.items():
        table, said = parts[thing].table, parts[caption].region
        if table is not None and said is not None:
            parts[thing].table = table.with_caption(said.text())


def _label(source: Source, number: int, own: Glance, seen: _Seen, height: float) -> str | None:
    return page_label(source, number, look(seen.lines, height) if seen.source is TextSource.OCR else own)
