"""Values of tables and charts with what names them: a row's label and a column's headers cross in one."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from answer.extractive.charts import Bar, bars
from answer.extractive.grid import Cell, grid
from answer.extractive.headers import Table, headers
from answer.extractive.marked import MarkedCell, marked
from ingest import Block, BlockKind, Page

_TITLES = 3
_TITLE = 14
_CAPTION = 30.0
_SHORT = 6
"""Lines above the headers that are read, words that one of them may have as a title; points between a
figure and the line above that names it; words of a cell of words, and
of its label."""

_UNIT = re.compile(
    r"(?:[$€£¥]|\b(?:EUR|USD|GBP|CHF|Rs\.?))\s?(?:in\s)?(?:thousands?|millions?|billions?|mn|bn|m|k)?\b"
    r"|\b(?:in|figures in)\s(?:[$€£¥]\s?)?(?:thousands?|millions?|billions?|percent|per cent|%)(?:\sof\s\w+)?"
    r"|\b(?:thousands?|millions?|billions?)\b(?:\sof\s\w+)?|\bper cent\b|\bpercent\b|%",
    re.I,
)


class Crossing(Struct, frozen=True):
    """A value with what names it: the label of its row, the headers of its column (nearest first), the headings that its
    row stands under, titles above, and its unit. `run`: the words from the label to the value, as the eye reads them.
    `table` and `column` tell values of one column of a marked table from others; -1 where no table is marked. `drawn`:
    it stands in a figure."""

    value: Cell
    label: tuple[Cell, ...]
    headers: tuple[Cell, ...]
    titles: tuple[str, ...]
    unit: str
    run: tuple[int, ...]
    groups: tuple[Cell, ...] = ()
    table: int = -1
    column: int = -1
    drawn: bool = False


def crossings(page: Page) -> Iterator[Crossing]:
    """All values of a page that have a label or a header: of charts, of the tables that are marked, and of what is set
    like a table."""
    drawn = [_of_bar(page, bar) for bar in bars(page)]
    yield from drawn
    seen = {word for crossing in drawn for word in crossing.value.words}
    ruled = [block for block in page.blocks if block.table is not None]
    seen.update(word for block in ruled for word in range(block.first_word, block.last_word))
    for cell in marked(page):
        if cell.label or cell.headers:
            unit = _unit(cell.value, cell.label, (*cell.headers, *cell.groups), cell.titles) or _own(cell)
            yield Crossing(
                cell.value, cell.label, cell.headers, cell.titles, unit, cell.run, cell.groups, cell.table, cell.column
            )
    yield from (crossing for crossing in _of_tables(page) if seen.isdisjoint(crossing.value.words))


def _own(cell: MarkedCell) -> str:
    """The unit that ingest found, where the cell does not show it itself."""
    return "" if cell.unit and cell.unit in cell.value.text else cell.unit


def _of_bar(page: Page, bar: Bar) -> Crossing:
    unit = "%" if "%" in bar.figure.text and "%" not in bar.value.text else ""
    series = (bar.series,) if bar.series else ()
    return Crossing(bar.value, bar.name, series, _captions(page, bar.figure), unit, bar.value.words, drawn=True)


def _captions(page: Page, figure: Block) -> tuple[str, ...]:
    """The caption of a figure, what stands right above it, and the words in it; its figures are the chart's own."""
    found = [page.blocks[figure.caption].text] if figure.caption is not None else []
    found += [block.text for block in page.blocks if 0.0 <= figure.box.y0 - block.box.y1 <= _CAPTION]
    inside = " ".join(word for word in figure.text.split() if not any(char.isdigit() for char in word))
    return tuple(dict.fromkeys((*found, inside)))


def _of_tables(page: Page) -> Iterator[Crossing]:
    table = grid(page)
    figures = [block for block in page.blocks if block.kind is BlockKind.FIGURE]
    for row in table:
        first = next((at for at, cell in enumerate(row) if cell.is_value), len(row))
        label = tuple(cell for cell in row[:first] if cell.is_header)
        for at, cell in enumerate(row):
            if not cell.is_value and not (at and label and _brief(cell, row[0])):
                continue
            names = (label if cell.is_value else tuple(row[:1])) or _wrapped(table, cell)
            figure = next((f for f in figures if f.first_word <= cell.words[0] < f.last_word), None)
            above = tuple(
                h for h in headers(table, cell) if figure is None or figure.first_word <= h.words[0] < figure.last_word
            )
            if names or above:
                titles = _titles(table, above or (cell,)) if figure is None else _captions(page, figure)
                unit = _unit(cell, names, above, titles)
                run = _run(table, names, cell)
                yield Crossing(cell, names, above, titles, unit, run, drawn=figure is not None)


def _brief(cell: Cell, label: Cell) -> bool:
    """Whether a cell of words can be a value. In text set in columns every line looks like a row, so both have to
    be short."""
    short = len(cell.words) <= _SHORT and len(label.words) <= _SHORT
    return short and cell.is_header and not cell.text.endswith((".", ",", ";", "-"))


def _wrapped(table: Table, cell: Cell) -> tuple[Cell, ...]:
    """The label of a row that has none of its own: the line before it, if that is a label alone."""
    if not cell.row:
        return ()
    before = table[cell.row - 1]
    return tuple(before) if len(before) == 1 and before[0].is_header and before[0].box.x1 < cell.box.x0 else ()


def _run(table: Table, names: Sequence[Cell], cell: Cell) -> tuple[int, ...]:
    if not names:
        return cell.words
    begin = (names[0].row, names[0].box.x0)
    between = (other for row in table[names[0].row : cell.row + 1] for other in row)
    end = (cell.row, cell.box.x0)
    return tuple(w for other in between if begin <= (other.row, other.box.x0) <= end for w in other.words)


def _titles(table: Table, above: Sequence[Cell]) -> tuple[str, ...]:
    """The corner of the table, left of its headers, and the lines right above: title, caption, unit."""
    top = above[-1]
    corner = [table[cell.row][0].text for cell in above if not table[cell.row][0].prose]
    rows = [[cell for cell in row if not cell.prose] for row in table[max(0, top.row - _TITLES) : top.row][::-1]]
    lines = [" ".join(cell.text for cell in row) for row in rows if 0 < sum(len(cell.words) for cell in row) <= _TITLE]
    return (*dict.fromkeys(corner), *lines)


def _unit(cell: Cell, label: Sequence[Cell], above: Sequence[Cell], titles: Sequence[str]) -> str:
    """The unit as it stands nearest to the value; empty where the value carries one, or none is told. A per cent
    sign is believed only in the label or a header: in a line above the table it speaks of something else as often
    as not."""
    if _UNIT.search(cell.text):
        return ""
    for text in (name.text for name in (*label, *above)):
        match = _UNIT.search(text)
        if match is not None:
            return match[0].strip()
    found = (match for text in titles for match in _UNIT.finditer(text) if not re.search("%|cent", match[0], re.I))
    return next((match[0].strip() for match in found), "")
