"""A report of three pages, and a question about it put to both chains of a reader."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from answer import Adjudicator, Answerer, Budget, ImageMissing, Reader, ReadRequest, TextualChain, VisualChain
from ingest import Block, BlockKind, Box, FigureKind, Page
from tests.answer.pages import page

T = TypeVar("T")


class Closing(Reader, Protocol):
    """A reader that holds threads or connections."""

    async def close(self) -> None: ...


R = TypeVar("R", bound=Closing)


def with_reader(reader: R, run: Callable[[R], Coroutine[Any, Any, T]]) -> T:
    """What `run` gives; the reader is closed afterwards."""

    async def closing() -> T:
        try:
            return await run(reader)
        finally:
            await reader.close()

    return asyncio.run(closing())


async def begun(reader: Reader, request: ReadRequest) -> asyncio.Task[None]:
    """A task that reads the reply; its first piece has come."""
    heard = asyncio.Event()

    async def listen() -> None:
        async for _ in reader.read(request):
            heard.set()

    task = asyncio.create_task(listen())
    await heard.wait()
    return task


PNG = b"\x89PNG page"


def drawn(made: Page) -> Page:
    """The page with a chart below its words, in which no words stand."""
    chart = Block(
        BlockKind.FIGURE, "", Box(72, 500, 500, 700), len(made.words), len(made.words), figure=FigureKind.CHART
    )
    return Page(
        made.number, made.width, made.height, made.label, made.source, made.words, (*made.blocks, chart), made.section
    )


DOCUMENTS: dict[str, Sequence[Page]] = {
    "report": [
        page(1, "Revenue was 1,234 million in 2023.", label="i"),
        drawn(page(2, "Revenue by quarter is drawn below.")),
        page(3, "Restated revenue for 2023 came to 1,310 million."),
    ]
}
QUESTION = "What was revenue in 2023?"
RIGHT = ("T1", "Revenue was 1,234 million in 2023.")
SEEN = ("P1", "Revenue was 1,234 million in 2023.")


class Images:
    """Renders nothing, and remembers what was asked for."""

    def __init__(self, missing: int | None = None) -> None:
        self.missing = missing
        self.asked: list[tuple[int, int, Box | None]] = []

    async def __call__(self, document: str, number: int, *, width: int, crop: Box | None = None) -> bytes:
        self.asked.append((number, width, crop))
        if number == self.missing:
            raise ImageMissing(f"page {number} can't be drawn")
        return PNG


def answerer(
    reader: Reader, images: Images | None = None, budget: Budget | None = None, seconds: float = 5.0
) -> Answerer:
    images = images or Images()
    chains = (TextualChain(budget), VisualChain(images, budget))
    return Answerer(reader, chains, adjudicator=Adjudicator(images, budget), chain_seconds=seconds)
