"""Lines of financial statements by their label and year."""

import re
from collections.abc import Sequence

from answer.extractive.amounts import amount
from answer.extractive.candidates import Candidate, Support
from answer.extractive.cells import Crossing
from answer.extractive.lookup import Operand
from answer.extractive.material import Material
from answer.extractive.measures import LINES
from answer.extractive.terms import stem, words

_YEAR = re.compile(r"(?:19|20)\d\d")
_NOTE = re.compile(r"\([^)]*\)|[*†‡:]")
_LITTLE = frozenset(stem(word) for word in "and of the net loss s for in company".split())
_MORE = 6
"""Words that a label may have beyond the line's name: "Depreciation and amortization of property and equipment"."""

_TIMES = frozenset(
    """january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec year years ended ending as of at on the fiscal fy weeks week months for and in thousands millions
    consolidated total group""".split()
)
"""Words of a header that only say when, or that all is meant."""

_PRIMARY = re.compile(
    r"balance sheet|financial position|statements? of (?:consolidated )?(?:operations|income|earnings|cash flows?)"
    r"|profit and loss|consolidated",
    re.I,
)


def line(name: str, year: str | None, material: Material) -> Operand | None:
    """The value of one of `LINES` in a year (None: the latest). Labels that say exactly the line come first, then tables
    that are statements, then the better pages; a page's first column for the year."""
    wanted = [_words(label) for label in LINES[name]]
    found: list[tuple[tuple[float, ...], Candidate]] = []
    for at, candidate in enumerate(material.candidates):
        crossing = candidate.crossing
        if crossing is None or not crossing.value.is_value or "%" in f"{crossing.value.text}{crossing.unit}":
            continue
        match = _match(_words(" ".join(cell.text for cell in crossing.label)), wanted)
        if match is not None and _in_year(crossing, year):
            primary = any(
                _PRIMARY.search(text)
                for text in (*crossing.titles, *material.pages[candidate.document, candidate.page].section)
            )
            found.append(
                (
                    (
                        *match,
                        -float(primary),
                        _beyond(crossing),
                        -_latest(crossing) if year is None else 0.0,
                        float(at),
                    ),
                    candidate,
                )
            )
    for _, candidate in sorted(found, key=lambda pair: pair[0]):
        crossing = candidate.crossing
        above = (
            (*(h.text for h in crossing.headers), *crossing.titles, *_page_lines(material, candidate))
            if crossing
            else ()
        )
        value = amount(crossing.value.text, crossing.unit, above) if crossing else None
        if value is not None:
            return Operand(value, candidate, Support(1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0))
    return None


def _words(label: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(_NOTE.sub(" ", label).replace("-", " ")))


def _match(label: tuple[str, ...], wanted: Sequence[tuple[str, ...]]) -> tuple[float, float] | None:
    """How exactly a label says the line (0 best), and by which of its names; None where it does not."""
    for rank, name in enumerate(wanted):
        if label == name:
            return 0.0, float(rank)
    bare = tuple(word for word in label if word not in _LITTLE)
    for rank, name in enumerate(wanted):
        short = tuple(word for word in name if word not in _LITTLE)
        if bare == short:
            return 1.0, float(rank)
    for rank, name in enumerate(wanted):
        if len(name) > 1 and label[: len(name)] == name and len(label) <= len(name) + _MORE:
            return 2.0, float(rank)
    return None


def _in_year(crossing: Crossing, year: str | None) -> bool:
    """Whether a column is of the year; where no header says a year, the lines above have to."""
    if year is None:
        return True
    heads = {found for header in crossing.headers for found in _YEAR.findall(header.text)}
    return year in heads if heads else {found for title in crossing.titles for found in _YEAR.findall(title)} == {year}


def _beyond(crossing: Crossing) -> float:
    """Words of the headers that tell no time: a column of a segment or a quarter is not the whole firm's."""
    told = {word for header in crossing.headers for word in words(_NOTE.sub(" ", header.text)) if word.isalpha()}
    return float(len(told - _TIMES))


def _latest(crossing: Crossing) -> float:
    return max((float(found) for h in crossing.headers for found in _YEAR.findall(h.text)), default=0.0)


def _page_lines(material: Material, candidate: Candidate) -> tuple[str, ...]:
    """Short lines of the page in brackets: "(amounts in millions)" may stand anywhere above a table."""
    page = material.pages[candidate.document, candidate.page]
    return tuple(
        b.text
        for b in page.blocks
        if b.table is None and len(b.text.split()) < 20 and re.search(r"\bin (thousand|million|billion)s", b.text, re.I)
    )
