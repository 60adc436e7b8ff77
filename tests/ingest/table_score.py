"""How well the cells of tables were found.

**Cell F1.** The rows of a found table are aligned with those of the known one so that the most cell texts agree (dynamic
programming, order kept), then its columns likewise; a found cell is right when its text is that of a known cell whose first
and last row and column it is aligned with. Empty cells count on neither side. A cell that is the only one of its row may span
or not, since on an unruled page nothing tells. White space is made one space, and dotted leaders are left out. A known table
is compared with the found one that overlaps it most; the cells of found tables that are left over are wrong ones.

**Relations F1.** Pairs of texts next to each other in a row or a column, empty cells passed over, as in the table competition
of ICDAR 2013 (Göbel et al., "A Methodology for Evaluating Algorithms for Table Understanding in PDF Documents", 2012).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.ingest.table_maker import KnownCell, KnownTable


class Found(NamedTuple):
    """A table as a reader gave it; `box` in points."""

    box: tuple[float, float, float, float]
    cells: tuple[KnownCell, ...]


class Score(NamedTuple):
    """Counts, so that scores of many tables can be added up."""

    right: int = 0
    known: int = 0
    found: int = 0

    def plus(self, other: "Score") -> "Score":
        return Score(self.right + other.right, self.known + other.known, self.found + other.found)

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.known + self.found) if self.known + self.found else 1.0


def normal(text: str) -> str:
    text = re.sub(r"<br\s*/?>|\*\*", " ", text)
    text = re.sub(r"(?:\.[ ]?){3,}", " ", text)
    return " ".join(re.sub(r"\$(?=\S)", "$ ", text).split())


def score_page(known: Sequence[KnownTable], found: Sequence[Found]) -> tuple[Score, Score]:
    """Cells, relations."""
    left = list(found)
    cells, relations = Score(), Score()
    for table in known:
        best = max(left, key=lambda f: _overlap(table.box, f.box), default=None)
        mine: list[KnownCell] = []
        if best is not None and _overlap(table.box, best.box) > 0:
            left.remove(best)
            mine = _clean(best.cells)
        truth = _clean(table.cells)
        cells = cells.plus(_score_cells(truth, mine))
        relations = relations.plus(_score_relations(truth, mine))
    for spare in left:
        cells = cells.plus(Score(0, 0, len(_clean(spare.cells))))
        relations = relations.plus(Score(0, 0, _relations(_clean(spare.cells)).total()))
    return cells, relations


def _clean(cells: Sequence[KnownCell]) -> list[KnownCell]:
    texts = [c._replace(text=normal(c.text)) for c in cells]
    return [c for c in texts if c.text]


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _score_cells(known: list[KnownCell], found: list[KnownCell]) -> Score:
    rows = _align(known, found, lambda c: c.row)
    inverse = {mine: truth for truth, mine in rows.items()}
    placed = [c._replace(row=inverse.get(c.row, -1)) for c in found]
    # Columns are aligned by texts of the same row only, lest a value that stands in many columns draws them astray.
    columns = _align(known, placed, lambda c: c.column, same=lambda c: (c.row, c.text))
    there = {(c.row, c.column): c for c in found}
    alone = {row for row, n in Counter(c.row for c in known).items() if n == 1}
    right = 0
    for cell in known:
        mine = there.get((rows.get(cell.row, -1), columns.get(cell.column, -1)))
        if mine is None or mine.text != cell.text:
            continue
        last_row, last_column = cell.row + cell.row_span - 1, cell.column + cell.column_span - 1
        down = rows.get(last_row, -1) == mine.row + mine.row_span - 1
        across = columns.get(last_column, -1) == mine.column + mine.column_span - 1
        right += down and (across or cell.row in alone)
    return Score(right, len(known), len(found))


def _align(known: list[KnownCell], found: list[KnownCell], key: Callable[[KnownCell], int],
           same: Callable[[KnownCell], object] = lambda c: c.text) -> dict[int, int]:  # fmt: skip
    """Which found row (or column) stands for which known one; first matches, order kept."""
    a, b = _bags(known, key, same), _bags(found, key, same)
    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + (a[i] & b[j]).total() + 1e-6)
    pairs, i, j = {}, 0, 0
    while i < len(a) and j < len(b):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs[i], i, j = j, i + 1, j + 1
    return pairs


def _bags(cells: list[KnownCell], key: Callable[[KnownCell], int], same: Callable[[KnownCell], object]
          ) -> list[Counter[object]]:  # fmt: skip
    bags: list[Counter[object]] = [Counter() for _ in range(_extent(cells, key))]
    for cell in cells:
        bags[key(cell)][same(cell)] += 1
    return bags


def _extent(cells: list[KnownCell], key: Callable[[KnownCell], int]) -> int:
    """How many rows (or columns) there are, those counted that only a span reaches."""
    by_row = key(KnownCell(1, 0, "")) == 1
    return max((key(c) + (c.row_span if by_row else c.column_span) for c in cells), default=0)


def _score_relations(known: list[KnownCell], found: list[KnownCell]) -> Score:
    a, b = _relations(known), _relations(found)
    return Score((a & b).total(), a.total(), b.total())


def _relations(cells: list[KnownCell]) -> Counter[tuple[str, str, str]]:
    grid = {
        (r, c): k
        for k in cells
        for r in range(k.row, k.row + k.row_span)
        for c in range(k.column, k.column + k.column_span)
    }
    pairs: set[tuple[str, KnownCell, KnownCell]] = set()
    for way, order in (("right", lambda p: p), ("down", lambda p: (p[1], p[0]))):
        places = sorted(grid, key=order)
        for here, there in pairwise(places):
            if order(here)[0] == order(there)[0] and grid[here] != grid[there]:
                pairs.add((way, grid[here], grid[there]))
    return Counter((way, a.text, b.text) for way, a, b in pairs)
