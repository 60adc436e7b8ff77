"""Whole made-up pages with a record of their words, and what a reader finds of them: for calibration and benchmarks."""

from random import Random

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.wordspot.asking import Asker
from retrieval.wordspot.drawing import draw
from retrieval.wordspot.pen import Ease, Grey, Source
from retrieval.wordspot.reading import PageReader, Spotted
from retrieval.wordspot.scoring import Calibration, Curve, fitted
from retrieval.wordspot.turning import turned
from retrieval.wordspot.wear import copied, placed, worn

SIZE = (1408, 1000)

Floats = npt.NDArray[np.float32]


class Kind(Struct, frozen=True):
    """What a page is like. `level`: wear; `ems`: pixels of its print, as the reader sees it; `inverted`; `turn`: degrees,
    up to 45, or quarters of a circle. `varied`, `layout`: as of `Ease`; `copied`: in black and white;
    `sharper`: pixels of the image's side for one of the page's as it is read."""

    level: float = 0.5
    ems: tuple[float, float] = (10.0, 20.0)
    inverted: bool = False
    turn: float = 0.0
    varied: bool = False
    layout: str = ""
    copied: bool = False
    sharper: float = 1.0


class MadeUp(Struct, frozen=True):
    """`grey`: uint8 (h, w). `words`, and `boxes`: float32 (n, 4), left, top, right, bottom as shares of the page."""

    grey: Grey
    words: list[str]
    boxes: Floats


def page(source: Source, kind: Kind, seed: int, number: int, size: tuple[int, int] = SIZE) -> MadeUp:
    """Page `number` of a kind."""
    import cv2

    noise = np.random.default_rng([seed, number])
    size = (round(size[0] * kind.sharper), round(size[1] * kind.sharper))
    ems = (kind.ems[0] * kind.sharper, kind.ems[1] * kind.sharper)
    canvas = draw(size, source, Random(f"{seed} {number}"), Ease(kind.level, ems, kind.varied, kind.layout))
    grey, matrix = placed(canvas, size, noise, 0.0)
    if 0 < abs(kind.turn) < 45:
        turn = cv2.getRotationMatrix2D((size[1] / 2, size[0] / 2), kind.turn, 1.0)
        edge = (int(np.median(grey)),)
        grey = np.asarray(cv2.warpAffine(grey, turn, size[::-1], borderValue=edge), dtype=np.uint8)
        matrix = turn @ np.vstack([matrix, [0, 0, 1]])
    grey = worn(grey, noise, kind.level)
    if kind.copied:
        grey = copied(grey, noise, kind.level)
    growth = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    found = [(word, matrix @ (word.x, word.y, 1.0)) for word in canvas.words if word.word]
    shown = [(word, at) for word, at in found if 0 < at[0] < size[1] and 0 < at[1] < size[0]]
    halves = [(word.width * growth / 2, word.em * growth / 2) for word, _ in shown]
    corners = [(at[0] - w, at[1] - h, at[0] + w, at[1] + h) for (_, at), (w, h) in zip(shown, halves, strict=True)]
    boxes = np.array(corners, dtype=np.float32).reshape(-1, 4)
    boxes /= np.array([size[1], size[0]] * 2, dtype=np.float32)
    if kind.turn >= 45:
        turns = round(kind.turn / 90)
        grey, boxes = np.ascontiguousarray(np.rot90(grey, turns)), turned(boxes, turns)
    return MadeUp(255 - grey if kind.inverted else grey, [word.word for word, _ in shown], boxes)


def found_of(made: MadeUp, spotted: Spotted) -> npt.NDArray[np.int64]:
    """For each of the spotted, which of the page's words has its middle in it, or -1: (n,). The nearest of several."""
    middles = (spotted.boxes[:, :2] + spotted.boxes[:, 2:]) / 2
    own = (made.boxes[:, :2] + made.boxes[:, 2:]) / 2
    halves = np.maximum((made.boxes[:, 2:] - made.boxes[:, :2]) / 2, 1e-6)
    if not len(middles) or not len(own):
        return np.full(len(middles), -1, dtype=np.int64)
    distances = np.abs(middles[:, None] - own[None]) / halves[None]
    nearest = distances.max(axis=2)
    best = nearest.argmin(axis=1)
    return np.where(nearest[np.arange(len(best)), best] <= 1.0, best, -1)


def calibrated(reader: PageReader, asker: Asker, source: Source, *, count: int = 16, seed: int = 77) -> Calibration:
    """The calibration of a reader and an asker, on pages of all kinds: all pages' words are asked for on each of them."""
    kinds = (Kind(), Kind(0.9, (8.5, 20.0)), Kind(0.7, (8.0, 14.0)), Kind(0.3, (14.0, 40.0)))
    made = [page(source, kinds[number % len(kinds)], seed, number) for number in range(count)]
    seen = [reader.read(one.grey) for one in made]
    everything = sorted({word for one in made for word in one.words})
    asked = asker.vectors(everything)
    words, cells = _Samples(), _Samples()
    for one, spotted in zip(made, seen, strict=True):
        if len(spotted.vectors) and one.words:
            cosines = asked @ spotted.vectors.T
            matched = found_of(one, spotted)
            names = np.array([one.words[index] if index >= 0 else "" for index in matched], dtype=object)
            cells.take(cosines, np.array(everything, dtype=object)[:, None] == names[None])
            words.take(cosines.max(axis=1), np.isin(everything, one.words))
    return Calibration(cell=cells.curve(cells.share()), page=words.curve(0.5))


class _Samples:
    """Cosines of what is the word and of what is not; of the latter, one in so many is kept."""

    _EVERY = 23

    def __init__(self) -> None:
        self._present: list[Floats] = []
        self._absent: list[Floats] = []
        self._counts = [0, 0]

    def take(self, cosines: Floats, right: npt.NDArray[np.bool_]) -> None:
        self._present.append(cosines[right])
        self._counts[0] += int(right.sum())
        self._counts[1] += int((~right).sum())
        wrong = cosines[~right]
        self._absent.append(wrong[:: self._EVERY] if wrong.size > 100_000 else wrong)

    def share(self) -> float:
        return max(1, self._counts[0]) / max(2, sum(self._counts))

    def curve(self, share: float) -> Curve:
        return fitted(np.concatenate(self._present), np.concatenate(self._absent), share)
