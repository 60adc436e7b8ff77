"""Words that are read by OCR when somebody asks for them, and stay.

A page is read once, however many questions want it at a time. Its words are written in three steps: into its record, into the
index, and last into its row, which then says that nothing is left. Until that is written the page counts as left, and what a
crash has left undone is done again, without reading again what is in the record. While a page is stored, nobody takes pages of
its document away (`apart`); and what has been taken away is not written any more.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from math import inf, isinf
from weakref import WeakValueDictionary

import structlog
from msgspec import Struct, structs

from api.catalogue import Documents, Left, LeftPage, ReadPage
from api.errors import NotFound
from api.files import Files
from ingest import IngestError, Ingestor, Page
from retrieval import RetrievalError, Retriever

FAILED = "Could not be read by OCR: "
PATIENCE = 2.0
"""How many times the seconds in which pages may be begun somebody waits for them."""

log = structlog.get_logger(__name__)


class WordsRead(Struct, frozen=True):
    """A page that has its words now, how many they are, and milliseconds (wall) from its beginning until they were stored."""

    page: LeftPage
    words: int
    milliseconds: float


class Outcome(Struct, frozen=True):
    """What became of pages: those that have their words, in the order in which that was so, and why others have not."""

    read: tuple[WordsRead, ...]
    problems: tuple[str, ...]


class _Work:
    """A page under way, and how many wait for it."""

    def __init__(self, task: "asyncio.Task[WordsRead | None]") -> None:
        self.task = task
        self.wanted = 0


class Words:
    """Reads pages that are left to OCR, `workers` at a time for each who asks. Not `enabled`, it reads nothing."""

    def __init__(
        self,
        documents: Documents,
        left: Left,
        files: Files,
        ingestor: Ingestor,
        retriever: Callable[[], Awaitable[Retriever]],
        *,
        workers: int,
        enabled: bool,
    ) -> None:
        self._documents, self._left, self._files = documents, left, files
        self._ingestor, self._retriever, self.workers = ingestor, retriever, workers
        self.enabled = enabled
        self._under_way: dict[LeftPage, _Work] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._storing: set[asyncio.Task[object]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def read(
        self, pages: Sequence[LeftPage], seconds: float, begun: Callable[[LeftPage], None] | None = None
    ) -> Outcome:
        """Reads the pages, the first ones first, and begins none after `seconds`; `begun` hears of each as it begins. Cancelled, it
        gives up what nobody else waits for. After PATIENCE times `seconds` it waits no longer; what is under way then is read on,
        for the next question."""
        waiting, deadline = deque(pages), time.monotonic() + seconds
        read: list[WordsRead] = []
        problems: dict[str, None] = {}

        async def one_after_the_other() -> None:
            while waiting and time.monotonic() < deadline:
                page = waiting.popleft()
                if begun is not None:
                    begun(page)
                try:
                    done = await self._joined(page)
                except (IngestError, RetrievalError) as error:
                    problems[str(error)] = None
                else:
                    read.extend([done] if done is not None else [])

        if not waiting:
            return Outcome((), ())
        working = [asyncio.create_task(one_after_the_other()) for _ in range(min(self.workers, len(waiting)))]
        try:
            limit = None if isinf(seconds) else PATIENCE * seconds
            done, late = await asyncio.wait(working, timeout=limit, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            if late:
                self._read_on(pages)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        return Outcome(tuple(read), tuple(problems))

    async def settle(self) -> None:
        """Begins to finish what a crash interrupted while it was stored."""
        interrupted = await self._left.interrupted()
        if interrupted:
            log.info("storing words that an earlier process has read", pages=len(interrupted))
            self._keep(self._tasks, asyncio.create_task(self.read(interrupted, inf)))

    @asynccontextmanager
    async def apart(self, document: str, *, keep: str | None = None) -> AsyncIterator[None]:
        """For who changes pages of a document or takes them away. Those of other revisions than `keep` are not read any more, and
        no words are stored meanwhile."""
        for page, work in list(self._under_way.items()):
            if page.document == document and page.revision != keep:
                work.task.cancel()
        async with self._lock(document):
            yield

    async def close(self) -> None:
        """Gives up what is being read, and waits for what is being stored."""
        for task in [*self._tasks, *(work.task for work in self._under_way.values())]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._storing, return_exceptions=True)

    async def _joined(self, page: LeftPage) -> WordsRead | None:
        """The page, once it has its words; None if it is gone. Reads it together with others who want it."""
        work = self._under_way.get(page)
        if work is None:
            work = self._under_way[page] = _Work(asyncio.create_task(self._read(page)))
            self._keep(self._tasks, work.task)
            work.task.add_done_callback(lambda _: self._forget(page, work))
        work.wanted += 1
        try:
            await asyncio.wait([work.task])
        finally:
            work.wanted -= 1
            if not work.wanted and not work.task.done():
                self._forget(page, work)  # who comes now begins anew
                work.task.cancel()
        return None if work.task.cancelled() else work.task.result()

    def _read_on(self, pages: Sequence[LeftPage]) -> None:
        """Those that are under way, whether or not somebody waits for them."""
        for page in pages:
            if page in self._under_way:
                self._under_way[page].wanted += 1

    def _forget(self, page: LeftPage, work: _Work | None) -> None:
        if self._under_way.get(page) is work:
            del self._under_way[page]

    async def _read(self, page: LeftPage) -> WordsRead | None:
        began = time.perf_counter()
        try:
            kept = await self._files.page(page.document, page.revision, page.number)
        except NotFound:
            return None
        # Where a crash came between, the record has the words already.
        read = kept if kept.awaiting_ocr is None else await self._by_ocr(page, kept)
        if read is None:
            return None
        storing = asyncio.create_task(self._store(page, read))
        self._keep(self._storing, storing)
        if not await asyncio.shield(storing):
            return None
        return WordsRead(page, len(read.words), round((time.perf_counter() - began) * 1000, 1))

    async def _by_ocr(self, page: LeftPage, kept: Page) -> Page | None:
        """The page as it would have been read at once; as it was, with a note, where OCR fails on it: it would fail again."""
        suffix = await self._documents.known_suffix(page.document, page.revision)
        if suffix is None or not self.enabled:
            return None
        async with (
            self._files.source(page.document, page.revision, suffix) as path,
            aclosing(self._ingestor.read(path, [page.number], asked=True)) as pages,
        ):
            read = await anext(pages)
        if read.error is not None:
            return structs.replace(kept, awaiting_ocr=None, notes=(*kept.notes, f"{FAILED}{read.error}"))
        return structs.replace(read, notes=(*kept.notes, *read.notes))

    async def _store(self, page: LeftPage, read: Page) -> bool:
        """False if the page has been taken away meanwhile, or is not left any more."""
        retriever = await self._retriever()
        async with self._lock(page.document):
            if not await self._left.begin(page):
                return False
            await self._files.put_page(page.document, page.revision, read)
            passages = await retriever.add_words(page.collection, page.document, page.revision, [read])
            await self._left.finish(page, ReadPage(read, passages[page.number]))
        return True

    def _lock(self, document: str) -> asyncio.Lock:
        return self._locks.setdefault(document, asyncio.Lock())

    @staticmethod
    def _keep(tasks: "set[asyncio.Task[object]]", task: "asyncio.Task[object]") -> None:
        """A task that nobody holds may vanish."""
        tasks.add(task)
        task.add_done_callback(tasks.discard)
