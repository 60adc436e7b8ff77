"""Tables without rules between all cells: columns by gaps, rows by lines of text, both with the layout model's opinion."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from ingest.document import Box, Word
from ingest.tables.bands import Band, row_bands
from ingest.tables.columns import column_edges, head_lines
from ingest.tables.grid import Grid, Slot
from ingest.tables.lines import Chunk, TextLine, broken_at, read_text_lines, text_height
from ingest.tables.rules import Rule, Rules

# A chunk reaches into a column when it stands in it by more than this part of the height of words.
_REACH = 0.8


def unruled_grid(box: Box, guesses: tuple[Sequence[float], Sequence[float]], words: Sequence[Word], indices: Sequence[int],
                 rules: Rules) -> Grid | None:  # fmt: skip
    """A grid around the words of `indices`; `guesses` are x and y of the model's lines, in points. None where there is one line."""
    lines = [line for line in read_text_lines(words, indices) if line.chunks]
    if len(lines) < 2:
        return None
    height = text_height(words, indices)
    edges = column_edges(lines, box.x0, box.x1, guesses[0], height)
    lines = [broken_at(line, edges[1:-1], words, height) for line in lines]
    across = [r for r in rules.across if box.y0 < r.at < box.y1 and r.end > box.x0 and r.start < box.x1]
    bands = row_bands(lines, edges, guesses[1], across, _ground_ends(rules, box))
    bands = _parted_headers(bands, edges, across, head_lines(lines), height)
    ys = [box.y0, *((a.y1 + b.y0) / 2 for a, b in pairwise(bands)), box.y1]
    slots = [slot for row, band in enumerate(bands) for slot in _band_slots(row, band, edges, words, height)]
    grid = Grid(list(edges), ys, slots)
    _put_strays(grid, words, indices)
    grid.settle()
    return grid


def _ground_ends(rules: Rules, box: Box) -> list[float]:
    """y where a ground that is as wide as half of the table begins or ends, inside of it."""
    wide = [g for g in rules.grounds if min(g.x1, box.x1) - max(g.x0, box.x0) > 0.5 * (box.x1 - box.x0)]
    return sorted({y for g in wide for y in (g.y0, g.y1) if box.y0 + 2 < y < box.y1 - 2})


def _columns_of(chunk: Chunk, edges: Sequence[float], height: float) -> tuple[int, int]:
    """First and last column that a chunk stands in; a mere overhang does not count."""
    last = len(edges) - 2
    a = min(max(bisect_right(edges, chunk.x0 + 0.5) - 1, 0), last)
    b = min(max(bisect_right(edges, chunk.x1 - 0.5) - 1, 0), last)
    reach = min(_REACH * height, 0.4 * (chunk.x1 - chunk.x0))
    while a < b and edges[a + 1] - chunk.x0 < reach:
        a += 1
    while a < b and chunk.x1 - edges[b] < reach:
        b -= 1
    return a, b


def _parted_headers(
    bands: Sequence[Band], edges: Sequence[float], across: Sequence[Rule], heads: int, height: float
) -> list[Band]:
    """Header rows apart that were taken for one: where a cell spans what is named below it, or a rule runs between."""
    made: list[Band] = []
    passed = 0
    for band in bands:
        current = [band.lines[0]]
        for upper, lower in pairwise(band.lines):
            if passed < heads and _is_upper(upper, lower, edges, across, height):
                made.append(Band(current))
                current = []
            current.append(lower)
        made.append(Band(current))
        passed += len(band.lines)
    return made


def _is_upper(upper: TextLine, lower: TextLine, edges: Sequence[float], across: Sequence[Rule], height: float) -> bool:
    if lower.middle - upper.middle < 0.6 * height:
        return False
    ruled = [r for r in across if upper.middle < r.at < lower.middle]
    if any(r.start < c.middle < r.end for r in ruled for c in upper.chunks):
        return True
    for chunk in upper.chunks:
        a, b = _columns_of(chunk, edges, height)
        below = [c for c in lower.chunks if c.x1 > edges[a] and c.x0 < edges[b + 1]]
        if a < b and len(below) > 1:
            return True
    return False


def _band_slots(row: int, band: Band, edges: Sequence[float], words: Sequence[Word], height: float) -> list[Slot]:
    """Slots of a row: a chunk alone over several columns spans them, else its words go where they stand."""
    placed = [(chunk, *_columns_of(chunk, edges, height)) for line in band.lines for chunk in line.chunks]
    slots: dict[int, Slot] = {}
    wide = [p for p in placed if p[1] < p[2]]
    narrow = [p for p in placed if p[1] == p[2]]
    taken = {a for _, a, _ in narrow}
    for chunk, a, b in sorted(wide, key=lambda p: p[1] - p[2]):
        covered = set(range(a, b + 1))
        held = next((s for s in slots.values() if s.column <= a and b <= s.last_column), None)
        if held is not None:
            held.words += chunk.words
        elif not covered & taken or (
            covered & taken == {a} and len(band.lines) > 1 and not _on_line(chunk, band, edges, a, height)
        ):
            slots[a] = Slot(row, a, list(chunk.words), 1, b - a + 1)
            taken |= covered
        else:
            narrow += [(Chunk([i], x, x, ""), c, c) for i, x, c in _apart(chunk, edges, words)]
    for chunk, a, _ in narrow:
        slot = next((s for s in slots.values() if s.column <= a <= s.last_column), None)
        if slot is None:
            slot = slots[a] = Slot(row, a, [])
        slot.words += chunk.words
    for line in band.lines:
        for index in line.leaders:
            _add_leader(row, slots, index, edges, words)
    return list(slots.values())


def _on_line(chunk: Chunk, band: Band, edges: Sequence[float], column: int, height: float) -> bool:
    """Whether something else stands in a column on the chunk's own line."""
    line = next(n for n in band.lines if chunk in n.chunks)
    return any(c is not chunk and _columns_of(c, edges, height)[0] == column for c in line.chunks)


def _apart(chunk: Chunk, edges: Sequence[float], words: Sequence[Word]) -> list[tuple[int, float, int]]:
    """Each word with its middle and the column of that."""
    found = []
    for index in chunk.words:
        x = (words[index].box.x0 + words[index].box.x1) / 2
        found.append((index, x, min(max(bisect_right(edges, x) - 1, 0), len(edges) - 2)))
    return found


def _add_leader(row: int, slots: dict[int, Slot], index: int, edges: Sequence[float], words: Sequence[Word]) -> None:
    """A leader belongs to the text that it starts from."""
    x = words[index].box.x0
    left = [s for s in slots.values() if edges[s.column] <= x]
    slot = max(left, key=lambda s: s.column, default=None)
    if slot is None:
        slot = next(iter(slots.values()), None) or slots.setdefault(0, Slot(row, 0, []))
    slot.words.append(index)


def _put_strays(grid: Grid, words: Sequence[Word], indices: Sequence[int]) -> None:
    """Words of lines that hold only leaders go to the nearest slot."""
    placed = {i for s in grid.slots for i in s.words}
    for index in indices:
        if index not in placed and grid.slots:
            y = (words[index].box.y0 + words[index].box.y1) / 2
            slot = min(grid.slots, key=lambda s: max(grid.ys[s.row] - y, y - grid.ys[s.last_row + 1], 0.0))
            slot.words.append(index)
