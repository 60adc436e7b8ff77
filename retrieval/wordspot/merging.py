"""Of cells that found the same word the surest is kept."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Floats = npt.NDArray[np.float32]

_OVERLAP = 0.3
"""Of the smaller box, from which two cells are taken to have found the same word: at 0.6 a third more cells are kept, and no
more words found."""


class Spotted(Struct, frozen=True):
    """A page's words, top to bottom. `vectors`: float32 (n, d), unit rows; `boxes`: float32 (n, 4), left, top, right and
    bottom as shares of the page's width and height; `gates`: float32 (n,), 0 to 1."""

    vectors: Floats
    boxes: Floats
    gates: Floats


def merged(levels: Sequence[Spotted], most: int) -> Spotted:
    """The surest cell of each word over all scales, at most `most` of them."""
    vectors = np.concatenate([level.vectors for level in levels])
    boxes = np.concatenate([level.boxes for level in levels])
    gates = np.concatenate([level.gates for level in levels])
    order = np.argsort(-gates, kind="stable")[: 2 * most]
    kept = order[_unrivalled(boxes[order])][:most]
    return ordered(Spotted(vectors[kept], boxes[kept], gates[kept]))


def ordered(found: Spotted) -> Spotted:
    """Top to bottom, and from the left."""
    order = np.lexsort((found.boxes[:, 0], found.boxes[:, 1]))
    return Spotted(found.vectors[order], found.boxes[order], found.gates[order])


def _unrivalled(boxes: Floats) -> npt.NDArray[np.int64]:
    """Non-maximum suppression over boxes, surest first: those that overlap none that is kept before them.

    A pass at a time over all of them at once: who overlaps only suppressed ones comes back; a few passes settle it.
    """
    import torch

    if not len(boxes):
        return np.zeros(0, dtype=np.int64)
    given = torch.from_numpy(boxes)
    low = torch.maximum(given[:, None, :2], given[None, :, :2])
    high = torch.minimum(given[:, None, 2:], given[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=2)
    area = (given[:, 2:] - given[:, :2]).clamp(min=1e-6).prod(dim=1)
    rivals = (shared > _OVERLAP * torch.minimum(area[:, None], area[None])).tril(-1).float()
    kept = torch.ones(len(boxes))
    for _ in range(20):
        again = ((rivals @ kept) == 0).float()
        if torch.equal(again, kept):
            break
        kept = again
    chosen: npt.NDArray[np.int64] = kept.nonzero()[:, 0].numpy()
    return chosen
