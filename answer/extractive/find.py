"""Search the pages of the evidence for what supports an answer best."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from answer.extractive.candidates import Candidate, Support, measure, shortlist
from answer.extractive.cells import cell_candidates
from answer.extractive.encoder import Encoder
from answer.extractive.insist import absent, spelled
from answer.extractive.question import Question, analyse
from answer.extractive.sentences import sentences
from answer.extractive.terms import Weights, stems
from answer.reader import ReadRequest
from ingest import Page

_ENCODED = 32
"""Candidates encoded for one question: at about 8 ms each on one core, a quarter of a second. With 48 nothing more
was found."""

_WORDS_ENCODED = 60

PageKey = tuple[str, int]


class Found(Struct, frozen=True):
    """What was found for one question: candidates with their support, best first; `known`: the question's terms
    that the evidence has anywhere, as a share by weight; `absent`: years, names and quoted words that stand nowhere
    in it."""

    question: Question
    ranked: tuple[tuple[Candidate, Support], ...]
    known: float
    absent: tuple[str, ...]


def find(text: str, request: ReadRequest, encoder: Encoder) -> Found:
    """Candidates for one question, best first."""
    asked = analyse(text)
    pages = _asked_for(asked, request.pages)
    names = {document: frozenset(stems(name)) for document, name in request.names.items()}
    said = {key: _said(page) | names.get(key[0], frozenset()) for key, page in pages.items()}
    everything = frozenset().union(*said.values())
    question = spelled(asked, everything)
    plain = [candidate for key, page in pages.items() for candidate in _sentences(key, page, said[key])]
    weights = Weights(candidate.stems for candidate in plain)
    cells = [c for key, page in pages.items() for c in cell_candidates(key, page, question, weights, said[key])]
    short = shortlist([*plain, *cells], question, weights, _ENCODED)
    cosines = _cosines(text, [candidate for candidate, _ in short], encoder)
    measured = [(c, measure(c, question, weights, cosine)) for (c, _), cosine in zip(short, cosines, strict=True)]
    ranked = tuple(sorted(measured, key=lambda pair: pair[1].rank, reverse=True))
    return Found(question, ranked, _known(question, weights, everything), absent(question, everything, pages))


def _asked_for(question: Question, pages: Mapping[PageKey, Page]) -> Mapping[PageKey, Page]:
    """The pages that the question names by number or printed label, where the evidence has them; else all."""
    wanted = {str(number) for number in question.pages}
    named = {k: page for k, page in pages.items() if str(k[1]) in wanted or (page.label or "").strip() in wanted}
    return named or pages


def _said(page: Page) -> frozenset[str]:
    """Stems of all that stands on a page, running headers and titles above it included."""
    return frozenset(stems(" ".join([*(word.text for word in page.words), *page.section])))


def _sentences(key: PageKey, page: Page, said: frozenset[str]) -> list[Candidate]:
    return [
        Candidate(
            document=key[0],
            page=key[1],
            text=sentence.text,
            quote=sentence.text,
            words=tuple(range(sentence.first, sentence.last)),
            stems=sentence.stems,
            near=sentence.context,
            page_stems=said,
        )
        for sentence in sentences(page)
        if sentence.stems
    ]


def _cosines(text: str, candidates: Sequence[Candidate], encoder: Encoder) -> list[float]:
    if not candidates:
        return []
    asked = encoder.encode_query([" ".join(text.split()[:200])])
    texts = [" ".join(candidate.text.split()[:_WORDS_ENCODED]) for candidate in candidates]
    return [float(cosine) for cosine in np.asarray(encoder.encode_passages(texts)) @ np.asarray(asked)[0]]


def _known(question: Question, weights: Weights, everything: frozenset[str]) -> float:
    total = sum(weights[term] for term in question.terms)
    return sum(weights[term] for term in question.terms if term in everything) / total if total else 0.0
