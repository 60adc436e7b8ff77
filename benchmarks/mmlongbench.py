"""MMLongBench-Doc as the benchmarks use it: questions with gold pages, pages read once and kept, recall with intervals."""

import ast
import hashlib
import json
import math
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from ingest import Ingestor, Page, TextSource

CUTS = (1, 3, 5, 10)
Ranking = list[int]


class Question(msgspec.Struct, frozen=True):
    """A question with its document's file name, gold pages (from 1) and sources of evidence."""

    document: str
    text: str
    gold: frozenset[int]
    sources: tuple[str, ...]


def read_questions(data: Path) -> list[Question]:
    """Answerable questions with evidence; lists are stringified in the data."""
    rows = json.loads((data / "samples.json").read_text())
    return [
        Question(row["doc_id"], row["question"], frozenset(pages), tuple(ast.literal_eval(row["evidence_sources"])))
        for row in rows
        if row["answer_format"] != "None" and (pages := ast.literal_eval(row["evidence_pages"]))
    ]


async def read_pages(data: Path, cache: Path, workers: int) -> dict[str, list[Page]]:
    """Every document's pages, from the cache where they were read before."""
    ingestor = Ingestor(workers=workers)
    found: dict[str, list[Page]] = {}
    try:
        for path in sorted((data / "documents").glob("*.pdf")):
            kept = cache / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}.msgpack"
            if not kept.exists():
                _keep(kept, await _read(ingestor, path))
            found[path.name] = msgspec.msgpack.decode(kept.read_bytes(), type=list[Page])
    finally:
        await ingestor.close()
    return found


async def _read(ingestor: Ingestor, path: Path) -> list[Page]:
    started = time.perf_counter()
    count = (await ingestor.probe(path, name=path.name)).page_count
    pages = sorted([page async for page in ingestor.read(path, range(1, count + 1))], key=lambda page: page.number)
    ocr = sum(page.source is TextSource.OCR for page in pages)
    failed = sum(page.error is not None for page in pages)
    print(
        f"read {path.name[:40]}: {count} pages, {ocr} by OCR, {failed} failed, {time.perf_counter() - started:.0f} s",
        flush=True,
    )
    return pages


def _keep(path: Path, pages: list[Page]) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(msgspec.msgpack.encode(pages))
    partial.rename(path)


def recall(question: Question, ranking: Sequence[int], k: int) -> float:
    """Fraction of the gold pages among the first k."""
    return len(question.gold & set(ranking[:k])) / len(question.gold)


def recalls(questions: Sequence[Question], rankings: Sequence[Sequence[int]], k: int) -> list[float]:
    """For each question."""
    return [recall(question, ranking, k) for question, ranking in zip(questions, rankings, strict=True)]


def reciprocal(question: Question, ranking: Sequence[int]) -> float:
    """1 over the rank of the first gold page; 0 where there is none."""
    return next((1 / rank for rank, page in enumerate(ranking, start=1) if page in question.gold), 0.0)


def ndcg(question: Question, ranking: Sequence[int], k: int = 5) -> float:
    """Normalised discounted gain at k, standard: a gold page gains 1 over log2(1 + rank), the ideal order has all of
    them first."""
    gains = [1 / math.log2(1 + rank) for rank in range(1, k + 1)]
    found = sum(gain for gain, page in zip(gains, ranking, strict=False) if page in question.gold)
    return found / sum(gains[: len(question.gold)])


def ndcg_molorag(question: Question, ranking: Sequence[int], k: int = 5) -> float:
    """As MoLoRAG computes it: both sums stop at min(k, gold pages, pages ranked), so that a question with one gold page is
    judged by the first page alone. Lower than the standard one where gold pages stand further down."""
    cut = min(k, len(question.gold), len(ranking))
    return ndcg(question, ranking, cut) if cut else 0.0


def interval(questions: Sequence[Question], values: Sequence[float], rounds: int = 2000) -> tuple[float, float]:
    """95 % interval of the mean, resampling whole documents: questions of one document go up and down together."""
    sums: dict[str, list[float]] = defaultdict(list)
    for question, value in zip(questions, values, strict=True):
        sums[question.document].append(value)
    totals = np.array([sum(found) for found in sums.values()])
    counts = np.array([len(found) for found in sums.values()])
    picks = np.random.default_rng(7).integers(0, len(totals), (rounds, len(totals)))
    means = totals[picks].sum(1) / counts[picks].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
