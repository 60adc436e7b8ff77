"""Tables whose cells are ruled: the grid is read off the rules, spans from the rules that are missing."""

from collections.abc import Iterator, Sequence

from ingest.document import Box, Word
from ingest.tables.grid import Grid, Slot
from ingest.tables.rules import Rule, Rules, clustered, covered

_NEAR = 3.0
# A side is open where rules across run on past the last rule down by more than this, in points.
_OPEN = 10.0
# Plots with fine gridlines can have more; no table that is read has.
_MOST_SLOTS = 6000
# Part of a cell's side that must be ruled.
_RULED = 0.6


def ruled_grids(rules: Rules) -> Iterator[Grid]:
    """Grids of rules that cross each other, with at least two rows and columns; without words."""
    for across, down in _networks(rules):
        xs = clustered([r.at for r in down], _NEAR)
        ys = clustered([r.at for r in across], _NEAR)
        xs = _with_open_sides(xs, across)
        ys = _with_open_sides(ys, down)
        if len(xs) < 3 or len(ys) < 3 or (len(xs) - 1) * (len(ys) - 1) > _MOST_SLOTS:
            continue
        yield Grid(xs, ys, _slots(xs, ys, across, down), wired=True)


def _networks(rules: Rules) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules across and down that hang together by crossings."""
    groups: list[tuple[list[Rule], list[Rule]]] = []
    for rule in rules.across:
        touched = [g for g in groups if any(_cross(rule, d) for d in g[1])]
        fresh = [d for d in rules.down if _cross(rule, d) and not any(d in g[1] for g in touched)]
        if not touched and not fresh:
            continue
        merged: tuple[list[Rule], list[Rule]] = ([rule], fresh)
        for group in touched:
            merged[0].extend(group[0])
            merged[1].extend(group[1])
        groups = [g for g in groups if g not in touched] + [merged]
    return groups


def _cross(across: Rule, down: Rule) -> bool:
    return across.start - _NEAR <= down.at <= across.end + _NEAR and down.start - _NEAR <= across.at <= down.end + _NEAR


def _with_open_sides(edges: list[float], crossing: Sequence[Rule]) -> list[float]:
    """Adds an outer edge where the rules of the other way run on past the last one."""
    if not edges:
        return edges
    first, last = min(r.start for r in crossing), max(r.end for r in crossing)
    left = [first] if first < edges[0] - _OPEN else []
    right = [last] if last > edges[-1] + _OPEN else []
    return [*left, *edges, *right]


def _slots(xs: list[float], ys: list[float], across: Sequence[Rule], down: Sequence[Rule]) -> list[Slot]:
    rows, columns = len(ys) - 1, len(xs) - 1
    right = {
        (r, c): covered(down, xs[c + 1], ys[r], ys[r + 1], _NEAR) >= _RULED
        for r in range(rows)
        for c in range(columns - 1)
    }
    below = {
        (r, c): covered(across, ys[r + 1], xs[c], xs[c + 1], _NEAR) >= _RULED
        for r in range(rows - 1)
        for c in range(columns)
    }
    taken: set[tuple[int, int]] = set()
    slots = []
    for r in range(rows):
        for c in range(columns):
            if (r, c) in taken:
                continue
            slot = _spread(r, c, rows, columns, taken, right, below)
            taken |= {(i, j) for i in range(r, r + slot.row_span) for j in range(c, c + slot.column_span)}
            slots.append(slot)
    return slots


def _spread(r: int, c: int, rows: int, columns: int, taken: set[tuple[int, int]],
            right: dict[tuple[int, int], bool], below: dict[tuple[int, int], bool]) -> Slot:  # fmt: skip
    """The widest, then highest cell from a place that no rule cuts through."""
    last = c
    while last + 1 < columns and not right[r, last] and (r, last + 1) not in taken:
        last += 1
    bottom = r
    while (
        bottom + 1 < rows
        and not any(below[bottom, j] for j in range(c, last + 1))
        and not any(right[bottom + 1, j] for j in range(c, last))
        and (last + 1 == columns or right[bottom + 1, last])
        and (c == 0 or right[bottom + 1, c - 1])
    ):
        bottom += 1
    return Slot(r, c, [], bottom - r + 1, last - c + 1)


def place_words(grid: Grid, words: Sequence[Word], indices: Sequence[int]) -> None:
    """Puts each word into the cell that its middle stands in, else the nearest."""
    boxes = [(slot, grid.box_of(slot)) for slot in grid.slots]
    for index in indices:
        box = words[index].box
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        slot, _ = min(boxes, key=lambda pair: _distance(pair[1], x, y))
        slot.words.append(index)


def _distance(box: Box, x: float, y: float) -> float:
    return max(box.x0 - x, 0.0, x - box.x1) ** 2 + max(box.y0 - y, 0.0, y - box.y1) ** 2
