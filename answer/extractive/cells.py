"""Cells of tables, and bars of charts, as candidates: the row whose label and the column whose header match the
question cross in one."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from answer.extractive.candidates import Candidate
from answer.extractive.charts import Bar, bars
from answer.extractive.grid import Cell, grid
from answer.extractive.headers import Table, headers
from answer.extractive.question import Kind, Question
from answer.extractive.terms import Weights, stems
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
    drawn = [_of_bar(page, bar) for bar in bars(page)]
    yield from drawn
    seen = {word for crossing in drawn for word in crossing.value.words}
    yield from (crossing for crossing in _of_tables(page) if seen.isdisjoint(crossing.value.words))


def _of_bar(page: Page, bar: Bar) -> Crossing:
    unit = "%" if "%" in bar.figure.text and "%" not in bar.value.text else ""
    series = (bar.series,) if bar.series else ()
    return Crossing(bar.value, bar.name, series, _captions(page, bar.figure), unit, bar.value.words)


def _captions(page: Page, figure: Block) -> tuple[str, ...]:
    """What stands right above a figure, and all that stands in it."""
    above = [block.text for block in page.blocks if 0.0 <= figure.box.y0 - block.box.y1 <= _CAPTION]
    return (*above, figure.text)


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
                yield Crossing(cell, names, above, titles, unit, _run(table, names, cell))


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


def cell_candidates(
    key: tuple[str, int], page: Page, question: Question, weights: Weights, everything: frozenset[str]
) -> list[Candidate]:
    """Candidates from the crossings that share a word with the question in their label (or, without one, their
    headers)."""
    wanted = frozenset(question.terms)
    found: list[Candidate] = []
    for crossing in crossings(page):
        label = _stems(crossing.label) or _stems(crossing.headers)
        if label & wanted and (crossing.value.is_value or _names_it(label, question)):
            found.append(_candidate(key, page, crossing, label, question, weights, everything))
    return found


def _names_it(label: frozenset[str], question: Question) -> bool:
    """Whether a label is named by the question so fully that words beside it can be meant."""
    whole = label <= frozenset(question.terms)
    return whole and (len(label) > 1 or any(label & frozenset(name) for name in question.names))


def _stems(cells: Sequence[Cell]) -> frozenset[str]:
    return frozenset(stem for cell in cells for stem in stems(cell.text))


def _candidate(
    key: tuple[str, int],
    page: Page,
    crossing: Crossing,
    label: frozenset[str],
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
        stems=label | _stems(crossing.headers),
        near=frozenset(stem for title in crossing.titles for stem in stems(title)),
        page_stems=everything,
        value=f"{value}{unit}",
        fit=_type_fit(crossing, question) * (0.4 + 0.6 * _precision(label, question, weights)),
    )


def _precision(label: frozenset[str], question: Question, weights: Weights) -> float:
    """Share of the label, by weight, that the question names: `Revenue` over `Cost of revenue` where revenue is
    asked for."""
    total = sum(weights[stem] for stem in label)
    return sum(weights[stem] for stem in label if stem in question.terms) / total if total else 0.0


def _type_fit(crossing: Crossing, question: Question) -> float:
    if not crossing.value.is_value:
        return 0.6 if question.kind in (Kind.NAME, Kind.PASSAGE, Kind.DATE) else 0.0
    percent = bool(re.search(r"%|per\s?cent", f"{crossing.value.text} {crossing.unit}", re.I))
    # "How many employees", "what was the capital expenditure": a figure that nothing calls so is another one.
    around = _stems([*crossing.label, *crossing.headers]).union(*(stems(title) for title in crossing.titles))
    met = sum(term in around for term in question.focus) / len(question.focus) if question.focus else 1.0
    match question.kind:
        case Kind.PERCENT:
            return (1.0 if percent else 0.05 if crossing.unit else 0.35) * (0.7 + 0.3 * met)
        case Kind.MONEY | Kind.NUMBER:
            return (0.4 if percent else 1.0) * (0.3 + 0.7 * met)
        case Kind.PASSAGE:
            return 0.7
        case _:
            return 0.1
