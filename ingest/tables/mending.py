"""Mends grids: columns and rows that are none of their own are joined to those they belong to."""

from collections.abc import Sequence

from ingest.document import Word
from ingest.tables.grid import Grid, Slot, join_columns, join_rows, text_of
from ingest.tables.wording import is_blank, is_currency, is_figure, is_tail

# Words that no label ends with.
_UNFINISHED = frozenset(
    "a an and as at by for from in of on or than the to with de des du et la le les und der die das von y del el".split()
)


def drop_empty(grid: Grid) -> None:
    """Rows and columns without words are joined to the one before (or after) them."""
    for column in range(grid.columns - 1, -1, -1):
        if grid.columns > 1 and not any(s.words and s.column <= column <= s.last_column for s in grid.slots):
            join_columns(grid, max(0, column - 1))
    for row in range(grid.rows - 1, -1, -1):
        if grid.rows > 1 and not any(s.words and s.row <= row <= s.last_row for s in grid.slots):
            join_rows(grid, max(0, row - 1))
    grid.settle()


def drop_covered_columns(grid: Grid, heads: int) -> None:
    """Columns in which no cell of the body or of the last header row begins are joined to one beside them.

    Only spans run through them, or the name of several columns happens to stand there.
    """
    for column in range(grid.columns - 1, -1, -1):
        mine = [s for s in grid.slots if s.words and s.column == column]
        if grid.columns < 3 or any(s.row >= heads - 1 for s in mine):
            continue
        rows = {s.row for s in mine}
        before = {s.row for s in grid.slots if s.words and s.column == column - 1}
        join_columns(grid, column - 1 if column == grid.columns - 1 or (column > 0 and not rows & before) else column)
    grid.settle()


def join_signs(grid: Grid, words: Sequence[Word], heads: int) -> None:
    """Columns of currency signs join the figures after them; columns of closing brackets, per cent signs and marks those before.

    The first `heads` rows don't count: a name of several columns may stand over one of signs.
    """
    for column in range(grid.columns - 1, -1, -1):
        body = [text_of(s, words) for s in _alone_in(grid, column) if s.row >= heads]
        body = [t for t in body if t]
        figured = [t for t in body if is_currency(t) or is_figure(t)]
        if not body or grid.columns < 2:
            continue
        if column + 1 < grid.columns and figured and all(is_currency(t) for t in body):
            join_columns(grid, column)
        elif (
            column > 0
            and all(is_tail(t) for t in body)
            and _figures(grid, column - 1, words)
            and _is_sparse(grid, body)
        ):
            join_columns(grid, column - 1)
    grid.settle()


def _is_sparse(grid: Grid, body: Sequence[str]) -> bool:
    """Small numbers in brackets may be negative figures where they fill a column."""
    bracketed = sum(t.startswith("(") for t in body)
    return bracketed == 0 or bracketed <= 0.5 * grid.rows


def _alone_in(grid: Grid, column: int) -> list[Slot]:
    return [s for s in grid.slots if s.column == column and s.column_span == 1 and s.words]


def _figures(grid: Grid, column: int, words: Sequence[Word]) -> int:
    texts = [text_of(s, words) for s in _alone_in(grid, column)]
    return sum(is_figure(t) or is_blank(t) for t in texts)


def join_broken_labels(grid: Grid, words: Sequence[Word], first: int) -> None:
    """Row labels that go on in the next row, whose figures stand on one of the lines only; from row `first`."""
    row = first
    while row + 1 < grid.rows:
        upper, lower = grid.row(row), grid.row(row + 1)
        upper, lower = [s for s in upper if s.words], [s for s in lower if s.words]
        if _goes_on(upper, lower, words) and not any(s.row_span > 1 for s in (*upper, *lower)):
            join_rows(grid, row)
        else:
            row += 1
    grid.settle()


def _goes_on(upper: Sequence[Slot], lower: Sequence[Slot], words: Sequence[Word]) -> bool:
    if not upper or not lower or upper[0].column != 0 or lower[0].column != 0:
        return False
    if len(upper) > 1 and len(lower) > 1:
        return False
    above, below = text_of(upper[0], words), text_of(lower[0], words)
    if above.endswith((":", ".")) or not above or not below or is_figure(below):
        return False
    if not any(c.isalpha() for c in above) or is_tail(below):
        return False
    # Either the lower part begins as no label does, or the upper ends as none does; the figures then stand on the lower line.
    return below[0].islower() or (len(upper) == 1 and above.split()[-1] in _UNFINISHED)
