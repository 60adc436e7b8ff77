"""What a made-up page is printed with: the source of words and faces, and a pen that keeps a record of every word."""

from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont

from retrieval.wordspot.alphabet import fold, parts
from retrieval.wordspot.figures import more
from retrieval.wordspot.fonts import Face
from retrieval.wordspot.grounds import part
from retrieval.wordspot.vocabulary import Vocabulary, is_held_out

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
    never prints them. `figures`: the share of words that are figures of any kind, beside those of the vocabulary.
    `grounds`: photographs and patterns to print on, uint8 (h, w)."""

    folder: Path
    vocabulary: Vocabulary
    families: list[list[Face]]
    unseen: float | None = None
    figures: float = 0.0
    grounds: tuple[Grey, ...] = ()

    def face(self, random: Random) -> Face:
        """A face of a family; one with many faces comes up more often, but not in proportion."""
        weights = [len(family) ** 0.6 for family in self.families]
        (family,) = random.choices(self.families, weights)
        return random.choice(family)

    def token(self, random: Random) -> str:
        """A word as printed, without marks around it."""
        held_out = self.unseen is not None and random.random() < self.unseen
        for _ in range(200):
            # Without a share nothing is drawn: held-out patches of the first runs come out as they did then.
            extra = self.figures > 0 and random.random() < self.figures
            token = more(random) if extra else self.vocabulary.word(random)
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
    em, where they are not to depend on that. `varied`: all layouts, grounds and sizes, not the first run's alone.
    `layout`: always this one (a name of `retrieval.wordspot.drawing`)."""

    level: float
    ems: tuple[float, float] | None = None
    varied: bool = False
    layout: str = ""

    def em(self, random: Random) -> float:
        """Pixels of the patch: what the pyramid leaves of any print, and with `level` the small end of it."""
        smallest = 4.3 if self.varied else 2.8
        least, most = self.ems or (10.5 - smallest * self.level, 15.0 + 6.0 * self.level)
        return float(least * (most / least) ** random.random())


class Type:
    """A font at a size, with its widths remembered."""

    def __init__(self, font: Font, em: float, accented: bool) -> None:
        self.font, self.em, self.accented = font, em, accented
        self._widths: dict[str, float] = {}

    def width(self, text: str) -> float:
        if text not in self._widths:
            self._widths[text] = float(self.font.getlength(text))
        return self._widths[text]


class Pen:
    """Draws words onto a canvas and keeps the record."""

    def __init__(self, scale: float, source: Source, random: Random, ground: Grey) -> None:
        """`ground`: uint8 (h, w), what is printed on."""
        self.image = Image.fromarray(ground)
        self.draw = ImageDraw.Draw(self.image)
        self.words: list[Printed] = []
        self.scale = scale
        self.source = source
        self.random = random
        self._labels: list[tuple[float, float, float, float]] = []

    def font(self, face: Face, em: float) -> Type:
        return Type(
            ImageFont.truetype(self.source.folder / face.path, em * self.scale, layout_engine=ImageFont.Layout.BASIC),
            em * self.scale,
            face.accented,
        )

    def write(self, x: float, baseline: float, token: str, type_: Type, ink: int) -> float:
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

    def label(self, x: float, baseline: float, text: str, type_: Type, ink: int, align: float = 0.0) -> bool:
        """Some words at `x`: to its right, to its left (`align` 1) or about it (0.5). Nothing, and False, where another
        label is in the way."""
        if not text:
            return True
        width, em = type_.width(text), type_.em
        left = x - align * width
        box = (left - 0.1 * em, baseline - 0.8 * em, left + width + 0.1 * em, baseline + 0.25 * em)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in self._labels):
            return False
        self._labels.append(box)
        for token in text.split():
            left = self.write(left, baseline, token, type_, ink) + type_.width(" ")
        return True

    def turned(self, x: float, y: float, text: str, type_: Type, ink: int) -> None:
        """Words that run upwards from (x, y). They are not on record: the networks read along lines."""
        size = (max(1, int(type_.width(text))), max(1, int(1.3 * type_.em)))
        shape = Image.new("L", size, 0)
        ImageDraw.Draw(shape).text((0, type_.em), text, fill=255, font=type_.font, anchor="ls")
        mask = shape.transpose(Image.Transpose.ROTATE_90)
        self.image.paste(ink, (int(x), int(y) - mask.size[1]), mask)

    def picture(self, box: tuple[float, float, float, float]) -> None:
        """A photograph's part into left, top, right, bottom."""
        left, top, right, bottom = (int(edge) for edge in box)
        found = part(self.random, self.source.grounds, (max(2, bottom - top), max(2, right - left)))
        self.image.paste(Image.fromarray(found), (left, top))

    def _record(self, x: float, baseline: float, piece: str, width: float, type_: Type) -> None:
        offsets = [0.0]
        for sign in piece:
            offsets.append(offsets[-1] + type_.width(sign))
        factor = width / max(offsets[-1], 1.0)
        signs = tuple(
            (sign, x + factor * (offsets[index] + offsets[index + 1]) / 2) for index, sign in enumerate(piece)
        )
        self.words.append(Printed(fold(piece), x + width / 2, baseline - 0.26 * type_.em, width, type_.em, signs))


def shades(random: Random, ease: Ease) -> tuple[int, int]:
    """Ground and ink, 0 to 255: mostly dark on light, the other way round more often as it gets harder."""
    least = 150 if random.random() > ease.level else 34 if ease.varied else 50
    gap = random.randint(least, 255)
    low = random.randint(0, 255 - gap)
    dark, light = (low, low + gap) if random.random() < 0.5 else (0, gap)
    if random.random() < 0.6:
        light, dark = 255, max(0, 255 - gap)
    return (dark, light) if random.random() < 0.3 * ease.level else (light, dark)


def dressed(token: str, random: Random, style: float) -> str:
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


def print_of(pen: Pen, em: float) -> list[Type]:
    """The print of a text, and what stands out of it."""
    first = pen.source.face(pen.random)
    second = pen.source.face(pen.random)
    return [pen.font(first, em), pen.font(second, em)]
