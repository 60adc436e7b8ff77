"""Search the pages of the evidence for what supports an answer best."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from answer.extractive.candidates import Candidate, Support, measure, shortlist
from answer.extractive.encoder import Encoder
from answer.extractive.insist import absent, spelled
from answer.extractive.material import Material, PageKey
from answer.extractive.question import Question, analyse
from answer.extractive.terms import Weights
from ingest import Page

_ENCODED = 32
"""Candidates encoded for one question: at about 8 ms each on one core, a quarter of a second. With 48 nothing more
was found."""

_WORDS_ENCODED = 60


class Found(Struct, frozen=True):
    """What was found for one question: candidates with their support, best first; `known`: the question's terms
    that the evidence has anywhere, as a share by weight; `absent`: years, names and quoted words that stand nowhere
    in it."""

    question: Question
    ranked: tuple[tuple[Candidate, Support], ...]
    known: float
    absent: tuple[str, ...]


def find(text: str, material: Material, encoder: Encoder) -> Found:
    """Candidates for one question, best first."""
    asked = analyse(text)
    question = spelled(asked, material.everything)
    pages = _asked_for(question, material.pages)
    wanted = frozenset(question.terms)
    within = [c for c in material.candidates if (c.document, c.page) in pages and _bears(c, wanted, question)]
    short = shortlist(within, question, material.weights, _ENCODED)
    cosines = _cosines(text, [candidate for candidate, _ in short], encoder)
    measured = [
        (c, measure(c, question, material.weights, cosine)) for (c, _), cosine in zip(short, cosines, strict=True)
    ]
    ranked = tuple(sorted(measured, key=lambda pair: pair[1].rank, reverse=True))
    known = _known(question, material.weights, material.everything)
    return Found(question, ranked, known, absent(question, material.everything, pages))


def _bears(candidate: Candidate, wanted: frozenset[str], question: Question) -> bool:
    """Cells have to share a word with the question in their label; cells of words, nearly all of them."""
    if candidate.crossing is None:
        return True
    named = bool(candidate.label & wanted)
    return named and (candidate.crossing.value.is_value or _names_it(candidate.label, question))


def _names_it(label: frozenset[str], question: Question) -> bool:
    """Whether a label is named by the question so fully that words beside it can be meant."""
    whole = label <= frozenset(question.terms)
    return whole and (len(label) > 1 or any(label & frozenset(name) for name in question.names))


def _asked_for(question: Question, pages: Mapping[PageKey, Page]) -> Mapping[PageKey, Page]:
    """The pages that the question names by number or printed label, where the evidence has them; else all."""
    wanted = {str(number) for number in question.pages}
    named = {k: page for k, page in pages.items() if str(k[1]) in wanted or (page.label or "").strip() in wanted}
    return named or pages


def _cosines(text: str, candidates: Sequence[Candidate], encoder: Encoder) -> list[float]:
    if not candidates:
        return []
    asked = encoder.encode_query([" ".join(text.split()[:200])])
    texts = [" ".join(f"{c.title} {c.text}".split()[:_WORDS_ENCODED]) for c in candidates]
    return [float(cosine) for cosine in np.asarray(encoder.encode_passages(texts)) @ np.asarray(asked)[0]]


def _known(question: Question, weights: Weights, everything: frozenset[str]) -> float:
    total = sum(weights[term] for term in question.terms)
    return sum(weights[term] for term in question.terms if term in everything) / total if total else 0.0
