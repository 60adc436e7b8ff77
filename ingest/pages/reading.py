"""Reads one page: words, blocks, tables, figures, section. Runs in workers."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import pymupdf

from ingest.document import BlockKind, Page, TextSource
from ingest.figures import read_figures
from ingest.layout.assemble import assemble
from ingest.layout.captions import tie_captions
from ingest.layout.geometric import arrange, is_note
from ingest.layout.glance import glance, look
from ingest.layout.margins import glances_around, mark_margins, page_label
from ingest.layout.model import boxes_of, find_groups, is_drawn_out
from ingest.layout.parts import Part, of_figure, of_region
from ingest.layout.sections import sections
from ingest.ocr.postponed import PICTURES, Postponed
from ingest.pages.compose import compose
from ingest.pages.continuing import with_continuation
from ingest.pages.overlay import with_text
from ingest.pages.returning import blocks_back, words_back
from ingest.pages.seeing import OcrEngine, Seen, see
from ingest.pages.settings import ReadingSettings
from ingest.sources.formats import REFLOWED
from ingest.sources.opening import Source
from ingest.tables import read_tables
from ingest.text.lines import body_size, read_layer

__all__ = ["OcrEngine", "PageTooDense", "read_page"]


class PageTooDense(ValueError):
    """More words than `Limits.page_words`."""


_USUAL = ReadingSettings()


def read_page(
    source: Source, number: int, ocr: OcrEngine | None, word_limit: int = 100_000, settings: ReadingSettings = _USUAL
) -> Page:
    """The page as read; `number` from 1. With `ocr` Postponed it says whether there is something to read by OCR. May raise anything
    MuPDF raises: the worker turns it into a page with an error."""
    started = time.perf_counter()
    page = source.page(number)
    layer = read_layer(page)
    own = glance(source, number, layer.lines)
    seen = see(page, layer, None if source.format in REFLOWED else ocr)
    _check_density(seen, word_limit)
    height = seen.straight.height if seen.straight else page.rect.height
    parts = _parts(source, number, page, seen, ocr, settings)
    _mark(source, number, parts, seen, height)
    section = sections(source, number, parts)
    captions = tie_captions(parts)
    _tell_units(parts, captions)
    words, blocks = compose(parts, captions)
    if settings.layout == "model":
        blocks = with_continuation(source, number, height, blocks)
    if seen.straight is not None:
        words, blocks = words_back(words, seen.straight.matrix), blocks_back(blocks, seen.straight.matrix)
    return Page(
        number=number,
        width=float(page.rect.width),
        height=float(page.rect.height),
        label=page_label(source, number, look(seen.lines, height) if seen.source is TextSource.OCR else own),
        source=seen.source,
        words=words,
        blocks=blocks,
        section=section,
        hidden=tuple(layer.hidden),
        skew=round(seen.skew, 2),
        notes=seen.notes,
        milliseconds=(time.perf_counter() - started) * 1000,
        awaiting_ocr=(seen.reason or PICTURES) if isinstance(ocr, Postponed) and ocr.wanted else None,
    )


def _check_density(seen: Seen, word_limit: int) -> None:
    count = sum(len(line.words) for line in seen.lines)
    if count > word_limit:
        raise PageTooDense(f"the page holds {count} words; the limit is {word_limit}")


def _parts(
    source: Source, number: int, page: pymupdf.Page, seen: Seen, ocr: OcrEngine | None, settings: ReadingSettings
) -> list[Part]:
    for place, line in enumerate(seen.lines):
        line.place = place
    # A page that was read by OCR has the words of its pictures already.
    eye = None if seen.source is TextSource.OCR else ocr
    with ExitStack() as stack:
        work = page
        if settings.layout == "model" and seen.lines and (seen.by_ocr or is_drawn_out(page)):
            work = stack.enter_context(with_text(page, seen.lines, seen.straight))[0]
        words = [word for line in seen.lines for word in line.words]
        groups = find_groups(work, len(words)) if settings.layout == "model" and words else None
        if groups is None:
            return _parts_by_rules(source, number, page, seen, eye)
        boxes = boxes_of(groups)
        tables = read_tables(work, groups, words)
        pictures = [box.box for box in boxes if box.kind is BlockKind.FIGURE]
        figures = read_figures(work if seen.straight else page, pictures, seen.lines, eye, source, number)
        area = work.rect.width * work.rect.height
        return assemble(seen.lines, boxes, tables, figures, body_size(seen.lines), area)


def _parts_by_rules(source: Source, number: int, page: pymupdf.Page, seen: Seen, eye: OcrEngine | None) -> list[Part]:
    regions = arrange(seen.lines, body_size(seen.lines))
    figures = read_figures(page, [], seen.lines, eye, source, number) if seen.straight is None else []
    return [*map(of_region, regions), *(of_figure(figure, []) for figure in figures)]


def _mark(source: Source, number: int, parts: Sequence[Part], seen: Seen, height: float) -> None:
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
