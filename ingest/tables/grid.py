"""A table while it is being read: lines between columns and rows, and the slots that hold words."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ingest.document import Box, Word
from ingest.tables.wording import is_leader, without_leader


class Slot(Struct):
    """A place in the grid, and which of the page's words stand there."""

    row: int
    column: int
    words: list[int]
    row_span: int = 1
    column_span: int = 1

    @property
    def last_row(self) -> int:
        return self.row + self.row_span - 1

    @property
    def last_column(self) -> int:
        return self.column + self.column_span - 1


class Grid(Struct):
    """`xs` and `ys` are the edges of columns and rows, in points, one more than there are of them; slots never overlap."""

    xs: list[float]
    ys: list[float]
    slots: list[Slot]
    wired: bool = False
    header_rows: int = 0

    @property
    def rows(self) -> int:
        return len(self.ys) - 1

    @property
    def columns(self) -> int:
        return len(self.xs) - 1

    def box_of(self, slot: Slot) -> Box:
        return Box(self.xs[slot.column], self.ys[slot.row], self.xs[slot.last_column + 1], self.ys[slot.last_row + 1])

    def row(self, number: int) -> list[Slot]:
        """Slots that begin in a row, left to right."""
        return sorted((s for s in self.slots if s.row == number), key=lambda s: s.column)

    def settle(self) -> None:
        """Slots row by row, left to right; those without words are kept only where they span."""
        kept = (s for s in self.slots if s.words or s.row_span > 1 or s.column_span > 1)
        self.slots = sorted(kept, key=lambda s: (s.row, s.column))


def join_columns(grid: Grid, left: int) -> None:
    """Makes one column of `left` and the one after it."""
    for slot in grid.slots:
        if slot.column > left:
            slot.column -= 1
        elif slot.last_column > left:
            slot.column_span -= 1
    del grid.xs[left + 1]
    _unite(grid)


def join_rows(grid: Grid, upper: int) -> None:
    """Makes one row of `upper` and the one after it."""
    for slot in grid.slots:
        if slot.row > upper:
            slot.row -= 1
        elif slot.last_row > upper:
            slot.row_span -= 1
    del grid.ys[upper + 1]
    if grid.header_rows > upper + 1:
        grid.header_rows -= 1
    _unite(grid)


def _unite(grid: Grid) -> None:
    """Slots that have come to overlap become one, as wide and as high as all of them."""
    slots = list(grid.slots)
    settled = False
    while not settled:
        settled = True
        owner: dict[tuple[int, int], Slot] = {}
        for slot in slots:
            other = next((owner[p] for p in places(slot) if p in owner), None)
            if other is not None:
                _swallow(other, slot)
                slots = [s for s in slots if s is not slot]
                settled = False
                break
            owner.update(dict.fromkeys(places(slot), slot))
    grid.slots = slots


def places(slot: Slot) -> list[tuple[int, int]]:
    """The rows and columns that a slot covers."""
    return [(r, c) for r in range(slot.row, slot.last_row + 1) for c in range(slot.column, slot.last_column + 1)]


def _swallow(keeper: Slot, other: Slot) -> None:
    last_row, last_column = max(keeper.last_row, other.last_row), max(keeper.last_column, other.last_column)
    keeper.row, keeper.column = min(keeper.row, other.row), min(keeper.column, other.column)
    keeper.row_span, keeper.column_span = last_row - keeper.row + 1, last_column - keeper.column + 1
    keeper.words = [*keeper.words, *other.words]


def in_order(indices: Iterable[int], words: Sequence[Word]) -> list[int]:
    """Words of one cell as they are read: line by line, left to right; a raised mark belongs to the line that it overlaps most."""
    lines: list[tuple[float, float, list[int]]] = []
    for index in sorted(indices, key=lambda i: (-_height(words[i]), words[i].box.y0, words[i].box.x0)):
        box = words[index].box
        middle = (box.y0 + box.y1) / 2
        best = min(lines, key=lambda line: abs((line[0] + line[1]) / 2 - middle), default=None)
        if best is not None and best[0] < middle < best[1]:
            best[2].append(index)
        else:
            lines.append((box.y0, box.y1, [index]))
    lines.sort(key=lambda line: line[0])
    return [i for _, _, line in lines for i in sorted(line, key=lambda i: words[i].box.x0)]


def _height(word: Word) -> float:
    return round(word.box.y1 - word.box.y0)


def text_of(slot: Slot, words: Sequence[Word]) -> str:
    """Words with single spaces between them, dotted leaders left out."""
    texts = (words[i].text for i in in_order(slot.words, words))
    return " ".join(t for t in (without_leader(t) for t in texts if not is_leader(t)) if t)
