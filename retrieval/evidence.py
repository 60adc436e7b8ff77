"""What a search returns: ranked pages, each with the passages that brought it up.

Knows nothing of answers. Scores are comparable within one search only.
"""

from msgspec import Struct

from ingest import Box


class PassageHit(Struct, frozen=True):
    """A passage that matched. `score` is the fused score (higher is better); `dense` the cosine of question and passage
    (-1 to 1) and `bm25` the lexical score, each None where that list did not return the passage."""

    ordinal: int
    text: str
    boxes: tuple[Box, ...]
    score: float
    section: tuple[str, ...] = ()
    dense: float | None = None
    bm25: float | None = None


class EvidencePage(Struct, frozen=True):
    """A page with its best passages, best first. `number` counts from 1; `label` is the printed one. `reasons`: what of
    the question names this page ("page 12", "figure 4b", a quotation), beside likeness. `visual`: the score
    of question and page image by the encoder's own rule (MaxSim: a sum of cosines, one for each token), None where that list
    did not bring the page.
    A page that was found by its image or by name may have no passages."""

    document: str
    revision: str
    number: int
    score: float
    passages: tuple[PassageHit, ...]
    label: str | None = None
    reasons: tuple[str, ...] = ()
    visual: float | None = None


class Scope(Struct, frozen=True):
    """Where to look: one collection, and in it the named documents (empty: all of them), but for the `hidden`
    revisions."""

    collection: str
    documents: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class Evidence(Struct, frozen=True):
    """Ranked pages for a question, best first. `milliseconds` maps a stage (encode, query, group) to wall time.
    `considered`: how many pages of each document were candidates."""

    question: str
    scope: Scope
    pages: tuple[EvidencePage, ...]
    milliseconds: dict[str, float] = {}
    considered: dict[str, int] = {}
