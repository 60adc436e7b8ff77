"""Makes PDF pages with tables whose cells are known. Seeded: the same seed and family give the same page.

Families: `wired` (rules between all cells), `wired_spans` (two header levels, row and column spans), `wired_lines` (cells of many
lines), `booktabs` (three rules, spanning headers with a rule below), `plain` (no rule at all), `shaded` (every other row on grey),
`finance` (currency signs apart from their numbers, dotted leaders, group rows, totals), `notes` (unwired, cells of many lines),
`matrix` (unwired, many small numbers), `tight` (no rules, columns hardly apart, broken names and labels) and `long` (goes on over
pages, wired or not).
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

import pymupdf

WIRED = ("wired", "wired_spans", "wired_lines")
UNWIRED = ("booktabs", "plain", "shaded", "finance", "notes", "matrix", "tight")
FAMILIES = (*WIRED, *UNWIRED)

_NOUNS = (
    "Revenue|Operating income|Cost of sales|Net earnings|Dividends paid|Trade receivables|Inventories|Lease liabilities|Goodwill|"
    "Northern region|Southern region|Overseas|Wheat|Barley|Rye and oats|Herring|Cod|Coal|"
    "Timber, sawn|Timber, round|Wool|Total exports|"
    "Interest received|Deferred tax|Provisions|Staff, full time|Staff, part time|Pensions|Research|Share-based payments"
).split("|")
_HEADS = "2019|2020|2021|2022|Share|Change|Weight|Price|Volume|Members|Score|Sample size|Average|Median|Budget|Actual|Rate".split(
    "|"
)
_UNITS = ("%", "kg", "EUR million", "km", "tonnes", "USD thousand")
_GROUPS = ("Assets:", "Liabilities:", "Current year", "Prior year", "Catch by species", "Other items:")
_CLAUSES = (
    "paid for by a levy on the herring that was landed|the old breakwater was raised by two metres|see the notes to the accounts|"
    "includes goods in transit|restated for the change of year end|measured at fair value through profit|never finished|"
    "weighted by the size of the household|asked of half of the sample only|under review by the harbour board"
).split("|")
_PROSE = (
    "The harbour of the northern town was enlarged in three stages between the wars, and each stage was paid for by a levy on the "
    "herring that was landed there. In the first stage the old breakwater was raised by two metres. The second stage brought a dry "
    "dock and a crane of forty tonnes. The third was never finished, and its stones were sold when the railway came. "
)
_FONTS = (("helv", "hebo"), ("tiro", "tibo"), ("cour", "cobo"))
_LEFT, _RIGHT = 54.0, 541.0


class KnownCell(NamedTuple):
    """Rows and columns count from 0. Text has single spaces; dotted leaders are no part of it."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1


class KnownTable(NamedTuple):
    """`box` in points; `page` from 0. Empty cells are absent."""

    family: str
    page: int
    box: tuple[float, float, float, float]
    cells: tuple[KnownCell, ...]
    header_rows: int

    @property
    def wired(self) -> bool:
        return self.family in WIRED


class _Look(NamedTuple):
    size: float
    font: str
    bold: str
    pad: float
    leading: float
    middle: bool
    """Whether cells stand in the middle of their rows, not at the top."""


class _Grid:
    """A table before it is drawn: cells, and what kind of text each column holds."""

    def __init__(self, kinds: Sequence[str], header_rows: int) -> None:
        self.kinds = list(kinds)
        self.header_rows = header_rows
        self.cells: list[KnownCell] = []
        self.rows = 0
        self.widths: list[float] | None = None
        """Of the columns, in points, where they are fixed beforehand."""

    def add_row(self, cells: Sequence[tuple[int, str, int, int]]) -> None:
        """Cells as (column, text, row span, column span)."""
        self.cells += [KnownCell(self.rows, c, t, rs, cs) for c, t, rs, cs in cells if t]
        self.rows += 1


def make_page(family: str, seed: int) -> tuple[bytes, list[KnownTable]]:
    """A PDF of one page with one table between paragraphs, or (`long`) of two to three pages with one part on each."""
    rng = random.Random(f"{family} {seed}")
    document = pymupdf.open()
    if family == "long":
        tables = _draw_long(document, rng)
    else:
        page = document.new_page()
        grid = _fill(family, rng)
        look = _look(rng)
        if family == "tight":
            look = look._replace(pad=rng.uniform(1.8, 2.6), middle=False)
        y = _prose(page, rng, 60, rng.randint(1, 5))
        if rng.random() < 0.7:
            page.insert_text(
                (_LEFT, y + 14), f"Table {rng.randint(1, 30)}. {rng.choice(_CLAUSES).capitalize()}", fontsize=9
            )
            y += 10
        box, shown = _draw(page, grid, family, look, rng, y + rng.uniform(12, 24), range(grid.rows))
        _prose(page, rng, box[3] + rng.uniform(14, 28), rng.randint(1, 6))
        tables = [KnownTable(family, 0, box, shown, grid.header_rows)]
    data = document.tobytes()
    document.close()
    return data, tables


def _look(rng: random.Random) -> _Look:
    font, bold = rng.choice(_FONTS[:2] if rng.random() < 0.85 else _FONTS)
    size = rng.choice((7.5, 8, 9, 10))
    return _Look(size, font, bold, rng.uniform(3, 7), rng.uniform(1.15, 1.3), rng.random() < 0.4)


def _prose(page: pymupdf.Page, rng: random.Random, y: float, lines: int) -> float:
    words = (_PROSE * 3).split()[rng.randint(0, 20) :]
    at = 0
    for _ in range(lines):
        line = ""
        while pymupdf.get_text_length(line + words[at], fontsize=10) < _RIGHT - _LEFT:
            line += words[at] + " "
            at += 1
        if y > 790:
            break
        page.insert_text((_LEFT, y), line.strip(), fontsize=10)
        y += 13
    return y


def _number(rng: random.Random, kind: str) -> str:
    if rng.random() < 0.06:
        return rng.choice(("", "", "-", "n/a"))
    value = rng.choice((rng.uniform(0, 10), rng.uniform(10, 1000), rng.uniform(1e3, 1e6)))
    if kind == "percent":
        return f"{rng.uniform(-20, 100):.1f}%"
    if kind == "small":
        return f"{rng.uniform(0, 100):.1f}"
    text = f"{value:,.0f}" if value > 100 else f"{value:.2f}"
    if rng.random() < 0.12:
        return f"({text})"
    return text + (rng.choice((" *", "*", " (1)", " a")) if rng.random() < 0.05 else "")


def _value(rng: random.Random, kind: str, lines: int) -> str:
    if kind == "text":
        return ", ".join(rng.sample(_CLAUSES, rng.randint(1, lines)))
    if kind == "word":
        return rng.choice(("yes", "no", "partly", "ISO 9001", "B+", "high", "Q3 2021"))
    return _number(rng, kind)


def _fill(family: str, rng: random.Random, rows: int | None = None) -> _Grid:
    count = {"matrix": rng.randint(6, 9), "notes": rng.randint(3, 4), "wired_lines": rng.randint(3, 4)}.get(
        family, rng.randint(3, 6)
    )
    kinds = ["label"] + [
        rng.choice(("number", "number", "percent", "word" if family != "finance" else "number"))
        for _ in range(count - 1)
    ]
    if family in ("notes", "wired_lines"):
        kinds[rng.randint(1, count - 1)] = "text"
    if family == "matrix":
        kinds = ["label"] + ["small"] * (count - 1)
    if family == "finance":
        kinds = ["label"] + ["money"] * rng.randint(2, 4)
        count = len(kinds)
    two_levels = family == "wired_spans" or (
        family in ("booktabs", "plain", "finance") and count > 3 and rng.random() < 0.5
    )
    grid = _Grid(kinds, 2 if two_levels else 1)
    _add_header(grid, rng, two_levels, ruled=family == "wired_spans")
    _add_body(grid, family, rng, rows or rng.randint(4, 14 if family not in ("notes", "wired_lines") else 7))
    return grid


def _add_header(grid: _Grid, rng: random.Random, two_levels: bool, ruled: bool) -> None:
    count = len(grid.kinds)
    corner = rng.choice(("", "Item", "Year ended 31 December", "Region"))
    heads = []
    for name in rng.sample(_HEADS, count - 1):
        heads.append(name if rng.random() < 0.7 or name.isdigit() else f"{name} ({rng.choice(_UNITS)})")
    if not two_levels:
        grid.add_row([(0, corner, 1, 1), *((i, h, 1, 1) for i, h in enumerate(heads, 1))])
        return
    top: list[tuple[int, str, int, int]] = [(0, corner, 2 if ruled else 1, 1)]
    at = 1
    while at < count:
        span = min(rng.randint(2, 3), count - at)
        top.append((at, rng.choice(("First half", "Full year", "Men", "Women", "Group", "Parent")), 1, span))
        at += span
    leaf = [(i, h, 1, 1) for i, h in enumerate(heads, 1)]
    if not ruled:
        top[0], leaf = (0, "", 1, 1), [(0, corner, 1, 1), *leaf]
    grid.add_row(top)
    grid.add_row(leaf)


def _add_body(grid: _Grid, family: str, rng: random.Random, rows: int) -> None:
    kinds, count = grid.kinds, len(grid.kinds)
    spanning = 0
    for number in range(rows):
        if (
            family in ("finance", "booktabs", "wired_spans", "plain")
            and number % 6 == rng.randint(0, 3)
            and not spanning
        ):
            grid.add_row([(0, rng.choice(_GROUPS), 1, count if family == "wired_spans" else 1)])
        label = rng.choice(_NOUNS) + (f", {rng.choice(_NOUNS).lower()}" if rng.random() < 0.15 else "")
        values = [(i, _value(rng, kind, 3), 1, 1) for i, kind in enumerate(kinds) if i]
        if family == "finance":
            signed = number in (0, rows - 1)
            values = [(i, f"$ {t}" if signed and t[:1].isdigit() else t, 1, 1) for i, t, _, _ in values]
        if all(not t for _, t, _, _ in values):
            values[0] = (1, "0", 1, 1)
        first: list[tuple[int, str, int, int]] = [(0, label, 1, 1)]
        if family == "wired_spans":
            if spanning:
                spanning, first = spanning - 1, []
            elif rng.random() < 0.3 and number < rows - 2:
                first, spanning = [(0, label, 2, 1)], 1
        grid.add_row([*first, *values])


def _draw(
    page: pymupdf.Page, grid: _Grid, family: str, look: _Look, rng: random.Random, top: float, rows: Sequence[int]
) -> tuple[tuple[float, float, float, float], tuple[KnownCell, ...]]:
    """Draws the rows that fit; gives the box and the cells drawn."""
    widths = grid.widths or _widths(grid, family, look)
    spare = _RIGHT - _LEFT - sum(widths)
    if family != "tight" and spare > 0 and rng.random() < 0.7:
        widths = [w + spare * rng.uniform(0.3, 1) / len(widths) for w in widths]
    left = _LEFT if rng.random() < 0.6 else _LEFT + max(0.0, _RIGHT - _LEFT - sum(widths)) / 2
    xs = [left]
    for width in widths:
        xs.append(xs[-1] + width)
    cells = [c for c in grid.cells if c.row in rows]
    wrapped = {
        c: _wrap(c.text, xs[c.column + c.column_span] - xs[c.column] - 2 * look.pad, _font(look, grid, c), look.size)
        for c in cells
    }
    line = look.size * look.leading
    gap = rng.uniform(1.5, 5) if family in WIRED or family == "shaded" else rng.uniform(0.5, 4)
    ys = [top]
    for row in rows:
        most = max((len(wrapped[c]) for c in cells if c.row == row and c.row_span == 1), default=1)
        ys.append(ys[-1] + most * line + 2 * gap)
        if ys[-1] > 800:
            ys.pop()
            break
    shown = rows[: len(ys) - 1]
    cells = [c for c in cells if c.row in shown and c.row + c.row_span - 1 <= shown[-1]]
    offset = rows[0]
    _draw_rules(page, family, grid, cells, xs, ys, offset, rng)
    style = rng.choice(("right", "right", "center"))
    for cell in cells:
        y0, y1 = ys[cell.row - offset], ys[cell.row + cell.row_span - offset]
        _draw_cell(page, grid, cell, wrapped[cell], family, look, style, (xs, y0 + gap, y1 - gap, line))
    return (xs[0], ys[0], xs[-1], ys[-1]), tuple(c._replace(row=c.row - offset) for c in cells)


def _font(look: _Look, grid: _Grid, cell: KnownCell) -> str:
    return look.bold if cell.row < grid.header_rows else look.font


def _widths(grid: _Grid, family: str, look: _Look) -> list[float]:
    """Of the columns, in points: of what stands in them, long texts broken, so that the table fits the page."""
    count = len(grid.kinds)
    widths = [20.0] * count
    for cell in grid.cells:
        if cell.column_span == 1:
            need = pymupdf.get_text_length(cell.text, fontname=_font(look, grid, cell), fontsize=look.size)
            cap = {"text": 150.0, "label": 150.0 if family != "finance" else 200.0}.get(grid.kinds[cell.column], 80.0)
            if family == "tight":
                cap = min(cap, 42.0 if cell.row < grid.header_rows else 90.0)
            widths[cell.column] = max(widths[cell.column], min(need + 1, cap), _longest(cell.text, look))
    widths = [w + 2 * look.pad for w in widths]
    while sum(widths) > _RIGHT - _LEFT:
        widths = [w * 0.97 if w > 60 else w for w in widths]
        if max(widths) <= 62:
            break
    return widths


def _longest(text: str, look: _Look) -> float:
    return (
        max((pymupdf.get_text_length(w, fontname=look.bold, fontsize=look.size) for w in text.split()), default=0.0) + 1
    )


def _wrap(text: str, width: float, font: str, size: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pymupdf.get_text_length(longer, fontname=font, fontsize=size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _draw_cell(page: pymupdf.Page, grid: _Grid, cell: KnownCell, lines: list[str], family: str, look: _Look, style: str,
               place: tuple[list[float], float, float, float]) -> None:  # fmt: skip
    xs, y0, y1, line = place
    x0, x1 = xs[cell.column] + look.pad, xs[cell.column + cell.column_span] - look.pad
    font = _font(look, grid, cell)
    words = grid.kinds[cell.column] in ("label", "text", "word")
    align = "left" if words else style
    if cell.column_span > 1:
        align = "center"
    spare = y1 - y0 - line * len(lines)
    # Names of columns that are broken over lines end on one line in tight tables.
    share = 1.0 if family == "tight" and cell.row < grid.header_rows else 0.5 if look.middle else 0.0
    y = y0 + share * spare + look.size * 0.95
    for text in lines:
        if family == "finance" and text.startswith("$ "):
            page.insert_text((x0, y), "$", fontname=font, fontsize=look.size)
            text = text[2:]
        length = pymupdf.get_text_length(text, fontname=font, fontsize=look.size)
        x = {"left": x0, "right": x1 - length, "center": (x0 + x1 - length) / 2}[align]
        page.insert_text((x, y), text, fontname=font, fontsize=look.size)
        y += line
    if (
        family == "finance"
        and cell.column == 0
        and cell.row >= grid.header_rows
        and len(lines) == 1
        and not cell.text.endswith(":")
    ):
        _draw_leader(page, x0 + length + 3, x1, y - line, look)


def _draw_leader(page: pymupdf.Page, x0: float, x1: float, y: float, look: _Look) -> None:
    dot = pymupdf.get_text_length(".", fontname=look.font, fontsize=look.size)
    count = int((x1 - x0) / dot)
    if count >= 3 and look.size != 8:
        page.insert_text((x0, y), "." * count, fontname=look.font, fontsize=look.size)


def _draw_rules(page: pymupdf.Page, family: str, grid: _Grid, cells: Sequence[KnownCell], xs: list[float], ys: list[float],
                offset: int, rng: random.Random) -> None:  # fmt: skip
    shape = page.new_shape()
    if family in WIRED:
        taken = {
            (r, c)
            for k in cells
            for r in range(k.row, k.row + k.row_span)
            for c in range(k.column, k.column + k.column_span)
        }
        boxes = [(k.row - offset, k.column, k.row_span, k.column_span) for k in cells]
        boxes += [(r, c, 1, 1) for r in range(len(ys) - 1) for c in range(len(xs) - 1) if (r + offset, c) not in taken]
        for r, c, rs, cs in boxes:
            shape.draw_rect((xs[c], ys[r], xs[c + cs], ys[r + rs]))
        shape.finish(width=rng.choice((0.4, 0.5, 0.8)), color=(0, 0, 0))
    elif family in ("booktabs", "notes", "matrix"):
        heads = max(0, grid.header_rows - offset)
        for y in (ys[0], *([ys[heads]] if heads else []), ys[-1]):
            shape.draw_line((xs[0], y), (xs[-1], y))
        for cell in cells:
            if cell.column_span > 1 and cell.row < grid.header_rows:
                y = ys[cell.row + 1 - offset]
                shape.draw_line((xs[cell.column] + 2, y), (xs[cell.column + cell.column_span] - 2, y))
        shape.finish(width=0.6, color=(0, 0, 0))
    elif family == "shaded":
        for row in range(1, len(ys) - 1, 2):
            shape.draw_rect((xs[0], ys[row], xs[-1], ys[row + 1]))
        shape.finish(width=0, color=None, fill=(0.9, 0.93, 0.97))
    elif family == "finance":
        for column in range(1, len(xs) - 1):
            shape.draw_line((xs[column] + 3, ys[-2]), (xs[column + 1] - 3, ys[-2]))
            shape.draw_line((xs[column] + 3, ys[-1]), (xs[column + 1] - 3, ys[-1]))
        shape.finish(width=0.5, color=(0, 0, 0))
    shape.commit(overlay=False)


def _draw_long(document: pymupdf.Document, rng: random.Random) -> list[KnownTable]:
    """One table over pages, its header printed again on each or only once; the same columns everywhere."""
    family = rng.choice(("wired", "booktabs", "plain"))
    grid = _fill("wired" if family == "wired" else "plain", rng, rows=70)
    grid = _one_level(grid)
    look, repeat, seed = _look(rng)._replace(size=9), rng.random() < 0.5, rng.random()
    tables: list[KnownTable] = []
    rows: list[int] = list(range(grid.rows))
    while rows and len(tables) < 4:
        page = document.new_page()
        top = _prose(page, rng, 60, 4) + 14 if not tables else 56.0
        shown = [0, *rows] if tables and repeat else rows
        box, cells = _draw_part(page, grid, family, look, random.Random(seed), top, shown)
        taken = 1 + max(c.row for c in cells)
        tables.append(KnownTable(family, page.number, box, cells, 1 if repeat or not tables else 0))
        rows = rows[taken - (1 if len(shown) > len(rows) else 0) :]
    return tables


def _one_level(grid: _Grid) -> _Grid:
    """Without the upper header level, so that one row can be repeated."""
    if grid.header_rows == 1:
        return grid
    one = _Grid(grid.kinds, 1)
    one.cells = [c._replace(row=c.row - 1) for c in grid.cells if c.row]
    one.rows = grid.rows - 1
    return one


def _draw_part(page: pymupdf.Page, grid: _Grid, family: str, look: _Look, rng: random.Random, top: float, rows: Sequence[int]
               ) -> tuple[tuple[float, float, float, float], tuple[KnownCell, ...]]:  # fmt: skip
    """Some rows of a table, drawn as a table of their own with the columns of the whole."""
    part = _Grid(grid.kinds, 1 if 0 in rows else 0)
    place = {row: n for n, row in enumerate(rows)}
    part.cells = [c._replace(row=place[c.row]) for c in grid.cells if c.row in place]
    part.rows = len(rows)
    part.widths = _widths(grid, family, look)
    return _draw(page, part, family, look, rng, top, range(part.rows))
