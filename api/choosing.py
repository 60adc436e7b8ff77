"""Which of the pages that are left to OCR a question needs: those that it finds, as far as it would be answered from them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

from api.catalogue import Left, LeftPage, Visible
from retrieval import Retriever, Scope

T = TypeVar("T")


async def choose(
    question: str, scope: Scope, visible: Sequence[Visible], left: Left, retriever: Retriever, limit: int
) -> list[LeftPage]:
    """At most `limit` pages, the likeliest first. `visible`: the documents in scope.

    All that are left, if they are no more. Else those among the first `limit` pages that lead by name, by words or by their
    images, whether or not these have been read: so the same question, asked again, has nothing more to read.
    """
    documents = [seen.document for seen in visible if seen.pages_waiting]
    if sum(seen.pages_waiting for seen in visible) <= limit:
        return await left.of(scope.collection, documents)
    found = (await retriever.search(question, scope, pages=limit, passages_per_page=1)).pages
    seen = await retriever.by_image(question, scope, pages=limit)
    named = [(page.revision, page.number) for page in found if page.reasons]
    by_words = [(page.revision, page.number) for page in found]
    by_image = [(page.revision, page.number) for page in seen]
    first = list(dict.fromkeys([*named, *by_turns(by_words, by_image)]))[:limit]
    waiting = {(page.revision, page.number): page for page in await left.among({revision for revision, _ in first})}
    return [waiting[page] for page in first if page in waiting]


def by_turns(*lists: Iterable[T]) -> Iterator[T]:
    """The first of each, the second of each, and so on."""
    absent = object()
    return (one for one in chain.from_iterable(zip_longest(*lists, fillvalue=absent)) if one is not absent)  # type: ignore[misc]
