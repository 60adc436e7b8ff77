"""Over several documents: which of them a question is about, as far as the likeness of their pages tells, and of the whole
documents where these are encoded (retrieval/wholes.py), and a fair share for each of those that it was put to."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from msgspec import structs

from retrieval.evidence import Scope
from retrieval.fusion import DOCUMENT, ROUTED, PageList
from retrieval.resolving import Signals
from retrieval.schema import ROUTE
from retrieval.store.contract import Array, Filter, Hit, Nearest, Query

_TELLING = 3
"""Pages by which a document is judged. By one, the document with one lucky page leads; by ten, the longest."""

SHARE = 5
"""Pages that each document of a scope has among the candidates, where it has as many."""
_PASSAGES = 20
"""What is brought of a document to make up its share, by each list."""
_WHOLES = 200
"""Documents and sections that a question is compared with at the end: of fifty documents, four each."""
_MOST = 32
"""In a scope of more documents none is guaranteed a share: each that lacks one is a query more for each list."""


def belonging(likely: PageList, documents: Mapping[str, str]) -> Signals:
    """How much the document of each page leads: the mean score of its best three pages over that of the best document,
    0 to 1. `likely`: pages by likeness; `documents`: of every page that can be ranked. Nothing where there is only one.

    Against whole-document BM25 (one more sparse vector), the mean of a document's embeddings and words of its file's
    name: benchmarks/README.md.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    for key, score in likely:
        if len(scores[documents[key]]) < _TELLING:
            scores[documents[key]].append(score)
    best = max((sum(found) for found in scores.values()), default=0.0)
    if best <= 0 or len(set(documents.values())) < 2:
        return Signals()
    return Signals({DOCUMENT: {key: max(0.0, sum(scores.get(of, ())) / best) for key, of in documents.items()}})


def route_query(vector: Array, visible: Filter) -> Query:
    """Whole documents and sections nearest to the question."""
    return Query(Nearest(ROUTE, vector), _WHOLES, where=visible, payload=("document",))


def routed_to(found: Sequence[Hit], documents: Mapping[str, str]) -> Signals:
    """How near the question is to the document of each page as a whole, 0 for the one that is least near to 1: by the cosine
    of the document or of its nearest section. `found`: of a `route_query`; `documents`: of every page that can be ranked.
    A document that has no vector yet (it is still being read) is taken for an average one. Nothing where fewer than two
    have one.
    """
    nearest: dict[str, float] = {}
    for hit in found:
        document = hit.payload["document"]
        nearest[document] = max(hit.score, nearest.get(document, hit.score))
    told = {document: nearest[document] for document in set(documents.values()) if document in nearest}
    low, top = min(told.values(), default=0.0), max(told.values(), default=0.0)
    if len(told) < 2 or top <= low:
        return Signals()
    shares = {document: (score - low) / (top - low) for document, score in told.items()}
    average = sum(shares.values()) / len(shares)
    return Signals({ROUTED: {key: shares.get(of, average) for key, of in documents.items()}})


def lacking(scope: Scope, documents: Mapping[str, str]) -> tuple[str, ...]:
    """Documents that the scope names and that have less than their share of the candidates (`documents`: of each page
    among them)."""
    if not 1 < len(scope.documents) <= _MOST:
        return ()
    held = Counter(documents.values())
    return tuple(document for document in dict.fromkeys(scope.documents) if held[document] < SHARE)


def share_queries(queries: Sequence[Query], short: Sequence[str]) -> list[Query]:
    """What makes up the share of those that lack it: each query for each document. Scored as the whole scope is (the
    same IDF), so that the hits go into the same lists."""
    return [_within(query, document) for query in queries for document in short]


def _within(query: Query, document: str) -> Query:
    where = query.where or Filter()
    return structs.replace(
        query,
        limit=_PASSAGES,
        where=structs.replace(where, any_of={**where.any_of, "document": (document,)}),
        prefetch=tuple(_within(first, document) for first in query.prefetch),
    )


def considered(documents: Mapping[str, str]) -> dict[str, int]:
    """Candidates by document, most first. `documents`: of each candidate."""
    return dict(Counter(documents.values()).most_common())


def dealt(ranked: PageList, documents: Mapping[str, str], scope: Scope, pages: int) -> list[tuple[str, float]]:
    """The first `pages`, best first, among them the best page of every document that the scope names, where these are
    half of the pages at most; of more documents, those that do best. Otherwise a document of which nothing was read
    could not be said to have nothing."""
    if len(set(scope.documents)) < 2:
        return list(ranked[:pages])
    best: dict[str, str] = {}
    for key, _ in ranked:
        best.setdefault(documents[key], key)
    kept = set(list(best.values())[: pages // 2])
    kept |= set([key for key, _ in ranked if key not in kept][: pages - len(kept)])
    return [one for one in ranked if one[0] in kept]
