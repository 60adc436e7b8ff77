"""What the index keeps of a page image, and the page's vectors again from that.

Vectors are kept in the order of their cells, the thumbnail's after them (late interaction does not ask for an order), so
that rows and columns of the grid say where each belongs. Where similar ones were pooled, each cell's cluster is kept too.
Vectors with boxes of their own stay in their order, and the boxes are kept.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.visual.page import WHOLE_PAGE, Floats, Half, PageVectors, check_multivector
from retrieval.visual.pooling import Labels, pool_columns, pool_hierarchically, pool_rows

_FINEST = 65_535
"""Steps of a page's width and height that boxes are kept in."""


class KeptPage(Struct, frozen=True):
    """`patches`: float16 (n, d), for exact scores; `pooled`: float16 (rows + columns [+ 2], d), means of rows and of
    columns, to find candidates by (None of vectors with boxes, which are of words: a mean of several is like none of them);
    `grid`: for the payload, what `restored` needs."""

    patches: Half
    pooled: Half | None
    grid: Mapping[str, Any]


def kept(page: PageVectors, factor: int = 1) -> KeptPage:
    """What to keep of a page; with a `factor` over 1 a page's vectors are pooled to one in so many. InvalidVector if
    that is more than a multivector may have."""
    grid: dict[str, Any] = {"rows": page.rows, "columns": page.columns}
    if page.boxes is None:
        last = np.where(page.cells == WHOLE_PAGE, page.rows * page.columns, page.cells)
        ordered = page.vectors[np.argsort(last, kind="stable")]
    else:
        ordered = page.vectors
        grid["boxes"] = _packed_boxes(page.boxes)
    if factor > 1:
        ordered, labels = pool_hierarchically(ordered, factor)
        grid["clusters"] = _packed(labels)
    check_multivector(ordered)
    if page.boxes is not None:
        return KeptPage(ordered, None, grid)
    return KeptPage(ordered, np.concatenate([pool_rows(page), pool_columns(page)]), grid)


def restored(patches: npt.NDArray[np.floating], grid: Mapping[str, Any]) -> PageVectors:
    """The page's vectors in their places; a pooled one in each of its cells."""
    rows, columns = int(grid["rows"]), int(grid["columns"])
    vectors = patches.astype(np.float16)
    if "clusters" in grid:
        vectors = vectors[_unpacked(grid["clusters"])]
    if "boxes" in grid:
        boxes = _unpacked_boxes(grid["boxes"])
        return PageVectors(vectors, rows, columns, middle_cells(boxes, rows, columns), boxes)
    cells = np.full(len(vectors), WHOLE_PAGE, dtype=np.int32)
    cells[: rows * columns] = np.arange(rows * columns, dtype=np.int32)
    return PageVectors(vectors, rows, columns, cells)


def middle_cells(boxes: Floats, rows: int, columns: int) -> npt.NDArray[np.int32]:
    """The cells in which boxes (n, 4) have their middles: (n,)."""
    across = np.clip((boxes[:, 0] + boxes[:, 2]) / 2 * columns, 0, columns - 1).astype(np.int32)
    down = np.clip((boxes[:, 1] + boxes[:, 3]) / 2 * rows, 0, rows - 1).astype(np.int32)
    return (down * columns + across).astype(np.int32)


def _packed_boxes(boxes: Floats) -> str:
    return b64encode((np.clip(boxes, 0, 1) * _FINEST).round().astype("<u2").tobytes()).decode()


def _unpacked_boxes(text: str) -> Floats:
    return np.frombuffer(b64decode(text), dtype="<u2").reshape(-1, 4).astype(np.float32) / np.float32(_FINEST)


def _packed(labels: Labels) -> str:
    """Two bytes a cell: payloads are JSON, and a list of numbers would be read on every way through it."""
    return b64encode(labels.astype("<u2").tobytes()).decode()


def _unpacked(text: str) -> npt.NDArray[np.int64]:
    return np.frombuffer(b64decode(text), dtype="<u2").astype(np.int64)
