"""`Service`: the one object that REST, the command line, the web page and the benchmarks call.

Composed from settings in `open`, and nowhere else. Knows nothing of HTTP or terminals.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Self

import structlog

from answer import Answer
from api.asking import Asking
from api.catalogue import Answers, Database, Documents, Jobs, Left, new_id
from api.errors import Conflict, InvalidInput, NotFound, QuireError
from api.files import Files
from api.folder import Folder
from api.images import Images
from api.indexes import Indexes
from api.ingestors import make_ingestor
from api.keeping import Keeping
from api.models import Models, as_problems, retrieval_settings
from api.names import collection_name, document_name
from api.readers import Pictures
from api.reading import Reading
from api.schemas import (
    Added,
    AskRequest,
    Collection,
    Document,
    EventKind,
    IndexReport,
    IndexRequest,
    Job,
    JobEvent,
    JobKind,
    OcrEvent,
    Paged,
    PageSummary,
    Readiness,
    SearchRequest,
    SearchResponse,
    SimilarityGrid,
)
from api.settings import Settings
from api.signals import Signals
from api.similarity import Similarity
from api.uploads import inspect, spool
from api.words import Words
from api.words_first import WordsFirst
from ingest import Box, Page

log = structlog.get_logger(__name__)
POLL_SECONDS = 1.0
"""How often a watcher looks by itself: events of jobs that another process works on send no signal here."""


class Service:
    """Documents in, cited answers out, over one data folder."""

    settings: Settings
    token: str
    """A key for this run of the service; other commands of the same user find it in the data folder."""

    def __init__(self, settings: Settings, folder: Folder) -> None:
        self.settings = settings
        self.folder = folder
        self.token = secrets.token_urlsafe(32)
        self._database = Database(settings.database_url or f"sqlite+aiosqlite:///{folder.path / 'catalogue.sqlite'}")
        self._documents, self._jobs, self._answers = (
            Documents(self._database),
            Jobs(self._database),
            Answers(self._database),
        )
        left = Left(self._database)
        self._files = Files(folder.path, settings.files_url)
        self._ingestor = make_ingestor(settings)
        self._images = Images(settings.limits, self._documents, self._files, self._ingestor)
        self._models = Models(folder.path / "index", settings, Pictures(self._images, settings.limits.image_width))
        self._signals = Signals()
        self._words = Words(
            self._documents,
            left,
            self._files,
            self._ingestor,
            self._models.retriever,
            workers=settings.ingest.workers,
            enabled=settings.ingest.ocr is not False,
        )
        self._reading = Reading(
            self._documents,
            self._jobs,
            self._files,
            self._ingestor,
            self._models.retriever,
            self._words,
            self._signals.notify,
        )
        self._indexes = Indexes(
            self._documents,
            self._jobs,
            self._files,
            self._ingestor,
            self._models.index,
            self._models.retriever,
            left,
            self._words,
            self._signals.notify,
        )
        self._keeping = Keeping(
            folder,
            settings,
            self._documents,
            self._jobs,
            self._files,
            self._models.index,
            self._reading,
            self._indexes,
            self._words,
        )
        self._similarity = Similarity(settings.limits, self._documents, self._files, self._images, self._models)
        first = WordsFirst(settings.ingest, self._documents, left, self._models, self._words)
        self._asking = Asking(settings.limits, self._documents, left, self._answers, self._files, self._models, first)

    @classmethod
    async def open(cls, settings: Settings, *, jobs: bool = True) -> Self:
        """Takes the data folder and takes up what an earlier process left unfinished.

        With `jobs` False nothing is worked on: for commands that only look. FolderInUse, Misconfigured.
        """
        folder = Folder(settings.data)
        folder.own()
        try:
            service = cls(settings, folder)
            await service._database.migrate()
            if jobs:
                await service._keeping.start()
        except BaseException:
            folder.release()
            raise
        return service

    async def close(self) -> None:
        """Stops where it is; unfinished jobs go on at the next start."""
        await self._keeping.close()
        await self._ingestor.close()
        await self._models.close()
        await self._database.close()
        self.folder.release()

    def stop_watching(self) -> None:
        """Ends all watches, so that streams of events don't hold up a service that is to stop."""
        self._signals.close()

    async def warm_up(self) -> None:
        """Loads the models now. Raises the one clear error if one of them is missing."""
        await self._models.answerer()

    async def add(
        self,
        collection: str,
        source: Path | AsyncIterator[bytes],
        *,
        name: str,
        password: str | None = None,
        replaces: str | None = None,
    ) -> Added:
        """Takes a file in and has it read. The same bytes come in once; `replaces` gives a known document new content.

        UnreadableDocument, UploadTooLarge and InvalidInput say what was found and what is accepted.
        """
        collection_name(collection)
        document_name(name, self.settings.limits.name_characters)  # refuse a bad name before taking the bytes
        if replaces is not None:
            await self._check_replaces(collection, replaces)
        async with spool(source, self.folder.tmp, self.settings.limits.upload_bytes) as spooled:
            known = await self._keeping.known(collection, spooled.sha256)
            if known is not None and (replaces is None or known.document.id == replaces):
                return known
            if known is not None:
                raise Conflict(f"Document {known.document.id} of this collection has these bytes already.")
            upload, kept = await inspect(self._ingestor, spooled, self.settings.limits, name=name, password=password)
            try:
                return await self._keeping.take_in(collection, upload, kept, replaces)
            finally:
                if kept != spooled.path:
                    kept.unlink(missing_ok=True)

    async def _check_replaces(self, collection: str, document: str) -> None:
        if (await self._documents.get(document)).collection != collection:
            raise InvalidInput(f"Document {document!r} is not in collection {collection!r}.")

    async def collections(self) -> list[Collection]:
        """All collections by name."""
        return await self._documents.collections()

    async def delete_collection(self, collection: str) -> None:
        """Removes a collection with all that is in it."""
        await self._documents.require_collection(collection)
        await self._keeping.delete_collection(collection)

    async def documents(
        self, collection: str | None = None, *, cursor: str | None = None, limit: int = 50
    ) -> Paged[Document]:
        """Documents in the order of their arrival."""
        if collection is not None:
            await self._documents.require_collection(collection)
        return await self._documents.listing(collection, cursor, limit)

    async def document(self, id: str) -> Document:
        """One document."""
        return await self._documents.get(id)

    async def delete(self, id: str) -> None:
        """Removes a document: its points, its files, its rows and the answers that hold its words."""
        await self._keeping.delete(id)

    async def pages(self, id: str, *, cursor: str | None = None, limit: int = 100) -> Paged[PageSummary]:
        """The pages that have been read, by number."""
        if cursor is not None and not cursor.isdecimal():
            raise InvalidInput("The cursor is not one that a list returned.")
        revision = await self._documents.revision(id)
        found = await self._documents.pages(id, revision, int(cursor or 0), limit + 1)
        return Paged(found[:limit], str(found[limit - 1].number) if len(found) > limit else None)

    async def page(self, id: str, number: int) -> Page:
        """One page with its words and blocks."""
        return await self._files.page(id, await self._documents.revision(id), number)

    async def page_image(self, id: str, number: int, *, width: int = 1000, crop: Box | None = None) -> bytes:
        """The page as PNG, `width` pixels wide; or what of it lies in `crop`, with a small margin."""
        return await self._images.page(id, number, width=width, crop=crop)

    async def page_similarity(
        self, id: str, number: int, question: str, *, width: int = 1000, token: int | None = None
    ) -> bytes:
        """The page as PNG with a heat map of where the question finds its match, in total or of one of its tokens."""
        return await self._similarity.image(id, number, question, width=width, token=token)

    async def page_similarity_grid(self, id: str, number: int, question: str) -> SimilarityGrid:
        """The same in numbers, all tokens."""
        return await self._similarity.grid(id, number, question)

    async def job(self, id: str) -> Job:
        """One job."""
        return await self._jobs.get(id)

    async def job_events(self, id: str, *, after: int = 0, limit: int = 500) -> list[JobEvent]:
        """The job's events after the one with id `after`."""
        return await self._jobs.events(id, after, limit)

    async def watch(self, id: str, *, after: int = 0) -> AsyncIterator[JobEvent]:
        """The job's events from the one after `after`, as they come; ends after the final one.

        With `after` at the final event, or beyond it, there is nothing more, and it ends at once.
        """
        last = (await self._jobs.get(id)).progress
        while True:
            changed = self._signals.listen(id)
            try:
                ended = (await self._jobs.get(id)).status.final  # asked before the events, so that none comes between
                events = await self._jobs.events(id, after, 500)
            except NotFound:  # deleted together with its document: a final event comes all the same
                yield JobEvent(after + 1, id, EventKind.CANCELLED, "", last, message="The document was deleted.")
                return
            for event in events:
                yield event
                after, last = event.id, event.progress
                if event.kind.final:
                    return
            if not events and (ended or self._signals.closed):
                return  # `after` is the final event, or beyond it; or the service stops, and the watcher must come back
            if not events:
                await self._signals.wait(changed, POLL_SECONDS)

    async def cancel(self, id: str) -> Job:
        """Asks a job to stop. Conflict if it has ended."""
        if not await self._jobs.request_cancel(id):
            job = await self._jobs.get(id)
            raise Conflict(f"Job {id} has ended: {job.status.value}.")
        await self._keeping.cancelled(id)
        return await self._jobs.get(id)

    async def verify_index(self, collection: str) -> IndexReport:
        """The collection's index against what was read."""
        with as_problems():
            return await self._indexes.verify(collection)

    async def work_on_index(self, collection: str, request: IndexRequest) -> Job:
        """Begins a job that mends the collection's index, builds it anew, gives back its space or adds the words of pages that are
        left to OCR. Conflict while there is another one."""
        if request.work is JobKind.READ:
            raise InvalidInput("`work` is 'read'; accepted are 'repair', 'rebuild', 'compact' and 'words'.")
        return await self._keeping.work_on_index(collection, request, retrieval_settings(self.settings.index).choice())

    async def search(self, request: SearchRequest) -> SearchResponse:
        """Ranked pages for a question."""
        return await self._asking.search(request)

    async def ask(
        self,
        request: AskRequest,
        *,
        on_stage: Callable[[str], None] | None = None,
        on_text: Callable[[str, str], None] | None = None,
        on_ocr: Callable[[OcrEvent], None] | None = None,
    ) -> Answer:
        """An answer with its citations checked; `on_stage` hears of each stage, `on_text` a model's text by stage as it comes,
        `on_ocr` of each page that is read by OCR before."""
        return await self._asking.ask(request, new_id("ans"), on_stage, on_text, on_ocr)

    async def answer(self, id: str) -> Answer:
        """An answer given before."""
        return await self._answers.get(id)

    async def citation_image(self, answer: str, number: int, *, width: int = 1000) -> bytes:
        """The part of the page around a citation as PNG, the quoted words marked."""
        given = await self._answers.get(answer)
        cited = next((citation for citation in given.citations if citation.number == number), None)
        if cited is None:
            raise NotFound(f"Answer {answer} has {len(given.citations)} citations; there is no number {number}.")
        return await self._images.region(cited.document, cited.page, cited.boxes, width=width)

    async def readiness(self) -> Readiness:
        """Whether the service can take work, part by part. Cheap."""
        try:
            await asyncio.wait_for(self._documents.collections(), 5)
            catalogue = None
        except (TimeoutError, QuireError, OSError) as error:
            catalogue = str(error) or "no answer within 5 s"
        return self._models.readiness(self.settings, catalogue)
