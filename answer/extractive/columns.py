"""Columns and rows of tables and charts as runs of values that are of one kind, each with the name that tells it from the
others of its run."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from answer.extractive.amounts import Amount, amount
from answer.extractive.candidates import Candidate
from answer.extractive.cells import Crossing
from answer.extractive.fit import heads, stems_of
from answer.extractive.material import Material
from answer.extractive.question import Question
from answer.extractive.terms import STOP, stem, stems, words

_ABOVE = 0.9
_ON_PAGE = 0.3
"""Credit for a term that stands above the table or chart, or elsewhere on its page."""

_ROUNDED = Decimal("0.005")
"""Relative difference that rounding leaves between a sum and its parts."""

_ALL = frozenset(
    stem(word) for word in "total totals all overall average mean sum subtotal net grand other others".split()
)
"""Names of rows that are made of others."""


class Run(Struct, frozen=True):
    """Values of one column (named by their rows) or one row (named by their columns). `called`: stems that say what the run
    is of; `above`: stems of titles; `alone`: its table or chart has no other run of this direction."""

    document: str
    page: int
    members: tuple[tuple[str, Amount, Candidate], ...]
    called: frozenset[str]
    above: frozenset[str]
    alone: bool


def runs(material: Material, *, down: bool) -> list[Run]:
    """All runs of at least three values: columns (`down`) or rows."""
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in material.candidates:
        crossing = candidate.crossing
        if crossing is not None and crossing.value.is_value and crossing.label and (down or crossing.headers):
            groups.setdefault((*_home(candidate, crossing), _line(crossing, down=down)), []).append(candidate)
    homes: dict[tuple[object, ...], int] = {}
    for key in groups:
        homes[key[:-1]] = homes.get(key[:-1], 0) + 1
    made = (_run(its, alone=homes[key[:-1]] == 1, down=down) for key, its in groups.items())
    return [run for run in made if len(run.members) > 2]


def _home(candidate: Candidate, crossing: Crossing) -> tuple[object, ...]:
    """What tells one table or chart from another: its page, its place there, what stands above it."""
    return candidate.document, candidate.page, crossing.table, crossing.titles


def _line(crossing: Crossing, *, down: bool) -> object:
    if down:
        return crossing.column if crossing.table >= 0 else tuple(header.text for header in crossing.headers)
    return tuple((cell.row, cell.text) for cell in crossing.label)


def _run(its: list[Candidate], *, alone: bool, down: bool) -> Run:
    members: dict[str, tuple[str, Amount, Candidate]] = {}
    called: frozenset[str] = frozenset()
    for name, crossing, candidate in _named(its, down=down):
        value = amount(crossing.value.figure, crossing.unit)
        if value is not None and not {stem(word) for word in words(name) if word not in STOP} & _ALL:
            members.setdefault(name, (name, value, candidate))
        called |= heads(crossing) if down else stems_of(crossing.label)
    above = frozenset(stem for one in its if one.crossing for title in one.crossing.titles for stem in stems(title))
    kept = _parts(tuple(members.values()))
    sound = len({value.percent for _, value, _ in kept}) == 1
    return Run(its[0].document, its[0].page, kept if sound else (), called, above, alone)


def _parts(members: tuple[tuple[str, Amount, Candidate], ...]) -> tuple[tuple[str, Amount, Candidate], ...]:
    """The members without one that is the sum of the others, under whatever name."""
    total = sum(value.value for _, value, _ in members)
    sums = [
        member
        for member in members
        if member[1].value and abs(total - 2 * member[1].value) <= _ROUNDED * abs(member[1].value)
    ]
    return tuple(member for member in members if member not in sums) if len(sums) == 1 and len(members) > 3 else members


def _named(its: list[Candidate], *, down: bool) -> Iterator[tuple[str, Crossing, Candidate]]:
    for candidate in its:
        crossing = candidate.crossing
        cells = () if crossing is None else crossing.label if down else crossing.headers[:1]
        name = " ".join(cell.text for cell in cells).strip(" :*†‡")
        if crossing is not None and any(char.isalnum() for char in name):
            yield name, crossing, candidate


def covered(run: Run, terms: tuple[str, ...], question: Question, material: Material) -> float:
    """Share of some terms by weight that the run is called by, with part credit for what stands above it or elsewhere on its
    page; 0 where nothing calls it so, or it is of another time, or about another thing."""
    said = material.said[run.document, run.page]
    named = run.called | (run.above if run.alone else frozenset())
    if not named & {*terms} or not all(
        any(year in s for s in run.called | run.above | said) for year in question.years
    ):
        return 0.0
    if not all(term in said for name in question.names for term in name):
        return 0.0
    total = sum(material.weights[term] for term in terms)
    credit = (1.0 if t in run.called else _ABOVE if t in run.above else _ON_PAGE if t in said else 0.0 for t in terms)
    return (
        sum(material.weights[term] * share for term, share in zip(terms, credit, strict=True)) / total if total else 0.0
    )
