"""The tables of the catalogue. Ids are opaque strings; times are UTC.

`Document.revision` is the revision that search sees; a job reads a new one beside it and then swaps it in. A document that has
none yet is seen page by page: those pages of its job's revision that have a row.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from advanced_alchemy.base import CommonTableAttributes, create_registry
from advanced_alchemy.mixins import AuditColumns
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from api.schemas import JobStatus

UNFINISHED = tuple(status.value for status in JobStatus if not status.final)


def now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """An opaque id; the prefix is for people reading logs."""
    return f"{prefix}_{uuid4().hex}"


class Base(CommonTableAttributes, DeclarativeBase, AsyncAttrs):
    """A registry of our own, so that tables of other users of advanced-alchemy never end up in our migrations."""

    registry = create_registry()


class CollectionRow(Base, AuditColumns):
    """A collection; `id` is the caller's name for it."""

    __tablename__ = "collection"
    id: Mapped[str] = mapped_column(String(63), primary_key=True)


LEFT, STORING = "left", "storing"
"""Something of a page is left to read by OCR until somebody asks; it has been read, and is on its way into the page's record and
the index."""


class PageRow(Base):
    """A page of one revision that has been read and indexed (or has failed for good)."""

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_ocr", "document_id", "ocr"),)
    document_id: Mapped[str] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(Text)
    width: Mapped[float]
    height: Mapped[float]
    source: Mapped[str] = mapped_column(String(16))
    words: Mapped[int]
    passages: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    ocr: Mapped[str | None] = mapped_column(String(8))
    """LEFT or STORING; None where nothing of it is left to read by OCR."""


class DocumentRow(Base, AuditColumns):
    """A document. The same bytes stand once in a collection."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("collection_id", "sha256"), Index("ix_document_order", "created_at", "id"))
    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("doc"))
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(128))
    title: Mapped[str | None] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    pages_failed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[str | None] = mapped_column(String(40))
    job_id: Mapped[str] = mapped_column(String(40))
    deleting: Mapped[bool] = mapped_column(default=False)
    pages_waiting: Mapped[int] = column_property(
        select(func.count(PageRow.number))
        .where(
            PageRow.document_id == id,
            PageRow.ocr.is_not(None),
            PageRow.revision == func.coalesce(revision, PageRow.revision),
        )
        .correlate_except(PageRow)
        .scalar_subquery()
    )
    """Pages of the visible revision (of a new document: of the one that is read) that are left to OCR."""


class JobRow(Base, AuditColumns):
    """One reading of a document into `revision`; or, by its `kind`, work on the index of the collection, without a document.

    `upload` holds what the document takes over once the revision is published: name, media_type, title, bytes, sha256; of work
    on an index, the models that are to be used.
    `events` is the id of the last event. `cancel_requested`: nothing of the job is to stay, because somebody asked for that or,
    with an `error`, because it failed; its pages are not seen any more while they are taken back.
    """

    __tablename__ = "job"
    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("job"))
    kind: Mapped[str] = mapped_column(String(16), default="read", server_default="read")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    revision: Mapped[str] = mapped_column(String(40), default=lambda: new_id("rev"))
    status: Mapped[str] = mapped_column(String(16), default=JobStatus.ACCEPTED.value, index=True)
    suffix: Mapped[str] = mapped_column(String(16), default="")
    upload: Mapped[dict[str, Any]] = mapped_column(JSON)
    pages_total: Mapped[int]
    pages_done: Mapped[int] = mapped_column(default=0)
    pages_failed: Mapped[int] = mapped_column(default=0)
    passages: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(Text)


class JobEventRow(Base):
    """A stored JobEvent."""

    __tablename__ = "job_event"
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True), default=now)
    progress: Mapped[dict[str, Any]] = mapped_column(JSON)
    page: Mapped[int | None]
    source: Mapped[str | None] = mapped_column(String(16))
    milliseconds: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)


class AnswerRow(Base):
    """A given answer, as JSON."""

    __tablename__ = "answer"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collection.id"))
    created_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True), default=now)
    body: Mapped[str] = mapped_column(Text)


class AnswerDocumentRow(Base):
    """Which documents' words an answer holds: it goes when one of them is deleted."""

    __tablename__ = "answer_document"
    answer_id: Mapped[str] = mapped_column(ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[str] = mapped_column(
        ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, index=True
    )
