"""Charts drawn as images, from the words that OCR found in them: a value above a name on the axis, its place in the
group telling the series. Thin on purpose: no bar is measured, and a chart that doesn't fit this form is left alone."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from answer.extractive.grid import Cell, grid
from answer.lines import union
from ingest import Block, BlockKind, Box, Page

_BESIDE = 6.0
"""Points within which two lines of a name on the axis stand one below the other."""


class Bar(Struct, frozen=True):
    """A value with the name on the axis below it (its lines) and the series it belongs to (None: the chart has one)."""

    value: Cell
    name: tuple[Cell, ...]
    series: Cell | None
    figure: Block


def bars(page: Page) -> Iterator[Bar]:
    """Values of bars, where each name on the axis has one value for each entry of the legend, or one and no legend
    is needed."""
    figures = [block for block in page.blocks if block.kind is BlockKind.FIGURE]
    table = grid(page) if figures else []
    for figure in figures:
        inside = [
            cell for row in table for cell in row if all(figure.first_word <= w < figure.last_word for w in cell.words)
        ]
        yield from _of(figure, inside)


def _of(figure: Block, cells: Sequence[Cell]) -> Iterator[Bar]:
    values = [cell for cell in cells if cell.is_value]
    lowest = max((cell.box.y0 for cell in values), default=0.0)
    names = _names([cell for cell in cells if cell.is_header and cell.box.y0 > lowest])
    legend = _legend(
        [cell for cell in cells if cell.is_header and cell.box.y1 < min(v.box.y1 for v in values)] if values else []
    )
    if len(names) < 2:
        return
    entries: list[Cell | None] = [*legend] if len(legend) > 1 else [None]
    left = _middle(names[0]) - (_middle(names[1]) - _middle(names[0])) / 2
    groups: dict[int, list[Cell]] = {}
    for value in values:
        if _x(value.box) >= left:
            nearest = min(range(len(names)), key=lambda n: abs(_middle(names[n]) - _x(value.box)))
            groups.setdefault(nearest, []).append(value)
    if len(groups) < len(names) or any(len(group) != len(entries) for group in groups.values()):
        return
    for nearest, group in groups.items():
        for value, series in zip(sorted(group, key=lambda cell: cell.box.x0), entries, strict=True):
            yield Bar(value, names[nearest], series, figure)


def _names(cells: Sequence[Cell]) -> list[tuple[Cell, ...]]:
    """Names on the axis, left to right, lines that stand one below the other joined."""
    found: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: cell.row):
        home = next(
            (n for n in found if n[0].box.x0 - _BESIDE < cell.box.x1 and cell.box.x0 < n[0].box.x1 + _BESIDE), None
        )
        if home is None:
            found.append([cell])
        else:
            home.append(cell)
    return sorted((tuple(name) for name in found), key=_middle)


def _legend(cells: Sequence[Cell]) -> list[Cell]:
    """Entries of the legend: the topmost line of names, left to right."""
    top = min((cell.row for cell in cells), default=0)
    return sorted((cell for cell in cells if cell.row == top), key=lambda cell: cell.box.x0)


def _middle(name: tuple[Cell, ...]) -> float:
    return _x(union(cell.box for cell in name))


def _x(box: Box) -> float:
    return (box.x0 + box.x1) / 2
