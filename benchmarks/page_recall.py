"""Page recall on MMLongBench-Doc, inside the document and over all of them: plain BM25, dense and as served, in one run.

    python -m benchmarks.page_recall [--data ../shared/mmlongbench-doc] [--cache FOLDER] [--workers 1] [--choose]

Questions: answerable (`answer_format` is not None) with evidence pages. Recall@k: the fraction of a question's gold
pages among the first k, averaged over questions. Intervals: 95 %, bootstrap over documents. Pages are read once by the
Ingestor (with OCR) and kept in the cache as msgpack. nDCG@5 is the standard one. The effect of each
signal is measured by leaving it out. `--choose` also scores other ways of fusing the lists and other weights of the
signals, cross-validated by document: what the constants of retrieval/fusion.py come from.
"""

import argparse
import asyncio
import math
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.choose_fusion import choose_fusion, choose_signals, gather, leave_out
from benchmarks.mmlongbench import (
    CUTS,
    Question,
    Ranking,
    interval,
    ndcg,
    read_pages,
    read_questions,
    recalls,
    reciprocal,
)
from ingest import Page
from retrieval import Retriever, Scope
from retrieval.schema import DENSE
from retrieval.search import as_question, candidates

K1, B = 1.5, 0.75


def text_layers(data: Path) -> dict[str, list[str]]:
    """What PyMuPDF says is on each page, without OCR: what a plain pipeline would index."""
    import pymupdf

    return {
        path.name: [page.get_text() for page in pymupdf.open(path)]
        for path in sorted((data / "documents").glob("*.pdf"))
    }


def plain_bm25(texts: Sequence[str]) -> Callable[[str], Ranking]:
    """BM25 as everyone has it: lower-cased words, k1 1.5, b 0.75, IDF of Lucene. Pages without a match follow in page
    order."""
    counts = [Counter(re.findall(r"\w+", text.lower())) for text in texts]
    lengths = np.array([counted.total() for counted in counts], dtype=float)
    norms = K1 * (1 - B + B * lengths / max(lengths.mean(), 1.0))
    frequency = Counter(word for counted in counts for word in counted)

    def rank(question: str) -> Ranking:
        scores = np.zeros(len(texts))
        for word in re.findall(r"\w+", question.lower()):
            if df := frequency.get(word, 0):
                tf = np.array([counted[word] for counted in counts], dtype=float)
                scores += math.log(1 + (len(texts) - df + 0.5) / (df + 0.5)) * tf * (K1 + 1) / (tf + norms)
        return [int(i) + 1 for i in np.argsort(-scores, kind="stable")]

    return rank


def rank_plainly(questions: Sequence[Question], texts: Mapping[str, Sequence[str]]) -> list[Ranking]:
    """Plain BM25 over whole pages."""
    rankers = {name: plain_bm25(pages) for name, pages in texts.items()}
    return [rankers[question.document](question.text) for question in questions]


async def rank_by_vectors(room: Retriever, questions: Sequence[Question]) -> list[Ranking]:
    """The encoder alone: a page is as near as its nearest passage. The engine compares exactly; it builds no graph here."""
    asked = room.encoder.encode_query([question.text for question in questions])
    numbers = {point.id: point.page for point in await room.points("bench") if point.kind == "page"}
    rankings = []
    for question, vector in zip(questions, asked, strict=True):
        scope = Scope("bench", (question.document,))
        found = await candidates(room.store, as_question(question.text, vector), scope)
        rankings.append([numbers[key] for key in dict.fromkeys(key for key, _ in found.lists[DENSE])])
    return rankings


async def index(room: Retriever, pages: Mapping[str, list[Page]]) -> None:
    """All documents into one collection, as the service does it."""
    for name, read in pages.items():
        for start in range(0, len(read), 16):
            await room.add_pages("bench", name, "r1", read[start : start + 16])
        await room.publish("bench", name, "r1")


async def rank_as_served(room: Retriever, questions: Sequence[Question]) -> tuple[list[Ranking], list[float]]:
    """The retriever's own answer within the question's document, and the milliseconds of each."""
    rankings, spent = [], []
    for question in questions:
        evidence = await room.search(question.text, Scope("bench", (question.document,)), pages=max(CUTS))
        rankings.append([page.number for page in evidence.pages])
        spent.append(sum(evidence.milliseconds.values()))
    return rankings, spent


async def rank_over_all(room: Retriever, questions: Sequence[Question]) -> tuple[list[Ranking], float]:
    """As served over the whole collection, pages of other documents as 0; and the share of questions whose document
    comes first."""
    rankings: list[Ranking] = []
    right = 0
    for question in questions:
        found = (await room.search(question.text, Scope("bench"), pages=max(CUTS))).pages
        rankings.append([page.number if page.document == question.document else 0 for page in found])
        right += bool(found) and found[0].document == question.document
    return rankings, right / len(questions)


def print_row(name: str, questions: Sequence[Question], rankings: Sequence[Sequence[int]]) -> None:
    cells = []
    for k in CUTS:
        values = recalls(questions, rankings, k)
        low, high = interval(questions, values)
        cells.append(f"{100 * np.mean(values):5.1f} [{100 * low:.1f}, {100 * high:.1f}]")
    mean = np.mean([(reciprocal(q, r), ndcg(q, r)) for q, r in zip(questions, rankings, strict=True)], axis=0)
    cells += [f"{100 * value:.1f}" for value in mean]
    print(f"| {name:42s} | " + " | ".join(cells) + " |", flush=True)


def print_sources(questions: Sequence[Question], rankings: Mapping[str, Sequence[Sequence[int]]], k: int = 5) -> None:
    """R@k by source of evidence; a question may have several."""
    names = sorted({source for question in questions for source in question.sources})
    print(f"\nR@{k} by source of evidence")
    for source in names:
        picked = [i for i, question in enumerate(questions) if source in question.sources]
        some = [questions[i] for i in picked]
        cells = [
            f"{name} {100 * np.mean(recalls(some, [r[i] for i in picked], k)):.1f}" for name, r in rankings.items()
        ]
        print(f"  {source} (N = {len(picked)}): " + ", ".join(cells))


def print_gain(questions: Sequence[Question], better: Sequence[Ranking], than: Sequence[Ranking], k: int = 5) -> None:
    """The paired difference, which is narrower than the two intervals."""
    gains = [a - b for a, b in zip(recalls(questions, better, k), recalls(questions, than, k), strict=True)]
    low, high = interval(questions, gains)
    print(
        f"\nhybrid over plain BM25 with OCR, R@{k}: {100 * np.mean(gains):+.1f} [{100 * low:+.1f}, {100 * high:+.1f}] points"
    )


async def run(data: Path, cache: Path, workers: int, choose: bool) -> None:
    questions = read_questions(data)
    pages = await read_pages(data, cache, workers)
    print(f"N = {len(questions)} questions, {len(pages)} documents, {sum(map(len, pages.values()))} pages")
    with tempfile.TemporaryDirectory() as folder:
        room = Retriever(Path(folder))
        await room.start()
        started = time.perf_counter()
        await index(room, pages)
        print(f"indexed in {time.perf_counter() - started:.0f} s, {await room.count('bench')} points\n")
        rows = {
            "plain BM25, text layer": rank_plainly(questions, text_layers(data)),
            "plain BM25, with OCR": rank_plainly(questions, _texts(pages.items())),
            "dense, with OCR": await rank_by_vectors(room, questions),
        }
        rows["hybrid as served, with OCR"], spent = await rank_as_served(room, questions)
        rows["the same over all documents together"], right = await rank_over_all(room, questions)
        heads = [f"{'':42s}", *(f"R@{k}, 95 %" for k in CUTS), "MRR", "nDCG@5"]
        print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
        for name, rankings in rows.items():
            print_row(name, questions, rankings)
        print(f"over all documents the right one is first for {100 * right:.1f} %")
        print_gain(questions, rows["hybrid as served, with OCR"], rows["plain BM25, with OCR"])
        print_sources(questions, rows)
        print(f"\nsearch: p50 {np.percentile(spent, 50):.1f} ms, p99 {np.percentile(spent, 99):.1f} ms")
        found = await gather(room, questions)
        leave_out(questions, found)
        if choose:
            choose_fusion(questions, found)
            choose_signals(questions, found)
        await room.close()


def _texts(read: Iterable[tuple[str, list[Page]]]) -> dict[str, list[str]]:
    return {name: [page.text for page in pages] for name, pages in read}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[1]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "mmlongbench-doc")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "quire-page-recall")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--choose", action="store_true", help="also score other ways of fusing, cross-validated")
    options = parser.parse_args()
    if not (options.data / "samples.json").exists():
        parser.error(f"{options.data} holds no samples.json; give the benchmark's folder with --data")
    options.cache.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    asyncio.run(run(options.data, options.cache, options.workers, options.choose))


if __name__ == "__main__":
    main()
