"""Collections, documents and their pages in the catalogue."""

import base64
import binascii
from collections.abc import Collection as Collection_
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Row, Select, case, delete, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.database import Database
from api.catalogue.models import (
    UNFINISHED,
    AnswerDocumentRow,
    AnswerRow,
    CollectionRow,
    DocumentRow,
    JobEventRow,
    JobRow,
    PageRow,
)
from api.catalogue.views import document_view, job_view, page_view, progress_of, stamp
from api.errors import InvalidInput, NotFound, NotReady
from api.schemas import Collection, Document, DocumentStatus, EventKind, Job, JobStatus, Paged, PageSummary


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload brings: facts of the file. `notes` tells what the first look mended (a damaged PDF, odd bytes)."""

    name: str
    media_type: str
    title: str | None
    bytes: int
    sha256: str
    pages: int
    suffix: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visible:
    """A document that search may show, with the one revision it may show of it.

    A new document is seen while it is read: `pages_ready` of its `pages_total` pages so far.
    """

    document: str
    name: str
    revision: str
    pages_ready: int
    pages_failed: int
    pages_total: int
    pages_waiting: int
    """Of those that are ready, left to OCR until somebody asks."""

    @property
    def whole(self) -> bool:
        """Whether every page has been dealt with."""
        return self.pages_ready + self.pages_failed >= self.pages_total


@dataclass(frozen=True, slots=True)
class Published:
    """A document with its visible revision: the pages that could be read, with the number of passages of each."""

    document: str
    name: str
    revision: str
    pages: dict[int, int]


class _SameBytesError(Exception):
    """The collection has a document of these bytes."""


class Documents:
    """What the service knows of collections and documents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def collections(self) -> list[Collection]:
        """All collections by name, with the number of documents in each."""
        counted = (
            select(CollectionRow, func.count(DocumentRow.id))
            .outerjoin(DocumentRow, (DocumentRow.collection_id == CollectionRow.id) & ~DocumentRow.deleting)
            .group_by(CollectionRow.id)
            .order_by(CollectionRow.id)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(counted)).all()
        return [Collection(id=row.id, documents=count, created_at=stamp(row.created_at)) for row, count in rows]

    async def require_collection(self, collection: str) -> None:
        """Raises NotFound, naming the collections that are there."""
        async with self._database.reading() as session:
            if await session.get(CollectionRow, collection) is not None:
                return
            known = (await session.scalars(select(CollectionRow.id).order_by(CollectionRow.id).limit(20))).all()
        there = f"There are: {', '.join(known)}." if known else "There are none yet: upload a document to make one."
        raise NotFound(f"There is no collection {collection!r}. {there}")

    async def ensure_collection(self, collection: str) -> None:
        """Makes the collection if it is not there; two at once are fine."""
        try:
            async with self._database.session() as session:
                if await session.get(CollectionRow, collection) is None:
                    session.add(CollectionRow(id=collection))
        except IntegrityError:
            return  # another request made it first

    async def drop_collection(self, collection: str) -> None:
        """Removes the rows of an emptied collection."""
        async with self._database.session() as session:
            await session.execute(delete(AnswerRow).where(AnswerRow.collection_id == collection))
            await session.execute(
                delete(JobRow).where(JobRow.collection_id == collection, JobRow.document_id.is_(None))
            )
            await session.execute(delete(CollectionRow).where(CollectionRow.id == collection))

    async def listing(self, collection: str | None, cursor: str | None, limit: int) -> Paged[Document]:
        """Documents in the order of their arrival."""
        wanted = _documents().order_by(DocumentRow.created_at, DocumentRow.id).limit(limit + 1)
        if collection is not None:
            wanted = wanted.where(DocumentRow.collection_id == collection)
        if cursor is not None:
            wanted = wanted.where(tuple_(DocumentRow.created_at, DocumentRow.id) > _decode_cursor(cursor))
        async with self._database.reading() as session:
            rows = (await session.execute(wanted)).all()
        following = _encode_cursor(rows[limit - 1][0]) if len(rows) > limit else None
        return Paged([document_view(document, job) for document, job in rows[:limit]], following)

    async def get(self, document: str) -> Document:
        """One document; NotFound if it is unknown or being deleted."""
        async with self._database.reading() as session:
            row = (await session.execute(_documents().where(DocumentRow.id == document))).first()
        return document_view(*_found(row, f"There is no document {document!r}."))

    async def revision(self, document: str) -> str:
        """The revision to show pages of: the visible one, or else the one that is being read."""
        async with self._database.reading() as session:
            row = (await session.execute(_documents().where(DocumentRow.id == document))).first()
        shown, job = _found(row, f"There is no document {document!r}.")
        return str(shown.revision or job.revision)

    async def suffix(self, document: str, revision: str) -> str:
        """The suffix that the revision's source was uploaded with."""
        wanted = select(JobRow.suffix).where(JobRow.document_id == document, JobRow.revision == revision)
        async with self._database.reading() as session:
            return str((await session.scalars(wanted)).one())

    async def known_suffix(self, document: str, revision: str) -> str | None:
        """As `suffix`; None where the revision is not known any more."""
        wanted = select(JobRow.suffix).where(JobRow.document_id == document, JobRow.revision == revision)
        async with self._database.reading() as session:
            return (await session.scalars(wanted)).one_or_none()

    async def published(self, collection: str) -> list[Published]:
        """Every document that has a visible revision and is not being deleted, in the order of their arrival."""
        wanted = select(DocumentRow.id, DocumentRow.name, DocumentRow.revision, PageRow.number, PageRow.passages)
        wanted = wanted.join(
            PageRow,
            (PageRow.document_id == DocumentRow.id)
            & (PageRow.revision == DocumentRow.revision)
            & PageRow.error.is_(None),
        )
        wanted = wanted.where(DocumentRow.collection_id == collection, ~DocumentRow.deleting)
        found: dict[str, Published] = {}
        async with self._database.reading() as session:
            rows = await session.execute(wanted.order_by(DocumentRow.created_at, DocumentRow.id, PageRow.number))
            for document, name, revision, number, passages in rows:
                one = found.setdefault(document, Published(document, name, str(revision), {}))
                one.pages[number] = passages
        return list(found.values())

    async def busy(self, collection: str) -> set[tuple[str, str]]:
        """(document, revision) of what is being read or deleted: the index may hold any part of it."""
        wanted = select(JobRow.document_id, JobRow.revision).join(DocumentRow, DocumentRow.id == JobRow.document_id)
        wanted = wanted.where(JobRow.collection_id == collection, JobRow.status.in_(UNFINISHED) | DocumentRow.deleting)
        async with self._database.reading() as session:
            return {(str(document), revision) for document, revision in await session.execute(wanted)}

    async def with_content(self, collection: str, sha256: str) -> tuple[Document, Job, bool] | None:
        """The document of these bytes, its latest job, and whether it is being deleted."""
        wanted = select(DocumentRow, JobRow).join(JobRow, JobRow.id == DocumentRow.job_id)
        wanted = wanted.where(DocumentRow.collection_id == collection, DocumentRow.sha256 == sha256)
        async with self._database.reading() as session:
            row = (await session.execute(wanted)).first()
        return None if row is None else (document_view(*row), job_view(row[1]), row[0].deleting)

    async def create(self, collection: str, document: str, job: str, revision: str, upload: Upload) -> bool:
        """Writes a new document with its first job; False if the same bytes came in meanwhile."""
        try:
            async with self._database.session() as session:
                session.add(_new_document(collection, document, job, upload))
                await _flush_unique(session)
                await _add_job(session, collection, document, job, revision, upload)
        except _SameBytesError:
            return False
        return True

    async def read_again(self, document: str, job: str, revision: str, upload: Upload) -> None:
        """Writes a further job for a known document: new bytes for it, or another try."""
        async with self._database.session() as session:
            row = await session.get(DocumentRow, document)
            if row is None or row.deleting:
                raise NotFound(f"There is no document {document!r}.")
            latest = await session.get_one(JobRow, row.job_id)
            if not JobStatus(latest.status).final:
                raise NotReady(
                    f"Document {document!r} is still being read; wait for its job or cancel it.", (latest.id,)
                )
            row.job_id = job
            if row.revision is None:
                _take_over(row, upload)
            await _add_job(session, row.collection_id, document, job, revision, upload)

    async def publish(self, job: str, pages_failed: int, error: str | None) -> bool:
        """Makes the job's revision the visible one, with what its upload brought; False if it was cancelled before."""
        async with self._database.session() as session:
            read = await session.get_one(JobRow, job)
            if read.cancel_requested:
                return False
            row = await session.get_one(DocumentRow, read.document_id)
            _take_over(row, Upload(pages=read.pages_total, suffix=read.suffix, **read.upload))
            row.revision, row.pages_failed, row.error = read.revision, pages_failed, error
        return True

    async def forget_pages(self, document: str, *, keep: str | None) -> None:
        """Removes the page rows of all revisions but `keep`."""
        async with self._database.session() as session:
            await session.execute(
                delete(PageRow).where(PageRow.document_id == document, PageRow.revision != (keep or ""))
            )

    async def pages(self, document: str, revision: str, after: int, limit: int) -> list[PageSummary]:
        """Pages by number, from the one after `after`."""
        wanted = select(PageRow).where(
            PageRow.document_id == document, PageRow.revision == revision, PageRow.number > after
        )
        async with self._database.reading() as session:
            rows = (await session.scalars(wanted.order_by(PageRow.number).limit(limit))).all()
        return [page_view(row) for row in rows]

    async def page_numbers(self, document: str, revision: str) -> set[int]:
        """The pages of a revision that need not be read again."""
        wanted = select(PageRow.number).where(PageRow.document_id == document, PageRow.revision == revision)
        async with self._database.reading() as session:
            return set((await session.scalars(wanted)).all())

    async def visible(self, collection: str, documents: Sequence[str] = ()) -> list[Visible]:
        """Documents of the collection that can be searched, each with its visible revision: the published one, or of a new
        document the one that is being read, as soon as one of its pages is there."""
        wanted = _documents().where(DocumentRow.collection_id == collection)
        wanted = wanted.where(
            DocumentRow.revision.is_not(None) | (_seen_early() & (JobRow.pages_done > JobRow.pages_failed))
        )
        if documents:
            wanted = wanted.where(DocumentRow.id.in_(documents))
        async with self._database.reading() as session:
            rows = (await session.execute(wanted.order_by(DocumentRow.created_at, DocumentRow.id))).all()
        return [_visible(document, job) for document, job in rows]

    async def pages_there(self, revisions: Collection_[str], numbers: Collection_[int]) -> set[tuple[str, int]]:
        """Of these pages of these revisions, those that have been read and indexed, as (revision, number)."""
        wanted = select(PageRow.revision, PageRow.number).where(
            PageRow.revision.in_(revisions), PageRow.number.in_(numbers), PageRow.error.is_(None)
        )
        async with self._database.reading() as session:
            return {(revision, number) for revision, number in await session.execute(wanted)}

    async def hidden(self, collection: str) -> tuple[str, ...]:
        """Revisions that the index may hold and search must not show: of documents that a job is changing just now, all
        but the visible one, or the one that becomes so page by page."""
        alive = select(JobRow.document_id).where(JobRow.collection_id == collection, JobRow.status.in_(UNFINISHED))
        wanted = select(JobRow.revision).join(DocumentRow, DocumentRow.id == JobRow.document_id)
        wanted = wanted.where(JobRow.document_id.in_(alive), JobRow.revision != func.coalesce(DocumentRow.revision, ""))
        wanted = wanted.where(~((JobRow.id == DocumentRow.job_id) & _seen_early()))
        async with self._database.reading() as session:
            return tuple((await session.scalars(wanted)).all())

    async def unfinished(self, collection: str) -> list[Document]:
        """Documents of the collection that are read for the first time just now."""
        wanted = _documents().where(DocumentRow.collection_id == collection, DocumentRow.revision.is_(None))
        async with self._database.reading() as session:
            rows = (await session.execute(wanted)).all()
        views = [document_view(document, job) for document, job in rows]
        return [view for view in views if view.status is DocumentStatus.READING]

    async def mark_deleting(self, document: str) -> str:
        """Hides the document from everybody, for good; returns its collection."""
        async with self._database.session() as session:
            row = await session.get(DocumentRow, document)
            if row is None or row.deleting:
                raise NotFound(f"There is no document {document!r}.")
            row.deleting = True
            await session.execute(update(JobRow).where(JobRow.document_id == document).values(cancel_requested=True))
            return row.collection_id

    async def deleting(self) -> list[tuple[str, str]]:
        """(document, collection) of deletions that have begun and not ended."""
        async with self._database.reading() as session:
            rows = await session.execute(select(DocumentRow.id, DocumentRow.collection_id).where(DocumentRow.deleting))
            return [(document, collection) for document, collection in rows]

    async def drop(self, document: str) -> list[str]:
        """Removes every row of the document and the answers that hold its words; returns the ids of its jobs."""
        async with self._database.session() as session:
            jobs = list((await session.scalars(select(JobRow.id).where(JobRow.document_id == document))).all())
            told = select(AnswerDocumentRow.answer_id).where(AnswerDocumentRow.document_id == document)
            await session.execute(delete(AnswerRow).where(AnswerRow.id.in_(told)))
            await session.execute(delete(DocumentRow).where(DocumentRow.id == document))
        return jobs

    async def revisions(self) -> dict[str, set[str]]:
        """Every document with the revisions whose files and points may exist: the visible one and those of unfinished jobs."""
        async with self._database.reading() as session:
            shown = (await session.execute(select(DocumentRow.id, DocumentRow.revision))).all()
            read = await session.execute(
                select(JobRow.document_id, JobRow.revision).where(
                    JobRow.status.in_(UNFINISHED), JobRow.document_id.is_not(None)
                )
            )
            known = {document: {revision} if revision else set() for document, revision in shown}
            for document, revision in read:
                known[str(document)].add(revision)
        return known


def _documents() -> Select[DocumentRow, JobRow]:
    return select(DocumentRow, JobRow).join(JobRow, JobRow.id == DocumentRow.job_id).where(~DocumentRow.deleting)


def _seen_early() -> ColumnElement[bool]:
    """Of a document joined with its latest job: whether it is new, and shown while the job reads it."""
    return DocumentRow.revision.is_(None) & JobRow.status.in_(UNFINISHED) & ~JobRow.cancel_requested


def shown_revision() -> ColumnElement[str | None]:
    """Of a document joined with its latest job: the revision that search may show; none (NULL) where there is none yet, or what
    has been read of it is not to stay."""
    return func.coalesce(DocumentRow.revision, case((_seen_early(), JobRow.revision)))


def _visible(row: DocumentRow, job: JobRow) -> Visible:
    if row.revision is not None:
        ready, failed, total = row.pages - row.pages_failed, row.pages_failed, row.pages
    else:
        ready, failed, total = job.pages_done - job.pages_failed, job.pages_failed, job.pages_total
    return Visible(row.id, row.name, row.revision or job.revision, ready, failed, total, row.pages_waiting)


def _found(row: Row[DocumentRow, JobRow] | None, message: str) -> tuple[DocumentRow, JobRow]:
    if row is None:
        raise NotFound(message)
    document, job = row
    return document, job


def _new_document(collection: str, document: str, job: str, upload: Upload) -> DocumentRow:
    row = DocumentRow(id=document, collection_id=collection, job_id=job)
    _take_over(row, upload)
    return row


def _take_over(row: DocumentRow, upload: Upload) -> None:
    row.name, row.media_type, row.title = upload.name, upload.media_type, upload.title
    row.bytes, row.sha256, row.pages = upload.bytes, upload.sha256, upload.pages


async def _flush_unique(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise _SameBytesError from error


async def _add_job(
    session: AsyncSession, collection: str, document: str, job: str, revision: str, upload: Upload
) -> None:
    facts = asdict(upload)
    row = JobRow(
        id=job,
        document_id=document,
        collection_id=collection,
        revision=revision,
        pages_total=facts.pop("pages"),
        suffix=facts.pop("suffix"),
        upload=facts,
        pages_done=0,
        pages_failed=0,
        passages=0,
        events=2,
    )
    session.add(row)
    await session.flush()  # the event refers to the row
    progress = msgspec.to_builtins(progress_of(row))
    told = " ".join(upload.notes) or None
    for number, (kind, message) in enumerate([(EventKind.ACCEPTED, told), (EventKind.FOUND, upload.media_type)], 1):
        session.add(JobEventRow(job_id=job, id=number, kind=kind.value, progress=progress, message=message))


def _encode_cursor(row: DocumentRow) -> str:
    return base64.urlsafe_b64encode(f"{row.created_at.isoformat()} {row.id}".encode()).decode()


def _decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        moment, document = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return datetime.fromisoformat(moment), document
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise InvalidInput("The cursor is not one that a list returned.") from error
