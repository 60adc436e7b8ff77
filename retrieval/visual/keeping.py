"""What the index keeps of a page image, and the page's vectors again from that.

Vectors are kept in the order of their cells, the thumbnail's after them (late interaction does not ask for an order), so
that rows and columns of the grid say where each belongs. Where similar ones were pooled, each cell's cluster is kept too.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.visual.page import WHOLE_PAGE, Half, PageVectors, check_multivector
from retrieval.visual.pooling import Labels, pool_columns, pool_hierarchically, pool_rows


class KeptPage(Struct, frozen=True):
    """`patches`: float16 (n, d), for exact scores; `pooled`: float16 (rows + columns [+ 2], d), means of rows and of
    columns, to find candidates by; `grid`: for the payload, what `restored` needs."""

    patches: Half
    pooled: Half
    grid: Mapping[str, Any]


def kept(page: PageVectors, factor: int = 1) -> KeptPage:
    """What to keep of a page; with a `factor` over 1 a page's vectors are pooled to one in so many. InvalidVector if
    that is more than a multivector may have."""
    ordered = page.vectors[
        np.argsort(np.where(page.cells == WHOLE_PAGE, page.rows * page.columns, page.cells), kind="stable")
    ]
    grid: dict[str, Any] = {"rows": page.rows, "columns": page.columns}
    if factor > 1:
        ordered, labels = pool_hierarchically(ordered, factor)
        grid["clusters"] = _packed(labels)
    check_multivector(ordered)
    return KeptPage(ordered, np.concatenate([pool_rows(page), pool_columns(page)]), grid)


def restored(patches: npt.NDArray[np.floating], grid: Mapping[str, Any]) -> PageVectors:
    """The page's vectors in their places; a pooled one in each of its cells."""
    rows, columns = int(grid["rows"]), int(grid["columns"])
    vectors = patches.astype(np.float16)
    if "clusters" in grid:
        vectors = vectors[_unpacked(grid["clusters"])]
    cells = np.full(len(vectors), WHOLE_PAGE, dtype=np.int32)
    cells[: rows * columns] = np.arange(rows * columns, dtype=np.int32)
    return PageVectors(vectors, rows, columns, cells)


def _packed(labels: Labels) -> str:
    """Two bytes a cell: payloads are JSON, and a list of numbers would be read on every way through it."""
    return b64encode(labels.astype("<u2").tobytes()).decode()


def _unpacked(text: str) -> npt.NDArray[np.int64]:
    return np.frombuffer(b64decode(text), dtype="<u2").astype(np.int64)
