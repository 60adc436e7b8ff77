"""From rows to wire types."""

from datetime import datetime

import msgspec

from api.catalogue.models import DocumentRow, JobEventRow, JobRow, PageRow
from api.schemas import Document, DocumentStatus, EventKind, Job, JobEvent, JobKind, JobStatus, PageSummary, Progress

_WITHOUT_REVISION = {
    JobStatus.FAILED: DocumentStatus.FAILED,
    JobStatus.CANCELLED: DocumentStatus.CANCELLED,
}


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def document_view(row: DocumentRow, job: JobRow) -> Document:
    """A document with its latest job's state: a visible revision stays ready while a new one is read."""
    if row.revision:
        status = DocumentStatus.PARTIAL if row.pages_failed else DocumentStatus.READY
    else:
        status = _WITHOUT_REVISION.get(JobStatus(job.status), DocumentStatus.READING)
    return Document(
        id=row.id,
        collection=row.collection_id,
        name=row.name,
        media_type=row.media_type,
        bytes=row.bytes,
        sha256=row.sha256,
        pages=row.pages,
        pages_failed=row.pages_failed,
        status=status,
        job=row.job_id,
        created_at=stamp(row.created_at),
        title=row.title,
        error=row.error if row.revision else job.error,
        pages_ready=_pages_ready(row, job),
        pages_waiting=row.pages_waiting,
    )


def _pages_ready(row: DocumentRow, job: JobRow) -> int:
    if row.revision:
        return row.pages - row.pages_failed
    taken_back = job.cancel_requested or JobStatus(job.status).final
    return 0 if taken_back else job.pages_done - job.pages_failed


def job_view(row: JobRow, seconds_left: float | None = None) -> Job:
    """A job as callers see it."""
    return Job(
        id=row.id,
        document=row.document_id,
        collection=row.collection_id,
        kind=JobKind(row.kind),
        status=JobStatus(row.status),
        progress=progress_of(row, seconds_left),
        created_at=stamp(row.created_at),
        updated_at=stamp(row.updated_at),
        error=row.error,
    )


def progress_of(row: JobRow, seconds_left: float | None = None) -> Progress:
    """The job's counters."""
    return Progress(
        pages_total=row.pages_total,
        pages_done=row.pages_done,
        pages_failed=row.pages_failed,
        passages=row.passages,
        seconds_left=seconds_left,
    )


def event_view(row: JobEventRow) -> JobEvent:
    """A stored event."""
    return JobEvent(
        id=row.id,
        job=row.job_id,
        kind=EventKind(row.kind),
        at=stamp(row.at),
        progress=msgspec.convert(row.progress, Progress),
        page=row.page,
        source=row.source,
        milliseconds=row.milliseconds,
        message=row.message,
    )


def page_view(row: PageRow) -> PageSummary:
    """A page without its words."""
    return PageSummary(
        number=row.number,
        label=row.label,
        width=row.width,
        height=row.height,
        source=row.source,
        words=row.words,
        passages=row.passages,
        error=row.error,
        awaiting_ocr=row.ocr is not None,
    )
