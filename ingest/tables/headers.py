"""Which rows name the columns, and how far the cells of upper header rows reach."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ingest.document import Box, Word
from ingest.geometry import enclose
from ingest.tables.grid import Grid, Slot, join_rows, text_of
from ingest.tables.rules import Rule, Rules
from ingest.tables.wording import is_blank, is_figure, is_year

_DEEPEST = 6


def count_header_rows(grid: Grid, words: Sequence[Word], rules: Rules) -> int:
    """How many rows from the top name columns; 0 where the first row holds figures already."""
    rows = [[(s, text_of(s, words)) for s in grid.row(r)] for r in range(min(grid.rows, _DEEPEST + 1))]
    first = next((n for n, row in enumerate(rows) if _is_body(row)), None)
    if first == 0:
        return int(_is_marked(grid, words, rules))
    if first is None:
        # A table of words: its first row names the columns if it is set off, or fills three columns or more with a few words each.
        told = [t for _, t in rows[0] if t]
        named = len(told) >= max(3, grid.columns - 1) and all(len(t.split()) <= 4 for t in told)
        return int(grid.rows > 1 and len(told) > 1 and (named or _is_marked(grid, words, rules)))
    depth = _below_rule(grid, rules, first)
    if depth:
        while depth < first and rows[depth] and all(s.column > 0 for s, t in rows[depth] if t):
            depth += 1
        return depth
    depth = 1
    while depth < first and _needs_more(grid, rows, depth):
        depth += 1
    return depth


def _is_marked(grid: Grid, words: Sequence[Word], rules: Rules) -> bool:
    """Whether the first row is bold, or on a ground, and the second is not."""
    if grid.rows < 3:
        return False
    upper, lower = ([words[i].box for s in grid.row(r) for i in s.words] for r in (0, 1))
    return any(_part_on(upper, marks) > 0.8 and _part_on(lower, marks) < 0.5 for marks in (rules.bold, rules.grounds))


def _part_on(boxes: Sequence[Box], marks: Sequence[Box]) -> float:
    """Which part of some boxes has its middle on one of the marks; a mark as large as a page is none."""
    if not boxes:
        return 0.0
    middles = [((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2) for b in boxes]
    height = 4 * max(b.y1 - b.y0 for b in boxes)
    near = [m for m in marks if m.y1 - m.y0 < height]
    return sum(any(m.x0 <= x <= m.x1 and m.y0 <= y <= m.y1 for m in near) for x, y in middles) / len(boxes)


def _is_body(row: Sequence[tuple[Slot, str]]) -> bool:
    """Whether a row tells figures: at least half of its cells beside the first column."""
    told = [t for s, t in row if s.column > 0 and t and not is_blank(t)]
    figures = sum(is_figure(t) for t in told)
    if told and all(is_year(t) for t in told):
        return False
    return figures > 0 and figures * 2 >= len(told)


def _below_rule(grid: Grid, rules: Rules, first: int) -> int:
    """In a table with few rules, the last row up to `first` that has a rule through most columns above it; else 0."""
    if grid.wired:
        return 0
    left, right = grid.xs[0], grid.xs[-1]
    long = [r.at for r in rules.across if min(r.end, right) - max(r.start, left) >= 0.8 * (right - left)]
    near = [row for row in range(1, first + 1) if any(_at_edge(grid, row, y) for y in long)]
    inside = [row for row in range(1, grid.rows) if any(_at_edge(grid, row, y) for y in long)]
    # Rules below every row say nothing of the header.
    return near[-1] if near and len(inside) <= max(2, 0.4 * grid.rows) else 0


def _at_edge(grid: Grid, row: int, y: float) -> bool:
    slack = 0.35 * min(
        grid.ys[row] - grid.ys[row - 1], grid.ys[row + 1] - grid.ys[row] if row + 1 < len(grid.ys) else 1e9
    )
    return abs(grid.ys[row] - y) <= max(2.0, slack)


def _needs_more(grid: Grid, rows: Sequence[Sequence[tuple[Slot, str]]], depth: int) -> bool:
    """Whether the row after the first `depth` is header as well: what is above leaves the columns unnamed."""
    above = [s for row in rows[:depth] for s, t in row if t]
    named = {c for s in above if s.column_span == 1 for c in [s.column]}
    here = [s for s, t in rows[depth] if t]
    if all(s.column == 0 for s in here):
        return False
    if all(s.column > 0 for s in here):
        return True
    # Something reaches down, or spans and so needs names below it, or the corner is empty still.
    reaches = any(s.last_row >= depth for s in above)
    unnamed = any(c not in named for c in range(1, grid.columns))
    years = all(is_year(t) or s.column == 0 for s, t in rows[depth] if t)
    return reaches or unnamed or years


def spread_headers(grid: Grid, words: Sequence[Word], rules: Rules, rows: int) -> None:
    """Gives header cells above others the columns that they stand over: by the rule below them, else by their middle."""
    for number in range(rows):
        slots = [s for s in grid.row(number) if s.words]
        movable = [s for s in slots if (s.column > 0 or s.column_span > 1) and s.row_span == 1]
        last = number == rows - 1
        if not movable or len(movable) >= grid.columns - 1:
            continue
        ruled = {id(s): span for s in movable if (span := _rule_span(grid, s, words, rules)) is not None}
        if last and not ruled:
            continue
        spans = _best_spans(grid, movable, words, ruled, number)
        for slot, (first, end) in zip(movable, spans, strict=True):
            slot.column, slot.column_span = first, end - first + 1


def _rule_span(grid: Grid, slot: Slot, words: Sequence[Word], rules: Rules) -> tuple[int, int] | None:
    """Columns over which the rule runs that is drawn just below the words, shorter than the table."""
    boxes = [words[i].box for i in slot.words]
    bottom, height = max(b.y1 for b in boxes), max(b.y1 - b.y0 for b in boxes)
    left, right = min(b.x0 for b in boxes), max(b.x1 for b in boxes)
    best: Rule | None = None
    for rule in rules.across:
        if -0.3 * height <= rule.at - bottom <= 0.8 * height and rule.start <= left + 3 and rule.end >= right - 3:
            if rule.end - rule.start > 0.9 * (grid.xs[-1] - grid.xs[0]) and grid.columns > 2:
                continue
            best = rule if best is None or rule.at < best.at else best
    if best is None:
        return None
    inside = [c for c in range(grid.columns) if _is_over(best, *_extent(grid, c, words))]
    inside = [c for c in inside if c > 0] or inside
    return (min(inside[0], slot.column), max(inside[-1], slot.last_column)) if inside else None


def _is_over(rule: Rule, x0: float, x1: float) -> bool:
    """Whether a rule runs over a column, give or take three tenths of it on either side."""
    slack = 0.3 * (x1 - x0) + 2
    return rule.start <= x0 + slack and x1 - slack <= rule.end


def _extent(grid: Grid, column: int, words: Sequence[Word]) -> tuple[float, float]:
    """From where to where the words of a column stand; its edges where it has none."""
    boxes = [words[i].box for s in grid.slots if s.column == column and s.column_span == 1 for i in s.words]
    if not boxes:
        return grid.xs[column], grid.xs[column + 1]
    return min(b.x0 for b in boxes), max(b.x1 for b in boxes)


def _best_spans(grid: Grid, slots: Sequence[Slot], words: Sequence[Word], ruled: dict[int, tuple[int, int]], row: int
                ) -> list[tuple[int, int]]:  # fmt: skip
    """Columns for each of a row's header cells, in order and apart, so that their middles agree best.

    A column that no cell covers costs a little: what stands alone above several columns is meant for all of them.
    """
    extents = [_extent(grid, c, words) for c in range(grid.columns)]
    width = (grid.xs[-1] - grid.xs[0]) / grid.columns
    blocked = {s.column for s in grid.slots if s.row < row <= s.last_row}
    first = 0 if slots[0].column == 0 else 1
    # best[c] = cheapest way to have placed the cells so far, the last one ending before column c.
    best: dict[int, tuple[float, list[tuple[int, int]]]] = {first: (0.0, [])}
    for slot in slots:
        boxes = [words[i].box for i in slot.words]
        middle = (min(b.x0 for b in boxes) + max(b.x1 for b in boxes)) / 2
        found: dict[int, tuple[float, list[tuple[int, int]]]] = {}
        for free, (cost, spans) in best.items():
            for start in range(free, slot.column + 1):
                for end in range(slot.last_column, grid.columns):
                    if id(slot) in ruled and ruled[id(slot)] != (start, end):
                        continue
                    if any(start <= b <= end for b in blocked):
                        continue
                    off = _off(extents, grid, start, end, middle) / width
                    total = cost + off + 0.12 * (start - free)
                    if end + 1 not in found or total < found[end + 1][0]:
                        found[end + 1] = (total, [*spans, (start, end)])
        if not found:
            return [(s.column, s.last_column) for s in slots]
        best = found
    return min(best.items(), key=lambda item: item[1][0] + 0.12 * (grid.columns - item[0]))[1][1]


def _off(extents: Sequence[tuple[float, float]], grid: Grid, start: int, end: int, middle: float) -> float:
    """How far a middle is from that of some columns, by their words or by their edges, whichever is nearer."""
    by_words = (extents[start][0] + extents[end][1]) / 2
    by_edges = (grid.xs[start] + grid.xs[end + 1]) / 2
    return min(abs(by_words - middle), abs(by_edges - middle))


def join_broken_names(grid: Grid, words: Sequence[Word], rules: Rules, heads: int) -> None:
    """Names of columns that are printed on several lines and came to lie in several header rows become one cell.

    Their lines stand closer than the rows of the body do, one above the other, with no rule between.
    """
    step = _body_step(grid, words, heads)
    for row in range(heads - 2, -1, -1):
        upper = [s for s in grid.row(row) if s.words and s.column_span == 1]
        for slot in upper:
            below = next(
                (s for s in grid.row(row + 1) if s.column == slot.column and s.words and s.column_span == 1), None
            )
            if below is not None and slot.row_span == 1 and _is_one_name(slot, below, words, rules, step):
                below.words = [*slot.words, *below.words]
                below.row, below.row_span = row, below.row_span + 1
                grid.slots = [s for s in grid.slots if s is not slot]
    for row in range(heads - 2, -1, -1):
        if _says_nothing_apart(grid, row):
            join_rows(grid, row)


def _says_nothing_apart(grid: Grid, row: int) -> bool:
    """Whether a row and the next can be one: some cell reaches over both, and no column has a cell of its own in each."""
    held = [s for s in grid.slots if s.words]
    upper = {c: s for s in held if s.row <= row <= s.last_row for c in range(s.column, s.last_column + 1)}
    lower = {c: s for s in held if s.row <= row + 1 <= s.last_row for c in range(s.column, s.last_column + 1)}
    both = [c for c in upper if c in lower]
    return bool(both) and all(upper[c] is lower[c] for c in both)


def _body_step(grid: Grid, words: Sequence[Word], heads: int) -> float:
    """The median distance between the middles of neighbouring body rows, in points."""
    middles = []
    for row in range(heads, grid.rows):
        boxes = [words[i].box for s in grid.row(row) if s.row_span == 1 for i in s.words]
        if boxes:
            middles.append((min(b.y0 for b in boxes) + max(b.y1 for b in boxes)) / 2)
    return median(b - a for a, b in pairwise(middles)) if len(middles) > 1 else 0.0


def _is_one_name(upper: Slot, lower: Slot, words: Sequence[Word], rules: Rules, step: float) -> bool:
    above, below = enclose([words[i].box for i in upper.words]), enclose([words[i].box for i in lower.words])
    line = min(words[i].box.y1 - words[i].box.y0 for i in (*upper.words, *lower.words))
    distance = below.y0 - above.y1 + line
    aligned = min(
        abs(above.x0 - below.x0), abs(above.x1 - below.x1), abs((above.x0 + above.x1) - (below.x0 + below.x1)) / 2
    )
    if distance > 0.85 * step or aligned > 0.5 * line:
        return False
    middle = (above.x0 + above.x1) / 2
    parting = (above.y0 + above.y1) / 2, (below.y0 + below.y1) / 2
    return not any(parting[0] < r.at < parting[1] and r.start <= middle <= r.end for r in rules.across)
