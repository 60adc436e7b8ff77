"""A table as found on a page, before its words are put in their places among the page's."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from ingest.document import Box, Cell, Table, Word
from ingest.tables.grid import Grid, in_order, text_of
from ingest.tables.units import caption_unit, with_units
from ingest.tables.wording import is_year


class FoundCell(Struct, frozen=True):
    """A cell with the indices of its words, in reading order, in the words that the table was found among."""

    row: int
    column: int
    text: str
    box: Box
    words: tuple[int, ...]
    row_span: int = 1
    column_span: int = 1
    header: bool = False


class FoundTable(Struct, frozen=True):
    """`box` in points; `cells` row by row; `among` are the page's words, those of other blocks too."""

    box: Box
    rows: int
    columns: int
    cells: tuple[FoundCell, ...]
    header_rows: int
    wired: bool
    among: Sequence[Word]
    unit: str | None = None

    @property
    def words(self) -> tuple[int, ...]:
        """Indices of all of its words, cell by cell: none twice."""
        return tuple(i for cell in self.cells for i in cell.words)

    def with_caption(self, text: str) -> "FoundTable":
        """With the unit that a caption states ("in thousands of euros"), where the table itself states none."""
        unit = caption_unit(text)
        return replace(self, unit=unit) if unit and self.unit is None else self

    def compose(self, first_word: int) -> tuple[list[Word], Table, str]:
        """The words in cell order; the table, whose cells' ranges count from `first_word`; and its text: cells apart by tabs, a row
        a line."""
        ordered: list[Word] = []
        cells = []
        for cell in self.cells:
            start = first_word + len(ordered)
            ordered += [self.among[i] for i in cell.words]
            cells.append(
                Cell(
                    cell.row,
                    cell.column,
                    cell.text,
                    cell.box,
                    start,
                    first_word + len(ordered),
                    cell.row_span,
                    cell.column_span,
                    cell.header,
                )
            )
        made = Table(self.rows, self.columns, tuple(cells), self.header_rows, self.wired, self.unit)
        return ordered, with_units(made), table_text(made)


def table_text(table: Table) -> str:
    """Cells apart by tabs, a row a line; empty places between cells leave their tabs, so that columns can be told."""
    lines = []
    for row in range(table.rows):
        texts = [""] * table.columns
        for cell in table.cells:
            if cell.row == row:
                texts[cell.column] = cell.text
        lines.append("\t".join(texts).rstrip("\t"))
    return "\n".join(line for line in lines if line)


def found_table(grid: Grid, box: Box, words: Sequence[Word]) -> FoundTable:
    """Of a settled grid. A row with one cell only, in the first column or across, names the rows below it: it is header."""
    by_row: dict[int, int] = {}
    for slot in grid.slots:
        for row in range(slot.row, slot.last_row + 1):
            by_row[row] = by_row.get(row, 0) + bool(slot.words)
    cells = []
    for slot in sorted(grid.slots, key=lambda s: (s.row, s.column)):
        if not slot.words:
            continue
        text = text_of(slot, words)
        group = by_row[slot.row] == 1 and slot.column == 0 and slot.row_span == 1 and slot.row < grid.rows - 1
        header = slot.row < grid.header_rows or (group and grid.columns > 2 and _is_name(text))
        cells.append(
            FoundCell(
                slot.row,
                slot.column,
                text,
                grid.box_of(slot),
                tuple(in_order(slot.words, words)),
                slot.row_span,
                slot.column_span,
                header,
            )
        )
    return FoundTable(box, grid.rows, grid.columns, tuple(cells), grid.header_rows, grid.wired, words)


def _is_name(text: str) -> bool:
    return any(c.isalpha() for c in text) or is_year(text)
