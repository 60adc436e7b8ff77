"""The figures of a page: where they are, of what kind, and the words that stand only in their pixels.

Words that the text layer has already are left out, and so is what OCR believes to see in photographs. Runs in workers.
"""

from collections.abc import Sequence
from typing import Protocol

import pymupdf
from msgspec import Struct, structs

from ingest.document import Box, FigureKind
from ingest.figures.finding import Candidate, as_rect, find_candidates, is_text, painted
from ingest.figures.kinds import LETTERS, SMALL, Evidence, is_blank, is_photograph, kind_of
from ingest.figures.labels import gather, new_lines
from ingest.figures.looking import Look, Sight
from ingest.sources.opening import Source
from ingest.sources.survey import REPEATED, survey_of
from ingest.text.lines import Line

_EDGE = 0.15
"""Head and foot of a page, as shares of its height, where logos stand."""
_GROUND = 0.1
"""Share of the page from which a picture under text is a ground."""
_AT_ONCE = 6
"""Pictures read on one page, largest first: a page of more is a gallery, and each costs up to a second."""
_FIGURES = 60
"""Pictures of one page that are kept, largest first: contact sheets, and drawings that fall into pieces."""


class ClipReader(Protocol):
    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]: ...


class Figure(Struct):
    """A picture: its box in points as displayed, and the labels read in its pixels (none: nothing to read, or not read).

    A label is the lines that stand together: "Public service / contracts / 14%" beside a slice of a pie. Words of the text layer
    that stand in the box are not among them.
    """

    box: Box
    labels: list[list[Line]]
    kind: FigureKind = FigureKind.DIAGRAM


def read_figures(
    page: pymupdf.Page,
    pictures: Sequence[Box],
    lines: Sequence[Line],
    ocr: ClipReader | None,
    source: Source,
    number: int,
) -> list[Figure]:
    """The page's figures, top to bottom, each thing seen once.

    `pictures` are the boxes that the layout model calls a picture; `lines` is what the text layer has; `number` is the page's
    number in `source`, which knows what other pages repeat. What is repeated, blank or a photograph without writing is not
    read by `ocr`.
    """
    seen = painted(page)
    found = find_candidates(page, seen, pictures, lines)
    candidates = sorted(found, key=lambda one: -one.rect.get_area())[:_FIGURES]
    # Pages without images, most of them, need not be compared with others.
    repeated = _repeated(source, number) if seen.images or seen.grounds else []
    reader = _Reader(page, lines, ocr, repeated)
    figures = [figure for figure in map(reader.read, candidates) if figure is not None]
    figures += reader.of_grounds(seen.grounds)
    return sorted(figures, key=lambda figure: (figure.box.y0, figure.box.x0))


def _repeated(source: Source, number: int) -> list[pymupdf.Rect]:
    """Boxes of the images that other pages have in the same place."""
    survey = survey_of(source)
    placed = survey.placements(number)
    return [as_rect(one.box) for one in placed if survey.pages_with(number, one) >= REPEATED]


class _Reader:
    """Reads the candidates of one page, the largest first."""

    def __init__(
        self, page: pymupdf.Page, lines: Sequence[Line], ocr: ClipReader | None, repeated: Sequence[pymupdf.Rect]
    ) -> None:
        self._page = page
        self._lines = lines
        self._ocr = ocr
        self._repeated = repeated
        self._sight = Sight(page)
        self._read = 0

    def read(self, one: Candidate) -> Figure | None:
        look = self._sight.look(one.rect)
        if look is None:
            return None
        evidence = self._evidence(one)
        if not one.pictured and is_text(one.rect, self._lines):
            return self._under_text(one)
        seen: list[Line] = []
        if self._worth_reading(look, evidence):
            self._read += 1
            assert self._ocr is not None
            seen = new_lines(self._ocr.read(self._page, one.rect), self._lines)
        words = tuple(word.text for line in seen for word in line.words)
        kind = kind_of(look, structs.replace(evidence, texts=(*evidence.texts, *words)))
        return Figure(_box(one.rect), gather(seen), kind)

    def _under_text(self, one: Candidate) -> Figure | None:
        """Running text stands in the region: its images are apart from it, or its ground. Paths alone only frame it."""
        if not one.images:
            return None
        rect = pymupdf.Rect(one.images[0])
        for image in one.images[1:]:
            rect |= image
        if rect.get_area() < 0.95 * one.rect.get_area():
            return self.read(Candidate(rect, one.images))
        look = self._sight.look(rect)
        repeated = all(map(self._is_repeated, one.images))
        if look is not None and is_photograph(look) and not repeated:
            return Figure(_box(rect), [], FigureKind.PHOTO)
        if not repeated and rect.get_area() < _GROUND * self._page.rect.get_area():
            return None  # print that was put in as a picture, with its words in the text layer
        return Figure(_box(rect), [], FigureKind.DECORATION)

    def _evidence(self, one: Candidate) -> Evidence:
        rect, area = one.rect, self._page.rect.get_area()
        imaged = sum((rect & image).get_area() for image in one.images) / rect.get_area()
        inside = tuple(w.text for line in self._lines for w in line.words if _centre_in(w.box, rect))
        repeated = bool(one.images) and all(self._is_repeated(image) for image in one.images)
        return Evidence(
            share=rect.get_area() / area,
            ratio=rect.width / rect.height,
            imaged=imaged,
            marks=one.marks,
            repeated=repeated and imaged > 0.5,
            at_edge=rect.y1 < _EDGE * self._page.rect.height or rect.y0 > (1 - _EDGE) * self._page.rect.height,
            bars=one.bars,
            texts=inside,
        )

    def _is_repeated(self, image: pymupdf.Rect) -> bool:
        return any((image & other).get_area() > 0.8 * image.get_area() for other in self._repeated)

    def _worth_reading(self, look: Look, evidence: Evidence) -> bool:
        """Reading a picture takes half a second to a second; the text layer of a drawing has its words already."""
        if self._ocr is None or self._read >= _AT_ONCE or evidence.repeated or is_blank(look):
            return False
        if evidence.imaged < 0.1 and evidence.texts:
            return False
        if is_photograph(look) or evidence.share < SMALL:
            return look.letters >= LETTERS and sum(map(len, evidence.texts)) < 0.6 * look.letters
        # Of a large drawing the letters may be too small to be told in a glance.
        return sum(map(len, evidence.texts)) < max(LETTERS, 0.6 * look.letters)

    def of_grounds(self, grounds: Sequence[pymupdf.Rect]) -> list[Figure]:
        """Images over the whole page. Under text they are its ground; without text they are a scan, which is no figure."""
        if not self._lines:
            return []
        found = []
        for rect in grounds[:1]:
            look = self._sight.look(rect)
            if look is None:
                continue
            if self._is_repeated(rect):
                found.append(Figure(_box(rect), [], FigureKind.DECORATION))
            elif is_photograph(look):
                found.append(Figure(_box(rect), [], FigureKind.PHOTO))
        return found


def _centre_in(box: Box, rect: pymupdf.Rect) -> bool:
    return bool(rect.x0 <= (box.x0 + box.x1) / 2 <= rect.x1 and rect.y0 <= (box.y0 + box.y1) / 2 <= rect.y1)


def _box(rect: pymupdf.Rect) -> Box:
    return Box(*(round(float(value), 2) for value in rect))
