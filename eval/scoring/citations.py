"""Citations, two ways: against gold pages, and statement by statement with an entailment model.

The second is ALCE's measure (arXiv 2305.14627) as L-CiteEval uses it (arXiv 2410.02115). Their code reads citation [0]
as the last passage, and lets a citation of a passage that does not exist pass without lowering precision; here an
unknown id supports nothing and counts as a wrong citation. Their sentence splitter is not needed: an answer of Quire
comes as statements.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

MOST_CITATIONS = 3
"""Citations of a statement that count, as in L-CiteEval; further ones are dropped."""


class PageCitations(Struct, frozen=True):
    """Cited pages against gold pages, 0 to 1. `whole`: every gold page is cited."""

    precision: float
    recall: float
    f1: float
    whole: bool


def page_citations(gold: Collection[Hashable], cited: Collection[Hashable]) -> PageCitations:
    """Set precision, recall and F1. Without citations precision is 0; `gold` must not be empty."""
    if not gold:
        raise ValueError("Without gold pages citations can't be scored: leave such questions out, and say how many.")
    wanted, given = set(gold), set(cited)
    right = len(wanted & given)
    precision = right / len(given) if given else 0.0
    recall = right / len(wanted)
    return PageCitations(precision, recall, harmonic(precision, recall), wanted <= given)


class Entailment(Protocol):
    """Says whether a premise carries a hypothesis."""

    def entails(self, premise: str, hypothesis: str) -> bool: ...


class Statement(Struct, frozen=True):
    """One statement of an answer and the ids of the passages that it cites."""

    text: str
    cited: tuple[str, ...]


class StatementCitations(Struct, frozen=True):
    """Of one answer: `recall`, the mean over its statements; `precision`, right citations over all; `f1` of the two."""

    recall: float
    precision: float
    f1: float
    statements: int
    citations: int


def statement_citations(
    statements: Sequence[Statement],
    passages: Mapping[str, str],
    model: Entailment,
    *,
    question: str = "",
    most: int = MOST_CITATIONS,
) -> StatementCitations:
    """A statement is recalled where all that it cites, together, entails it. A citation is right where its statement is
    recalled, and it carries the statement alone or the others don't carry it without it.

    `question`, where given, is put before each statement: "42" alone is no hypothesis.
    """
    recalled = right = given = 0
    for statement in statements:
        cited = tuple(dict.fromkeys(statement.cited))[:most]
        known = [key for key in cited if key in passages]
        hypothesis = f"{question} {statement.text}".strip()
        given += len(cited)
        if known and model.entails(_premise(known, passages), hypothesis):
            recalled += 1
            right += sum(_needed(key, known, passages, hypothesis, model) for key in known)
    recall = recalled / len(statements) if statements else 0.0
    precision = right / given if given else 0.0
    return StatementCitations(recall, precision, harmonic(precision, recall), len(statements), given)


def _needed(key: str, known: Sequence[str], passages: Mapping[str, str], hypothesis: str, model: Entailment) -> bool:
    others = [other for other in known if other != key]
    if not others or model.entails(passages[key], hypothesis):
        return True
    return not model.entails(_premise(others, passages), hypothesis)


def _premise(keys: Sequence[str], passages: Mapping[str, str]) -> str:
    return "\n".join(passages[key] for key in keys)


def harmonic(precision: float, recall: float) -> float:
    """The harmonic mean; 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
