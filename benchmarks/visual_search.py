"""Milliseconds a question by stage over synthetic page images, idle and while pages are written; bytes of the index a page.

    python -m benchmarks.visual_search [--pages 1252 10000] [--patches 300] [--questions 20] [--folder DIR]

Pages of `--patches` vectors of 128 values (a grid, whose patches share something with the page and with their
neighbours) are written into the embedded store as the service writes them, and asked for with 20 noisy patches of one
page. In the same run on the same vectors: the exact scores of all pages, and of the same candidates, as a blocked matrix
product (retrieval.visual.maxsim, numpy on one thread). Time does not depend on what vectors mean; how often the candidates
hold the best page does, so that figure is of made-up pages and says nothing of real ones. Encoders with a rule of their own
(wordspot) ask for each vector of a question by itself, exactly: those times are there too, for a question of six words.

Memory: all vectors in float16, 77 kB a page of 300 (10,000 pages: 0.8 GB), and as much again of page cache and disk.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

# Before numpy: threads of a product that share two cores with others only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

from benchmarks.search_latency import longest_stall
from retrieval.imaged import SEEN, ImageQuestion, image_list, image_queries
from retrieval.indexing import with_image
from retrieval.schema import PATCHES, POOLED, schema
from retrieval.store.contract import Filter, Nearest, Point, Query
from retrieval.store.edge import EdgeStore
from retrieval.visual import PageVectors, maxsim
from retrieval.visual.keeping import kept

DIMENSION, TOKENS, TOP = 128, 20, 10
AT_ONCE = 100
"""Pages a write, as a job's batches come; the store parts them by bytes."""
BATCH, WRITTEN = 8, 10**9
"""Pages of a batch of a job, and where the numbers of those begin that are written while others are searched."""
WORDS = 6
"""Of a question of some ten, those that say something."""
FULL_SCANS = 3
"""Of the engine, which takes a second each."""
VISIBLE = Filter(any_of={"visible": (1,)})

Half = npt.NDArray[np.float16]
Floats = npt.NDArray[np.float32]


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    found: Floats = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return found


def make_page(number: int, rows: int, columns: int) -> PageVectors:
    """A third of each patch is the page's own, a third its neighbourhood's (4 x 4 regions), a third its own."""
    rng = np.random.default_rng(number)
    regions = unit(rng.normal(size=(4, 4, DIMENSION)))
    where = np.ix_(np.arange(rows) * 4 // rows, np.arange(columns) * 4 // columns)
    own = unit(rng.normal(size=(rows, columns, DIMENSION)))
    patches = unit(unit(rng.normal(size=DIMENSION)) + regions[where] + own).reshape(-1, DIMENSION)
    return PageVectors(patches.astype(np.float16), rows, columns, np.arange(rows * columns, dtype=np.int32))


def make_question(page: Half, seed: int) -> Floats:
    """Patches of a page with twice as much noise as signal."""
    rng = np.random.default_rng(seed)
    picked = page[rng.choice(len(page), TOKENS, replace=len(page) < TOKENS)].astype(np.float32)
    return unit(picked + 2 * unit(rng.normal(size=picked.shape)))


def grid_of(patches: int) -> tuple[int, int]:
    """Rows and columns of about so many patches, upright as a page."""
    columns = max(1, round((patches * 3 / 4) ** 0.5))
    return max(1, round(patches / columns)), columns


async def fill(store: EdgeStore, pages: int, rows: int, columns: int) -> tuple[Half, float]:
    """The pages' vectors, (pages, patches, 128), written; and the seconds that writing took."""
    await store.open("c", schema(8, DIMENSION), {})
    vectors: Half = np.empty((pages, rows * columns, DIMENSION), dtype=np.float16)
    spent = 0.0
    for numbers in _parts(range(pages)):
        points = []
        for number in numbers:
            page = kept(make_page(number, rows, columns))
            vectors[number] = page.patches
            payload = {"page": number, "page_key": str(number), "document": f"d{number // 50}", "visible": 1}
            points.append(with_image(Point(_id(number), {}, payload), page))
        started = time.perf_counter()
        await store.upsert("c", points)
        spent += time.perf_counter() - started
    return vectors, spent


def _parts(numbers: range) -> Iterator[range]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _id(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


class Times:
    """Milliseconds by stage, and those of the processor."""

    def __init__(self, store: EdgeStore) -> None:
        self._store = store
        self.spent: dict[str, list[float]] = {}
        self.computed: dict[str, list[float]] = {}

    async def of(self, stage: str, query: Query) -> list[int]:
        started = _clocks()
        (hits,) = await self._store.query("c", [query])
        self._note(stage, started)
        return [int(hit.id[-12:]) for hit in hits]

    async def of_words(self, stage: str, question: ImageQuestion) -> list[int]:
        started = _clocks()
        hits = image_list(question, await self._store.query("c", image_queries(question, VISIBLE, ("page_key",)))).hits
        self._note(stage, started)
        return [int(hit.id[-12:]) for hit in hits]

    def of_product(self, stage: str, question: Floats, pages: Sequence[Half]) -> Floats:
        started = _clocks()
        scores = maxsim(question, pages)
        self._note(stage, started)
        return scores

    def _note(self, stage: str, started: tuple[float, float]) -> None:
        for kept_in, before, now in zip((self.spent, self.computed), started, _clocks(), strict=True):
            kept_in.setdefault(stage, []).append(1000 * (now - before))


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


async def ask(store: EdgeStore, vectors: Half, questions: int) -> tuple[Times, list[float], int]:
    """Times by stage; for each question the share of the exact best ten that two stages find; and how often the page
    that was asked for comes first."""
    times, shares, first = Times(store), [], 0
    # The first question pays for the memory that the others find warm.
    await Times(store).of("warming up", _two_stages(make_question(vectors[0], 1)))
    for seed in range(questions):
        target = (seed * 7919) % len(vectors)
        question = make_question(vectors[target], seed + 10**6)
        pooled = await times.of("candidates by pooled vectors", _first(question))
        found = await times.of("two stages", _two_stages(question))
        scores = times.of_product("exact, all pages, matrix product", question, list(vectors))
        times.of_product("exact, same candidates, matrix product", question, [vectors[number] for number in pooled])
        best = np.argsort(-scores)[:TOP].tolist()
        words = ImageQuestion(question[:WORDS], rule=_added_up)
        by_words = await times.of_words(f"by a rule, {WORDS} vectors one by one", words)
        assert by_words[0] == int(maxsim(question[:WORDS], list(vectors)).argmax()), "the rule and the product disagree"
        shares.append(len(set(best) & set(found[:TOP])) / len(best))
        first += found[0] == target
        if seed < FULL_SCANS:
            whole = await times.of("exact, all pages, engine", _scan(question))
            assert set(whole[:3]) == set(best[:3]), "the engine and the product disagree"
    return times, shares, first


def _added_up(best: Floats) -> Floats:
    """MaxSim as a rule."""
    return np.asarray(np.maximum(best, 0).sum(axis=0), dtype=np.float32)


def _first(question: Floats) -> Query:
    return Query(Nearest(POOLED, question), SEEN, where=VISIBLE)


def _two_stages(question: Floats) -> Query:
    return Query(Nearest(PATCHES, question), SEEN, where=VISIBLE, prefetch=(_first(question),))


def _scan(question: Floats) -> Query:
    return Query(Nearest(PATCHES, question), TOP, where=VISIBLE)


async def while_writing(folder: Path, vectors: Half, rows: int, columns: int) -> None:
    """Searches beside a writer, over the shard in a process of its own, as served."""
    store = EdgeStore(folder)
    await store.open("c", schema(8, DIMENSION), {})
    question = make_question(vectors[0], 1)
    try:
        await searches(store, question, 3)
        idle = await searches(store, question, 30)
        writer = asyncio.create_task(write(store, make_page(0, rows, columns)))
        async with longest_stall() as stall:
            busy = await searches(store, question, 30)
            worst = stall()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    finally:
        await store.close()
    print(
        f"  from another process: idle {median(idle):.1f} ms, at most {max(idle):.1f}; while pages are written in batches"
    )
    print(
        f"  of {BATCH}, {median(busy):.1f} ms, at most {max(busy):.1f}, and the event loop stalls for {worst:.1f} ms at most"
    )


async def searches(store: EdgeStore, question: Floats, count: int) -> list[float]:
    """Milliseconds of each."""
    spent = []
    for _ in range(count):
        started = time.perf_counter()
        await store.query("c", [_two_stages(question)])
        spent.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(0.02)
    return spent


async def write(store: EdgeStore, page: PageVectors) -> None:
    """Batches of pages, invisible ones, until cancelled."""
    found, number = kept(page), WRITTEN
    while True:
        points = [Point(_id(n), {}, {"visible": 0, "page": 0}) for n in range(number, number + BATCH)]
        await store.upsert("c", [with_image(point, found) for point in points])
        number += BATCH


def on_disk(folder: Path) -> int:
    """Bytes that the folder takes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


async def measure(pages: int, patches: int, questions: int, folder: Path) -> None:
    rows, columns = grid_of(patches)
    # On a thread of this process, whose processor time then is the stage's. In a process of its own, as served, a question
    # and its answer have 30 kB to travel.
    store = EdgeStore(folder, inline=True)
    try:
        vectors, seconds = await fill(store, pages, rows, columns)
        size = on_disk(folder)
        times, shares, first = await ask(store, vectors, questions)
    finally:
        await store.close()
    raw = vectors[0].nbytes
    print(f"\n{pages} pages of {rows} x {columns} patches, {questions} questions of {TOKENS} tokens, {SEEN} candidates")
    print(f"  written at {1000 * seconds / pages:.1f} ms a page; index {size / pages:,.0f} bytes a page, of which its")
    print(f"  patches in float16 are {raw:,}")
    for stage, spent in times.spent.items():
        computed = median(times.computed[stage])
        print(f"  {stage:40} {median(spent):8.1f} ms, least {min(spent):8.1f}; of the processor {computed:8.1f}")
    both, one = (times.computed[stage] for stage in ("two stages", "candidates by pooled vectors"))
    rerank = median(np.subtract(both, one).tolist())
    product = median(times.computed["exact, same candidates, matrix product"])
    ratio = f"{rerank:.1f} ms of the processor, {rerank / product:.1f} x the matrix product over the same candidates"
    print(f"  rerank (two stages less candidates): {ratio}")
    print(
        f"  the page asked for comes first in {first} of {questions}; {np.mean(shares):.2f} of the exact best {TOP} found"
    )
    await while_writing(folder, vectors, rows, columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, nargs="+", default=[1252, 10_000])
    parser.add_argument("--patches", type=int, default=300)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where the index is written (a temporary folder)")
    options = parser.parse_args()
    for pages in options.pages:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            asyncio.run(measure(pages, options.patches, options.questions, Path(folder) / "index"))


if __name__ == "__main__":
    main()
