"""Milliseconds of a search over 2,000 pages, and the longest stall of the event loop: idle, and while documents are
being added.

    python benchmarks/search_latency.py [--pages 2000] [--searches 200] [--modes process inline]

Synthetic pages of some 600 words (five passages), each document with words of its own, are indexed through the
Retriever. Their vectors are random: the cost of a search does not depend on what they mean, and 10,000 real ones would
take minutes. Questions, and the pages that are added in the busy phase, are encoded by the real model; an Ingestor
reads a generated PDF at the same time. A ticker on the same loop tells how late it wakes. `process`: the shard in a
process of its own, as served; `inline`: on a thread of the service, for comparison.
"""

import argparse
import asyncio
import gc
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest import Block, BlockKind, Box, Ingestor, Page, TextSource, Word
from retrieval import RetrievalSettings, Retriever, Scope, TextEncoder

DOCUMENT_PAGES = 50
BLOCKS, BLOCK_WORDS = 5, 120
TICK = 0.005


class RandomPassages(TextEncoder):
    """The real model, but for passages in bulk, which get random unit vectors."""

    bulk = True

    def encode_passages(self, texts: Sequence[str], *, background: bool = False) -> npt.NDArray[np.float32]:
        if not self.bulk:
            return super().encode_passages(texts, background=background)
        vectors = np.random.default_rng(len(texts)).normal(size=(len(texts), self.identity.dimension))
        unit: npt.NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit


@cache
def vocabulary(seed: int, size: int = 4000) -> list[str]:
    """Words of one document: a third of them its own."""
    common, own = random.Random(0), random.Random(seed)
    shared = [_word(common) for _ in range(size * 2 // 3)]
    return shared + [_word(own) for _ in range(size - len(shared))]


def _word(source: random.Random) -> str:
    return "".join(source.choice("bcdfglmnprstv") + source.choice("aeiou") for _ in range(source.randint(1, 4)))


def make_page(number: int, words: Sequence[str], source: random.Random) -> Page:
    """A page of five blocks; word frequencies fall off as in natural text."""
    found: list[Word] = []
    blocks: list[Block] = []
    for row in range(BLOCKS):
        picked = [words[int(len(words) * source.random() ** 3)] for _ in range(BLOCK_WORDS)]
        box = Box(50, 100 * row, 550, 100 * row + 90)
        blocks.append(Block(BlockKind.TEXT, " ".join(picked), box, len(found), len(found) + len(picked)))
        found += [Word(word, box) for word in picked]
    return Page(number, 600, 800, str(number), TextSource.TEXT_LAYER, tuple(found), tuple(blocks))


async def fill(room: Retriever, pages: int) -> None:
    """Documents of 50 pages, published."""
    for number in range(pages // DOCUMENT_PAGES):
        source, words = random.Random(number), vocabulary(number + 1)
        document = [make_page(n, words, source) for n in range(1, DOCUMENT_PAGES + 1)]
        await room.add_pages("c", f"d{number}", "r", document)
        await room.publish("c", f"d{number}", "r")


async def search_all(room: Retriever, count: int, documents: int) -> dict[str, list[float]]:
    """Milliseconds of searches, in turn within one document and over all."""
    source = random.Random(3)
    spent: dict[str, list[float]] = {"one document": [], "all documents": []}
    for _ in range(count):
        for name, times in spent.items():
            number = source.randrange(documents)
            words = vocabulary(number + 1)
            question = "What is the " + " ".join(source.sample(words, 6)) + "?"
            scope = Scope("c", (f"d{number}",) if name == "one document" else ())
            started = time.perf_counter()
            evidence = await room.search(question, scope)
            times.append(1000 * (time.perf_counter() - started))
            assert evidence.pages
            await asyncio.sleep(0.01)
    return spent


@asynccontextmanager
async def longest_stall() -> AsyncIterator[Callable[[], float]]:
    """Yields a function that says by how many milliseconds a ticker was late at worst."""
    worst = 0.0

    async def tick() -> None:
        nonlocal worst
        while True:
            started = time.perf_counter()
            await asyncio.sleep(TICK)
            worst = max(worst, 1000 * (time.perf_counter() - started - TICK))

    task = asyncio.create_task(tick())
    try:
        yield lambda: worst
    finally:
        task.cancel()


@asynccontextmanager
async def busy(room: Retriever, pdf: Path) -> AsyncIterator[Callable[[], str]]:
    """Keeps adding pages and reading a PDF; yields a function that says how much was done."""
    done = {"pages added": 0, "pages read": 0}
    source, words = random.Random(99), vocabulary(999)
    batches = [[make_page(8 * b + n, words, source) for n in range(1, 9)] for b in range(100)]
    ingestor = Ingestor(workers=1)

    async def add() -> None:
        for pages in batches:
            await room.add_pages("c", "growing", "r", pages)
            done["pages added"] += len(pages)

    async def read() -> None:
        count = (await ingestor.probe(pdf, name=pdf.name)).page_count
        while True:
            async for _ in ingestor.read(pdf, range(1, count + 1)):
                done["pages read"] += 1

    tasks = [asyncio.create_task(add()), asyncio.create_task(read())]
    try:
        await asyncio.sleep(3)
        yield lambda: ", ".join(f"{count} {what}" for what, count in done.items())
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await ingestor.close()


def make_pdf(path: Path, pages: int = 100) -> None:
    """A PDF with a text layer."""
    import pymupdf

    source, words = random.Random(5), vocabulary(5)
    with pymupdf.open() as document:
        for _ in range(pages):
            text = " ".join(source.choices(words, k=450))
            document.new_page().insert_textbox(pymupdf.Rect(50, 50, 545, 790), text, fontsize=9)
        document.save(path)


async def phase(name: str, room: Retriever, searches: int, documents: int, work: Callable[[], str]) -> None:
    async with longest_stall() as stall:
        started = time.perf_counter()
        spent = await search_all(room, searches, documents)
        seconds = time.perf_counter() - started
        for scope, times in spent.items():
            p50, p99 = np.percentile(times, [50, 99])
            print(
                f"  {name}, {scope}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {max(times):.1f} ms (N = {len(times)})"
            )
        print(f"  {name}: longest stall of the loop {stall():.1f} ms in {seconds:.0f} s{work()}", flush=True)


async def measure(mode: str, encoder: RandomPassages, pages: int, searches: int) -> None:
    print(f"shard: {mode}")
    with tempfile.TemporaryDirectory() as folder:
        room = Retriever(Path(folder) / "index", RetrievalSettings(shard_inline=mode == "inline"), encoder=encoder)
        await room.start()
        encoder.bulk = True
        started = time.perf_counter()
        await fill(room, pages)
        points = await room.count("c")
        print(f"  {pages} pages, {points} points, indexed in {time.perf_counter() - started:.0f} s")
        # Makes every document's vocabulary, too, which would hold up the loop that is measured.
        for number in range(pages // DOCUMENT_PAGES):
            vocabulary(number + 1)
        await search_all(room, 3, pages // DOCUMENT_PAGES)
        await phase("idle", room, searches, pages // DOCUMENT_PAGES, lambda: "")
        encoder.bulk = False
        pdf = Path(folder) / "report.pdf"
        make_pdf(pdf)
        async with busy(room, pdf) as work:
            await phase("adding", room, searches, pages // DOCUMENT_PAGES, lambda: f"; {work()}")
        await room.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--modes", nargs="+", choices=["process", "inline"], default=["process", "inline"])
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    encoder = RandomPassages("all-MiniLM-L6-v2")
    # As the retriever does when it loads an encoder itself.
    gc.collect()
    gc.freeze()
    for mode in options.modes:
        asyncio.run(measure(mode, encoder, options.pages, options.searches))


if __name__ == "__main__":
    main()
