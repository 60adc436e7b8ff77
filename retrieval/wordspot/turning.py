"""Pages that lie on their side or stand on their head: noticed, and their boxes brought back.

Print that runs up or down leaves the gates in doubt: of the cells that are kept at all few are really sure. Print that stands
on its head looks like words all the same, but its characters are read less surely than those of the same part upright.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.wordspot.network import CELL

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

_SIDE = 256
"""Pixels of the part that is looked at: some dozens of words."""

_LARGE = 21.0
"""Pixels of an em, above which characters are too large to be read here."""

_KEPT, _SURE = 0.9, 0.98
_DOUBTFUL = 0.65
"""Share of kept cells that are sure, below which a page may lie on its side: upright ones have 0.85 and more, others half
of them or fewer."""

_ENOUGH = 10
"""Words, below which a page is left as it is."""

_SURELY_UPRIGHT = 0.68
"""How surely characters are read that are upright for certain."""

_CLEARLY = 0.25
"""By how much they have to be read more surely for a page to be stood on its head, over the root of the count of words:
about the chance difference of two parts."""


class Look(Struct, frozen=True):
    """A part of a page as it lies in one way. `words` in it; `sure`: the share of them that is; `legible`: how surely
    their characters are read, 0 to 1."""

    words: int
    sure: float
    legible: float

    @classmethod
    def of(cls, page: Any, letters: Any, words: Any) -> Self:
        """From the network's features of the part."""
        import torch

        with torch.inference_mode():
            places = page.places(words)[0]
            gates, heights = places[0].sigmoid(), places[4].exp() * CELL
            chances = page.signs(letters[0].permute(1, 2, 0)).softmax(dim=-1)
            highest = torch.nn.functional.max_pool2d(gates[None], (1, 3), 1, (0, 1))[0]
            rows, columns = ((gates == highest) & (gates > _KEPT) & (heights < _LARGE)).nonzero(as_tuple=True)
            # The two cells at a word's middle and one to each side.
            around = (2 * columns[:, None] + torch.arange(-1, 3)[None]).clamp(0, chances.shape[1] - 1)
            read = chances[rows[:, None], around]
            best, shown = read[..., 1:].amax(dim=-1), read[..., 0] < 0.5
        count = len(rows)
        sure = float((gates[rows, columns] > _SURE).float().mean()) if count else 0.0
        return cls(count, sure, float(best[shown].mean()) if shown.any() else 0.0)


def quarters(gates: Floats, look: Callable[[int], Look]) -> int:
    """By how many quarters to the left a page has to be turned to be upright, 0 to 3. `gates`: of the cells that were found
    as it lies; `look`: a part of it, turned so."""
    kept = gates[gates >= _KEPT]
    if len(kept) >= _ENOUGH and float((kept > _SURE).mean()) >= _DOUBTFUL:
        return _better(look, 0, 2)
    upright = look(0)
    if upright.words >= _ENOUGH and upright.sure >= _DOUBTFUL:
        return _better(look, 0, 2)
    on_side = _better(look, 1, 3)
    found = look(on_side)
    better = found.words >= max(_ENOUGH, upright.words) and found.sure >= max(_DOUBTFUL, upright.sure + 0.2)
    return on_side if better else 0


def _better(look: Callable[[int], Look], first: int, other: int) -> int:
    """The first, unless the other is clearly more legible; where what is seen is no print of a size to read, the first."""
    one = look(first)
    if first == 0 and (one.legible >= _SURELY_UPRIGHT or one.words < _ENOUGH):
        return first
    two = look(other)
    margin = max(0.03, _CLEARLY / min(one.words, max(1, two.words)) ** 0.5) if first == 0 else 0.0
    if max(one.sure, two.sure) < _DOUBTFUL:
        return first
    return other if two.legible > one.legible + margin else first


def densest(grey: Grey) -> Grey:
    """The square of the page with the most edges."""
    import cv2

    side = min(_SIDE, *grey.shape)
    edges = np.abs(np.diff(grey.astype(np.int16), axis=1, append=0)) > 40
    counts = cv2.blur(edges.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT)
    middle = np.unravel_index(int(counts.argmax()), counts.shape)
    top, left = (min(max(0, int(at) - side // 2), length - side) for at, length in zip(middle, grey.shape, strict=True))
    return grey[top : top + side, left : left + side]


def turned(boxes: Floats, turns: int) -> Floats:
    """Boxes, as shares, of a page that is turned to the left by so many quarters: what was right is on top after one."""
    for _ in range(turns % 4):
        boxes = np.stack([boxes[:, 1], 1 - boxes[:, 2], boxes[:, 3], 1 - boxes[:, 0]], axis=1)
    return boxes
