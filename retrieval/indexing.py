"""Pages to points. Pure but for the encoder."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from msgspec import Struct, to_builtins

from ingest import Page, Passage, PassageBudget, make_passages
from retrieval.anchors import anchors, shows
from retrieval.encoder import TextEncoder
from retrieval.lexical import Bm25, encodable, language_of
from retrieval.schema import DENSE, GRID, LEXICAL, PAGE, PAGE_LEXICAL, PASSAGE, PATCHES, POOLED, WORDLESS, point_id
from retrieval.store.contract import Point, Vector
from retrieval.visual.keeping import KeptPage

PASSAGE_BM25 = Bm25(k1=1.5, b=0.75, average=150)
PAGE_BM25 = Bm25(k1=1.5, b=0.75, average=300)
# The usual constants. k1 from 0.9 to 2, b from 0.4 to 0.9 and half or twice the average move page recall at 5 by less
# than a point, fused. A page's text goes in with its running headers and footers: without them R@10 of that list falls
# by 2.


_PASSAGE = 200
"""Tokens of a passage, for encoders that read more: longer ones hold several subjects, and their vector is of none."""
_SPECIAL = 8
"""Tokens that the encoder adds of its own: its marks of beginning and end, a prompt of a few words."""

_TELLING = 600
"""Characters of each page by which the language of their document is told."""


class Origin(Struct, frozen=True):
    """Where pages belong."""

    collection: str
    document: str
    revision: str


def passage_size(encoder: TextEncoder) -> int:
    """Tokens that a passage may have, so that the encoder reads all of it."""
    limit = encoder.identity.max_tokens or _PASSAGE
    return max(16, min(_PASSAGE, limit - _SPECIAL))


def build_points(origin: Origin, pages: Sequence[Page], encoder: TextEncoder, visible: Set[str] | None) -> list[Point]:
    """Points of the pages and their passages. Slow: encodes every passage on this thread, in the background lane.
    `visible`: ids of those that search may see; None: all of them."""
    # The text alone is embedded: with the section's titles in front the dense list gains 1.4 points of R@5, the fusion
    # none.
    budget = PassageBudget(passage_size(encoder))
    passages = [passage for page in pages for passage in make_passages(page, budget, encoder.count_tokens)]
    vectors = encoder.encode_passages([passage.text for passage in passages], background=True)
    language = _language(pages)
    seen = {page.number: shows(page) for page in pages}
    points = [
        _passage_point(
            origin, passage, {DENSE: vector, LEXICAL: PASSAGE_BM25.weights(passage.text, language)}, seen[passage.page]
        )
        for passage, vector in zip(passages, vectors, strict=True)
    ]
    # A page without words has its point too: it is counted, can be named, and may be found by its image.
    points += [_page_point(origin, page, language) for page in pages if page.error is None]
    return [_with_visibility(point, int(visible is None or point.id in visible)) for point in points]


def _language(pages: Sequence[Page]) -> str | None:
    """Of all these pages together: what tables and captions among them, too short to tell, are taken to be in."""
    return language_of("\n".join(page.text[:_TELLING] for page in pages))


def _passage_point(origin: Origin, passage: Passage, vectors: Mapping[str, Vector], seen: list[str]) -> Point:
    payload = common(origin, PASSAGE, passage.page, passage.ordinal, passage.label) | {
        "text": encodable(passage.text),
        "boxes": to_builtins(passage.boxes),
        "section": [encodable(title) for title in passage.section],
        "shows": seen,
    }
    return Point(point_id(origin.document, origin.revision, PASSAGE, passage.page, passage.ordinal), vectors, payload)


def _page_point(origin: Origin, page: Page, language: str | None) -> Point:
    return Point(
        point_id(origin.document, origin.revision, PAGE, page.number, 0),
        {PAGE_LEXICAL: PAGE_BM25.weights(page.text, language)} if page.words else {},
        common(origin, PAGE, page.number, 0, page.label)
        | {"anchors": [encodable(name) for name in anchors(page)], "shows": shows(page)}
        | ({} if page.words else {WORDLESS: True}),
    )


def with_image(point: Point, page: KeptPage) -> Point:
    """A page's point with the vectors of its image."""
    vectors = {**point.vectors, PATCHES: page.patches}
    if page.pooled is not None:
        vectors[POOLED] = page.pooled
    return Point(point.id, vectors, {**point.payload, GRID: page.grid})


def with_image_of(point: Point, stored: Point) -> Point:
    """A page's point with the vectors of its image as they are stored."""
    vectors = {**point.vectors, **{name: stored.vectors[name] for name in (PATCHES, POOLED) if name in stored.vectors}}
    return Point(point.id, vectors, {**point.payload, GRID: stored.payload[GRID]})


def common(origin: Origin, kind: str, page: int, ordinal: int, label: str | None) -> dict[str, Any]:
    """The fields that every point has but `visible`."""
    return {
        "document": origin.document,
        "revision": origin.revision,
        "tenant": origin.collection,
        "kind": kind,
        "page": page,
        "page_key": point_id(origin.document, origin.revision, PAGE, page, 0),
        "ordinal": ordinal,
        "label": None if label is None else encodable(label),
    }


def _with_visibility(point: Point, visible: int) -> Point:
    return Point(point.id, point.vectors, {**point.payload, "visible": visible})
