"""Where on a page a question's words find their match: heat maps over its grid, and drawn over its image."""

import io

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.errors import InvalidVector
from retrieval.visual.page import PageVectors

Floats = npt.NDArray[np.float32]

_RAMP = ((0.0, (68, 1, 84)), (0.35, (49, 104, 142)), (0.7, (53, 183, 121)), (1.0, (253, 231, 37)))
"""Dark violet, blue, green, yellow: brightness grows with the value, so it reads in grey and to the colour-blind."""


class SimilarityMap(Struct, frozen=True):
    """Cosines of a question with a page. `tokens`: float32 (m, rows, columns), one map for each vector of the question;
    `total`: float32 (rows, columns), their mean, 0 where there is none. The thumbnail has no place on the page and is left
    out. Of vectors with boxes, a cell has the best whose box covers some of it, and 0 where none does, or none with a cosine
    above that."""

    tokens: Floats
    total: Floats


def similarity_map(query: npt.NDArray[np.floating], page: PageVectors) -> SimilarityMap:
    """The maps of one question (m, d) over a page. InvalidVector if their dimensions differ."""
    if query.ndim != 2 or query.shape[1] != page.dimension:
        raise InvalidVector(f"The question is {query.shape}; the page's vectors have {page.dimension} values.")
    wide = query.astype(np.float32)
    tokens = np.moveaxis(page.grid() @ wide.T, -1, 0) if page.boxes is None else _painted(wide, page, page.boxes)
    return SimilarityMap(tokens=tokens, total=tokens.sum(axis=0) / max(len(tokens), 1))


def _painted(query: Floats, page: PageVectors, boxes: Floats) -> Floats:
    """The cosines (m, rows, columns) of vectors with boxes."""
    painted = np.zeros((len(query), page.rows, page.columns), dtype=np.float32)
    cosines = query @ page.vectors.astype(np.float32).T
    size = np.array([page.columns, page.rows] * 2, dtype=np.float32)
    edges = (np.clip(boxes, 0, 1) * size).astype(np.int64)
    for column, (left, top, right, bottom) in zip(cosines.T, edges.tolist(), strict=True):
        part = painted[:, top : bottom + 1, left : right + 1]
        np.maximum(part, column[:, None, None], out=part)
    return painted


def overlay(png: bytes, heat: Floats, *, strength: float = 0.55) -> bytes:
    """The page image (PNG, or anything Pillow reads) with a map (rows, columns) over it, as PNG of the same size.

    The map's least value is drawn clear and its greatest at `strength` (0 to 1) opacity. ValueError if the map is not
    two-dimensional and finite.
    """
    from PIL import Image

    if heat.ndim != 2 or not heat.size or not np.isfinite(heat).all():
        raise ValueError(f"A map to draw is a finite array (rows, columns), not {heat.shape}.")
    page = Image.open(io.BytesIO(png)).convert("RGB")
    level = Image.fromarray(_scaled(heat), mode="F").resize(page.size, Image.Resampling.BILINEAR)
    values = np.asarray(level)
    colours = np.stack([_channel(values, index) for index in range(3)], axis=-1)
    opacity = (values * strength)[..., None]
    mixed = np.asarray(page, dtype=np.float32) * (1 - opacity) + colours * opacity
    buffer = io.BytesIO()
    Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def _scaled(heat: Floats) -> Floats:
    low, high = float(heat.min()), float(heat.max())
    if high <= low:
        return np.zeros(heat.shape, dtype=np.float32)
    return ((heat - low) / (high - low)).astype(np.float32)


def _channel(values: Floats, index: int) -> npt.NDArray[np.floating]:
    stops = [stop for stop, _ in _RAMP]
    return np.interp(values, stops, [colour[index] for _, colour in _RAMP])
