"""Finds the tables of a page: ruled ones by their rules, others where the layout model sees one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pymupdf

from ingest.document import Box, Word
from ingest.geometry import centre, covered, enclose, holds
from ingest.tables.found import FoundTable, found_table
from ingest.tables.grid import Grid, Slot
from ingest.tables.headers import count_header_rows, join_broken_names, spread_headers
from ingest.tables.judging import is_table
from ingest.tables.lattice import place_words, ruled_grids
from ingest.tables.lines import read_text_lines
from ingest.tables.mending import drop_covered_columns, drop_empty, join_broken_labels, join_signs
from ingest.tables.parting import parted
from ingest.tables.rules import Rules, bold_boxes, read_rules, without_strokes
from ingest.tables.unruled import unruled_grid
from ingest.tables.wording import is_figure

# A group of the model of which ruled tables hold this part of the words needs no table of its own.
_HELD = 0.4


class _Region:
    """A table that the model sees: its box, its lines inside, and the words in it."""

    def __init__(self, group: Mapping[str, Any], words: Sequence[Word]) -> None:
        self.box = Box(*(float(v) for v in group["group_bbox"][:4]))
        grid = group.get("table_grid")
        self.xs = [self.box.x0 + float(v) for v in grid.v_lines] if grid is not None else []
        self.ys = [self.box.y0 + float(v) for v in grid.h_lines] if grid is not None else []
        self.words = _inside(self.box, words)


def read_tables(page: pymupdf.Page, groups: Sequence[Mapping[str, Any]], words: Sequence[Word]) -> list[FoundTable]:
    """Tables of a page, top to bottom.

    `page` must not be turned; `groups` are the layout model's (`page.get_layout(return_raw=True)`), and may be none, when
    only ruled tables are found; `words` are all visible words of the page as displayed, in any order. A word is in at most
    one cell of one table, and every word that stands in a table's box with it is in one of its cells, the nearest.
    """
    regions = [_Region(g, words) for g in groups if g.get("class_name") == "table"]
    pictures = [Box(*(float(v) for v in g["group_bbox"][:4])) for g in groups if g.get("class_name") == "picture"]
    rules = without_strokes(read_rules(page), words)
    # Smaller grids first: a frame around everything must not swallow the tables in it.
    grids = sorted(ruled_grids(rules), key=lambda g: (g.xs[-1] - g.xs[0]) * (g.ys[-1] - g.ys[0]))
    if not regions and not grids:
        return []
    rules = rules._replace(bold=bold_boxes(page))
    taken: set[int] = set()
    made = []
    for grid, box in [*_ruled(grids, rules, regions, pictures, words, taken), *_unruled(rules, regions, words, taken)]:
        made.append(found_table(grid, box, words))
    return sorted(made, key=lambda t: (t.box.y0, t.box.x0))


def _inside(box: Box, words: Sequence[Word]) -> list[int]:
    return [n for n, w in enumerate(words) if holds(box, centre(w.box), slack=1.0)]


def _ruled(grids: Sequence[Grid], rules: Rules, regions: Sequence[_Region], pictures: Sequence[Box], words: Sequence[Word],
           taken: set[int]) -> Iterator[tuple[Grid, Box]]:  # fmt: skip
    for grid in grids:
        box = Box(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1])
        indices = [i for i in _inside(box, words) if i not in taken]
        if not indices:
            continue
        place_words(grid, words, indices)
        if not is_table(grid, words, any(covered(box, p) > 0.8 for p in pictures)) or _is_crowded(grid, words):
            continue
        _add_outside(grid, regions, words, taken | set(indices))
        yield _finished(grid, words, rules, taken)


def _is_crowded(grid: Grid, words: Sequence[Word]) -> bool:
    """Whether cells hold several figures each, side by side or one above the other: not all rules are drawn."""
    crowded = filled = 0
    for slot in grid.slots:
        if not slot.words:
            continue
        filled += 1
        lines = read_text_lines(words, slot.words)
        beside = any(sum(is_figure(c.text) for c in line.chunks) > 1 for line in lines)
        stacked = sum(len(n.chunks) == 1 and is_figure(n.chunks[0].text) for n in lines)
        crowded += beside or stacked > 2
    return crowded >= 3 or crowded > 0.2 * filled


def _add_outside(grid: Grid, regions: Sequence[_Region], words: Sequence[Word], taken: set[int]) -> None:
    """Rows that the model sees in the table above or below its rules, such as a header that stands outside of the frame."""
    box = Box(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1])
    for region in regions:
        inside = {i for s in grid.slots for i in s.words}
        if len(inside & set(region.words)) < 0.5 * len(region.words):
            continue
        spare = [i for i in region.words if i not in taken]
        spare = [i for i in spare if box.x0 - 2 <= (words[i].box.x0 + words[i].box.x1) / 2 <= box.x1 + 2]
        for line in reversed(read_text_lines(words, [i for i in spare if words[i].box.y1 <= box.y0 + 3])):
            grid.ys.insert(0, min(line.y0, grid.ys[0] - 1))
            for slot in grid.slots:
                slot.row += 1
            grid.slots += _row_of(grid, 0, line.words, words)
        for line in read_text_lines(words, [i for i in spare if words[i].box.y0 >= box.y1 - 3]):
            grid.ys.append(max(line.y1, grid.ys[-1] + 1))
            grid.slots += _row_of(grid, grid.rows - 1, line.words, words)


def _row_of(grid: Grid, row: int, indices: Sequence[int], words: Sequence[Word]) -> list[Slot]:
    slots: dict[int, Slot] = {}
    for index in indices:
        x = (words[index].box.x0 + words[index].box.x1) / 2
        column = min(max(sum(edge <= x for edge in grid.xs) - 1, 0), grid.columns - 1)
        slots.setdefault(column, Slot(row, column, [])).words.append(index)
    return list(slots.values())


def _unruled(
    rules: Rules, regions: Sequence[_Region], words: Sequence[Word], taken: set[int]
) -> Iterator[tuple[Grid, Box]]:
    for region in regions:
        indices = [i for i in region.words if i not in taken]
        if not indices or len(region.words) - len(indices) >= _HELD * len(region.words):
            continue
        parts = parted(words, indices)
        for part in parts:
            box = region.box if len(parts) == 1 else enclose([words[i].box for i in part])
            grid = unruled_grid(box, (region.xs, [y for y in region.ys if box.y0 < y < box.y1]), words, part, rules)
            if grid is None:
                continue
            drop_empty(grid)
            if is_table(grid, words):
                yield _finished(grid, words, rules, taken)


def _finished(grid: Grid, words: Sequence[Word], rules: Rules, taken: set[int]) -> tuple[Grid, Box]:
    """Mends the grid, finds its header rows, and counts its words as taken."""
    if not grid.wired:
        heads = count_header_rows(grid, words, rules)
        join_signs(grid, words, heads)
        drop_covered_columns(grid, heads)
        drop_empty(grid)
        join_broken_names(grid, words, rules, count_header_rows(grid, words, rules))
        heads = count_header_rows(grid, words, rules)
        spread_headers(grid, words, rules, heads)
        join_broken_labels(grid, words, heads)
    held = {i for s in grid.slots for i in s.words}
    box = enclose([Box(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1]), *(words[i].box for i in held)])
    taken.update(held)
    strays = [i for i in _inside(box, words) if i not in taken]
    place_words(grid, words, strays)
    taken.update(strays)
    grid.settle()
    grid.header_rows = count_header_rows(grid, words, rules)
    return grid, enclose([box, *(words[i].box for i in strays)])
