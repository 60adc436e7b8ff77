"""Whole documents and their sections as vectors, by which a question finds the documents that it is about.

Made of the passages in the index, once a document is whole. A text that is longer than the model reads is cut there, which
the model counts (`TextEncoder.truncated`); the sections reach what is cut off, as far as the document has any.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from retrieval.encoder import TextEncoder
from retrieval.indexing import Origin, common
from retrieval.schema import DOCUMENT, PASSAGE, ROUTE, SECTION, point_id
from retrieval.store.contract import Filter, Point, VectorStore

MOST_SECTIONS = 64
"""Of a document; each is a pass through a model that may pad to 32,768 tokens. The longest count."""

_FIELDS = ("page", "ordinal", "text", "section")


class Whole(Struct, frozen=True):
    """A document's text, and the text of each of its sections by title, in the order of the document."""

    text: str
    sections: dict[str, str]
    pages: int


async def read(store: VectorStore, collection: str, document: str, revision: str, pages: int) -> Whole:
    """The text of a revision of which `pages` pages are in the index."""
    passages = Filter(any_of={"document": (document,), "revision": (revision,), "kind": (PASSAGE,)})
    found = await store.scroll(collection, passages, fields=_FIELDS)
    return assemble([stored.payload for stored in found], pages)


def assemble(passages: Sequence[Mapping[str, Any]], pages: int) -> Whole:
    """From the payloads of a document's passages. One section that is all of it is none."""
    ordered = sorted(passages, key=lambda payload: (payload["page"], payload["ordinal"]))
    sections: dict[str, list[str]] = defaultdict(list)
    for payload in ordered:
        if payload["section"]:
            sections[payload["section"][0]].append(payload["text"])
    texts = {title: "\n".join([title, *found]) for title, found in sections.items()}
    longest = sorted(texts, key=lambda title: -len(texts[title]))[:MOST_SECTIONS]
    text = "\n".join(payload["text"] for payload in ordered)
    return Whole(text, {title: texts[title] for title in texts if title in longest} if len(texts) > 1 else {}, pages)


def points(origin: Origin, whole: Whole, encoder: TextEncoder, *, visible: bool) -> list[Point]:
    """Points of the document and its sections. One without words has a point too, without a vector: it is done with.
    Slow, as `build_points`."""
    texts = [whole.text, *whole.sections.values()] if whole.text else []
    vectors = encoder.encode_passages(texts, background=True)
    kinds = [(DOCUMENT, ""), *((SECTION, title) for title in whole.sections)]
    return [
        Point(
            point_id(origin.document, origin.revision, kind, 0, ordinal),
            {ROUTE: vectors[ordinal]} if texts else {},
            common(origin, kind, 0, ordinal, None) | {"title": title, "pages": whole.pages, "visible": int(visible)},
        )
        # The document last: once it is there, all of them are.
        for ordinal, (kind, title) in reversed(list(enumerate(kinds)))
    ]
