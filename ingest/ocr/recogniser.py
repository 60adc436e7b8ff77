"""Reads words off a page's picture with PP-OCR models. One recogniser a worker, loaded at its first page.

Detection finds lines; their direction tells how the sheet lies on the page; each line is cut out along its own direction and read.
"""

from collections.abc import Sequence

import numpy as np
import pymupdf
from msgspec import Struct

from ingest.document import Word
from ingest.errors import ReaderUnavailable
from ingest.geometry import enclose
from ingest.ocr.decoding import LineReader, ReadWord
from ingest.ocr.detection import SMALL, Detector, in_rows
from ingest.ocr.frames import (
    Points,
    Sheet,
    box_around,
    cut_out,
    is_sideways,
    part_of,
    size_of,
    skew_of,
    straight_sheet,
    turned,
)
from ingest.ocr.reading import OcrReading, StraightSheet
from ingest.ocr.settings import OcrSettings, find_models
from ingest.ocr.views import View
from ingest.text.lines import Line

# Degrees. Below the first a page counts as straight; above the second detection is done again on the straightened picture, since
# lines begin to run into each other. Between them the lines themselves are straightened, which costs nothing.
_STRAIGHT = 0.3
_DETECT_AGAIN = 4.0
# Lines of lower confidence are texture.
_LEAST = 0.5
# A page less sure than this may be upside down; it is, if its lines are surer by the second when turned. Chosen, not measured.
_DOUBTFUL = 0.85
_BETTER = 0.08
# Where fewer than half of many lines can be read, the page may lie on its side though its lines seem not to: of 24 generated pages
# one did (6 of 37 lines read). The limits are chosen, not measured.
_MANY = 8
_READABLE = 0.5
_PROBES = 5
_PROBE_WIDTH = 12.0
# Higher than 1.5 times its width, a line runs up or down, unless it is one character.
_TALL = 1.5
_ONE_CHARACTER = 2.5
# Lines lower than this are cut from the larger picture, others from the one they were found on, which is read better.
_FINE_LINES = SMALL + 1


class _Read(Struct):
    """A line that was read: the quadrangle of each word in points of the page."""

    words: list[ReadWord]
    quads: list[Points]
    height: float
    upright: bool

    @property
    def confidence(self) -> float:
        return float(np.average([w.confidence for w in self.words], weights=[len(w.text) for w in self.words]))


class Recogniser:
    """Words with boxes and confidences from a page's picture. Not thread-safe."""

    def __init__(self, language: str = "en", model_dir: str | None = None) -> None:
        """Loads the models (0.5 s and 60 MB; the process peaks at 620 MB while reading dense print).

        Raises ReaderUnavailable where there are none for the language.
        """
        models = find_models(OcrSettings(language, model_dir))
        self._detector = Detector(models.detector)
        try:
            self._reader = LineReader(models.recogniser, models.characters)
        except ValueError as error:
            raise ReaderUnavailable(str(error)) from None

    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]:
        """Lines from top to bottom, left to right, on the page or in `clip`; boxes in points of the page as displayed. A clip is
        taken to lie straight, a page is not."""
        if clip is None:
            return self.read_page(page).lines
        view = View(page, clip)
        if view.too_small:
            return []
        sheet = straight_sheet(view.area, 0, 0.0)
        return _on_page(self._read(view, sheet, self._detector.find(view, sheet)))

    def read_page(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None, *, scan: bool = True) -> OcrReading:
        """The page, or the part of it in `clip` when that is a scan of its own, which may lie askew, on its side or upside down.
        The sheet of a page that is no `scan` lies straight, whichever way its lines slant."""
        view = View(page, clip)
        if view.too_small:
            return OcrReading([])
        turn, quads = self._detect(view)
        sheet, skew, quads = self._straighten(view, turn, quads)
        found = self._read(view, sheet, quads)
        if not turn and len(quads) >= _MANY and len(found) < _READABLE * len(quads):
            other = self._other_side(view)
            if other:
                turn = other
                lying = straight_sheet(view.area, turn, 0.0)
                sheet, skew, quads = self._straighten(view, turn, self._detector.find(view, lying))
                found = self._read(view, sheet, quads)
        if self._upside_down(view, sheet, quads, found):
            turn = (turn + 2) % 4
            lying = straight_sheet(view.area, turn, 0.0)
            sheet, skew, quads = self._straighten(view, turn, self._detector.find(view, lying))
            found = self._read(view, sheet, quads)
        if not found:
            return OcrReading([])
        if not scan:
            return OcrReading(_on_page(found))
        straight = _on_sheet(found, sheet) if turn or skew else None
        return OcrReading(_on_page(found), round(skew, 2), turn, _notes(turn, skew), straight)

    def _detect(self, view: View) -> tuple[int, list[Points]]:
        """Lines, in points of the sheet, and the quarter turns by which it lies on its side."""
        sheet = straight_sheet(view.area, 0, 0.0)
        quads = self._detector.find(view, sheet)
        if not is_sideways(quads):
            return 0, quads
        probes = [sheet.to_page(quad) for quad in sorted(quads, key=lambda q: -size_of(q)[1])[:_PROBES]]
        turn = max((1, 3), key=lambda quarters: self._probe(view, [turned(quad, quarters) for quad in probes]))
        return turn, self._detector.find(view, straight_sheet(view.area, turn, 0.0))

    def _other_side(self, view: View) -> int:
        """Quarter turns by which a page lies that can't be read as it stands, 0 if not on its side either. The detector sees lines
        across the lines of a dense page on its side, so that their shapes do not tell."""
        quads = self._detector.find(view, lying := straight_sheet(view.area, 1, 0.0))
        probes = [lying.to_page(quad) for quad in sorted(quads, key=lambda q: -size_of(q)[0])[:_PROBES]]
        sure = {1: self._probe(view, probes), 3: self._probe(view, [turned(quad, 2) for quad in probes])}
        turn = max(sure, key=lambda quarters: sure[quarters])
        return turn if sure[turn] >= _DOUBTFUL else 0

    def _straighten(self, view: View, turn: int, quads: list[Points]) -> tuple[Sheet, float, list[Points]]:
        """The sheet with its skew taken out, that skew, and the lines in points of it."""
        lying = straight_sheet(view.area, turn, 0.0)
        skew = skew_of(quads)
        if abs(skew) < _STRAIGHT:
            return lying, 0.0, quads
        sheet = straight_sheet(view.area, turn, skew)
        if abs(skew) < _DETECT_AGAIN:
            return sheet, skew, in_rows([sheet.from_page(lying.to_page(quad)) for quad in quads])
        quads = self._detector.find(view, sheet)
        rest = skew_of(quads)
        return sheet, skew + rest if abs(rest) < 1 else skew, quads

    def _upside_down(self, view: View, sheet: Sheet, quads: Sequence[Points], found: Sequence[_Read]) -> bool:
        letters = sum(len(word.text) for read in found for word in read.words)
        surely = sum(len(word.text) * word.confidence for read in found for word in read.words)
        if not quads or (letters and surely / letters >= _DOUBTFUL):
            return False
        probes = [sheet.to_page(quad) for quad in sorted(quads, key=lambda q: -size_of(q)[0])[:_PROBES]]
        return self._probe(view, [turned(quad, 2) for quad in probes]) > self._probe(view, probes) + _BETTER

    def _probe(self, view: View, quads: Sequence[Points]) -> float:
        """The mean confidence in the beginnings of lines, 0 to 1."""
        confidences = []
        for quad in quads:
            width, height = size_of(quad)
            words = self._words(view, part_of(quad, 0.0, min(1.0, _PROBE_WIDTH * height / max(width, 1.0))))
            confidences.append(float(np.mean([word.confidence for word in words])) if words else 0.0)
        return float(np.mean(confidences)) if confidences else 0.0

    def _read(self, view: View, sheet: Sheet, quads: Sequence[Points]) -> list[_Read]:
        read = (self._line(view, sheet.to_page(quad)) for quad in quads)
        return [line for line in read if line is not None and line.confidence >= _LEAST]

    def _line(self, view: View, quad: Points) -> _Read | None:
        """A line that runs up or down is read the ways it can stand, and the surest is taken: charts label their axes upwards."""
        width, height = size_of(quad)
        ways = (0,) if height < _TALL * width else (3, 1) if height > _ONE_CHARACTER * width else (0, 3, 1)
        best: _Read | None = None
        for way in ways:
            stood = turned(quad, way)
            words = self._words(view, stood)
            if not words:
                continue
            length = max(1.0, size_of(view.drawn(view.zoom).to_pixels(stood))[0])
            parts = [part_of(stood, word.left / length, word.right / length) for word in words]
            read = _Read(words, parts, size_of(stood)[1], way == 0)
            if best is None or read.confidence > best.confidence:
                best = read
            if best.confidence > _DOUBTFUL:
                break
        return best

    def _words(self, view: View, quad: Points) -> list[ReadWord]:
        """Words of the line in a quadrangle in points of the page; their ends in pixels at `view.zoom`."""
        zoom = view.zoom
        if size_of(quad)[1] * zoom < _FINE_LINES:
            zoom = min(view.finest(), 1.5 * view.zoom)
        drawn = view.drawn(zoom)
        ratio = view.zoom / zoom
        words = self._reader.read(cut_out(drawn.picture, drawn.to_pixels(quad)))
        return [ReadWord(w.text, w.left * ratio, w.right * ratio, w.confidence) for w in words]


def _on_page(found: Sequence[_Read]) -> list[Line]:
    return [_as_line(read, read.quads) for read in found]


def _on_sheet(found: Sequence[_Read], sheet: Sheet) -> StraightSheet:
    (a, c, e), (b, d, f) = sheet.matrix.tolist()
    lines = [_as_line(read, [sheet.from_page(quad) for quad in read.quads]) for read in found]
    return StraightSheet(sheet.width, sheet.height, (a, b, c, d, e, f), lines)


def _as_line(read: _Read, quads: Sequence[Points]) -> Line:
    words = [
        Word(word.text, box_around(quad), round(word.confidence, 3))
        for word, quad in zip(read.words, quads, strict=True)
    ]
    return Line(words, enclose([word.box for word in words]), size=read.height, upright=read.upright)


def _notes(turn: int, skew: float) -> tuple[str, ...]:
    notes = []
    if turn:
        how = "upside down" if turn == 2 else f"on its side ({90 if turn == 1 else 270} degrees clockwise)"
        notes.append(f"The sheet was scanned {how} and was read turned.")
    if skew:
        notes.append(f"The scan lies askew by {skew:.1f} degrees clockwise and was straightened to be read.")
    return tuple(notes)
