"""What a chain replies: curated evidence, reasoning that cites it, claims with quotes, an answer or a reasoned
refusal.

The sections are those of VisDoMRAG's chain prompt (arXiv 2412.10704, section 4: evidence curation, chain of thought,
answer); the quotes are ours, since a verdict needs words that can be looked for on the page. These types are also the
JSON Schema given to a model, so their docstrings and names are part of the prompt.
"""

from enum import StrEnum

from msgspec import Struct


class Completeness(StrEnum):
    """How much of the question the answer covers; `conflicting`: the documents give different values for the same
    thing."""

    FULL = "full"
    PARTIAL = "partial"
    CONFLICTING = "conflicting"


class Quote(Struct, frozen=True):
    """Words copied from one item of evidence, exactly as they stand there. `evidence` is the item's id; `words` is
    empty only where the item is an image without words."""

    evidence: str
    words: str


class Curated(Quote, frozen=True):
    """An item that bears on the question: the words that matter or, where it is an image, what it shows. `kind`: text,
    table, chart, figure, diagram or photo."""

    kind: str = "text"
    shows: str = ""


class Step(Struct, frozen=True):
    """One step of reasoning and the ids of the evidence it uses."""

    text: str
    evidence: tuple[str, ...] = ()


class StatedClaim(Struct, frozen=True):
    """One statement of the answer, with the quotes that carry it."""

    text: str
    quotes: tuple[Quote, ...]


class ChainReply(Struct, frozen=True):
    """The reply of one chain. `answer` is None where the evidence does not hold it, and `refusal` then says why.
    `missing` names the parts of the question left unanswered. `support` is 0 to 1, in the reader's own measure."""

    evidence: tuple[Curated, ...] = ()
    steps: tuple[Step, ...] = ()
    claims: tuple[StatedClaim, ...] = ()
    answer: str | None = None
    refusal: str | None = None
    completeness: Completeness = Completeness.FULL
    missing: tuple[str, ...] = ()
    support: float = 0.0


class Side(StrEnum):
    """Which chain an adjudication follows; `both`: the documents hold both values; `own`: a reading of its own from the
    same evidence; `neither`: the evidence does not hold the answer."""

    TEXTUAL = "textual"
    VISUAL = "visual"
    BOTH = "both"
    OWN = "own"
    NEITHER = "neither"


class Ruling(Struct, frozen=True):
    """The reply of an adjudication (VisDoMRAG's analysis, conclusion and final answer). `claims` are those of the final
    answer; empty where those of the chain that is followed stand as they are."""

    analysis: str
    follow: Side
    claims: tuple[StatedClaim, ...] = ()
    answer: str | None = None
    refusal: str | None = None
    completeness: Completeness = Completeness.FULL
    missing: tuple[str, ...] = ()
