"""Keeping documents: taking them in, having them read, deleting them, and setting right at start what a crash left.

An upload is acknowledged once its bytes and its rows are on disk. A deletion is decided by one row (`deleting`); whatever of it
a crash leaves undone is done at the next start.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from api.catalogue import Documents, Jobs, Upload, new_id
from api.errors import Conflict, Unavailable
from api.files import Files
from api.folder import Folder
from api.indexes import Indexes
from api.reading import Reading
from api.schemas import Added, DocumentStatus, IndexRequest, Job, JobKind
from api.settings import Settings
from api.words import Words
from retrieval import ModelChoice, Retriever

if TYPE_CHECKING:
    from api.queue import Queue

log = structlog.get_logger(__name__)
DELETION_SECONDS = 120.0
RETRIED = (DocumentStatus.FAILED, DocumentStatus.CANCELLED)
"""A document that was not read is read anew when its bytes come again."""


class Keeping:
    """The documents of one data folder."""

    def __init__(
        self,
        folder: Folder,
        settings: Settings,
        documents: Documents,
        jobs: Jobs,
        files: Files,
        index: Retriever,
        reading: Reading,
        indexes: Indexes,
        words: Words,
    ) -> None:
        self._documents = documents
        self._jobs = jobs
        self._files = files
        self._index = index
        self._reading = reading
        self._indexes = indexes
        self._words = words
        self._queue_url = settings.jobs_database_url or f"sqlite:///{folder.path / 'jobs.sqlite'}"
        self._concurrency = settings.ingest.jobs
        self._running: Queue | None = None
        self._deletions: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Sets right what a crash left, and lets the unfinished jobs go on."""
        await self._sweep()
        from api.queue import Queue  # a third of a second that commands which only look need not wait

        queue = Queue(self._queue_url, self._run, self._fail, concurrency=self._concurrency)
        await queue.start()
        self._running = queue
        await self._words.settle()
        for document, collection in await self._documents.deleting():
            self._delete_soon(document, collection)
        for job, kind in await self._jobs.unfinished():
            await self._submit(job, kind)

    async def _submit(self, job: str, kind: JobKind) -> None:
        from api.queue import INDEXES, QUEUE

        await self._queue.submit(job, QUEUE if kind is JobKind.READ else INDEXES)

    async def _worker(self, job: str) -> Reading | Indexes:
        """Whose job it is."""
        return self._reading if await self._jobs.kind(job) in (None, JobKind.READ) else self._indexes

    async def _run(self, job: str) -> None:
        await (await self._worker(job)).run(job)

    async def _fail(self, job: str, error: Exception) -> None:
        await (await self._worker(job)).fail(job, error)

    async def close(self) -> None:
        """Stops working; nothing is lost."""
        for task in list(self._deletions):
            task.cancel()
        await asyncio.gather(*self._deletions, return_exceptions=True)
        if self._running is not None:
            await self._running.close()
        await self._words.close()

    @property
    def _queue(self) -> "Queue":
        if self._running is None:
            raise Unavailable("This service was opened only to look: it has no jobs.")
        return self._running

    async def known(self, collection: str, sha256: str) -> Added | None:
        """The document of these bytes, unless it could not be read before and should be tried again."""
        found = await self._documents.with_content(collection, sha256)
        if found is None:
            return None
        document, job, deleting = found
        if deleting:
            raise Conflict("These bytes are just being deleted from the collection; try again in a moment.")
        if document.status in RETRIED:
            return None
        return Added(document, job, created=False)

    async def take_in(self, collection: str, upload: Upload, path: Path, replaces: str | None) -> Added:
        """Keeps the file and its rows, and has it read."""
        await self._documents.ensure_collection(collection)
        found = await self._documents.with_content(collection, upload.sha256)
        if found is not None and replaces is None and found[0].status not in RETRIED:
            return Added(found[0], found[1], created=False)  # they came in through another request since `known`
        again = replaces or (found[0].id if found else None)
        document, job, revision = again or new_id("doc"), new_id("job"), new_id("rev")
        await self._files.put_source(document, revision, upload.suffix, path)
        if again is not None:
            await self._documents.read_again(document, job, revision, upload)
        elif not await self._documents.create(collection, document, job, revision, upload):
            await self._files.delete(document)  # the same bytes came in through another request meanwhile
            return await self._other(collection, upload.sha256)
        await self._queue.submit(job)
        return Added(await self._documents.get(document), await self._jobs.get(job), created=True)

    async def _other(self, collection: str, sha256: str) -> Added:
        other = await self.known(collection, sha256)
        if other is None:
            raise Conflict("The same bytes were uploaded twice at once, and the other upload failed; try again.")
        return other

    async def cancelled(self, job: str) -> None:
        """After a cancellation was asked for: what is being read is given up at once, and a job that only waits need not
        wait to hear of it."""
        self._reading.stop(job)
        if not self._queue.working(job):
            await (await self._worker(job)).cancel_waiting(job)

    async def work_on_index(self, collection: str, request: IndexRequest, choice: ModelChoice) -> Job:
        """Begins a job on the collection's index. Conflict while there is another."""
        job = await self._indexes.submit(collection, request, choice)
        await self._submit(job.id, job.kind)
        return job

    async def delete(self, document: str) -> None:
        """Hides the document at once and removes all of it."""
        collection = await self._documents.mark_deleting(document)
        await asyncio.wait([self._delete_soon(document, collection)], timeout=DELETION_SECONDS)

    async def delete_collection(self, collection: str) -> None:
        """Removes every document, the index and the rows."""
        while (page := await self._documents.listing(collection, None, 100)).items:
            for document in page.items:
                await self.delete(document.id)
        jobs = await self._jobs.of_index(collection)
        for job in jobs:
            if await self._jobs.request_cancel(job):
                await self.cancelled(job)
                await self._queue.stop(job)
        await self._index.remove_collection(collection)
        await self._documents.drop_collection(collection)
        await self._queue.forget(jobs)

    def _delete_soon(self, document: str, collection: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._delete(document, collection))
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)
        return task

    async def _delete(self, document: str, collection: str) -> None:
        for job in await self._jobs.of_document(document):
            self._reading.stop(job)
            await self._queue.stop(job)
        async with self._words.apart(document):
            await self._index.remove(collection, document)
            await self._files.delete(document)
            jobs = await self._documents.drop(document)
        await self._queue.forget(jobs)
        log.info("document deleted", document=document)

    async def _sweep(self) -> None:
        """Removes files that no row speaks of: uploads killed before they were acknowledged."""
        known = await self._documents.revisions()
        for document, revision in await self._files.revisions():
            if revision not in known.get(document, set()):
                log.info("removing files of an unfinished upload", document=document, revision=revision)
                await self._files.delete_revision(document, revision)
