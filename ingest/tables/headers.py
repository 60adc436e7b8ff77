"""Which rows name the columns, and how far the cells of upper header rows reach."""

from collections.abc import Sequence

from ingest.document import Word
from ingest.tables.grid import Grid, Slot, text_of
from ingest.tables.rules import Rule, Rules
from ingest.tables.wording import is_blank, is_currency, is_figure, is_year

_DEEPEST = 6


def count_header_rows(grid: Grid, words: Sequence[Word], rules: Rules) -> int:
    """How many rows from the top name columns; 0 where the first row holds figures already."""
    rows = [[(s, text_of(s, words)) for s in grid.row(r)] for r in range(min(grid.rows, _DEEPEST + 1))]
    first = next((n for n, row in enumerate(rows) if _is_body(row)), None)
    if first == 0:
        return 0
    if first is None:
        # A table of words: its first row names the columns if it fills them.
        filled = sum(bool(t) for _, t in rows[0])
        return int(grid.rows > 1 and filled >= max(2, grid.columns - 1))
    ruled = _below_rule(grid, rules, first)
    if ruled:
        return ruled
    depth = 1
    while depth < first and _needs_more(grid, rows, depth):
        depth += 1
    return depth


def _is_body(row: Sequence[tuple[Slot, str]]) -> bool:
    """Whether a row tells figures: at least half of its cells beside the first column."""
    told = [t for s, t in row if s.column > 0 and t and not is_blank(t)]
    figures = sum(is_figure(t) for t in told)
    if told and all(is_year(t) for t in told):
        return False
    return figures > 0 and figures * 2 >= len(told)


def _below_rule(grid: Grid, rules: Rules, first: int) -> int:
    """In a table with few rules, the first row with a rule below it that runs through most columns, at `first` or before; else 0."""
    if grid.wired:
        return 0
    left, right = grid.xs[0], grid.xs[-1]
    long = [r.at for r in rules.across if min(r.end, right) - max(r.start, left) >= 0.8 * (right - left)]
    near = [row for row in range(1, first + 1) if any(_at_edge(grid, row, y) for y in long)]
    inside = [row for row in range(1, grid.rows) if any(_at_edge(grid, row, y) for y in long)]
    # Rules below every row say nothing of the header.
    return near[-1] if near and len(inside) <= max(2, 0.4 * grid.rows) else 0


def _at_edge(grid: Grid, row: int, y: float) -> bool:
    slack = 0.35 * min(grid.ys[row] - grid.ys[row - 1], grid.ys[row + 1] - grid.ys[row] if row + 1 < len(grid.ys) else 1e9)
    return abs(grid.ys[row] - y) <= max(2.0, slack)


def _needs_more(grid: Grid, rows: Sequence[Sequence[tuple[Slot, str]]], depth: int) -> bool:
    """Whether the row after the first `depth` is header as well: what is above leaves the columns unnamed."""
    above = [s for row in rows[:depth] for s, t in row if t]
    named = {c for s in above if s.column_span == 1 for c in [s.column]}
    here = [s for s, t in rows[depth] if t]
    if all(s.column == 0 for s in here):
        return False
    # Something reaches down, or spans and so needs names below it, or the corner is empty still.
    reaches = any(s.last_row >= depth for s in above)
    unnamed = any(c not in named for c in range(1, grid.columns))
    years = all(is_year(t) or s.column == 0 for s, t in rows[depth] if t)
    return reaches or unnamed or years


def spread_headers(grid: Grid, words: Sequence[Word], rules: Rules, rows: int) -> None:
    """Gives header cells above others the columns that they stand over: by the rule below them, else by their middle."""
    for number in range(rows):
        slots = [s for s in grid.row(number) if s.words]
        movable = [s for s in slots if s.column > 0 or s.column_span > 1]
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
    inside = [c for c in range(grid.columns) if best.start - 2 <= (extent := _extent(grid, c, words))[0] + 0.3 * (extent[1] - extent[0])
              and extent[1] - 0.3 * (extent[1] - extent[0]) <= best.end + 2]  # fmt: skip
    inside = [c for c in inside if c > 0] or inside
    return (min(inside[0], slot.column), max(inside[-1], slot.last_column)) if inside else None


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


def is_value(text: str) -> bool:
    """A figure, what stands for none, or a currency sign on its own."""
    return is_figure(text) or is_blank(text) or is_currency(text)
