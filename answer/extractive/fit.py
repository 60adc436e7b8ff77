"""How well a candidate fits as the answer: the type that the question asks for, and whether it is called so."""

import re
from collections.abc import Sequence

from answer.extractive.cells import Crossing
from answer.extractive.grid import Cell
from answer.extractive.question import CONTACTS, Kind, Question
from answer.extractive.spans import best_span
from answer.extractive.terms import Weights, stems

_CHANGE = re.compile(
    r"\bchang\w*|\bvs\b|\bversus\b|\bgrowth\b|\bvariance\b|\b(?:in|de)creas\w*|\bdifference|\b[yY]o[yY]\b|\bdecline\w*"
    r"|\bgr[eo]w\w*|\bfell\b|\bfall\w*|\bris\w+|\brose\b|\bdrop\w*|\bmore\b|\bless\b|\bgain\w*",
    re.I,
)
_OF_CHANGE = 0.3
"""Credit for a value that tells a change, where none is asked for."""

_PERCENT = re.compile(r"%|per\s?cent", re.I)
_COUNTED = re.compile(r"\bhow (?:many|much)\b|\bnumber of\b", re.I)
"""Questions whose answer is no share of a hundred."""

_PLAIN_HEADS = frozenset(
    stem
    for stem in stems(
        "year years ended ending january february march april june july august september october november december "
        "fiscal quarter months weeks amount value total number thousands millions billions percent figure figures data result "
        "results score consolidated except share per"
    )
)
"""What heads a column without telling it from others."""

_WITHOUT = re.compile(r"\b(?:no|non|not|without|excluding|excl|except)\b", re.I)
_TURNED = 0.5
"""Credit for a cell whose label denies what the question does not ("No desktop"), or the other way round."""

_LEADS = 0.9
_HEADING = 12
"""Fit of a line that announces items, for a list; words from which a line without a stop is more than a heading."""


def stems_of(cells: Sequence[Cell]) -> frozenset[str]:
    """All that some cells say."""
    return frozenset(stem for cell in cells for stem in stems(cell.text))


def sentence_fit(text: str, words: int, question: Question, *, leads: bool = False) -> float:
    """How well a sentence of so many words fits. `leads`: items of a list follow it."""
    if question.kind is Kind.LIST and leads:
        return _LEADS
    if question.kind in (Kind.PASSAGE, Kind.YES_NO, Kind.LIST):
        # A heading says what is talked about, not what is said.
        whole = text.rstrip("\"'”’)").endswith((".", "!", "?", ":")) or words > _HEADING
        return 0.5 if whole else 0.0 if question.kind is Kind.YES_NO else 0.2
    span = best_span(text, question)
    return 0.2 + 0.8 * span.fit if span is not None else 0.0


def cell_fit(crossing: Crossing, label: frozenset[str], question: Question, weights: Weights) -> float:
    """How well a cell fits: its type, and how much of its label is asked for."""
    change = _OF_CHANGE if tells_change(crossing) and not _CHANGE.search(question.text) else 1.0
    denied = any(_WITHOUT.search(cell.text) for cell in crossing.label) != bool(_WITHOUT.search(question.text))
    turned = _TURNED if denied else 1.0
    return _type_fit(crossing, question) * (0.4 + 0.6 * precision(label, question, weights)) * change * turned


def tells_change(crossing: Crossing) -> bool:
    """Whether a column holds changes between its neighbours: "2015 vs. 2014", "% change"."""
    return any(_CHANGE.search(header.text) for header in crossing.headers)


def headed(crossing: Crossing, question: Question) -> bool:
    """Whether what heads the column says nothing but what is asked for, a time or a unit."""
    return heads(crossing) <= {*question.terms}


def heads(crossing: Crossing) -> frozenset[str]:
    """What tells a column from others: the stems of its headers that are no time, no unit and no word for any value."""
    said = stems_of(crossing.headers)
    return frozenset(stem for stem in said if stem not in _PLAIN_HEADS and len(stem) > 2 and not stem[0].isdigit())


def precision(label: frozenset[str], question: Question, weights: Weights) -> float:
    """Share of the label, by weight, that the question names: `Revenue` over `Cost of revenue` where revenue is
    asked for."""
    total = sum(weights[stem] for stem in label)
    return sum(weights[stem] for stem in label if stem in question.terms) / total if total else 0.0


def in_percent(crossing: Crossing) -> bool:
    """Whether a value is a share of a hundred, as it says itself or what stands over it."""
    around = (crossing.value.text, crossing.unit, *(h.text for h in crossing.headers), *crossing.titles)
    return any(_PERCENT.search(text) for text in around)


def _type_fit(crossing: Crossing, question: Question) -> float:
    if question.kind in CONTACTS:
        return 0.0  # the line of the table that the cell stands in says it
    if question.kind in (Kind.VERSION, Kind.CODE):
        return 0.6 if best_span(crossing.value.text, question) is not None else 0.0
    if not crossing.value.is_value:
        return 0.6 if question.kind in (Kind.NAME, Kind.PASSAGE, Kind.DATE) else 0.0
    percent = bool(_PERCENT.search(f"{crossing.value.text} {crossing.unit}"))
    counted = question.kind is Kind.MONEY or bool(_COUNTED.search(question.text))
    # "How many employees", "what was the capital expenditure": a figure that nothing calls so is another one.
    around = stems_of([*crossing.label, *crossing.headers]).union(*(stems(title) for title in crossing.titles))
    met = sum(term in around for term in question.focus) / len(question.focus) if question.focus else 1.0
    match question.kind:
        case Kind.PERCENT:
            return (1.0 if percent else 0.05 if crossing.unit else 0.35) * (0.7 + 0.3 * met)
        case Kind.MONEY | Kind.NUMBER:
            return (0.4 if percent and counted else 1.0) * (0.3 + 0.7 * met)
        case Kind.PASSAGE:
            return 0.7
        case _:
            return 0.1
