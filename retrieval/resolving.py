"""What a question names, looked up in the index: pages by number and printed label, captions, titles, quotations."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from retrieval.anchors import WITHIN
from retrieval.evidence import Scope
from retrieval.fusion import BESIDE, COUNTED, PHRASE, REFERENCE, SHOWN, TITLE
from retrieval.lexical import question_weights
from retrieval.questions import Place, Question, Reference
from retrieval.questions.naming import anchor, folded, without_letter
from retrieval.schema import LEXICAL, PAGE, searchable
from retrieval.store.contract import Filter, Hit, Nearest, Query, VectorStore

_PHRASE_CANDIDATES = 64
"""Passages that are looked through for a quotation, the likeliest first."""
_COMMON = 3
"""A quotation that more pages hold says less: its strength is this over their number."""

_KIN = {
    Place.CHART: (Place.FIGURE,),
    Place.MAP: (Place.FIGURE,),
    Place.FIGURE: (Place.CHART, Place.MAP, Place.EXHIBIT),
    Place.EXHIBIT: (Place.FIGURE, Place.TABLE),
    Place.SECTION: (Place.CHAPTER, Place.ITEM),
    Place.CHAPTER: (Place.SECTION, Place.PART),
}
"""Other words for the same kind of thing, believed half."""


class Signals(Struct, frozen=True):
    """`strengths`: by signal and page key, 0 to 1. `reasons`: by page key, in words. `documents`: that of each page
    which was found by name."""

    strengths: Mapping[str, Mapping[str, float]] = {}
    reasons: Mapping[str, tuple[str, ...]] = {}
    documents: Mapping[str, str] = {}


def phrase_queries(question: Question, visible: Filter) -> list[Query]:
    """Queries that bring passages in which the quotations may stand, one for each."""
    return [
        Query(
            Nearest(LEXICAL, question_weights(phrase), corpus=visible),
            _PHRASE_CANDIDATES,
            where=visible,
            payload=("page_key", "document", "text"),
        )
        for phrase in question.phrases
    ]


def holding(question: Question, answers: Sequence[Sequence[Hit]]) -> Signals:
    """Pages whose text, or titles, hold the quotations word for word. `answers`: of `phrase_queries`."""
    strengths: dict[str, float] = defaultdict(float)
    reasons: dict[str, list[str]] = defaultdict(list)
    documents: dict[str, str] = {}
    for phrase, hits in zip(question.phrases, answers, strict=True):
        held = {hit.payload["page_key"]: hit.payload for hit in hits if phrase in folded(hit.payload["text"])}
        documents |= {key: payload["document"] for key, payload in held.items()}
        for key in held:
            strengths[key] += min(1.0, _COMMON / len(held)) / len(question.phrases)
            reasons[key].append(f'"{phrase}"')
    return Signals({PHRASE: strengths}, {key: tuple(found) for key, found in reasons.items()}, documents)


async def named(store: VectorStore, question: Question, scope: Scope) -> Signals:
    """Pages that the question refers to, and pages with a title that stands in it. One or two look-ups by keyword."""
    wanted = dict(_anchors(question.references))
    wanted |= await _from_the_end(store, question.references, scope)
    titles = {anchor(Place.TITLE, title): _telling(title) for title in question.titles}
    if not wanted and not titles:
        return Signals()
    visible = searchable(scope)
    where = Filter(any_of={**visible.any_of, "anchors": [*wanted, *titles]}, none_of=visible.none_of)
    found = await store.scroll(scope.collection, where, fields=("page_key", "document", "anchors"))
    strengths: dict[str, dict[str, float]] = {REFERENCE: {}, TITLE: {}}
    reasons: dict[str, tuple[str, ...]] = {}
    for stored in found:
        key, here = stored.payload["page_key"], stored.payload["anchors"]
        for signal, asked in ((REFERENCE, wanted), (TITLE, titles)):
            if met := [name for name in here if name in asked]:
                strengths[signal][key] = max(asked[name] for name in met)
                reasons[key] = (*reasons.get(key, ()), *map(_in_words, met))
    return Signals(strengths, reasons, {stored.payload["page_key"]: stored.payload["document"] for stored in found})


def _anchors(references: Iterable[Reference]) -> Iterable[tuple[str, float]]:
    """What to look for, and how far to believe it. Weak ones first, so that a strong one of the same name replaces
    them."""
    found: list[tuple[str, float]] = []
    for place, name in ((one.place, one.name) for one in references):
        if place is Place.FROM_START:
            found.append((anchor(Place.PAGE, name), 1.0))
        elif place is Place.PAGE:
            # Some mean the viewer's count, most what is printed: both are shown, the printed number first. Of 10
            # questions in 4 documents where they differ (benchmarks/page_recall.py's data), all meant the printed one.
            found += [(anchor(Place.PAGE, name), 0.9), (anchor(Place.LABEL, name), 1.0)]
        elif place is not Place.FROM_END:
            found += [(anchor(kin, name), 0.5) for kin in _KIN.get(place, ())]
            found += [(WITHIN + anchor(place, name), 0.5), (anchor(place, without_letter(name)), 0.9)]
            found.append((anchor(place, name), 1.0))
    return sorted(found, key=lambda item: item[1])


async def _from_the_end(store: VectorStore, references: Iterable[Reference], scope: Scope) -> dict[str, float]:
    counts = [int(one.name) for one in references if one.place is Place.FROM_END]
    if not counts:
        return {}
    visible = searchable(scope)
    pages = Filter(any_of={**visible.any_of, "kind": (PAGE,)}, none_of=visible.none_of)
    last: dict[str, int] = {}
    for stored in await store.scroll(scope.collection, pages, fields=("document", "page")):
        last[stored.payload["document"]] = max(stored.payload["page"], last.get(stored.payload["document"], 0))
    # Of several documents, a page that is last in one is asked for in each: rare, and no more than a hint there.
    return {anchor(Place.PAGE, str(total + 1 - count)): 1.0 for total in last.values() for count in counts}


def _telling(title: str) -> float:
    """Short titles stand in many a question by chance."""
    return min(1.0, len(title.split()) / 4)


def _in_words(name: str) -> str:
    under, bare = ("under ", name.removeprefix(WITHIN)) if name.startswith(WITHIN) else ("", name)
    place, _, called = bare.partition(":")
    kind = {Place.LABEL.value: "printed page", Place.TITLE.value: "title"}.get(place, place)
    return f"{under}{kind} {called}".rstrip()


def around(question: Question, likely: Sequence[tuple[str, float]], about: Mapping[str, Mapping[str, Any]]) -> Signals:
    """What the candidates tell of each other. `likely`: page keys with their score by likeness; `about`: each one's
    `document`, `page` and `shows`.

    SHOWN: pages with a chart, where the question asks for one; the more of the candidates have it, the less it says.
    COUNTED: the same again, of a question about many places: "how many charts ..." is about every page that has one.
    BESIDE: the mean score of the two neighbours over the best score, for evidence goes on over pages.
    """
    score = dict(likely)
    best = max(score.values(), default=0.0) or 1.0
    shown: dict[str, float] = {}
    for kind in question.shows:
        having = [key for key in score if kind in about[key]["shows"]]
        shown |= {key: max(shown.get(key, 0.0), 1 - len(having) / len(score)) for key in having}
    at = {(about[key]["document"], about[key]["page"]): value for key, value in likely}
    beside = {
        key: sum(at.get((about[key]["document"], about[key]["page"] + step), 0.0) for step in (-1, 1)) / (2 * best)
        for key in score
    }
    return Signals({SHOWN: shown, COUNTED: shown if question.wide else {}, BESIDE: beside})


def merged(signals: Sequence[Signals]) -> Signals:
    """All of them as one; their signals differ in name."""
    strengths: dict[str, Mapping[str, float]] = {}
    reasons: dict[str, tuple[str, ...]] = {}
    documents: dict[str, str] = {}
    for one in signals:
        strengths |= one.strengths
        documents |= one.documents
        for key, why in one.reasons.items():
            reasons[key] = tuple(dict.fromkeys((*reasons.get(key, ()), *why)))
    return Signals(strengths, reasons, documents)
