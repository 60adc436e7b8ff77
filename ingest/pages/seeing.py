"""The words of a page: from its text layer, from OCR where that is missing, garbled or thin, or from both."""

from collections.abc import Sequence
from typing import Protocol

import pymupdf
from msgspec import Struct

from ingest.document import Box, TextSource
from ingest.layout.columns import in_reading_order
from ingest.ocr.need import plan_ocr
from ingest.ocr.reading import OcrReading, StraightSheet
from ingest.text.lines import Layer, Line, is_known

_SHEET = 0.8
"""The share of the page that the image of a scanned sheet covers at least."""


class OcrEngine(Protocol):
    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]: ...

    def read_page(self, page: pymupdf.Page, *, scan: bool) -> OcrReading: ...


class Seen(Struct):
    """`lines` as they stand on the page, or on the straightened sheet where a scan was found turned."""

    lines: list[Line]
    source: TextSource
    skew: float = 0.0
    notes: tuple[str, ...] = ()
    straight: StraightSheet | None = None
    reason: str = ""
    """Why the page, or a part of it, was given to OCR, whatever came of that."""

    @property
    def by_ocr(self) -> bool:
        """Whether any of it was."""
        return self.source in (TextSource.OCR, TextSource.MIXED)


def see(page: pymupdf.Page, layer: Layer, ocr: OcrEngine | None) -> Seen:
    """The words of a page whose text layer is `layer`. Without `ocr` the layer is all there is."""
    from_layer = Seen(layer.lines, TextSource.TEXT_LAYER if layer.lines else TextSource.NONE)
    if ocr is None:
        return from_layer
    plan = plan_ocr(page, layer.lines)
    from_layer.reason = plan.reason
    if plan.whole:
        reading = ocr.read_page(page, scan=_is_scan(page))
        return _see_whole(reading, layer, from_layer, plan.garbled, plan.reason)
    kept = [line for index, line in enumerate(layer.lines) if index not in plan.replaced]
    found = [line for region in plan.regions for line in _read_region(page, region, ocr) if not is_known(line, kept)]
    if not found:
        return from_layer
    lines = [*kept, *in_reading_order(found)]
    return Seen(lines, TextSource.MIXED if kept else TextSource.OCR, notes=(f"partly read by OCR: {plan.reason}",))


def _see_whole(reading: OcrReading, layer: Layer, from_layer: Seen, garbled: bool, reason: str) -> Seen:
    lines = in_reading_order(reading.straight.lines if reading.straight is not None else reading.lines)
    # A thin but sound text layer beats OCR that reads no more than it.
    if not lines or (not garbled and _letters(lines) <= _letters(layer.lines)):
        return from_layer
    notes = (f"read by OCR: {reason}", *reading.notes) if reason else reading.notes
    return Seen(lines, TextSource.OCR, reading.skew, notes, reading.straight)


def _is_scan(page: pymupdf.Page) -> bool:
    """Whether one image covers the page. A designed page may have slanted headlines, but its sheet lies straight."""
    area = page.rect.width * page.rect.height
    return any((pymupdf.Rect(info["bbox"]) & page.rect).get_area() > _SHEET * area for info in page.get_image_info())


def _read_region(page: pymupdf.Page, region: Box, ocr: OcrEngine) -> list[Line]:
    return ocr.read(page, pymupdf.Rect(region.x0, region.y0, region.x1, region.y1))


def _letters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)
