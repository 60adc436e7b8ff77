"""What an index holds, as it is compared: pages of revisions, and whole documents as page 0 of theirs."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from retrieval.schema import DOCUMENT, GRID, PAGE, PASSAGE, WORDLESS, PointInfo
from retrieval.store.contract import Filter, VectorStore

_FIELDS = ("document", "revision", "page", "ordinal", "kind", "visible", "pages", GRID, WORDLESS)


class Key(NamedTuple):
    """A page of a revision; 0 stands for the whole document."""

    document: str
    revision: str
    page: int


class Unit(Struct, frozen=True):
    """What an index has of a page: ids of all its points, how many of them are passages, and whether these follow one another
    from the first on (`gapless`). `whole`: its own point is there,
    which is written last; `seen`: with the vectors of its image. `visible`: every point can be found; `hidden`: none can.
    `pages`, of a document: how many pages it was made of."""

    ids: tuple[str, ...]
    passages: int
    gapless: bool
    whole: bool
    visible: bool
    hidden: bool
    seen: bool
    pages: int


Units = Mapping[Key, Unit]


async def points(
    store: VectorStore, collection: str, where: Filter | None = None, *, wordless: bool = False
) -> list[PointInfo]:
    """Every point, in no promised order. `wordless`: only pages without words shall have vectors of their images; the others
    count as seen."""
    return [
        PointInfo(
            id=stored.id,
            document=stored.payload["document"],
            revision=stored.payload["revision"],
            page=stored.payload["page"],
            ordinal=stored.payload["ordinal"],
            kind=stored.payload["kind"],
            visible=bool(stored.payload["visible"]),
            seen=GRID in stored.payload or (wordless and WORDLESS not in stored.payload),
            pages=stored.payload.get("pages", 0),
        )
        for stored in await store.scroll(collection, where, fields=_FIELDS)
    ]


def by_page(found: Iterable[PointInfo]) -> dict[Key, Unit]:
    """The points of each page together, in the order of the pages."""
    grouped: dict[Key, list[PointInfo]] = {}
    for point in found:
        grouped.setdefault(Key(point.document, point.revision, point.page), []).append(point)
    return {key: _unit(grouped[key]) for key in sorted(grouped)}


def _unit(found: list[PointInfo]) -> Unit:
    own = next((point for point in found if point.kind in (PAGE, DOCUMENT)), None)
    ordinals = sorted(point.ordinal for point in found if point.kind == PASSAGE)
    return Unit(
        ids=tuple(sorted(point.id for point in found)),
        passages=len(ordinals),
        gapless=ordinals == list(range(len(ordinals))),
        whole=own is not None,
        visible=all(point.visible for point in found),
        hidden=not any(point.visible for point in found),
        seen=own is not None and own.seen,
        pages=own.pages if own is not None else 0,
    )
