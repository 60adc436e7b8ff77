"""Drawing on a page: paragraphs, tables, charts, pictures of text, stamps, footnotes, small print.

Each drawing says where its words stand. What is drawn is collected and put on the page at once by `done`: a hundred small
insertions into one page take a hundred times as long.
"""

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any

import pymupdf

from eval.needles.facts import Fact
from ingest import Box

WIDTH, HEIGHT = 595.0, 842.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 531.0, 78.0, 760.0
FONT, BOLD = "helv", "hebo"
SIZE, SMALL, TINY = 10.0, 7.5, 6.0
LEADING = 1.35
RED, GREY, BLUE = (0.7, 0.1, 0.1), (0.45, 0.45, 0.45), (0.24, 0.42, 0.62)


def width(text: str, size: float, font: str = FONT) -> float:
    """Of the text, in points."""
    return size * sum(_advance(font, char) for char in text)


@cache
def _advance(font: str, char: str) -> float:
    return float(pymupdf.get_text_length(char, fontname=font, fontsize=1))


class Sheet:
    """One page of a document and how far down it is filled; footnotes grow from its foot."""

    def __init__(self, document: Any, number: int, title: str) -> None:
        self.page = document.new_page(width=WIDTH, height=HEIGHT)
        self.y = TOP
        self._foot = BOTTOM
        self._notes = 0
        self._shape = self.page.new_shape()
        self._shape.insert_text((LEFT, 46), title, fontname=FONT, fontsize=8, color=GREY)
        self._shape.insert_text((RIGHT - 20, 800), str(number), fontname=FONT, fontsize=8, color=GREY)

    def done(self) -> None:
        """Put it all on the page."""
        self._shape.commit()

    def room(self, height: float) -> bool:
        """Whether so many points are left."""
        return self.y + height <= self._foot

    def paragraph(self, text: str, mark: str = "", size: float = SIZE) -> tuple[Box, ...]:
        """The text, broken into lines; boxes of the words of `mark`, one a line."""
        boxes: list[Box] = []
        wanted = _span(text, mark)
        place = 0
        lines = wrap(text, size)
        self._shape.insert_text((LEFT, self.y + size), lines, fontname=FONT, fontsize=size, lineheight=LEADING)
        for line in lines:
            if (part := _overlap(wanted, place, place + len(line))) is not None:
                first, last = (part[0] - place, part[1] - place)
                x0 = LEFT + width(line[:first], size)
                boxes.append(_box(x0, x0 + width(line[first:last], size), self.y + size, size))
            place += len(line) + 1
            self.y += size * LEADING
        self.y += 7
        return tuple(boxes)

    def table(self, fact: Fact, rows: Sequence[Fact]) -> tuple[Box, ...]:
        """A table of sites in one year; `fact` is one of its rows."""
        heading = f"Table. {fact.measure.name.capitalize()} by site, {fact.year}"
        head = fact.measure.name.capitalize() + (f" ({fact.measure.unit})" if fact.measure.unit else "")
        self._shape.insert_text((LEFT, self.y + 10), heading, fontname=BOLD, fontsize=9)
        self.y += 16
        boxes: tuple[Box, ...] = ()
        for site, value, font in (("Site", head, BOLD), *((row.site, row.value, FONT) for row in rows)):
            self._shape.insert_text((LEFT + 4, self.y + 11), site, fontname=font, fontsize=9)
            start = RIGHT - 60 - width(value, 9, font)
            self._shape.insert_text((start, self.y + 11), value, fontname=font, fontsize=9)
            self._shape.draw_line((LEFT, self.y + 15), (RIGHT - 50, self.y + 15))
            self._shape.finish(color=GREY, width=0.4)
            if (site, value) == (fact.site, fact.value):
                boxes = (_box(start, start + width(value, 9), self.y + 11, 9),)
            self.y += 15
        self.y += 12
        return boxes

    def chart(self, fact: Fact, bars: Sequence[Fact]) -> tuple[Box, ...]:
        """Bars by year, each with its value above it; `fact` is one of them."""
        unit = f" ({fact.measure.unit})" if fact.measure.unit else ""
        heading = f"{fact.measure.name.capitalize()} of {fact.site}{unit}"
        self._shape.insert_text((LEFT, self.y + 10), heading, fontname=BOLD, fontsize=9)
        top = max(float(bar.plain) for bar in bars)
        base, step = self.y + 96, 300 / len(bars)
        boxes: tuple[Box, ...] = ()
        for place, bar in enumerate(bars):
            x, high = LEFT + 20 + place * step, 60 * float(bar.plain) / top
            self._shape.draw_rect(pymupdf.Rect(x, base - high, x + step * 0.6, base))
            self._shape.finish(color=None, fill=BLUE)
            middle = x + step * 0.3
            start = middle - width(bar.value, 8) / 2
            self._shape.insert_text((start, base - high - 4), bar.value, fontname=FONT, fontsize=8)
            self._shape.insert_text((middle - 9, base + 10), str(bar.year), fontname=FONT, fontsize=8)
            if bar == fact:
                boxes = (_box(start, start + width(bar.value, 8), base - high - 4, 8),)
        self._shape.draw_line((LEFT + 14, base), (LEFT + 320, base))
        self._shape.finish(color=GREY, width=0.6)
        self.y = base + 24
        return boxes

    def raster(self, text: str) -> tuple[Box, ...]:
        """The text as pixels: nothing of it is in the text layer."""
        lines = wrap(text, SIZE)
        high = len(lines) * SIZE * LEADING + 8
        place = pymupdf.Rect(LEFT, self.y, RIGHT, self.y + high)
        with pymupdf.open() as scratch:
            drawn = scratch.new_page(width=place.width, height=place.height)
            drawn.insert_text((2, SIZE + 2), lines, fontname=FONT, fontsize=SIZE, lineheight=LEADING)
            self.page.insert_image(place, pixmap=drawn.get_pixmap(dpi=170, colorspace=pymupdf.csGRAY))
        self.y = place.y1 + 8
        return (Box(place.x0, place.y0, place.x1, place.y1),)

    def stamp(self, text: str, random: Random) -> tuple[Box, ...]:
        """Bold red words in a frame, turned by some degrees."""
        lines = wrap(text, SIZE, 240, BOLD)
        high = len(lines) * SIZE * LEADING + 12
        wide = max(width(line, SIZE, BOLD) for line in lines) + 16
        x = random.uniform(LEFT + 20, RIGHT - wide - 20)
        frame = pymupdf.Rect(x, self.y + 34, x + wide, self.y + 34 + high)
        turn = (
            pymupdf.Point(frame.x0 + wide / 2, frame.y0 + high / 2),
            pymupdf.Matrix(random.choice((-12, -8, 8, 12))),
        )
        self._shape.draw_rect(frame)
        self._shape.finish(color=RED, width=1.2, morph=turn)
        self._shape.insert_text(
            (frame.x0 + 8, frame.y0 + SIZE + 4),
            lines,
            fontname=BOLD,
            fontsize=SIZE,
            color=RED,
            lineheight=LEADING,
            morph=turn,
        )
        self.y = frame.y1 + 40
        reach = wide / 2 * 0.21 + high / 2  # sin 12 degrees
        middle = frame.y0 + high / 2
        return (Box(frame.x0, max(0.0, middle - reach), frame.x1, middle + reach),)

    def footnote(self, site: str, text: str, mark: str) -> tuple[Box, ...]:
        """A sentence with a mark in the text, and the note at the foot of the page."""
        self._notes += 1
        self.paragraph(f"The figures of {site} have been restated ({self._notes}).")
        lines = wrap(f"({self._notes}) {text}", SMALL)
        self._foot -= len(lines) * SMALL * LEADING
        was, self.y = self.y, self._foot
        boxes = self.paragraph(f"({self._notes}) {text}", mark, SMALL)
        self.y = was
        return boxes


def wrap(text: str, size: float, wide: float = RIGHT - LEFT, font: str = FONT) -> list[str]:
    """The text in lines no wider than this; single spaces between words are kept."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size, font) <= wide:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _span(text: str, mark: str) -> tuple[int, int] | None:
    plain = " ".join(text.split())
    start = plain.find(mark) if mark else -1
    return (start, start + len(mark)) if start >= 0 else None


def _overlap(span: tuple[int, int] | None, start: int, end: int) -> tuple[int, int] | None:
    if span is None:
        return None
    low, high = max(span[0], start), min(span[1], end)
    return (low, high) if low < high else None


def _box(x0: float, x1: float, baseline: float, size: float) -> Box:
    return Box(round(x0, 1), round(baseline - 0.8 * size, 1), round(x1, 1), round(baseline + 0.25 * size, 1))
