"""Jobs, their events and the pages they have finished, in the catalogue.

A page's row, the job's counters and the events that tell of it are written in one transaction: after a crash none of the three
is ahead of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.database import Database
from api.catalogue.models import LEFT, UNFINISHED, DocumentRow, JobEventRow, JobRow, PageRow
from api.catalogue.views import event_view, job_view, progress_of
from api.errors import NotFound
from api.schemas import EventKind, Job, JobEvent, JobKind, JobStatus
from ingest import Page
from retrieval import Built, ModelChoice


@dataclass(frozen=True, slots=True)
class Order:
    """What a job has to do."""

    job: str
    document: str
    collection: str
    revision: str
    suffix: str
    pages: int
    status: JobStatus
    shown: str | None
    """The revision of the document that is published."""
    withdrawn: bool
    """It is decided that nothing of it stays: cancelled, or failed where there is an `error`."""
    error: str | None

    @property
    def published(self) -> bool:
        """Whether what it reads has been published, and only the end is missing."""
        return self.shown == self.revision

    @property
    def fresh(self) -> bool:
        """Whether no other revision of the document is seen, so that its pages may be seen as they come."""
        return self.shown is None or self.published


@dataclass(frozen=True, slots=True)
class IndexOrder:
    """Work on the index of a collection. `choice`: the models that it is to be built with; `documents`: whose pages are meant,
    where not all are."""

    job: str
    collection: str
    kind: JobKind
    status: JobStatus
    choice: ModelChoice | None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that has been read and indexed with `passages` passages. `remark`: what is less than it should be."""

    page: Page
    passages: int
    remark: str | None = None


class Jobs:
    """What the service knows of its jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, job: str) -> Job:
        """One job; NotFound if it is unknown."""
        async with self._database.reading() as session:
            row = await _job(session, job)
            last = await session.get(JobEventRow, (job, row.events))
        return job_view(row, last.progress.get("seconds_left") if last else None)

    async def order(self, job: str) -> Order | None:
        """What there is to do, or None if the job is gone with its document."""
        async with self._database.reading() as session:
            row = await session.get(JobRow, job)
            if row is None or row.document_id is None:
                return None
            shown = (await session.get_one(DocumentRow, row.document_id)).revision
        return Order(
            job=row.id,
            document=row.document_id,
            collection=row.collection_id,
            revision=row.revision,
            suffix=row.suffix,
            pages=row.pages_total,
            status=JobStatus(row.status),
            shown=shown,
            withdrawn=row.cancel_requested,
            error=row.error,
        )

    async def unfinished(self) -> list[tuple[str, JobKind]]:
        """Jobs that were accepted and have not ended, oldest first."""
        wanted = select(JobRow.id, JobRow.kind).where(JobRow.status.in_(UNFINISHED))
        async with self._database.reading() as session:
            rows = await session.execute(wanted.order_by(JobRow.created_at, JobRow.id))
            return [(job, JobKind(kind)) for job, kind in rows]

    async def kind(self, job: str) -> JobKind | None:
        """What the job is about; None if it is gone."""
        async with self._database.reading() as session:
            row = await session.get(JobRow, job)
        return None if row is None else JobKind(row.kind)

    async def create_index_job(
        self, job: str, collection: str, kind: JobKind, choice: ModelChoice | None, documents: Sequence[str] = ()
    ) -> tuple[str, bool]:
        """Writes a job that works on the collection's index, unless there is one that is not finished. Returns the one that is
        there, and whether it does what was asked for."""
        wanted = {} if choice is None else msgspec.to_builtins(choice)
        if documents:
            wanted = {"documents": sorted(documents)}
        async with self._database.session() as session:
            other = (await session.scalars(_on_index(collection).where(JobRow.status.in_(UNFINISHED)))).first()
            if other is not None:
                same = (other.kind, other.upload) == (kind.value, wanted) and not other.cancel_requested
                return other.id, same
            row = JobRow(
                id=job,
                document_id=None,
                collection_id=collection,
                kind=kind.value,
                suffix="",
                upload=wanted,
                pages_total=0,
                pages_done=0,
                pages_failed=0,
                passages=0,
                events=0,
            )
            session.add(row)
            await session.flush()  # the event refers to the row
            _tell(session, row, EventKind.ACCEPTED)
        return job, True

    async def index_order(self, job: str) -> IndexOrder | None:
        """What there is to do on an index; None for other jobs, and if it is gone."""
        async with self._database.reading() as session:
            row = await session.get(JobRow, job)
        if row is None or row.document_id is not None:
            return None
        kind, documents = JobKind(row.kind), tuple(row.upload.get("documents", ()))
        choice = msgspec.convert(row.upload, ModelChoice) if row.upload and not documents else None
        return IndexOrder(row.id, row.collection_id, kind, JobStatus(row.status), choice, documents)

    async def of_index(self, collection: str, *, unfinished: bool = False) -> list[str]:
        """The jobs on the collection's index, all of them or the one that is not finished."""
        wanted = _on_index(collection)
        async with self._database.reading() as session:
            rows = await session.scalars(wanted.where(JobRow.status.in_(UNFINISHED)) if unfinished else wanted)
            return [row.id for row in rows]

    async def pages_built(self, job: str, pages: Sequence[Built], seconds_left: float | None) -> bool:
        """Stores pages of a new index, with their events; returns whether the job's cancellation has been asked for."""
        async with self._database.session() as session:
            row = await _job(session, job)
            for built in pages:
                row.pages_total, row.pages_done = built.pages_total, built.pages_done
                row.pages_failed += built.failed
                row.passages += built.passages
                kind = EventKind.PAGE_FAILED if built.failed else EventKind.PAGE_INDEXED
                _tell(session, row, kind, message=built.remark, seconds_left=seconds_left, page=built.page)
            return row.cancel_requested

    async def of_document(self, document: str) -> list[str]:
        """The jobs that read the document, oldest first."""
        wanted = select(JobRow.id).where(JobRow.document_id == document).order_by(JobRow.created_at)
        async with self._database.reading() as session:
            return list((await session.scalars(wanted)).all())

    async def events(self, job: str, after: int, limit: int) -> list[JobEvent]:
        """Events after the one with id `after`, in order."""
        wanted = select(JobEventRow).where(JobEventRow.job_id == job, JobEventRow.id > after)
        async with self._database.reading() as session:
            rows = (await session.scalars(wanted.order_by(JobEventRow.id).limit(limit))).all()
            if not rows:
                await _job(session, job)
        return [event_view(row) for row in rows]

    async def start(self, job: str) -> bool:
        """Marks a job as running; a job that is resumed says so. False if it has ended meanwhile."""
        async with self._database.session() as session:
            row = await _job(session, job)
            if JobStatus(row.status).final:
                return False
            resumed = row.status == JobStatus.RUNNING.value
            row.status = JobStatus.RUNNING.value
            message = f"resumed: {row.pages_done} of {row.pages_total} pages are there already" if resumed else None
            _tell(session, row, EventKind.STARTED, message=message)
        return True

    async def pages_read(self, job: str, pages: Sequence[ReadPage], seconds_left: float | None) -> bool:
        """Stores finished pages with their events; returns whether the job's cancellation has been asked for."""
        async with self._database.session() as session:
            row = await _job(session, job)
            for read in pages:
                _count(row, read)
                session.add(_page_row(row, read))
                _tell_page(session, row, read, seconds_left)
            return row.cancel_requested

    async def tell(self, job: str, kind: EventKind, message: str | None = None) -> None:
        """Stores an event that ends nothing."""
        async with self._database.session() as session:
            _tell(session, await _job(session, job), kind, message=message)

    async def finish(self, job: str, status: JobStatus, error: str | None = None) -> None:
        """Ends a job, once, with its final event; later calls change nothing."""
        async with self._database.session() as session:
            row = await _job(session, job)
            if JobStatus(row.status).final:
                return
            row.status, row.error = status.value, error
            _tell(session, row, EventKind(status.value), message=error, seconds_left=0.0)

    async def withdraw(self, job: str, error: str | None) -> None:
        """Decides that nothing of the job is to stay: none of its pages is seen from now on, and they can be taken back one
        after the other. `error` is why, None for a cancellation; a crash in between does not change the decision."""
        async with self._database.session() as session:
            row = await _job(session, job)
            row.cancel_requested, row.error = True, error

    async def request_cancel(self, job: str) -> bool:
        """Asks a job to stop, and hides what it has read of a new document; False if it has ended."""
        async with self._database.session() as session:
            row = await _job(session, job)
            if JobStatus(row.status).final:
                return False
            row.cancel_requested = True
        return True


def _on_index(collection: str) -> Select[JobRow]:
    return select(JobRow).where(JobRow.collection_id == collection, JobRow.document_id.is_(None))


async def _job(session: AsyncSession, job: str) -> JobRow:
    row = await session.get(JobRow, job)
    if row is None:
        raise NotFound(f"There is no job {job!r}.")
    return row


def _count(row: JobRow, read: ReadPage) -> None:
    row.pages_done += 1
    row.passages += read.passages
    if read.page.error is not None:
        row.pages_failed += 1


def _page_row(row: JobRow, read: ReadPage) -> PageRow:
    made = PageRow(document_id=row.document_id, revision=row.revision, number=read.page.number)
    describe(made, read)
    return made


def describe(row: PageRow, read: ReadPage) -> None:
    """Writes into the row what has been read of its page."""
    page = read.page
    row.label, row.width, row.height = page.label, page.width, page.height
    row.source, row.words, row.passages = page.source.value, len(page.words), read.passages
    row.error, row.ocr = page.error, None if page.awaiting_ocr is None else LEFT


def _left(page: Page) -> str | None:
    return None if page.awaiting_ocr is None else f"Left to OCR until it is asked for: {page.awaiting_ocr}."


def _tell_page(session: AsyncSession, row: JobRow, read: ReadPage, seconds_left: float | None) -> None:
    page = read.page
    _tell(
        session,
        row,
        EventKind.PAGE_FAILED if page.error else EventKind.PAGE_READ,
        message=page.error or " ".join(filter(None, (read.remark, _left(page)))) or None,
        seconds_left=seconds_left,
        page=page.number,
        source=page.source.value,
        milliseconds=round(page.milliseconds, 1),
    )


def _tell(
    session: AsyncSession,
    row: JobRow,
    kind: EventKind,
    *,
    message: str | None = None,
    seconds_left: float | None = None,
    page: int | None = None,
    source: str | None = None,
    milliseconds: float | None = None,
) -> None:
    row.events += 1
    session.add(
        JobEventRow(
            job_id=row.id,
            id=row.events,
            kind=kind.value,
            progress=msgspec.to_builtins(progress_of(row, seconds_left)),
            page=page,
            source=source,
            milliseconds=milliseconds,
            message=message,
        )
    )
