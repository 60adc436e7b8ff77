"""Model calls and milliseconds a question, fused by checks first, beside the paper's three calls in sequence.

    python -m benchmarks.calls_saved [--questions 40] [--call-ms 200] [--rates 0 0.25 0.5 0.75 0.9 1]

VisDoMRAG (arXiv 2412.10704) makes three calls for every question, one after the other: text, images, fusion. Here both
chains are asked at once and a third call is made only where checks can't decide. The model is scripted: every call takes
`--call-ms`, the chains of a pair agree at the given rate and else give two values, each quoted from a page of its own;
so the figures say what is saved at a rate of agreement, not what that rate is with a real model. Parsing, checks of
quotes, comparison and composing of answers are the real ones; "own" is their time, beside the waiting.
"""

import argparse
import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from statistics import median

import msgspec
from msgspec import Struct

from answer import (
    Adjudicator,
    Answer,
    Answerer,
    Capacity,
    ChainReply,
    Curated,
    Quote,
    ReadRequest,
    Ruling,
    Side,
    StatedClaim,
    TextDelta,
    TextualChain,
    Usage,
    VisualChain,
)
from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import Evidence, EvidencePage, PassageHit, Scope

CALLS_OF_THE_PAPER = 3
PAGES = 8
WORDS_A_PAGE = 400


class Scripted:
    """Replies as a model of constant speed would. `agree`: whether the visual chain says what the textual one says."""

    models = ("scripted",)

    def __init__(self, seconds: float) -> None:
        self.agree = True
        self.calls = 0
        self._seconds = seconds

    async def capacity(self) -> Capacity:
        return Capacity(128_000)

    async def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        self.calls += 1
        await asyncio.sleep(self._seconds)
        yield TextDelta(msgspec.json.encode(self._reply(request)).decode())
        yield Usage(4000, 200, 1)

    def _reply(self, request: ReadRequest) -> Struct:
        if request.reply is Ruling:
            return Ruling("The first page is the later one.", Side.TEXTUAL)
        visual = any(item.id.endswith(":page") for item in request.evidence)
        page = 1 if not visual or self.agree else 2
        item = f"P{page}" if visual else "T1"
        return _says(item, f"{page},234 million", f"Revenue of region {page} was {page},234 million")


def _says(item: str, answer: str, words: str) -> ChainReply:
    claim = StatedClaim(f"{answer}.", (Quote(item, words),))
    return ChainReply((Curated(item, words),), (), (claim,), answer, support=0.8)


class Shelf:
    """Pages of one made-up document."""

    def __init__(self) -> None:
        self.pages = {number: _page(number) for number in range(1, PAGES + 1)}

    async def page(self, document: str, number: int) -> Page:
        return self.pages[number]

    def name(self, document: str) -> str:
        return f"{document}.pdf"

    def evidence(self) -> Evidence:
        found = tuple(
            EvidencePage("d", "r", page.number, 1.0, (PassageHit(0, page.text, (page.blocks[0].box,), 1.0),))
            for page in self.pages.values()
        )
        return Evidence("What was revenue?", Scope("c"), found, {})


def _page(number: int) -> Page:
    rng = random.Random(number)
    text = ["Revenue", "of", "region", str(number), "was", f"{number},234", "million"]
    text += [rng.choice(("ships", "harbour", "staff", "sold", "under", "budget")) for _ in range(WORDS_A_PAGE)]
    words = tuple(
        Word(word, Box(50 + 40 * (n % 12), 50 + 14 * (n // 12), 88 + 40 * (n % 12), 60 + 14 * (n // 12)))
        for n, word in enumerate(text)
    )
    block = Block(BlockKind.TEXT, " ".join(text), Box(50, 50, 560, 700), 0, len(words))
    return Page(number, 595.0, 842.0, None, TextSource.TEXT_LAYER, words, (block,))


async def image(document: str, number: int, *, width: int, crop: Box | None = None) -> bytes:
    return b"PNG"


async def ask(reader: Scripted, shelf: Shelf) -> Answer:
    answerer = Answerer(reader, (TextualChain(), VisualChain(image)), adjudicator=Adjudicator(image))
    return await answerer.answer(shelf.evidence(), shelf, answer_id="a", searched=["d"])


async def in_sequence(seconds: float) -> float:
    """Milliseconds of the paper's order with the same model: three calls, each waiting for the one before."""
    reader = Scripted(seconds)
    begun = time.perf_counter()
    for _ in range(CALLS_OF_THE_PAPER):
        async for _ in reader.read(ReadRequest("q", (), reply=ChainReply)):
            pass
    return (time.perf_counter() - begun) * 1000


async def measure(rate: float, questions: int, seconds: float) -> tuple[float, float, float]:
    """Calls a question, median milliseconds, and median milliseconds without the waiting for calls."""
    reader, shelf = Scripted(seconds), Shelf()
    agreeing = round(rate * questions)
    spent, own = [], []
    for place in range(questions):
        reader.agree = place < agreeing
        begun = time.perf_counter()
        answer = await ask(reader, shelf)
        spent.append((time.perf_counter() - begun) * 1000)
        own.append(spent[-1] - 1000 * seconds * (answer.cost.model_calls - 1))
        if answer.agreement.agree is not reader.agree:
            raise RuntimeError(f"The chains were fused otherwise than scripted: {answer.agreement}")
    return reader.calls / questions, sum(spent) / questions, median(own)


async def run(rates: Sequence[float], questions: int, seconds: float) -> None:
    paper = await in_sequence(seconds)
    print(f"{questions} questions a rate, {1000 * seconds:.0f} ms a call; three calls in sequence: {paper:.0f} ms\n")
    print("| chains agree | calls a question | saved | ms a question (mean) | of the paper's | own ms (median) |")
    print("|---|---|---|---|---|---|")
    for rate in rates:
        calls, mean, own = await measure(rate, questions, seconds)
        saved = 1 - calls / CALLS_OF_THE_PAPER
        print(f"| {rate:.0%} | {calls:.2f} | {saved:.0%} | {mean:.0f} | {mean / paper:.0%} | {own:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--call-ms", type=float, default=200.0)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 0.25, 0.5, 0.75, 0.9, 1.0])
    given = parser.parse_args()
    asyncio.run(run(given.rates, given.questions, given.call_ms / 1000))


if __name__ == "__main__":
    main()
