"""The final form of an answer: outcome, claims, citations with a verdict each, what both chains said, coverage and
cost.

Boxes and page numbers follow `ingest.document`. Knows nothing of HTTP or storage.
"""

from enum import StrEnum

from msgspec import Struct

from ingest import Box


class Outcome(StrEnum):
    """What became of the question. Abstaining (`not_in_documents`) is an answer."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    CONFLICTING = "conflicting"
    NOT_IN_DOCUMENTS = "not_in_documents"


class Verdict(StrEnum):
    """`verified`: the quoted words stand on that page, checked without a model. `visual`: the evidence is an image
    region, no words to check. `unsupported`: neither; shown as such."""

    VERIFIED = "verified"
    VISUAL = "visual"
    UNSUPPORTED = "unsupported"


class Citation(Struct, frozen=True):
    """Where a claim stands. `number` counts from 1 through the answer; `boxes` enclose the quoted words, a box a
    line."""

    number: int
    document: str
    document_name: str
    page: int
    label: str | None
    quote: str
    boxes: tuple[Box, ...]
    verdict: Verdict
    match: float | None = None
    """Share of the quote's characters found on the page as quoted (1.0: exact up to white space, hyphenation,
    ligatures)."""


class Claim(Struct, frozen=True):
    """A statement of the answer with the numbers of the citations that carry it. `withdrawn`: none of them is
    supported, so the statement is not part of `Answer.text`; it is kept here to be shown as such."""

    text: str
    citations: tuple[int, ...]
    withdrawn: bool = False


class Finding(Struct, frozen=True):
    """Evidence that a chain set aside as bearing on the question: its id, where it stands, its `kind` (text, table,
    chart, …), the words that matter (none for what is only drawn), and what it shows in the chain's own words."""

    evidence: str
    document: str
    page: int
    kind: str
    words: str
    shows: str = ""


class ChainReport(Struct, frozen=True):
    """What one chain found. `answer` is None where it declined, and `refusal` then says why, or where it failed, and
    `failure` says how."""

    name: str
    answer: str | None
    refusal: str | None
    evidence: tuple[str, ...]
    """Ids of the evidence it used (document:page:ordinal)."""
    reasoning: tuple[str, ...]
    support: float
    """How well its evidence supports its answer, 0 to 1, in the extractive reader's own measure; of a model, the share of
    its claims that stand."""
    findings: tuple[Finding, ...] = ()
    failure: str | None = None


class Agreement(Struct, frozen=True):
    """Whether the chains agree (None: there was only one answer to compare), which was followed (a chain's name, or
    `both` or `own` after an adjudication), and why. `adjudicated`: a third call of the model was made to decide."""

    agree: bool | None
    followed: str | None
    why: str
    adjudicated: bool = False


class DocumentCoverage(Struct, frozen=True):
    """One searched document: the claims it supports (indexes into `Answer.claims`), empty where it had nothing; how many
    of its pages the search considered, and how many the reader got."""

    document: str
    document_name: str
    claims: tuple[int, ...]
    considered: int = 0
    read: int = 0


class NearPage(Struct, frozen=True):
    """A page that came nearest where nothing supported an answer."""

    document: str
    document_name: str
    page: int
    label: str | None
    text: str


class OcrPage(Struct, frozen=True):
    """A page that was left to OCR until this question asked for it: the words on it now, and the wall time that it took to
    read and store them."""

    document: str
    document_name: str
    page: int
    words: int
    milliseconds: float


class Cost(Struct, frozen=True):
    """What the answer took. `milliseconds` by stage, with `total`; `tokens` by direction (input, output), empty
    without a model; `ocr`: pages read by OCR for it, in their order of reading."""

    milliseconds: dict[str, float]
    pages_read: int
    models: tuple[str, ...]
    model_calls: int = 0
    tokens: dict[str, int] = {}
    ocr: tuple[OcrPage, ...] = ()


class Answer(Struct, frozen=True):
    """The answer to one question over one collection."""

    id: str
    question: str
    collection: str
    outcome: Outcome
    text: str
    """For people; where nothing was found it says so."""
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    chains: tuple[ChainReport, ...]
    agreement: Agreement
    coverage: tuple[DocumentCoverage, ...]
    nearest: tuple[NearPage, ...]
    cost: Cost
    notes: tuple[str, ...] = ()
    """What the reader of the answer should know: documents still being read, pages that failed, evidence that was
    cut."""
    created_at: str = ""
    """RFC 3339, UTC."""
