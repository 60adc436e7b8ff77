"""Whether an index holds what it should: every page that has been read, as a whole, and nothing else.

Passages are not counted against what reading made of a page: an index that was built anew with another model cuts them
otherwise. That none is missing shows in their ordinals.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from retrieval.listing import Unit, Units


class Flaw(StrEnum):
    """`missing`: a page has no point, or not all of its passages. `hidden`: points of a published page can't be found.
    `unseen`: a page without the vectors of its image, where there is a visual encoder. `unrouted`: a document without vectors
    as a whole, or with such of another number of pages, where there is a model for them. `surplus`: points of a page that the
    revision does not have. `orphaned`: points of a document or revision that is not known."""

    MISSING = "missing"
    HIDDEN = "hidden"
    UNSEEN = "unseen"
    UNROUTED = "unrouted"
    SURPLUS = "surplus"
    ORPHANED = "orphaned"


class Expected(Struct, frozen=True):
    """A revision as it should be in the index: its pages (those that could be read) with how many passages reading made of
    each. `published`: all of it is there and can be found; otherwise it is being read, and there may be more."""

    document: str
    revision: str
    pages: dict[int, int]
    published: bool


class Finding(Struct, frozen=True):
    """What is wrong with these pages of a revision; `ids`: points that should not be there."""

    flaw: Flaw
    document: str
    revision: str
    pages: tuple[int, ...]
    ids: tuple[str, ...] = ()


def findings(
    expected: Sequence[Expected], units: Units, *, known: Collection[tuple[str, str]], seen: bool, routed: bool
) -> list[Finding]:
    """What is wrong, in the order of the documents. `known`: (document, revision) of everything that may have points, also
    where it is not `expected` yet, or not any more. `seen`, `routed`: whether pages should have vectors of their images, and
    documents as wholes."""
    there: dict[tuple[str, str], dict[int, Unit]] = {}
    for key, unit in units.items():
        there.setdefault((key.document, key.revision), {})[key.page] = unit
    found = [
        finding
        for one in expected
        for finding in _of_revision(one, there.get((one.document, one.revision), {}), seen=seen, routed=routed)
    ]
    return found + [_surplus(Flaw.ORPHANED, *of, pages) for of, pages in there.items() if of not in known]


def _of_revision(one: Expected, units: dict[int, Unit], *, seen: bool, routed: bool) -> Iterator[Finding]:
    def finding(flaw: Flaw, pages: Sequence[int]) -> Iterator[Finding]:
        if pages:
            yield Finding(flaw, one.document, one.revision, tuple(pages))

    whole = [page for page, passages in one.pages.items() if page in units and _is_whole(units[page], passages)]
    yield from finding(Flaw.MISSING, sorted(one.pages.keys() - set(whole)))
    if one.published:
        yield from finding(Flaw.HIDDEN, sorted(page for page in whole if not units[page].visible))
    if seen:
        yield from finding(Flaw.UNSEEN, sorted(page for page in whole if not units[page].seen))
    if routed and one.published and (0 not in units or units[0].pages != len(one.pages)):
        yield from finding(Flaw.UNROUTED, [0])
    if one.published:
        surplus = {page: unit for page, unit in units.items() if page and page not in one.pages}
        if surplus:
            yield _surplus(Flaw.SURPLUS, one.document, one.revision, surplus)


def _is_whole(unit: Unit, passages: int) -> bool:
    return unit.whole and unit.gapless and (unit.passages > 0 or passages == 0)


def _surplus(flaw: Flaw, document: str, revision: str, pages: Mapping[int, Unit]) -> Finding:
    ids = tuple(id for page in sorted(pages) for id in pages[page].ids)
    return Finding(flaw, document, revision, tuple(sorted(pages)), ids)
