"""Pages that a question finds by their images, whatever their words say."""

from msgspec import Struct

from retrieval.evidence import Scope
from retrieval.schema import PAGE, PATCHES, searchable
from retrieval.search import Asked, candidates
from retrieval.store.contract import Filter, VectorStore


class SeenPage(Struct, frozen=True):
    """A page of a revision, `number` from 1."""

    document: str
    revision: str
    number: int


async def pages_by_image(store: VectorStore, question: Asked, scope: Scope, pages: int) -> list[SeenPage]:
    """The pages in scope that lead the list of images, best first, at most `pages`; none without a visual encoder."""
    found = (await candidates(store, question, scope)).lists.get(PATCHES, ())
    keys = list(dict.fromkeys(key for key, _ in found))[:pages]
    if not keys:
        return []
    visible = searchable(scope)
    where = Filter(any_of={**visible.any_of, "page_key": keys, "kind": (PAGE,)}, none_of=visible.none_of)
    stored = await store.scroll(scope.collection, where, fields=("page_key", "document", "revision", "page"))
    about = {one.payload["page_key"]: one.payload for one in stored}
    known = [about[key] for key in keys if key in about]  # the others have gone since
    return [SeenPage(payload["document"], payload["revision"], payload["page"]) for payload in known]
