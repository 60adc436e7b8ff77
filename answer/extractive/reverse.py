"""The other way round: a value is given, and asked is what has it ("which sites have the code 25B3-47DE?")."""

import re
from collections.abc import Iterator

from msgspec import Struct

from answer.extractive.candidates import Candidate, measure
from answer.extractive.insist import spelled
from answer.extractive.material import Material
from answer.extractive.question import Kind, Question, analyse
from answer.extractive.spans import LABEL
from answer.extractive.terms import STOP, stem, stems

_ASKED = re.compile(r"^\W*(?:list|name|enumerate|which|who|whose|what)\b", re.I)
_COVERED = 0.6
"""Share of the question's words, the value aside, that have to stand by it."""

_VALUE = re.compile(
    r"(?<![\w.-])(?:(?=[\w-]*\d)(?=[\w-]*[A-Z-])[A-Z0-9]{2,}[\w-]*|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+%?|\d{3,}|\d+%)(?![\w-])"
)
_YEAR = re.compile(r"(?:FY)?(?:19|20)\d\d")
_RUN = re.compile(r"(?<![\w-])[A-Z][\w&.'’-]*(?:\s(?:of\s|the\s|and\s)?[A-Z][\w&.'’-]*)*")


class Holders(Struct, frozen=True):
    """What has the value, in the order of the pages, each with where it is said."""

    value: str
    names: tuple[str, ...]
    places: tuple[Candidate, ...]


def holders(text: str, material: Material) -> Holders | None:
    """What has the value that a question gives; None where it gives none or asks for something else."""
    question = spelled(analyse(text), material.everything)
    values = [v for v in _VALUE.findall(LABEL.sub(" ", text)) if not _YEAR.fullmatch(v)]
    if len(values) != 1 or not _ASKED.match(text) or question.kind not in (Kind.LIST, Kind.NAME, Kind.PASSAGE):
        return None
    found = dict(_held(values[0], question, material))
    if not found or (len(found) > 1 and question.kind is not Kind.LIST):
        return None
    return Holders(values[0], tuple(found), tuple(found.values()))


def _held(value: str, question: Question, material: Material) -> Iterator[tuple[str, Candidate]]:
    seen: set[str] = set()
    for candidate in material.candidates:
        if value not in candidate.text or not _beside(value, question, candidate, material):
            continue
        name = _name(value, candidate, question)
        if name is not None and name.casefold() not in seen:
            seen.add(name.casefold())
            yield name, candidate


def _beside(value: str, question: Question, candidate: Candidate, material: Material) -> bool:
    """Whether the rest of the question is met where the value stands."""
    support = measure(candidate, question, material.weights)
    rest = [term for term in question.terms if term not in stems(value) and term not in question.years]
    around = candidate.stems | candidate.near
    return support.years >= 0.8 and sum(term in around for term in rest) >= _COVERED * (len(rest) - 1)


def _name(value: str, candidate: Candidate, question: Question) -> str | None:
    """The label of the value's row; in a sentence, the name that stands nearest to the value and not in the question."""
    if candidate.crossing is not None:
        exact = candidate.crossing.value.text.strip("()") == value
        return " ".join(cell.text for cell in candidate.crossing.label) or None if exact else None
    place = candidate.text.index(value)
    runs = [
        run
        for run in _RUN.finditer(candidate.text)
        if value not in run[0]
        and not all(stem(w.casefold()) in question.terms or w.casefold() in STOP for w in run[0].split())
    ]
    nearest = min(runs, key=lambda run: min(abs(run.start() - place), abs(run.end() - place)), default=None)
    return nearest[0] if nearest is not None else None
