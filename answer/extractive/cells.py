"""Cells of tables and charts as candidates: the row whose label and the column whose header match the question
cross in one."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from answer.extractive.candidates import Candidate
from answer.extractive.grid import Cell, grid
from answer.extractive.question import Kind, Question
from answer.extractive.terms import Weights, stems
from answer.lines import union
from ingest import Box, Page

_LOOK_UP = 45
_HEADERS = 4
_TITLES = 3
_FAR = 4.0
"""A header is sought at most 45 rows up, not across a gap of four line heights; four header cells and three title
lines are read."""

_LONGEST_HEADER = 12
_SHORT = 6
_SPAN = 90.0
"""Words of a header, of a cell of words and its label; points from a column to the middle of the header of its
group."""

_UNIT = re.compile(
    r"(?:[$€£¥]|\b(?:EUR|USD|GBP|CHF|Rs\.?))\s?(?:in\s)?(?:thousands?|millions?|billions?|mn|bn|m|k)?\b"
    r"|\b(?:in|figures in)\s(?:[$€£¥]\s?)?(?:thousands?|millions?|billions?|percent|per cent|%)(?:\sof\s\w+)?"
    r"|\b(?:thousands?|millions?|billions?)\b(?:\sof\s\w+)?|\bper cent\b|\bpercent\b|%",
    re.I,
)


class Crossing(Struct, frozen=True):
    """A value with what names it: the label of its row, the headers of its column (nearest first), titles above,
    and its unit. `run`: the words from the label to the value, as the eye reads them."""

    value: Cell
    label: tuple[Cell, ...]
    headers: tuple[Cell, ...]
    titles: tuple[str, ...]
    unit: str
    run: tuple[int, ...]


def crossings(page: Page) -> Iterator[Crossing]:
    """All values of a page that have a label or a header."""
    table = grid(page)
    for row in table:
        first = next((at for at, cell in enumerate(row) if cell.is_value), len(row))
        label = tuple(cell for cell in row[:first] if cell.is_header)
        for at, cell in enumerate(row):
            if not cell.is_value and not (at and label and _brief(cell, row[0])):
                continue
            names = (label if cell.is_value else tuple(row[:1])) or _wrapped(table, cell)
            headers = _headers(table, cell)
            if names or headers:
                titles = _titles(table, headers[-1] if headers else cell)
                unit = _unit(cell, headers, titles, names)
                yield Crossing(cell, names, headers, titles, unit, _run(table, names, cell))


def _brief(cell: Cell, label: Cell) -> bool:
    """Whether a cell of words can be a value. In text set in columns every line looks like a row, so both have to
    be short."""
    short = len(cell.words) <= _SHORT and len(label.words) <= _SHORT
    return short and cell.is_header and not cell.text.endswith((".", ",", ";", "-"))


def _headers(table: Sequence[Sequence[Cell]], cell: Cell) -> tuple[Cell, ...]:
    """Cells above in the same column, up from the nearest one that can be a header to the next row of values."""
    found: list[Cell] = []
    last = cell.box
    for row in table[max(0, cell.row - _LOOK_UP) : cell.row][::-1]:
        box = union(other.box for other in row)
        if last.y0 - box.y1 > _FAR * (cell.box.y1 - cell.box.y0):
            break
        last = box
        above = [other for other in row if _over(other.box, cell.box)]
        if any(other.is_value for other in (row if found else above)):
            if found:
                break
            continue
        if found and not above:
            above = _spanning(row, cell.box)
        found += [other for other in above if other.is_header and len(other.words) <= _LONGEST_HEADER]
        if len(found) >= _HEADERS:
            break
    return tuple(found[:_HEADERS])


def _over(header: Box, cell: Box) -> bool:
    return header.x0 <= cell.x1 + 2.0 and header.x1 >= cell.x0 - 2.0


def _spanning(row: Sequence[Cell], box: Box) -> list[Cell]:
    """The header of a group of columns stands over their middle, not over each: the nearest is taken."""
    middle = (box.x0 + box.x1) / 2
    nearest = min(row, key=lambda other: abs((other.box.x0 + other.box.x1) / 2 - middle))
    return [nearest] if abs((nearest.box.x0 + nearest.box.x1) / 2 - middle) <= _SPAN else []


def _wrapped(table: Sequence[Sequence[Cell]], cell: Cell) -> tuple[Cell, ...]:
    """The label of a row that has none of its own: the line before it, if that is a label alone."""
    if not cell.row:
        return ()
    before = table[cell.row - 1]
    return tuple(before) if len(before) == 1 and before[0].is_header and before[0].box.x1 < cell.box.x0 else ()


def _run(table: Sequence[Sequence[Cell]], names: Sequence[Cell], cell: Cell) -> tuple[int, ...]:
    if not names:
        return cell.words
    begin = (names[0].row, names[0].box.x0)
    between = (other for row in table[names[0].row : cell.row + 1] for other in row)
    end = (cell.row, cell.box.x0)
    return tuple(w for other in between if begin <= (other.row, other.box.x0) <= end for w in other.words)


def _titles(table: Sequence[Sequence[Cell]], top: Cell) -> tuple[str, ...]:
    """Lines right above, without values: title, caption, unit; and the nearest line above that is a label alone (a
    group)."""
    lines = [" ".join(cell.text for cell in row) for row in table[max(0, top.row - _TITLES) : top.row + 1]]
    return tuple(lines)


def _unit(cell: Cell, headers: Sequence[Cell], titles: Sequence[str], label: Sequence[Cell]) -> str:
    """The unit as it stands nearest to the value; empty where the value carries one, or none is told."""
    if _UNIT.search(cell.text):
        return ""
    for text in [*(name.text for name in label), *(header.text for header in headers), *reversed(titles)]:
        match = _UNIT.search(text)
        if match is not None:
            return match[0].strip()
    return ""


def cell_candidates(
    key: tuple[str, int], page: Page, question: Question, weights: Weights, everything: frozenset[str]
) -> list[Candidate]:
    """Candidates from the crossings that share a word with the question in their label or headers."""
    wanted = frozenset(question.terms)
    found: list[Candidate] = []
    for crossing in crossings(page):
        label = frozenset(stem for cell in crossing.label for stem in stems(cell.text))
        own = label.union(*(stems(cell.text) for cell in crossing.headers))
        if label & wanted or (own & wanted and not label):
            found.append(_candidate(key, page, crossing, label, own, question, weights, everything))
    return found


def _candidate(
    key: tuple[str, int],
    page: Page,
    crossing: Crossing,
    label: frozenset[str],
    own: frozenset[str],
    question: Question,
    weights: Weights,
    everything: frozenset[str],
) -> Candidate:
    value = crossing.value.text
    names = [" ".join(c.text for c in crossing.label), " ".join(c.text for c in reversed(crossing.headers))]
    unit = f" ({crossing.unit})" if crossing.unit else ""
    return Candidate(
        document=key[0],
        page=key[1],
        text=f"{', '.join(name for name in names if name)}: {value}{unit}",
        quote=" ".join(page.words[word].text for word in crossing.run),
        words=crossing.run,
        stems=own,
        near=frozenset(stem for title in crossing.titles for stem in stems(title)),
        page_stems=everything,
        value=f"{value}{unit}",
        fit=_type_fit(crossing, question, own) * (0.4 + 0.6 * _precision(label, question, weights)),
    )


def _precision(label: frozenset[str], question: Question, weights: Weights) -> float:
    """Share of the label, by weight, that the question names: `Revenue` over `Cost of revenue` where revenue is
    asked for."""
    total = sum(weights[stem] for stem in label)
    return sum(weights[stem] for stem in label if stem in question.terms) / total if total else 0.0


def _type_fit(crossing: Crossing, question: Question, own: frozenset[str]) -> float:
    if not crossing.value.is_value:
        return 0.6 if question.kind in (Kind.NAME, Kind.PASSAGE, Kind.DATE) else 0.0
    percent = "%" in crossing.value.text or "%" in crossing.unit or "percent" in crossing.unit.lower()
    match question.kind:
        case Kind.PERCENT:
            return 1.0 if percent else 0.4
        case Kind.MONEY:
            return 0.4 if percent else 1.0
        case Kind.NUMBER:
            # "How many employees": a figure that nothing around it calls employees counts something else.
            around = own.union(*(stems(title) for title in crossing.titles))
            counted = not question.focus or any(term in around for term in question.focus)
            return (0.4 if percent else 1.0) * (1.0 if counted else 0.35)
        case Kind.PASSAGE:
            return 0.7
        case _:
            return 0.1
