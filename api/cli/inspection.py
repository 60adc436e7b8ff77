"""The reading behind `quire inspect`: a file to pages in workers, and each page to where the user wants to see it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import click
import msgspec
from msgspec import Struct, structs

from api.cli import booklet
from api.cli.findings import Totals, counted, page_lines
from api.cli.intake import check_readable
from api.cli.options import Common
from api.cli.plain import plain
from api.cli.progress import Meter, meter
from api.errors import InvalidInput, Unavailable, UnreadableDocument
from api.ingestors import make_ingestor
from api.pace import Pace
from api.schemas import EventKind, JobEvent, Progress
from ingest import IngestError, Ingestor, Page, ReaderUnavailable, SourceInfo, draw_blocks

_DRAWN_WIDTH = 1200
_HTML_WIDTH = 1000


class Wishes(Struct, frozen=True):
    """What the command line asked for."""

    pages: tuple[tuple[int, int], ...] | None
    words: bool
    draw: Path | None
    html: Path | None
    ocr: bool
    password: str | None


async def inspect(file: Path, wishes: Wishes, options: Common) -> tuple[int, int]:
    """Read the file and show what is on its pages; how many were read, and how many of these failed.

    InvalidInput, UnreadableDocument, Unavailable.
    """
    check_readable(file)
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        ingestor = make_ingestor(options.settings(), ocr=wishes.ocr)
        stack.push_async_callback(ingestor.close)
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="quire-inspect-")))
        info, path = await _prepare(ingestor, file, scratch / "copy.pdf", wishes.password)
        numbers = _selected(wishes.pages, info.page_count)
        for note in info.notes:
            options.note(plain(note))
        shown = stack.enter_context(meter(as_json=options.as_json, quiet=options.quiet))
        book = stack.enter_context(_Book(wishes.html, file.name, info)) if wishes.html else None
        views = _Views(ingestor, path, wishes, book)
        totals = Totals()
        read = _metered(ingestor.read(path, numbers, asked=True), shown, file.name, info.media_type, len(numbers))
        async for page in _in_order(read, numbers):
            totals.add(page)
            _show(page, wishes, options)
            await views.show(page)
        line = totals.line(file.name, time.monotonic() - started)
        if book:
            book.finish(line)
    if not options.as_json:
        click.echo(line)
    return totals.pages, totals.failed


async def _prepare(ingestor: Ingestor, file: Path, copy: Path, password: str | None) -> tuple[SourceInfo, Path]:
    from api.uploads import PROBLEM_TYPES

    try:
        return await ingestor.prepare(file, name=file.name, copy=copy, password=password)
    except ReaderUnavailable as error:
        raise Unavailable(f"Documents can't be read at present: {error}") from error
    except IngestError as error:
        raise UnreadableDocument(str(error), PROBLEM_TYPES.get(type(error), "damaged-document")) from error


def _selected(ranges: tuple[tuple[int, int], ...] | None, count: int) -> list[int]:
    """Page numbers, each once, in order. InvalidInput for pages that the file does not have."""
    if ranges is None:
        return list(range(1, count + 1))
    beyond = [last for _, last in ranges if last > count]
    if beyond:
        raise InvalidInput(f"The file has {counted(count, 'page')}; there is no page {max(beyond)} (--pages).")
    return sorted({number for first, last in ranges for number in range(first, last + 1)})


async def _in_order(pages: AsyncIterator[Page], numbers: Sequence[int]) -> AsyncIterator[Page]:
    """Pages come as they are completed; here they wait for those before them."""
    waiting: dict[int, Page] = {}
    due = iter(numbers)
    number = next(due, None)
    async for page in pages:
        waiting[page.number] = page
        while number is not None and number in waiting:
            yield waiting.pop(number)
            number = next(due, None)


async def _metered(
    pages: AsyncIterator[Page], shown: Meter, name: str, media_type: str, count: int
) -> AsyncIterator[Page]:
    """The pages, with the events of a job that reads them."""
    pace = Pace(count)
    done = failed = steps = 0
    left: float | None = None

    def event(kind: EventKind, page: Page | None = None, message: str | None = None) -> JobEvent:
        nonlocal steps
        steps += 1
        return JobEvent(
            id=steps,
            job="inspect",
            kind=kind,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            progress=Progress(count, done, failed, 0, left),
            page=page.number if page else None,
            source=page.source.value if page else None,
            milliseconds=page.milliseconds if page else None,
            message=page.error if page else message,
        )

    shown.begin(name)
    shown.event(event(EventKind.FOUND, message=media_type))
    async for page in pages:
        done += 1
        failed += bool(page.error)
        left = pace.seconds_left(1)
        shown.event(event(EventKind.PAGE_FAILED if page.error else EventKind.PAGE_READ, page))
        yield page
    shown.event(event(EventKind.PARTIAL if failed else EventKind.DONE))


def _show(page: Page, wishes: Wishes, options: Common) -> None:
    if options.as_json:
        kept = page if wishes.words else structs.replace(page, words=())
        line = msgspec.to_builtins(kept)
        if not wishes.words:
            del line["words"]
            line["word_count"] = len(page.words)
        click.echo(msgspec.json.encode(line).decode())
    else:
        click.echo("\n".join(page_lines(page)))


class _Views:
    """Images of pages, to a folder and to the HTML."""

    def __init__(self, ingestor: Ingestor, path: Path, wishes: Wishes, book: "_Book | None") -> None:
        self._ingestor = ingestor
        self._path = path
        self._folder = wishes.draw
        self._book = book

    async def show(self, page: Page) -> None:
        """Draw the page where images are wanted. One that can't be drawn stands in the HTML without its image."""
        if self._folder is not None:
            png = await self._image(page, _DRAWN_WIDTH)
            if png is not None:
                drawn = await asyncio.to_thread(draw_blocks, png, page)
                await asyncio.to_thread(_write, self._folder / f"page-{page.number:04}.png", drawn)
        if self._book is not None:
            png = await self._image(page, _HTML_WIDTH)
            self._book.add(page, await asyncio.to_thread(draw_blocks, png, page, "JPEG") if png else None)

    async def _image(self, page: Page, width: int) -> bytes | None:
        if page.error:
            return None
        try:
            return await self._ingestor.render(self._path, page.number, width=width)
        except IngestError as error:
            click.echo(f"page {page.number} was read but can't be drawn: {plain(str(error))}", err=True)
            return None


class _Book:
    """The HTML file while it is written: page by page, so that memory does not grow, and in place only when it is whole."""

    def __init__(self, target: Path, name: str, info: SourceInfo) -> None:
        self._target = target
        self._part = target.with_name(target.name + ".part")
        self._name = name
        self._info = info
        self._file: TextIO

    def __enter__(self) -> "_Book":
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("w", encoding="utf-8", errors="replace")
        except OSError as error:
            raise InvalidInput(f"{self._target} can't be written: {error.strerror} (--html).") from error
        title = self._info.title or ""
        self._file.write(booklet.head(self._name, f"{self._info.media_type} {title}".strip()))
        return self

    def add(self, page: Page, jpeg: bytes | None) -> None:
        """One more page."""
        self._file.write(booklet.section(page, jpeg))

    def finish(self, summary: str) -> None:
        """Put the whole file in place."""
        self._file.write(booklet.tail(summary))
        self._file.close()
        self._part.replace(self._target)

    def __exit__(self, *details: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"{path} can't be written: {error.strerror} (--draw).") from error
