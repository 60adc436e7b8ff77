"""Pages of which something is left to read by OCR, in the catalogue.

That a page is not left any more is the last thing that is written of it, after its record and the index: whatever a crash leaves
undone is done again. Between the mark STORING and that, record and index may differ; `interrupted` tells of such pages.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, select

from api.catalogue.database import Database
from api.catalogue.documents import shown_revision
from api.catalogue.jobs import ReadPage, describe
from api.catalogue.models import STORING, DocumentRow, JobRow, PageRow


class LeftPage(NamedTuple):
    """A page of a revision, `number` from 1."""

    document: str
    revision: str
    number: int
    collection: str


class Left:
    """What the service knows of pages that are left to OCR."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, collection: str, documents: Sequence[str] = ()) -> list[LeftPage]:
        """The pages that are left, of the collection's documents or of these: of the revisions that search shows."""
        wanted = _shown().where(DocumentRow.collection_id == collection)
        if documents:
            wanted = wanted.where(DocumentRow.id.in_(documents))
        return await self._pages(wanted.order_by(DocumentRow.created_at, DocumentRow.id, PageRow.number))

    async def among(self, revisions: Collection[str]) -> set[LeftPage]:
        """Those of these revisions that are left."""
        if not revisions:
            return set()
        return set(await self._pages(_shown().where(PageRow.revision.in_(revisions))))

    async def interrupted(self) -> list[LeftPage]:
        """Pages whose record and index may differ, since the process ended while they were stored."""
        return await self._pages(_shown().where(PageRow.ocr == STORING))

    async def _pages(self, wanted: Select[str, str, int, str]) -> list[LeftPage]:
        async with self._database.reading() as session:
            return [LeftPage(*row) for row in await session.execute(wanted)]

    async def begin(self, page: LeftPage) -> bool:
        """Marks that the page's words are being stored; False if nothing of it is left, or search does not show it any more."""
        async with self._database.session() as session:
            if (await session.execute(_shown().where(*_is(page)))).first() is None:
                return False
            (await session.get_one(PageRow, page[:3])).ocr = STORING
        return True

    async def finish(self, page: LeftPage, read: ReadPage) -> None:
        """What the page is now that it has been read, unless it has been deleted meanwhile."""
        async with self._database.session() as session:
            row = await session.get(PageRow, page[:3])
            if row is not None:
                describe(row, read)


def _shown() -> Select[str, str, int, str]:
    """Pages that are left, of revisions that search may show."""
    of_document = (PageRow.document_id == DocumentRow.id) & (PageRow.revision == shown_revision())
    wanted = select(PageRow.document_id, PageRow.revision, PageRow.number, DocumentRow.collection_id)
    wanted = wanted.join(DocumentRow, of_document).join(JobRow, JobRow.id == DocumentRow.job_id)
    return wanted.where(PageRow.ocr.is_not(None), ~DocumentRow.deleting)


def _is(page: LeftPage) -> tuple[ColumnElement[bool], ...]:
    return PageRow.document_id == page.document, PageRow.revision == page.revision, PageRow.number == page.number
