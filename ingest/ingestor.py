"""The face of ingest to a service: files in, pages out, all parsing in worker processes."""

import asyncio
import heapq
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from ingest.document import Box, Page, SourceInfo
from ingest.errors import ConversionFailed, DamagedFile, NeedsConversion
from ingest.limits import Limits
from ingest.ocr.settings import OcrSettings, find_models
from ingest.pages.settings import Ocr, ReadingSettings
from ingest.sources.conversion import convert, office_program
from ingest.sources.formats import HTML
from ingest.workers.pool import WorkerCrashed, WorkerLost, WorkerPool, WorkerTimedOut
from ingest.workers.tasks import WorkerSettings

# A task reads pages for half a second (at least one): long enough that handing it over (2 ms) does not count, short enough that
# urgent work and cancelling wait little. 32 text pages take about that.
_TASK_SECONDS = 0.5
_TASK_PAGES = 32
# A task of several pages that is not back after this long has met a slow page or a hang: its pages are then read one by one, each
# with the full time.
_RUN_SECONDS = 10.0


_SAFE = Limits()


class Ingestor:
    """Owns the worker processes. They end with this process however it ends (SIGKILL too), and run niced.

    All methods belong to one event loop.
    """

    def __init__(
        self,
        limits: Limits = _SAFE,
        *,
        workers: int = 2,
        ocr: Ocr = True,
        layout: Literal["model", "geometry"] = "model",
        ocr_language: str = "en",
        ocr_model_dir: str | None = None,
        reader: str | None = None,
    ) -> None:
        """Cheap: processes start at first use. How pages are read: see `ingest.pages.settings.ReadingSettings`. `reader`
        ("module:function") replaces what reads a page, for tests that need a real worker to crash or hang; see
        `ingest.workers.tasks.WorkerSettings`. Raises ReaderUnavailable where there are no OCR models for the language."""
        if ocr:
            find_models(OcrSettings(ocr_language, ocr_model_dir))
        self.limits = limits
        self._workers = workers
        self._reading = ReadingSettings(ocr, layout, ocr_language, ocr_model_dir)
        self._reader = reader
        self._made: WorkerPool | None = None
        self._converting = asyncio.Semaphore(workers)

    @property
    def _pool(self) -> WorkerPool:
        if self._made is None:
            self._made = WorkerPool(self._workers, WorkerSettings(self.limits, self._reading, self._reader))
        return self._made

    async def probe(self, path: Path, *, name: str, password: str | None = None) -> SourceInfo:
        """A first look at a file. `name` is what the user calls it; its suffix must not contradict the content.

        Raises EmptyFile, NotADocument, DamagedFile, DocumentLocked, TooManyPages, TooLarge, ReaderUnavailable; NeedsConversion
        for an office file, see `prepare`.
        """
        try:
            raw = await self._pool.run(
                "probe", str(path), name, password, seconds=self.limits.probe_seconds, urgent=True
            )
        except WorkerTimedOut:
            raise DamagedFile(
                f"The file could not be opened within {self.limits.probe_seconds:g} s (setting `limits.probe_seconds`): "
                "it is damaged, or very large."
            ) from None
        except WorkerCrashed as error:
            raise DamagedFile(f"The file can't be opened: {error}.") from None
        return msgspec.msgpack.decode(raw, type=SourceInfo)

    async def prepare(
        self, path: Path, *, name: str, copy: Path, password: str | None = None
    ) -> tuple[SourceInfo, Path]:
        """A first look, and the file whose pages are to be read: `path` itself, or `copy` where one had to be made, because the
        file is encrypted, or has no pages before LibreOffice has laid it out (office files, and HTML where it is installed).

        Raises as `probe` (but for NeedsConversion), ConverterMissing and ConversionFailed. A copy is whole or absent.
        """
        try:
            info = await self.probe(path, name=name, password=password)
        except NeedsConversion as needed:
            return await self._convert(path, copy, needed), copy
        if info.media_type == HTML.media_type:
            return await self._prepare_html(path, copy, info)
        if info.encrypted and password is not None:
            await self.unlock(path, password, copy)
            return info, copy
        return info, path

    async def _convert(self, path: Path, copy: Path, needed: NeedsConversion) -> SourceInfo:
        async with self._converting:
            await convert(path, copy, needed.title, needed.suffix, self.limits)
        try:
            made = await self.probe(copy, name="")
        except BaseException:
            await asyncio.to_thread(copy.unlink, missing_ok=True)
            raise
        note = (
            "Converted to PDF by LibreOffice; pages may break elsewhere than in the program that it was written with."
        )
        return replace(made, media_type=needed.media_type, notes=(note, *made.notes))

    async def _prepare_html(self, path: Path, copy: Path, info: SourceInfo) -> tuple[SourceInfo, Path]:
        if office_program() is None:
            why = "LibreOffice, which does, is not installed"
        else:
            try:
                return await self._convert(path, copy, NeedsConversion(HTML.title, HTML.media_type, HTML.office)), copy
            except ConversionFailed as error:
                why = str(error).rstrip(".")
        note = f"Read by a reader of HTML that does not lay out tables and most styles. {why}."
        return replace(info, notes=(*info.notes, note)), path

    async def unlock(self, path: Path, password: str, target: Path) -> None:
        """Writes a decrypted copy to `target`, whole or not at all. Raises as `probe`."""
        try:
            await self._pool.run(
                "unlock", str(path), password, str(target), seconds=self.limits.probe_seconds, urgent=True
            )
        except WorkerLost as error:
            raise DamagedFile(f"The file can't be decrypted: {error}.") from None

    async def read(self, path: Path, pages: Sequence[int], *, asked: bool = False) -> AsyncGenerator[Page, None]:
        """The pages (numbers from 1) as they are completed, in no fixed order, each once. `asked`: somebody waits for their words,
        so that OCR is not left until later, and they come before other pages.

        A page that fails, crashes its worker or takes too long comes as `Page(error=...)`; the others are read all the same.
        A bounded number of pages is under way at any time. Closing the iterator cancels what is under way.
        """
        reading = _Reading(self._pool, path, pages, self._workers, self.limits.page_seconds, asked)
        try:
            while batch := await reading.next_pages():
                for page in batch:
                    yield page
        finally:
            await reading.cancel()

    async def render(
        self, path: Path, page: int, *, width: int, boxes: Sequence[Box] = (), clip: Box | None = None
    ) -> bytes:
        """A PNG of the page `width` pixels wide, with `boxes` (points) marked; `clip` crops to a region with a small margin.

        Made smaller where it would pass `Limits.render_pixels`. Raises ValueError for a page or region that does not
        exist, DamagedFile where the page can't be drawn.
        """
        marked, region = msgspec.msgpack.encode(list(boxes)), msgspec.msgpack.encode(clip)
        try:
            image: bytes = await self._pool.run(
                "render", str(path), page, width, marked, region, seconds=self.limits.page_seconds, urgent=True
            )
        except WorkerLost as error:
            raise DamagedFile(f"Page {page} can't be drawn: {error}.") from None
        return image

    async def close(self) -> None:
        """Ends the workers. The ingestor can't be used afterwards."""
        if self._made is not None:
            await self._made.close()


class _Reading:
    """One `read` under way: pages waiting in order, and tasks, at most two for each worker.

    Of what waits, the pages that were asked for first go first: the beginning of a document can then be searched while its end
    is still being read. A task takes as many as will fill its time at the pace seen so far.
    """

    def __init__(
        self, pool: WorkerPool, path: Path, pages: Sequence[int], workers: int, page_seconds: float, asked: bool
    ) -> None:
        self._pool = pool
        self._path = path
        self._page_seconds = page_seconds
        self._asked = asked
        self._window = 2 * workers
        self._numbers = list(dict.fromkeys(pages))
        self._waiting = list(range(len(self._numbers)))
        """A heap of places in `_numbers`."""
        self._tasks: dict[asyncio.Task[list[Page]], list[int]] = {}
        """With the places that each was given."""
        self._pace = _TASK_SECONDS
        """Seconds a page, the latest counting most. The first tasks are of one page: nothing is known yet."""
        self._failed: set[int] = set()
        self._singly: set[int] = set()
        """Places whose task lost its worker: each is read in a task of its own."""
        self._alone: set[int] = set()
        """Places that lost one singly, and are read once more without a look at their neighbours: one of those may be at fault."""

    async def next_pages(self) -> list[Page]:
        """Some more pages; empty when all are done."""
        while self._waiting or self._tasks:
            self._fill()
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            pages = [page for task in done for page in self._collect(task)]
            if pages:
                return pages
        return []

    def _fill(self) -> None:
        while self._waiting and len(self._tasks) < self._window:
            run = self._next_run()
            self._tasks[asyncio.create_task(self._read(run))] = run

    def _next_run(self) -> list[int]:
        # What is left is shared out, so that no worker idles while another reads the last run.
        share = -(-len(self._waiting) // self._window)
        length = max(1, min(_TASK_PAGES, share, int(_TASK_SECONDS / self._pace)))
        run = [heapq.heappop(self._waiting)]
        while self._waiting and len(run) < length and not self._singly & {run[0], self._waiting[0]}:
            run.append(heapq.heappop(self._waiting))
        return run

    async def _read(self, run: list[int]) -> list[Page]:
        limit = self._page_seconds if len(run) == 1 else min(self._page_seconds, _RUN_SECONDS)
        numbers = [self._numbers[place] for place in run]
        alone = run[0] in self._alone
        raw = await self._pool.run(
            "read",
            str(self._path),
            numbers,
            _TASK_SECONDS,
            limit,
            sorted(self._failed),
            alone,
            self._asked,
            seconds=limit,
            urgent=self._asked,
        )
        return msgspec.msgpack.decode(raw, type=list[Page])

    def _collect(self, task: asyncio.Task[list[Page]]) -> list[Page]:
        run = self._tasks.pop(task)
        try:
            pages = task.result()
        except WorkerLost as error:
            return self._lost(run, error)
        self._failed.update(page.number for page in pages if page.error)
        for page in pages:
            self._pace += (max(page.milliseconds / 1000, _TASK_SECONDS / _TASK_PAGES) - self._pace) / 4
        for place in run[len(pages) :]:
            heapq.heappush(self._waiting, place)
        return pages

    def _lost(self, run: list[int], error: WorkerLost) -> list[Page]:
        first = run[0]
        if len(run) == 1 and first in self._alone:
            number = self._numbers[first]
            self._failed.add(number)
            return [Page(number, 0.0, 0.0, error=f"The page could not be read: {error}")]
        if len(run) == 1:
            self._alone.add(first)
        self._singly.update(run)
        for place in run:
            heapq.heappush(self._waiting, place)
        return []

    async def cancel(self) -> None:
        """Cancels what is under way; workers that are busy with it are replaced."""
        tasks, self._tasks = list(self._tasks), {}
        self._waiting.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
