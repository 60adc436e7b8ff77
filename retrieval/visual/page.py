"""What a page is to late interaction: its vectors and where on the page each of them looks. And what is refused."""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.errors import InvalidVector

Half = npt.NDArray[np.float16]
Floats = npt.NDArray[np.float32]
Cells = npt.NDArray[np.int32]

MAX_VECTORS = 8192
"""Vectors a page: what fits at 128 values each."""

MAX_VALUES = 1_048_576
"""Values a multivector: Qdrant's server refuses more, and its embedded engine would take them silently."""

WHOLE_PAGE = -1
"""The cell of a vector that looks at the page as a whole: those of a thumbnail."""


class PageVectors(Struct, frozen=True):
    """A page's vectors, of its image and nothing else.

    `vectors`: float16 (n, d), rows of unit length. `rows`, `columns`: the grid of cells over the page, top left first,
    all of one size. `cells`: int32 (n,), for each vector its cell, row * columns + column, or WHOLE_PAGE. Every cell
    has exactly one vector, unless `boxes` say where each looks: float32 (n, 4), left, top, right and bottom as shares of
    the page's width and height. Then a cell, that in which a box has its middle, may have none or several.
    """

    vectors: Half
    rows: int
    columns: int
    cells: Cells
    boxes: Floats | None = None

    @property
    def dimension(self) -> int:
        """Values of a vector."""
        return int(self.vectors.shape[1])

    def grid(self) -> Floats:
        """The cells' vectors in their places: float32 (rows, columns, d). InvalidVector if a cell has none."""
        local = self.cells != WHOLE_PAGE
        if self.boxes is not None:
            raise InvalidVector("The vectors of this page have boxes of their own, and no place in a grid.")
        if int(local.sum()) != self.rows * self.columns:
            raise InvalidVector(
                f"A page of {self.rows} rows and {self.columns} columns needs {self.rows * self.columns} vectors in "
                f"its cells; there are {int(local.sum())}."
            )
        placed = np.empty((self.rows * self.columns, self.dimension), dtype=np.float32)
        placed[self.cells[local]] = self.vectors[local]
        return placed.reshape(self.rows, self.columns, self.dimension)

    def thumbnail(self) -> Floats:
        """The vectors that look at the whole page: float32 (k, d); k is 0 for families without a thumbnail."""
        vectors: Floats = self.vectors[self.cells == WHOLE_PAGE].astype(np.float32)
        return vectors


def check_multivector(vectors: npt.NDArray[np.floating]) -> None:
    """InvalidVector unless it is (n, d), 1 <= n <= 8,192, n * d <= 1,048,576, finite."""
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise InvalidVector(f"A multivector is an array (n, d) with n and d at least 1; this one is {vectors.shape}.")
    count, dimension = vectors.shape
    most = min(MAX_VECTORS, MAX_VALUES // dimension)
    if count > most:
        raise InvalidVector(
            f"A page of {count} vectors of {dimension} values is over the limit of {most} vectors (at most "
            f"{MAX_VECTORS}, and {MAX_VALUES} values): pool its vectors hierarchically, with a factor of "
            f"{-(-count // most)} or more."
        )
    bad = ~np.isfinite(vectors).all(axis=1)
    if bad.any():
        raise InvalidVector(
            f"{int(bad.sum())} of {count} vectors hold NaN or infinity (the first is number {int(bad.argmax())}): the "
            "model's arithmetic overflowed; load it in bfloat16 or float32."
        )


def unit_rows(vectors: npt.NDArray[np.floating]) -> Floats:
    """Rows scaled to length 1, in float32 (n, d). A row of zeros stays one."""
    wide = vectors.astype(np.float32, copy=False)
    unit: Floats = wide / np.maximum(np.linalg.norm(wide, axis=-1, keepdims=True), 1e-12)
    return unit
