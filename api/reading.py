"""Reading a document: pages out of the workers, into the files, the index and the catalogue, batch by batch.

Each batch is durable in that order before the next one begins, and the point ids are derived from the page, so a job that is
killed anywhere goes on with the pages that the catalogue lacks and leaves nothing twice.

A new document can be searched while it is read: a page is seen, whole, from the moment at which its row is written. A document
that replaces another becomes visible at the end, in one step. What a cancelled or failed job has read is not seen any more from
the moment at which that is decided, and is then taken back. Knows nothing of HTTP or of the queue that calls it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import msgspec
import structlog

from api.catalogue import Documents, Jobs, Order, ReadPage
from api.files import Files
from api.images import drawing
from api.pace import Pace
from api.schemas import EventKind, JobStatus
from api.words import Words
from ingest import Ingestor, Page
from retrieval import ModelMismatch, Retriever

BATCH_PAGES = 8
BATCH_SECONDS = 1.0
UNSEEN = "Found by its words alone: "
"""So begins the note on a page whose image is not in an index that has images."""

log = structlog.get_logger(__name__)


class _Stopped(Exception):
    """The job has been given up while its pages were encoded."""


class Reading:
    """Carries out jobs. `changed` is called with a job's id after each step that left an event."""

    def __init__(
        self,
        documents: Documents,
        jobs: Jobs,
        files: Files,
        ingestor: Ingestor,
        retriever: Callable[[], Awaitable[Retriever]],
        words: Words,
        changed: Callable[[str], None],
    ) -> None:
        self._words = words
        self._documents = documents
        self._jobs = jobs
        self._files = files
        self._ingestor = ingestor
        self._retriever = retriever
        self._changed = changed
        self._stops: dict[str, asyncio.Event] = {}

    async def run(self, job: str) -> None:
        """Works on a job until it has ended. Raises only what another attempt may cure."""
        with self._stoppable(job) as stop:
            order = await self._jobs.order(job)
            if order is None or order.status.final:
                return
            if not await self._jobs.start(job):
                return
            self._changed(job)
            if order.withdrawn and not order.published:
                await self._abandon(order, JobStatus.FAILED if order.error else JobStatus.CANCELLED, order.error)
            else:
                await self._work(order, stop)
        self._changed(job)

    async def _work(self, order: Order, stop: asyncio.Event) -> None:
        try:
            cancelled = await self._read(order, stop)
        except ModelMismatch as error:
            # The index stays what it is, so another attempt would end here too.
            await self._abandon(order, JobStatus.FAILED, str(error))
            return
        if cancelled:
            await self._abandon(order, JobStatus.CANCELLED, None)
        else:
            await self._finish(order)

    def stop(self, job: str) -> None:
        """Gives up what is under way, if the job is worked on; its cancellation has been asked for."""
        if job in self._stops:
            self._stops[job].set()

    @contextmanager
    def _stoppable(self, job: str) -> Iterator[asyncio.Event]:
        self._stops[job] = asyncio.Event()
        try:
            yield self._stops[job]
        finally:
            del self._stops[job]

    async def cancel_waiting(self, job: str) -> None:
        """Ends a job that nothing works on yet."""
        order = await self._jobs.order(job)
        if order is not None and not order.status.final:
            await self._abandon(order, JobStatus.CANCELLED, None)
            self._changed(job)

    async def fail(self, job: str, error: Exception) -> None:
        """Ends a job whose attempts are used up, and takes back what it left."""
        order = await self._jobs.order(job)
        if order is not None and not order.status.final:
            await self._abandon(order, JobStatus.FAILED, f"{type(error).__name__}: {error}")
            self._changed(job)

    async def _read(self, order: Order, stop: asyncio.Event) -> bool:
        """Reads the pages that are not there yet; True if the job was cancelled."""
        there = await self._documents.page_numbers(order.document, order.revision)
        missing = [number for number in range(1, order.pages + 1) if number not in there]
        pace = Pace(len(missing))
        async with (
            self._files.source(order.document, order.revision, order.suffix) as path,
            aclosing(_batches(self._ingestor.read(path, missing), stop)) as batches,
        ):
            async for batch in batches:
                if await self._store(order, path, batch, pace, stop):
                    return True
        return stop.is_set()

    async def _store(self, order: Order, path: Path, pages: list[Page], pace: Pace, stop: asyncio.Event) -> bool:
        """Keeps and indexes pages; True if the job was cancelled."""
        retriever = await self._retriever()
        for page in pages:
            await self._files.put_page(order.document, order.revision, page)
        drawn = drawing(self._ingestor, path)

        async def draw(page: Page, pixels: int) -> bytes:
            # To encode a page may take seconds: what is cancelled need not wait for a whole batch.
            if stop.is_set():
                raise _Stopped
            return await drawn(page, pixels)

        try:
            indexed = await retriever.add_pages(
                order.collection, order.document, order.revision, pages, visible=order.fresh, draw=draw
            )
        except _Stopped:
            return True
        remarks = {number: f"{UNSEEN}{why}" for number, why in indexed.unseen.items()}
        for page in pages:
            if page.number in remarks:
                noted = msgspec.structs.replace(page, notes=(*page.notes, remarks[page.number]))
                await self._files.put_page(order.document, order.revision, noted)
        read = [ReadPage(page, indexed.passages[page.number], remarks.get(page.number)) for page in pages]
        cancelled = await self._jobs.pages_read(order.job, read, pace.seconds_left(len(pages)))
        self._changed(order.job)
        return cancelled

    async def _finish(self, order: Order) -> None:
        progress = (await self._jobs.get(order.job)).progress
        error = await self._failed_pages(order) if progress.pages_failed else None
        if progress.pages_failed == order.pages:
            await self._abandon(order, JobStatus.FAILED, error)
            return
        await self._jobs.tell(order.job, EventKind.INDEXED, f"{progress.passages} passages")
        retriever = await self._retriever()
        await retriever.publish(order.collection, order.document, order.revision)
        if not await self._documents.publish(order.job, progress.pages_failed, error):
            await self._abandon(order, JobStatus.CANCELLED, None)
            return
        await self._clear(order, keep=order.revision)
        await self._jobs.finish(order.job, JobStatus.PARTIAL if progress.pages_failed else JobStatus.DONE, error)

    async def _failed_pages(self, order: Order) -> str:
        pages = await self._documents.pages(order.document, order.revision, 0, order.pages)
        failed = [f"page {page.number}: {page.error}" for page in pages if page.error]
        more = f"; and {len(failed) - 5} more" if len(failed) > 5 else ""
        return f"{len(failed)} of {order.pages} pages could not be read: {'; '.join(failed[:5])}{more}"

    async def _abandon(self, order: Order, status: JobStatus, error: str | None) -> None:
        """Takes back what the job has left; an older revision stays visible."""
        await self._jobs.withdraw(order.job, error)
        shown = await self._documents.visible(order.collection, [order.document])
        await self._clear(order, keep=shown[0].revision if shown else None)
        await self._jobs.finish(order.job, status, error)

    async def _clear(self, order: Order, *, keep: str | None) -> None:
        retriever = await self._retriever()
        async with self._words.apart(order.document, keep=keep):
            await retriever.remove(order.collection, order.document, keep=keep)
            await self._files.delete(order.document, keep=keep)
            await self._documents.forget_pages(order.document, keep=keep)


async def _batches(pages: AsyncGenerator[Page], stop: asyncio.Event) -> AsyncGenerator[list[Page]]:
    """Groups pages as they come: index writes cost less together, but no page waits long for a slow one after it. Ends when
    `stop` is set, and gives up what is under way."""
    batch: list[Page] = []
    began = time.monotonic()
    stopped, coming = asyncio.ensure_future(stop.wait()), _following(pages)
    try:
        while not stop.is_set():
            due = max(0.0, began + BATCH_SECONDS - time.monotonic()) if batch else None
            await asyncio.wait({stopped, coming}, timeout=due, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                page = coming.result()
                if page is None:
                    break
                batch.append(page)
                coming = _following(pages)
            if len(batch) >= BATCH_PAGES or (batch and time.monotonic() - began >= BATCH_SECONDS):
                yield batch
                batch, began = [], time.monotonic()
        if batch and not stop.is_set():
            yield batch
    finally:
        for task in (stopped, coming):
            task.cancel()
        await asyncio.gather(stopped, coming, return_exceptions=True)
        await pages.aclose()


def _following(pages: AsyncGenerator[Page]) -> asyncio.Task[Page | None]:
    """The next page, None after the last."""

    async def following() -> Page | None:
        return await anext(pages, None)

    return asyncio.create_task(following())
