"""Patches with what the networks should find on them, each batch from the seed and its number alone."""

from random import Random

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.wordspot.alphabet import LETTERS, fold
from retrieval.wordspot.drawing import draw
from retrieval.wordspot.network import CELL, LETTER_WIDTH
from retrieval.wordspot.normalising import normalised
from retrieval.wordspot.pen import Canvas, Ease, Source
from retrieval.wordspot.wear import Matrix, copied, placed, worn

NOTHING, MARK = 0, 1

READ = (5.8, 24.0)
"""Pixels of an em that are learnt to be read; print beside that is neither right nor wrong."""

_COPIED = 0.2
"""Share of varied patches that went through a copier; the most, at level 1."""

_PROTECTED = 0.6
"""Of a word's width and height about its middle: cells in there are neither a word's middle nor none."""


class Words(Struct, frozen=True):
    """The words to be found in a batch. `names`: folded; `cells`: int64 (n, 3), patch, row, column; `places`: float32
    (n, 4) as the page network's, without its first. `ems`: float32 (n,), pixels; `dark`: bool (n,), light print on dark."""

    names: list[str]
    cells: npt.NDArray[np.int64]
    places: npt.NDArray[np.float32]
    ems: npt.NDArray[np.float32]
    dark: npt.NDArray[np.bool_]


class Batch(Struct, frozen=True):
    """`pixels`: float32 (b, CHANNELS, h, w). `gate`: int8 (b, rows, columns): 1 a word's middle, 0 none, -1 either.
    `sign_cells`: int64 (m, 3), patch, row, column of LETTER_WIDTH; `signs`: int64 (m,), classes."""

    pixels: npt.NDArray[np.float32]
    words: Words
    gate: npt.NDArray[np.int8]
    sign_cells: npt.NDArray[np.int64]
    signs: npt.NDArray[np.int64]


class Plan(Struct, frozen=True):
    """What a batch is made of: patches, their size (h, w) in pixels, and how hard they are. `varied`: as of `Ease`."""

    patches: int
    size: tuple[int, int]
    level: float
    varied: bool = False


def make(plan: Plan, source: Source, seed: int, number: int) -> Batch:
    """Batch `number` of a run."""
    random = Random(f"{seed} {number}")
    noise = np.random.default_rng([seed, number])
    drawn = [_patch(plan, source, random, noise, index) for index in range(plan.patches)]
    return Batch(
        pixels=np.stack([pixels for pixels, _ in drawn]),
        words=_joined([found.words() for _, found in drawn]),
        gate=np.stack([found.gate for _, found in drawn]),
        sign_cells=np.array([cell for _, found in drawn for cell in found.sign_cells], dtype=np.int64).reshape(-1, 3),
        signs=np.array([sign for _, found in drawn for sign in found.signs], dtype=np.int64),
    )


def _patch(
    plan: Plan, source: Source, random: Random, noise: np.random.Generator, index: int
) -> tuple[npt.NDArray[np.float32], "_Found"]:
    # A share of every batch stays easy: what is legible has to stay read.
    level = plan.level * random.random() ** 0.5
    canvas = draw(plan.size, source, random, Ease(level, varied=plan.varied))
    patch, matrix = placed(canvas, plan.size, noise, level)
    patch = worn(patch, noise, level)
    if plan.varied and noise.random() < _COPIED * level:
        patch = copied(patch, noise, level)
    if noise.random() < 0.2 * level:
        patch = 255 - patch
    found = _Found(plan.size, index, patch)
    found.take(canvas, matrix, random)
    return normalised(patch), found


class _Found:
    """The targets of one patch."""

    def __init__(self, size: tuple[int, int], index: int, patch: npt.NDArray[np.uint8]) -> None:
        self._size, self._index, self._patch = size, index, patch
        self.gate = np.zeros((size[0] // CELL, size[1] // CELL), dtype=np.int8)
        self.sign_cells: list[tuple[int, int, int]] = []
        self.signs: list[int] = []
        self._names: list[str] = []
        self._rows: list[tuple[float, ...]] = []
        self._printed = np.zeros((size[0] // CELL, size[1] // LETTER_WIDTH), dtype=bool)

    def take(self, canvas: Canvas, matrix: Matrix, random: Random) -> None:
        """The words of a canvas that the matrix puts onto the patch."""
        growth = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
        middles = []
        for word in canvas.words:
            x, y = matrix @ (word.x, word.y, 1.0)
            width, em = word.width * float(np.hypot(*matrix[:, 0])), word.em * growth
            self._protect(x, y, width, em)
            if word.word and READ[0] <= em <= READ[1] and self._whole(x, y, width, em):
                middles.append((word.word, x, y, width, em))
            if em >= READ[0]:
                for sign, at in word.signs:
                    self._sign(sign, *(matrix @ (at, word.y, 1.0)))
        for name, x, y, width, em in middles:
            self._word(name, x, y, width, em, random)
        self._blanks(random)

    def words(self) -> Words:
        rows = np.array(self._rows, dtype=np.float32).reshape(-1, 8)
        cells = np.column_stack([np.full(len(rows), self._index), rows[:, :2]]).astype(np.int64)
        return Words(self._names, cells, rows[:, 2:6], rows[:, 6], rows[:, 7] > 0)

    def _whole(self, x: float, y: float, width: float, em: float) -> bool:
        height, breadth = self._size
        left, right = x - width / 2, x + width / 2
        return bool(left >= -1 and right <= breadth + 1 and y - 0.45 * em >= -1 and y + 0.45 * em <= height + 1)

    def _protect(self, x: float, y: float, width: float, em: float) -> None:
        rows, columns = self.gate.shape
        top, bottom = (y - 0.6 * em) / CELL, (y + 0.6 * em) / CELL
        left, right = (x - width * _PROTECTED / 2) / CELL - 0.5, (x + width * _PROTECTED / 2) / CELL + 0.5
        self.gate[
            max(0, int(top)) : max(0, min(rows, int(bottom) + 1)), max(0, int(left)) : max(0, int(right) + 1)
        ] = -1
        left, right = (x - width / 2 - 4) / LETTER_WIDTH, (x + width / 2 + 4) / LETTER_WIDTH
        lower, end = max(0, min(rows, int(bottom) + 1)), max(0, min(2 * columns, int(right) + 1))
        self._printed[max(0, int(top)) : lower, max(0, int(left)) : end] = True

    def _word(self, name: str, x: float, y: float, width: float, em: float, random: Random) -> None:
        rows, columns = self.gate.shape
        # Read a little off its middle too: the strongest cell of a page need not be the nearest.
        row = min(max(int((y + random.gauss(0, 0.7)) / CELL), 0), rows - 1)
        column = min(max(int((x + random.gauss(0, 3)) / CELL), 0), columns - 1)
        self.gate[min(max(int(y / CELL), 0), rows - 1), min(max(int(x / CELL), 0), columns - 1)] = 1
        right, below = x / CELL - column - 0.5, y / CELL - row - 0.5
        size = (np.log(max(width, 2) / CELL), np.log(em / CELL))
        self._names.append(name)
        self._rows.append((row, column, right, below, *size, em, float(self._light_on_dark(x, y, width, em))))

    def _light_on_dark(self, x: float, y: float, width: float, em: float) -> bool:
        left, top = int(max(x - width / 2, 0)), int(max(y - 0.4 * em, 0))
        part = self._patch[top : int(y + 0.4 * em) + 1, left : int(x + width / 2) + 1]
        return bool(part.size and part.mean() < (int(part.min()) + int(part.max())) / 2)

    def _sign(self, sign: str, x: float, y: float) -> None:
        row, column = int(y // CELL), int(x // LETTER_WIDTH)
        if not sign.isspace() and 0 <= row < self._printed.shape[0] and 0 <= column < self._printed.shape[1]:
            plain = fold(sign)
            self.sign_cells.append((self._index, row, column))
            self.signs.append(2 + LETTERS.index(plain[0]) if plain else MARK)

    def _blanks(self, random: Random) -> None:
        rows, columns = np.nonzero(~self._printed)
        for chosen in random.sample(range(len(rows)), min(len(rows), 60)):
            self.sign_cells.append((self._index, int(rows[chosen]), int(columns[chosen])))
            self.signs.append(NOTHING)


def _joined(found: list[Words]) -> Words:
    return Words(
        [name for words in found for name in words.names],
        np.concatenate([words.cells for words in found]),
        np.concatenate([words.places for words in found]),
        np.concatenate([words.ems for words in found]),
        np.concatenate([words.dark for words in found]),
    )
