"""What Quire keeps in a collection: named vectors, payload fields, ids of points."""

import uuid
from collections.abc import Sequence

from msgspec import Struct

from retrieval.evidence import Scope
from retrieval.store.contract import DenseSpec, Filter, Schema, SparseSpec

DENSE, LEXICAL, PAGE_LEXICAL = "text", "bm25", "page_bm25"
"""Named vectors: a passage's embedding and BM25 weights; the BM25 weights of a page's whole text."""

PATCHES, POOLED = "patches", "pooled"
"""Of a page's image: its vectors, for exact late interaction; means of their rows and columns, which bring the candidates
for that. Only where there is a visual encoder."""

WORDLESS = "wordless"
"""Payload field of a page that no words are known of: a scan that nothing has read. Absent from others."""

GRID = "grid"
"""Payload field of a page whose image is in the index: where on it each patch looks."""

ROUTE = "route"
"""Of a whole document, or a section of it: its embedding by the model for routing. Only where there is one."""

PASSAGE, PAGE, DOCUMENT, SECTION = "passage", "page", "document", "section"
"""Kinds of points. Those of documents and sections stand at page 0."""

_NAMESPACE = uuid.UUID("6f1d3c0a-5b0e-5c1b-9a55-7a1c2f0e9d42")


class PointInfo(Struct, frozen=True):
    """A point as listed for verification. `ordinal` is the passage's within its page, 0 for a page; `seen`: whether the
    page's image is in the index; `pages`, of a document's: how many pages it was made of."""

    id: str
    document: str
    revision: str
    page: int
    ordinal: int
    kind: str
    visible: bool
    seen: bool = False
    pages: int = 0


def schema(dimension: int, visual: int | None = None, routing: int | None = None) -> Schema:
    """The collection's schema for text vectors of `dimension` values, and for vectors of page images of `visual` ones and
    of whole documents of `routing` ones where those are wanted.

    Patches get no graph: to build one is some 50 million comparisons a page, and they are only ever reranked. For the
    pooled ones a server builds it once there are enough of them; the embedded engine goes through all (82 ms for
    10,000 pages of 300 patches, rerank included: benchmarks/visual_search.py).
    """
    dense = {DENSE: DenseSpec(size=dimension)}
    if visual is not None:
        dense[PATCHES] = DenseSpec(size=visual, multi=True, half=True, graph=False)
        dense[POOLED] = DenseSpec(size=visual, multi=True, half=True)
    if routing is not None:
        dense[ROUTE] = DenseSpec(size=routing)
    return Schema(
        dense=dense,
        sparse={LEXICAL: SparseSpec(idf=True), PAGE_LEXICAL: SparseSpec(idf=True)},
        keywords=("document", "revision", "kind", "tenant", "page_key", "anchors"),
        integers=("page", "visible"),
    )


def point_id(document: str, revision: str, kind: str, page: int, ordinal: int) -> str:
    """The same passage of the same revision always has the same id, so that writing it again replaces it."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((document, revision, kind, str(page), str(ordinal)))))


def searchable(scope: Scope) -> Filter:
    """What a search in this scope may see. Also the corpus for IDF: statistics of what is not searched would shift the
    scores."""
    fields: dict[str, Sequence[str | int]] = {"visible": (1,)}
    if scope.documents:
        fields["document"] = scope.documents
    return Filter(any_of=fields, none_of={"revision": scope.hidden} if scope.hidden else {})


def revision_of(document: str, revision: str | None = None) -> Filter:
    """All points of a document, or of one of its revisions."""
    fields: dict[str, Sequence[str | int]] = {"document": (document,)}
    if revision is not None:
        fields["revision"] = (revision,)
    return Filter(any_of=fields)
