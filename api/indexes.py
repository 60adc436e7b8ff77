"""Work on a collection's index: checking it, mending it, building it anew with other models, giving back its space.

What an index should hold is known from the catalogue; what was read of the pages lies in the files. Nothing is read from the
documents again but images of pages, for a visual encoder. Checking answers at once; the rest are jobs, durable as reading is.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import msgspec

from api.catalogue import Documents, IndexOrder, Jobs, Left, LeftPage, Published, new_id
from api.errors import Conflict, NotFound
from api.files import Files
from api.images import drawing
from api.reading import UNSEEN
from api.schemas import EventKind, IndexFinding, IndexReport, IndexRequest, Job, JobKind, JobStatus
from api.words import Words
from ingest import Ingestor, Page
from retrieval import (
    Built,
    Draw,
    EncoderUnavailable,
    Expected,
    Finding,
    Flaw,
    ModelChoice,
    ModelMismatch,
    Replaced,
    Retriever,
)

TELL_SECONDS = 0.5
TELL_PAGES = 16
"""Pages of a new index are told of together: each telling is a transaction."""
REPAIR_PAGES = 8
NO_INDEX = "The collection has no index. `quire index verify --repair` adds to one what was read."


class _Cancelled(Exception):
    """Somebody asked for the job to stop."""


class _Kept:
    """A revision as it was read. `gone`: it has been deleted meanwhile."""

    def __init__(self, files: Files, document: str, revision: str, draw: Draw | None, *, gone: bool = False) -> None:
        self._files, self._document, self._revision = files, document, revision
        self.draw, self._gone = draw, gone

    async def page(self, number: int) -> Page | None:
        """As it was read; None if that is gone."""
        if self._gone:
            return None
        try:
            return await self._files.page(self._document, self._revision, number)
        except NotFound:
            return None


class Indexes:
    """The indexes of all collections. `index` is the retriever, its models loaded or not; `retriever` loads them. `changed` is
    called with a job's id after each step that left an event."""

    def __init__(
        self,
        documents: Documents,
        jobs: Jobs,
        files: Files,
        ingestor: Ingestor,
        index: Retriever,
        retriever: Callable[[], Awaitable[Retriever]],
        left: Left,
        words: Words,
        changed: Callable[[str], None],
    ) -> None:
        self._documents, self._jobs, self._files, self._ingestor = documents, jobs, files, ingestor
        self._left, self._words = left, words
        self._index, self._retriever, self._changed = index, retriever, changed

    async def verify(self, collection: str) -> IndexReport:
        """What is wrong with the index. Documents that are being read or deleted are left out."""
        findings, published, reading = await self._check(collection)
        names = {one.document: one.name for one in published}
        noted = {key for finding in findings if finding.flaw is Flaw.UNSEEN for key in await self._noted(finding)}
        told = [_without(finding, noted) for finding in findings]
        about = await self._index.store.about(collection)
        return IndexReport(
            collection=collection,
            documents=len(published),
            pages=sum(len(one.pages) for one in published),
            points=await self._index.count(collection),
            findings=[
                IndexFinding(
                    flaw=finding.flaw.value,
                    document=finding.document,
                    name=names.get(finding.document),
                    revision=finding.revision,
                    pages=list(finding.pages),
                    points=len(finding.ids),
                )
                for finding in told
                if finding.pages
            ],
            being_read=reading,
            seen_by_words_alone=len(noted),
            bytes=await self._index.store.size(collection),
            models=dict(about or {}),
            job=next(iter(await self._jobs.of_index(collection, unfinished=True)), None),
        )

    async def submit(self, collection: str, request: IndexRequest, choice: ModelChoice) -> Job:
        """Keeps a job for it, or finds the one that does just this. Conflict while another works on the same index."""
        await self._documents.require_collection(collection)
        job = new_id("job")
        wanted = request.models(choice) if request.work is JobKind.REBUILD else None
        documents = await self._meant(collection, request) if request.work is JobKind.WORDS else ()
        job, same = await self._jobs.create_index_job(job, collection, request.work, wanted, documents)
        if not same:
            raise Conflict(
                f"Job {job} works on the index of collection {collection!r}; wait for it, or cancel it (quire index cancel)."
            )
        return await self._jobs.get(job)

    async def _meant(self, collection: str, request: IndexRequest) -> Sequence[str]:
        """The documents whose words are wanted. Conflict where there is no OCR."""
        if not self._words.enabled:
            raise Conflict("OCR is off (setting `ingest.ocr`): nothing can be read by it.")
        for document in request.documents:
            if (await self._documents.get(document)).collection != collection:
                raise NotFound(f"Document {document!r} is not in collection {collection!r}.")
        return request.documents

    async def run(self, job: str) -> None:
        """Works on a job until it has ended. Raises only what another attempt may cure."""
        order = await self._jobs.index_order(job)
        if order is None or order.status.final or not await self._jobs.start(job):
            return
        self._changed(job)
        try:
            await self._work(order)
        except _Cancelled:
            await self._end(order, JobStatus.CANCELLED, None)
        except (EncoderUnavailable, ModelMismatch) as error:
            await self._end(order, JobStatus.FAILED, str(error))
        self._changed(job)

    async def fail(self, job: str, error: Exception) -> None:
        """Ends a job whose attempts are used up; the index that served goes on serving."""
        order = await self._jobs.index_order(job)
        if order is not None and not order.status.final:
            await self._end(order, JobStatus.FAILED, f"{type(error).__name__}: {error}")
            self._changed(job)

    async def cancel_waiting(self, job: str) -> None:
        """Ends a job that nothing works on yet."""
        order = await self._jobs.index_order(job)
        if order is not None and not order.status.final:
            await self._end(order, JobStatus.CANCELLED, None)
            self._changed(job)

    async def _end(self, order: IndexOrder, status: JobStatus, error: str | None) -> None:
        if order.kind in (JobKind.REBUILD, JobKind.COMPACT):
            await self._index.abandon(order.collection)
        await self._jobs.finish(order.job, status, error)

    async def _work(self, order: IndexOrder) -> None:
        if order.kind is JobKind.REPAIR:
            await self._repair(order)
            return
        if order.kind is JobKind.WORDS:
            await self._read_words(order)
            return
        if await self._index.store.about(order.collection) is None:
            await self._jobs.finish(order.job, JobStatus.FAILED, NO_INDEX)
            return
        told = _Telling(self._jobs, order.job, self._changed)

        async def tell(built: Built) -> None:
            if order.kind is JobKind.REBUILD and not built.failed:
                await self._note(built)
            await told.add(built)

        if order.kind is JobKind.COMPACT:
            replaced = await self._index.compact(order.collection, tell)
        else:
            retriever = await self._retriever()
            replaced = await retriever.rebuild(order.collection, self._kept, tell, order.choice)
        await told.flush()
        await self._jobs.tell(order.job, EventKind.SWITCHED, _sizes(replaced))
        lost = _lost(replaced)
        await self._jobs.finish(order.job, JobStatus.PARTIAL if lost else JobStatus.DONE, lost)

    async def _read_words(self, order: IndexOrder) -> None:
        """Reads by OCR what is left to it, a page for each worker at a time."""
        told = _Telling(self._jobs, order.job, self._changed)
        pages = await self._left.of(order.collection, order.documents)
        problems: dict[str, None] = {}
        for done in range(0, len(pages), self._words.workers):
            some = pages[done : done + self._words.workers]
            outcome = await self._words.read(some, inf)
            problems |= dict.fromkeys(outcome.problems)
            words = {one.page: one.words for one in outcome.read}
            for at, page in enumerate(some, done + 1):
                await told.add(_with_words(page, words.get(page), at, len(pages)))
            await told.flush()  # pages take seconds: each may be the one at which the job is to stop
        await self._tell_routes(order.collection, {(page.document, page.revision) for page in pages})
        error = f"Pages could not be read: {'; '.join(problems)}" if problems else None
        await self._jobs.finish(order.job, JobStatus.PARTIAL if problems else JobStatus.DONE, error)

    async def _tell_routes(self, collection: str, revisions: Collection[tuple[str, str]]) -> None:
        """The vectors of whole documents are of their words too."""
        retriever = await self._retriever()
        for one in await self._documents.published(collection):
            if (one.document, one.revision) in revisions:
                await retriever.publish(collection, one.document, one.revision)

    async def _repair(self, order: IndexOrder) -> None:
        retriever = await self._retriever()
        findings, *_ = await self._check(order.collection)
        wrong = (Flaw.MISSING, Flaw.UNSEEN)
        total = sum(len(finding.pages) for finding in findings if finding.flaw in wrong)
        told, done = _Telling(self._jobs, order.job, self._changed), 0
        for finding in findings:
            if finding.flaw in (Flaw.ORPHANED, Flaw.SURPLUS):
                await retriever.remove_points(order.collection, finding.ids)
            elif finding.flaw in wrong:
                async for built in self._again(order.collection, finding, done, total):
                    done = built.pages_done
                    await told.add(built)
        # Last, for what has been added again is to be found too, and to count for the vector of the whole.
        for one in {(finding.document, finding.revision) for finding in findings if finding.flaw is not Flaw.ORPHANED}:
            await retriever.publish(order.collection, *one)
        await told.flush()
        failed = told.failed
        error = f"{failed} pages could not be added again: what was read of them is gone." if failed else None
        await self._jobs.finish(order.job, JobStatus.PARTIAL if failed else JobStatus.DONE, error)

    async def _again(self, collection: str, finding: Finding, done: int, total: int) -> AsyncGenerator[Built, None]:
        """The pages of a finding, added to the index again."""
        async with self._kept(finding.document, finding.revision) as kept:
            for start in range(0, len(finding.pages), REPAIR_PAGES):
                numbers = finding.pages[start : start + REPAIR_PAGES]
                # A page that gets its words just now must not be put back as it was.
                async with self._words.apart(finding.document, keep=finding.revision):
                    some = await self._put_back(collection, finding, numbers, kept, done + start, total)
                for built in some:
                    yield built

    async def _put_back(
        self, collection: str, finding: Finding, numbers: Sequence[int], kept: _Kept, done: int, total: int
    ) -> list[Built]:
        retriever = await self._retriever()
        found = {number: await kept.page(number) for number in numbers}
        pages = [page for page in found.values() if page is not None]
        indexed = await retriever.add_pages(
            collection, finding.document, finding.revision, pages, visible=True, draw=kept.draw
        )
        some = [
            Built(
                finding.document,
                finding.revision,
                number,
                at,
                total,
                indexed.passages.get(number, 0),
                indexed.unseen.get(number) if page else "What was read of it is gone.",
                failed=page is None,
            )
            for at, (number, page) in enumerate(found.items(), done + 1)
        ]
        for built in some:
            if not built.failed:
                await self._note(built)
        return some

    async def _check(self, collection: str) -> tuple[list[Finding], list[Published], int]:
        """What is wrong, with every published revision, and how many documents are being read."""
        await self._documents.require_collection(collection)
        before = await self._documents.published(collection)
        busy = await self._documents.busy(collection)
        # Between two looks at the catalogue, what came or went meanwhile is in one of them only.
        expected = [Expected(one.document, one.revision, one.pages, published=True) for one in before]
        known = {(one.document, one.revision) for one in before} | busy
        findings = await self._index.verify(collection, expected, known)
        after = {(one.document, one.revision) for one in await self._documents.published(collection)}
        known_now = after | await self._documents.busy(collection)
        lasting = [
            finding
            for finding in findings
            if (
                (finding.document, finding.revision) not in known_now
                if finding.flaw is Flaw.ORPHANED
                else (finding.document, finding.revision) in after
            )
        ]
        return lasting, before, len({document for document, _ in busy})

    async def _noted(self, finding: Finding) -> set[tuple[str, int]]:
        """Pages of which it is known, and told on the page, that they are found by their words alone."""
        found = set()
        async with self._kept(finding.document, finding.revision) as kept:
            for number in finding.pages:
                page = await kept.page(number)
                if page is not None and any(note.startswith(UNSEEN) for note in page.notes):
                    found.add((finding.revision, number))
        return found

    async def _note(self, built: Built) -> None:
        """Says on the page that it is found by its words alone, or does not say so any more."""
        try:
            page = await self._files.page(built.document, built.revision, built.page)
        except NotFound:
            return  # deleted since it was built
        notes = [note for note in page.notes if not note.startswith(UNSEEN)]
        if built.remark is not None:
            notes.append(f"{UNSEEN}{built.remark}")
        if tuple(notes) != page.notes:
            noted = msgspec.structs.replace(page, notes=tuple(notes))
            await self._files.put_page(built.document, built.revision, noted)

    @asynccontextmanager
    async def _kept(self, document: str, revision: str) -> AsyncGenerator[_Kept, None]:
        suffix = await self._documents.known_suffix(document, revision)
        if suffix is None:
            yield _Kept(self._files, document, revision, None, gone=True)
            return
        async with self._files.source(document, revision, suffix) as path:
            yield _Kept(self._files, document, revision, self._drawn(path))

    def _drawn(self, path: Path) -> Draw:
        return drawing(self._ingestor, path)


class _Telling:
    """Tells of pages some at a time."""

    def __init__(self, jobs: Jobs, job: str, changed: Callable[[str], None]) -> None:
        self._jobs, self._job, self._changed = jobs, job, changed
        self._some: list[Built] = []
        self._at = self._began = time.monotonic()
        self._pages = 0
        self.failed = 0

    async def add(self, built: Built) -> None:
        """One more; raises _Cancelled if the job is to stop."""
        self._some.append(built)
        self._pages += 1
        self.failed += built.failed
        if len(self._some) >= TELL_PAGES or time.monotonic() - self._at >= TELL_SECONDS:
            await self.flush()

    async def flush(self) -> None:
        """Tells of all that has not been told."""
        some, self._some, self._at = self._some, [], time.monotonic()
        if not some:
            return
        spent = (self._at - self._began) / self._pages
        left = some[-1].pages_total - some[-1].pages_done
        cancelled = await self._jobs.pages_built(self._job, some, spent * left)
        self._changed(self._job)
        if cancelled:
            raise _Cancelled


def _without(finding: Finding, noted: set[tuple[str, int]]) -> Finding:
    if finding.flaw is not Flaw.UNSEEN:
        return finding
    pages = tuple(page for page in finding.pages if (finding.revision, page) not in noted)
    return msgspec.structs.replace(finding, pages=pages)


def _with_words(page: LeftPage, words: int | None, done: int, total: int) -> Built:
    """How the reading of a page is told of; `words` None: it could not be read, or has gone."""
    remark = "Not read: it has gone, or could not be." if words is None else f"read by OCR: {words:,} words"
    return Built(page.document, page.revision, page.number, done, total, 0, remark, failed=words is None)


def _sizes(replaced: Replaced) -> str:
    text = f"{replaced.pages:,} pages, {replaced.passages:,} passages"
    if replaced.bytes_before is None or replaced.bytes_after is None:
        return text
    return f"{text}; {replaced.bytes_before:,} bytes before, {replaced.bytes_after:,} after"


def _lost(replaced: Replaced) -> str | None:
    if not replaced.lost:
        return None
    told = [f"{key.document} page {key.page}: {why}" for key, why in list(replaced.lost.items())[:5]]
    more = f"; and {len(replaced.lost) - 5} more" if len(replaced.lost) > 5 else ""
    return f"{len(replaced.lost)} pages are not in the new index: {'; '.join(told)}{more}"
