"""A page image to the vectors of the words on it, each with its box and how sure it is that a word stands there.

The page is turned upright, and read at several scales, so that the network only ever meets print of 7 to 20 pixels: as a
whole at a half and a quarter of LONG_SIDE, at LONG_SIDE where there is print for it, and larger where what was found there
is small. Of cells that found the same word the surest is kept.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.wordspot.merging import Spotted, merged, ordered
from retrieval.wordspot.normalising import normalised
from retrieval.wordspot.regions import Box, busy, printed, small
from retrieval.wordspot.turning import Look, densest, quarters, turned

__all__ = ["LONG_SIDE", "MOST", "SURE", "PageReader", "Spotted", "fused"]

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

LONG_SIDE = 1408
"""Pixels of a page's longer side: print of 8 points on A4 is 13 pixels high, of 6 points 10."""

WHOLE, COARSE = 1.0, (0.5, 0.25)

CLOSER = 1.5
"""Scale at which print is read that is small at WHOLE; less where the image itself has fewer pixels."""

SMALL = 10.0
"""Pixels of an em at WHOLE, under which print is read again, closer."""

SURE = 0.9
"""Gate from which a cell is kept. On made-up pages 0.5 to 0.9 find the same words; the higher, the fewer cells off any."""

_SEEN = 0.8
"""Gate from which a cell tells how large the print is: the grain of scans is below it."""

MOST = 2000
"""Vectors a page, unless told otherwise."""

READING = 2
"""Counts up with every change of how a page is read: vectors of other readings are not the same ones."""

_READ = (7.5, 21.0)
"""Pixels of an em within which a scale is trusted; a neighbouring scale reads what lies beyond it better."""

_SMALLEST = 6.0
"""The same at a scale that no finer one follows."""

_LARGE = 10.0
"""Pixels of an em at a half of WHOLE, above which a page's print is rather looked at there."""

_EDGE = 3
"""Pixels."""

_CELL = 8


class _Level(Struct, frozen=True):
    """The page at a scale: `grey`, uint8 (h, w), `pixels` as the network reads them, float32 (CHANNELS, h, w). `least`: pixels
    of the smallest em that is trusted there."""

    grey: Grey
    pixels: Floats
    least: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.grey.shape[1], self.grey.shape[0]


class PageReader:
    """A page network, ready to read."""

    def __init__(
        self, page: Any, *, half: bool = False, long_side: int = LONG_SIDE, most: int = MOST, closer: float = CLOSER
    ) -> None:
        """`half`: convolutions in bfloat16, twice as fast where the processor multiplies it natively. `most`: words that
        are kept of a page. `closer`: as CLOSER; 1: small print is not read again."""
        self._page = fused(page)
        self._half = half
        self._long_side, self._most = long_side, most
        self._closer = closer

    def read(self, grey: Grey) -> Spotted:
        """The words of a page image, uint8 (h, w), boxes in its own frame however it lies."""
        whole, half = self._level(grey, WHOLE), self._coarse(grey, COARSE[0])
        ems = _ems(half, self._long_side * COARSE[0], grey)
        part = densest(self._level(grey, COARSE[0]).grey if len(ems) and np.median(ems) > _LARGE else whole.grey)
        turns = quarters(half.gates, cache(lambda turn: self._look(np.rot90(part, turn))))
        if turns:
            grey = np.ascontiguousarray(np.rot90(grey, turns))
            whole, half = self._level(grey, WHOLE), self._coarse(grey, COARSE[0])
        closely = self._found(whole, busy(whole.grey, whole.pixels[0]))
        levels = [closely, half, self._coarse(grey, COARSE[1]), *self._closely(grey, closely)]
        read = merged([_sure(level) for level in levels], self._most)
        return ordered(Spotted(read.vectors, turned(read.boxes, -turns), read.gates)) if turns else read

    def cells(self, grey: Grey, side: int) -> tuple[int, int]:
        """Rows and columns of squares of `side` pixels that the page, as it is read, has."""
        height, width = grey.shape
        whole = self._long_side / max(height, width) / side
        return max(1, round(height * whole)), max(1, round(width * whole))

    def _level(self, grey: Grey, scale: float) -> _Level:
        zoom = scale * self._long_side / max(grey.shape)
        size = (max(_CELL, round(grey.shape[1] * zoom)), max(_CELL, round(grey.shape[0] * zoom)))
        level = _resized(grey, size)
        return _Level(level, normalised(level), _SMALLEST if scale >= WHOLE else _READ[0])

    def _closely(self, grey: Grey, found: Spotted) -> list[Spotted]:
        """What is small of the found, read again from more of the image's pixels; nothing where it has none to spare."""
        scale = min(self._closer, max(grey.shape) / self._long_side)
        sure = found.gates >= _SEEN
        ems = _ems(found, self._long_side, grey)[sure]
        areas = small(found.boxes[sure], ems < SMALL) if scale > 1.1 else []
        if not areas:
            return []
        level = self._level(grey, scale)
        return [self._found(level, [_scaled(area, level.size) for area in areas])]

    def _coarse(self, grey: Grey, scale: float) -> Spotted:
        level = self._level(grey, scale)
        return self._found(level, [printed(level.grey)])

    def _look(self, part: Grey) -> Look:
        level = _Level(part, normalised(np.ascontiguousarray(part)), _SMALLEST)
        letters, words = self._features(level, (0, 0, *level.size))
        return Look.of(self._page, letters, words)

    def _found(self, level: _Level, areas: list[Box]) -> Spotted:
        """All cells that may be a word's, of parts of a level; boxes as shares of the level."""
        parts = [self._part(level, area) for area in areas]
        if not parts:
            parts = [_nothing(self._page.vector_head.out_features)]
        return Spotted(*(np.concatenate([getattr(part, name) for part in parts]) for name in Spotted.__struct_fields__))

    def _features(self, level: _Level, area: Box) -> tuple[Any, Any]:
        """Of letters and words, in an area padded to whole cells."""
        import torch

        left, top, right, bottom = area
        part = level.pixels[:, top:bottom, left:right]
        padding = [(0, 0), *((0, -length % _CELL) for length in part.shape[1:])]
        pixels = np.ascontiguousarray(np.pad(part, padding))
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
            batch = torch.from_numpy(pixels)[None].contiguous(memory_format=torch.channels_last)
            letters = self._page.letters(batch)
            return letters, self._page.words(letters)

    def _part(self, level: _Level, area: Box) -> Spotted:
        import torch

        _, words = self._features(level, area)
        with torch.inference_mode():
            places = self._page.places(words)[0]
            rows, columns = _peaks(places[0])
            vectors = self._page.vectors(words[0, :, rows, columns].T)
            read = places[:, rows, columns].numpy()
        boxes = _boxes(read, rows.numpy(), columns.numpy(), area[:2])
        gates = _sigmoid(read[0]) * _trust(read[4], level.least) * _uncut(boxes, area, level.size)
        shares = np.asarray(boxes / np.array([*level.size, *level.size]), dtype=np.float32)
        return Spotted(vectors.numpy(), shares, gates)


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


def _ems(found: Spotted, long_side: float, grey: Grey) -> Floats:
    """Heights of the boxes in pixels, of a page brought to a long side."""
    heights: Floats = found.boxes[:, 3] - found.boxes[:, 1]
    return heights * np.float32(long_side * grey.shape[0] / max(grey.shape))


def _resized(grey: Grey, size: tuple[int, int]) -> Grey:
    import cv2

    method = cv2.INTER_AREA if size[0] < grey.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=method), dtype=np.uint8)


def _scaled(area: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    """Shares of a page to pixels of a level."""
    left, top, right, bottom = area
    return (
        max(0, int(left * size[0])),
        max(0, int(top * size[1])),
        min(size[0], int(np.ceil(right * size[0]))),
        min(size[1], int(np.ceil(bottom * size[1]))),
    )


def _nothing(dimension: int) -> Spotted:
    return Spotted(*(np.zeros(shape, np.float32) for shape in ((0, dimension), (0, 4), (0,))))


def _sure(found: Spotted) -> Spotted:
    kept = found.gates >= SURE
    return Spotted(found.vectors[kept], found.boxes[kept], found.gates[kept])


def _peaks(gates: Any) -> tuple[Any, Any]:
    """Rows and columns of the cells that are surer than those to their left and right. Not those above and below: print of
    12 pixels has a line every cell and a half, and words of one line would hide those of the next (a fifth of them)."""
    from torch.nn.functional import max_pool2d

    highest = max_pool2d(gates[None, None], (1, 3), 1, (0, 1))[0, 0]
    rows, columns = ((gates == highest) & (gates > 0)).nonzero(as_tuple=True)
    return rows, columns


def _boxes(read: Floats, rows: Any, columns: Any, corner: tuple[int, int]) -> Floats:
    """Left, top, right and bottom in pixels of the level."""
    x = (columns + 0.5 + np.clip(read[1], -2, 2)) * _CELL + corner[0]
    y = (rows + 0.5 + np.clip(read[2], -2, 2)) * _CELL + corner[1]
    width, height = np.exp(np.clip(read[3:], -1, 4)) * _CELL
    return np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1).astype(np.float32)


def _uncut(boxes: Floats, area: Box, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Whether a word lies within an area: at an edge that is none of the page's, half a word looks like one."""
    left, top = (edge + _EDGE if edge else -np.inf for edge in area[:2])
    right, bottom = (edge - _EDGE if edge < end else np.inf for edge, end in zip(area[2:], size, strict=True))
    return np.asarray(
        (boxes[:, 0] > left) & (boxes[:, 1] > top) & (boxes[:, 2] < right) & (boxes[:, 3] < bottom), dtype=np.bool_
    )


def _trust(log_height: Floats, least: float) -> Floats:
    """1 within `least` and the end of _READ, falling to a half at half and twice of them."""
    em = np.exp(np.clip(log_height, -2, 3)) * _CELL
    beyond = np.maximum(np.log2(least / em), np.log2(em / _READ[1]))
    return np.asarray(np.clip(1 - 0.5 * np.maximum(beyond, 0), 0, 1), dtype=np.float32)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)
