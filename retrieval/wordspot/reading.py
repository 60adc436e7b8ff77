"""A page image to the vectors of the words on it, each with its box and how sure it is that a word stands there.

The page is read at several scales, a half of one another, so that the network only ever meets print of 8 to 20 pixels;
of cells that found the same word the surest is kept.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.wordspot.normalising import normalised

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

LONG_SIDE = 1408
"""Pixels of a page's longer side: print of 8 points on A4 is 13 pixels high, of 6 points 10."""

SCALES = (1.0, 0.5, 0.25)

SURE = 0.9
"""Gate from which a cell is kept. On made-up pages 0.5 to 0.9 find the same words; the higher, the fewer cells off any."""

MOST = 2000
"""Vectors a page, unless told otherwise."""

_READ = (7.5, 21.0)
"""Pixels of an em within which a scale is trusted; a neighbouring scale reads what lies beyond it better."""

_OVERLAP = 0.3
"""Of the smaller box, from which two cells are taken to have found the same word: at 0.6 a third more cells are kept, and no
more words found."""

_CELL = 8


class Spotted(Struct, frozen=True):
    """A page's words, top to bottom. `vectors`: float32 (n, d), unit rows; `boxes`: float32 (n, 4), left, top, right and
    bottom as shares of the page's width and height; `gates`: float32 (n,), 0 to 1."""

    vectors: Floats
    boxes: Floats
    gates: Floats


class PageReader:
    """A page network, ready to read."""

    def __init__(self, page: Any, *, half: bool = False, long_side: int = LONG_SIDE, most: int = MOST) -> None:
        """`half`: convolutions in bfloat16, twice as fast where the processor multiplies it natively. `most`: words that
        are kept of a page."""
        self._page = fused(page)
        self._half = half
        self._long_side, self._most = long_side, most

    def read(self, grey: Grey) -> Spotted:
        """The words of a page image, uint8 (h, w)."""
        return _merged([self._level(level, size) for level, size in self._levels(grey)], self._most)

    def cells(self, grey: Grey, side: int) -> tuple[int, int]:
        """Rows and columns of squares of `side` pixels that the page, as it is read, has."""
        height, width = grey.shape
        whole = self._long_side / max(height, width) / side
        return max(1, round(height * whole)), max(1, round(width * whole))

    def _levels(self, grey: Grey) -> list[tuple[Grey, tuple[float, float]]]:
        """The page at each scale, and pixels of its width and height there."""
        import cv2

        whole = self._long_side / max(grey.shape)
        found = []
        for scale in SCALES:
            size = (max(_CELL, round(grey.shape[1] * whole * scale)), max(_CELL, round(grey.shape[0] * whole * scale)))
            method = cv2.INTER_AREA if whole * scale < 1 else cv2.INTER_CUBIC
            level = np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.uint8)
            found.append((level, (float(size[0]), float(size[1]))))
        return found

    def _level(self, grey: Grey, size: tuple[float, float]) -> Spotted:
        import torch

        pixels, (top, left) = _printed(normalised(grey), grey)
        with torch.inference_mode():
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
                batch = torch.from_numpy(pixels)[None].contiguous(memory_format=torch.channels_last)
                words = self._page.words(self._page.letters(batch))
            places = self._page.places(words)[0]
            rows, columns = _peaks(places[0])
            vectors = self._page.vectors(words[0, :, rows, columns].T)
            read = places[:, rows, columns].numpy()
        boxes = _boxes(read, rows.numpy(), columns.numpy(), (left, top))
        gates = _sigmoid(read[0]) * _trust(read[4])
        kept = gates >= SURE
        shares = np.asarray(boxes / np.array([*size, *size]), dtype=np.float32)
        return Spotted(vectors.numpy()[kept], shares[kept], gates[kept])


def fused(page: Any) -> Any:
    """A copy of the network with its normalisations folded into the convolutions before them, channels last: on one core a
    third faster than as it was trained."""
    import copy

    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    page = copy.deepcopy(page).eval()
    for part in page.modules():
        if isinstance(part, torch.nn.Sequential) and len(part) == 3 and isinstance(part[1], torch.nn.BatchNorm2d):
            part[0] = fuse_conv_bn_eval(part[0], part[1])
            part[1] = torch.nn.Identity()
    return page.to(memory_format=torch.channels_last)


def _printed(pixels: Floats, grey: Grey) -> tuple[Floats, tuple[int, int]]:
    """The part of a page within its blank margins, padded to whole cells; and its top left corner."""
    import cv2

    height, width = grey.shape
    lively = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 16
    down, across = np.flatnonzero(lively.any(axis=1)), np.flatnonzero(lively.any(axis=0))
    if not len(down):
        down, across = np.array([0]), np.array([0])
    margin = 2 * _CELL
    top, left = max(0, int(down[0]) - margin), max(0, int(across[0]) - margin)
    bottom, right = min(height, int(down[-1]) + margin), min(width, int(across[-1]) + margin)
    part = pixels[:, top:bottom, left:right]
    padding = [(0, 0), *((0, -length % _CELL) for length in part.shape[1:])]
    return np.ascontiguousarray(np.pad(part, padding)), (top, left)


def _peaks(gates: Any) -> tuple[Any, Any]:
    """Rows and columns of the cells that are surer than those to their left and right. Not those above and below: print of
    12 pixels has a line every cell and a half, and words of one line would hide those of the next (a fifth of them)."""
    from torch.nn.functional import max_pool2d

    highest = max_pool2d(gates[None, None], (1, 3), 1, (0, 1))[0, 0]
    rows, columns = ((gates == highest) & (gates > -3)).nonzero(as_tuple=True)
    return rows, columns


def _boxes(read: Floats, rows: Any, columns: Any, corner: tuple[int, int]) -> Floats:
    """Left, top, right and bottom in pixels of the level."""
    x = (columns + 0.5 + np.clip(read[1], -2, 2)) * _CELL + corner[0]
    y = (rows + 0.5 + np.clip(read[2], -2, 2)) * _CELL + corner[1]
    width, height = np.exp(np.clip(read[3:], -1, 4)) * _CELL
    return np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1).astype(np.float32)


def _trust(log_height: Floats) -> Floats:
    """1 within _READ, falling to a half at twice or half of its ends."""
    em = np.exp(np.clip(log_height, -2, 3)) * _CELL
    beyond = np.maximum(np.log2(_READ[0] / em), np.log2(em / _READ[1]))
    return np.asarray(np.clip(1 - 0.5 * np.maximum(beyond, 0), 0, 1), dtype=np.float32)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)


def _merged(levels: list[Spotted], most: int) -> Spotted:
    """The surest cell of each word over all scales."""
    vectors = np.concatenate([level.vectors for level in levels])
    boxes = np.concatenate([level.boxes for level in levels])
    gates = np.concatenate([level.gates for level in levels])
    order = np.argsort(-gates, kind="stable")[: 2 * most]
    kept = order[_unrivalled(boxes[order])][:most]
    kept = kept[np.lexsort((boxes[kept, 0], boxes[kept, 1]))]
    return Spotted(vectors[kept], boxes[kept], gates[kept])


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
