"""Patches of made-up pages: paragraphs in columns, tables, slides, labels, with every word and character on record."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont

from retrieval.wordspot.alphabet import fold, parts
from retrieval.wordspot.fonts import Face
from retrieval.wordspot.vocabulary import Vocabulary, figure, is_held_out

Grey = npt.NDArray[np.uint8]
Font = ImageFont.FreeTypeFont


class Printed(Struct, frozen=True):
    """A word where it was printed, in pixels of the canvas. `word`: folded, "" where it has no letter or figure; `x`,
    `y`: the middle of its small letters; `width`; `em`: the size of its print; `signs`: characters and the x of each."""

    word: str
    x: float
    y: float
    width: float
    em: float
    signs: tuple[tuple[str, float], ...]


class Canvas(Struct, frozen=True):
    """`grey`: uint8 (h, w); `words` printed on it; `scale`: its pixels for one of the patch."""

    grey: Grey
    words: list[Printed]
    scale: float


class Source(Struct, frozen=True):
    """What is printed, and with what. `unseen`: the share of words taken from those held out; training has None, and
    never prints them."""

    folder: Path
    vocabulary: Vocabulary
    families: list[list[Face]]
    unseen: float | None = None

    def face(self, random: Random) -> Face:
        """A face of a family; one with many faces comes up more often, but not in proportion."""
        weights = [len(family) ** 0.6 for family in self.families]
        (family,) = random.choices(self.families, weights)
        return random.choice(family)

    def token(self, random: Random) -> str:
        """A word as printed, without marks around it."""
        held_out = self.unseen is not None and random.random() < self.unseen
        for _ in range(200):
            token = self.vocabulary.word(random)
            if is_held_out(fold(token)) == held_out:
                return token
        return "page"


def families(found: list[Face], *, held_out: bool) -> list[list[Face]]:
    """Faces by family, of those held out for validation or of the others."""
    by_name: dict[str, list[Face]] = {}
    for face in found:
        if face.held_out == held_out:
            by_name.setdefault(face.family, []).append(face)
    return [by_name[name] for name in sorted(by_name)]


class Ease(Struct, frozen=True):
    """How hard patches are: `level` 0 (even print of middling size) to 1 (everything). `ems`: least and most pixels of an
    em, where they are not to depend on that."""

    level: float
    ems: tuple[float, float] | None = None

    def em(self, random: Random) -> float:
        """Pixels of the patch: what the pyramid leaves of any print, and with `level` the small end of it."""
        least, most = self.ems or (10.5 - 2.8 * self.level, 15.0 + 6.0 * self.level)
        return float(least * (most / least) ** random.random())


class _Pen:
    """Draws words onto a canvas and keeps the record."""

    def __init__(self, size: tuple[int, int], scale: float, source: Source, random: Random, ground: int) -> None:
        self.image = Image.new("L", (size[1], size[0]), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.words: list[Printed] = []
        self.scale = scale
        self.source = source
        self.random = random

    def font(self, face: Face, em: float) -> "_Type":
        return _Type(
            ImageFont.truetype(self.source.folder / face.path, em * self.scale, layout_engine=ImageFont.Layout.BASIC),
            em * self.scale,
            face.accented,
        )

    def write(self, x: float, baseline: float, token: str, type_: "_Type", ink: int) -> float:
        """A token, its parts recorded one by one; the x where it ends."""
        text = token if type_.accented else token.encode("ascii", "ignore").decode() or "a"
        self.draw.text((x, baseline), text, fill=ink, font=type_.font, anchor="ls")
        start = x
        rest = text
        pieces = parts(text)
        for piece in pieces:
            width = type_.width(piece)
            self._record(start, baseline, piece, width, type_)
            rest = rest[len(piece) + 1 :]
            start += width + (type_.width("-") if rest else 0)
        return x + (type_.width(text) if len(pieces) > 1 else start - x)

    def _record(self, x: float, baseline: float, piece: str, width: float, type_: "_Type") -> None:
        offsets = [0.0]
        for sign in piece:
            offsets.append(offsets[-1] + type_.width(sign))
        factor = width / max(offsets[-1], 1.0)
        signs = tuple(
            (sign, x + factor * (offsets[index] + offsets[index + 1]) / 2) for index, sign in enumerate(piece)
        )
        self.words.append(Printed(fold(piece), x + width / 2, baseline - 0.26 * type_.em, width, type_.em, signs))


class _Type:
    """A font at a size, with its widths remembered."""

    def __init__(self, font: Font, em: float, accented: bool) -> None:
        self.font, self.em, self.accented = font, em, accented
        self._widths: dict[str, float] = {}

    def width(self, text: str) -> float:
        if text not in self._widths:
            self._widths[text] = float(self.font.getlength(text))
        return self._widths[text]


def draw(size: tuple[int, int], source: Source, random: Random, ease: Ease) -> Canvas:
    """A canvas for patches of `size` (h, w), with some margin for turning it."""
    scale = random.choice([1.0, 1.0, 1.5, 2.0])
    full = (int((size[0] + 24) * scale), int((size[1] + 24) * scale))
    ground, ink = shades(random, ease)
    pen = _Pen(full, scale, source, random, ground)
    kinds: list[Callable[[_Pen, Ease, int, int], None]] = [_paragraphs, _paragraphs, _paragraphs, _table, _slide]
    random.choice(kinds)(pen, ease, ground, ink)
    return Canvas(np.asarray(pen.image), pen.words, scale)


def shades(random: Random, ease: Ease) -> tuple[int, int]:
    """Ground and ink, 0 to 255: mostly dark on light, the other way round more often as it gets harder."""
    least = 150 if random.random() > ease.level else 50
    gap = random.randint(least, 255)
    low = random.randint(0, 255 - gap)
    dark, light = (low, low + gap) if random.random() < 0.5 else (0, gap)
    if random.random() < 0.6:
        light, dark = 255, max(0, 255 - gap)
    return (dark, light) if random.random() < 0.3 * ease.level else (light, dark)


def _dressed(token: str, random: Random, style: float) -> str:
    """A token in capitals or with a sentence's marks."""
    if style < 0.1:
        token = token.upper()
    elif style < 0.25 or random.random() < 0.08:
        token = token[:1].upper() + token[1:]
    chance = random.random()
    if chance < 0.16:
        return token + random.choice(",,,..;:?!")
    if chance < 0.2:
        before, after = random.choice(("()", "“”", '""', "[]", "''"))
        return before + token + after
    if chance < 0.22:
        return random.choice(("•", "*", "#", "-", "–")) + token
    if chance < 0.25:
        return token + random.choice("-/") + random.choice(("based", "term", "like", "free", "and"))
    return token


def _faces(pen: _Pen, em: float) -> list[_Type]:
    """The print of a text, and what stands out of it."""
    first = pen.source.face(pen.random)
    second = pen.source.face(pen.random)
    return [pen.font(first, em), pen.font(second, em)]


def _paragraphs(pen: _Pen, ease: Ease, ground: int, ink: int) -> None:
    random = pen.random
    width, height = pen.image.size
    columns = random.choice([1, 1, 1, 2])
    gutter = random.uniform(1.2, 3) * 12 * pen.scale
    column = (width - gutter * (columns - 1)) / columns
    for number in range(columns):
        _column(pen, ease, ink, number * (column + gutter), column, height)


def _column(pen: _Pen, ease: Ease, ink: int, left: float, width: float, height: int) -> None:
    random = pen.random
    y = random.uniform(-0.5, 1.0) * 12 * pen.scale
    while y < height:
        types = _faces(pen, ease.em(random))
        em = types[0].em
        leading = em * random.uniform(1.05, 1.6)
        style, space = random.random(), em * random.uniform(0.22, 0.4)
        indent = random.choice([0.0, 0.0, em, 2 * em])
        for _ in range(random.randint(1, 8)):
            y += leading
            if y - em > height:
                return
            end = left + width * (1 if random.random() < 0.8 else random.uniform(0.2, 1))
            _line(pen, types, ink, (left + indent, y, end), style, space)
        y += em * random.uniform(0, 0.8)


def _line(pen: _Pen, types: list[_Type], ink: int, at: tuple[float, float, float], style: float, space: float) -> None:
    x, y, end = at
    while x < end:
        type_ = types[1] if pen.random.random() < 0.08 else types[0]
        token = _dressed(pen.source.token(pen.random), pen.random, style)
        if x + type_.width(token) > end and x > at[0]:
            return
        x = pen.write(x, y, token, type_, ink) + space


def _table(pen: _Pen, ease: Ease, ground: int, ink: int) -> None:
    random = pen.random
    width, height = pen.image.size
    types = _faces(pen, ease.em(random))
    em = types[0].em
    pitch, y = em * random.uniform(1.15, 2.2), random.uniform(0, em)
    columns = random.randint(2, 6)
    edges = [0.0, *sorted(width * (0.2 + 0.8 * random.random()) for _ in range(columns - 1)), float(width)]
    rules, bands = random.random() < 0.5, random.random() < 0.4
    row = 0
    while y < height:
        shown, paper = (ground, ink) if row == 0 and bands else (ink, ground)
        if bands and (row == 0 or row % 2):
            paper = paper if row == 0 else int(ground + (ink - ground) * 0.12)
            pen.draw.rectangle((0, y, width, y + pitch), fill=paper)
        if rules:
            pen.draw.line((0, y, width, y), fill=int((ink + ground) / 2), width=max(1, round(pen.scale)))
        _row(pen, types[row == 0], edges, y + pitch / 2 + 0.3 * em, shown)
        y += pitch
        row += 1
    if rules and random.random() < 0.5:
        for edge in edges[1:-1]:
            pen.draw.line((edge, 0, edge, height), fill=int((ink + ground) / 2), width=max(1, round(pen.scale)))


def _row(pen: _Pen, type_: _Type, edges: list[float], baseline: float, ink: int) -> None:
    random = pen.random
    for column, (left, right) in enumerate(pairwise(edges)):
        room = right - left - 0.6 * type_.em
        tokens: list[str] = []
        for _ in range(random.randint(1, 4) if column == 0 else 1):
            token = pen.source.token(random) if column == 0 or random.random() < 0.25 else figure(random)
            if type_.width(" ".join([*tokens, token])) < room:
                tokens.append(token)
        x = left + 0.3 * type_.em
        if column and random.random() < 0.7:
            x = right - 0.3 * type_.em - type_.width(" ".join(tokens))
        for token in tokens:
            x = pen.write(x, baseline, token, type_, ink) + type_.width(" ")


def _slide(pen: _Pen, ease: Ease, ground: int, ink: int) -> None:
    """Boxes of several colours with a few words each, shapes between them; none lies over words of another."""
    random = pen.random
    width, height = pen.image.size
    y = random.uniform(0, 8) * pen.scale
    while y < height:
        x, deepest = random.uniform(0, 20) * pen.scale, 0.0
        while x < width:
            room = (random.uniform(80, 260) * pen.scale, random.uniform(24, 90) * pen.scale)
            _box(pen, ease, (x, y, *room), ground, ink)
            x += room[0] + random.uniform(2, 20) * pen.scale
            deepest = max(deepest, room[1])
        y += deepest + random.uniform(2, 14) * pen.scale


def _box(pen: _Pen, ease: Ease, box: tuple[float, float, float, float], ground: int, ink: int) -> None:
    random = pen.random
    x, y, width, height = box
    if random.random() < 0.15:
        shape: Any = random.choice((pen.draw.ellipse, pen.draw.rectangle))
        shape((x, y, x + width, y + height), fill=random.randint(0, 255))
        return
    if random.random() < 0.5:
        ground, ink = shades(random, ease)
        pen.draw.rectangle((x, y, x + width, y + height), fill=ground)
    types = _faces(pen, ease.em(random))
    em, style = types[0].em, random.random()
    baseline = y + 1.05 * em
    while baseline + 0.25 * em < y + height:
        cursor = x + 0.3 * em
        for _ in range(random.randint(1, 5)):
            token = _dressed(pen.source.token(random), random, style)
            if cursor + types[0].width(token) > x + width:
                break
            cursor = pen.write(cursor, baseline, token, types[0], ink) + 0.3 * em
        baseline += em * random.uniform(1.05, 1.5)
