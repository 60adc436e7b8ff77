"""Page recall on MMLongBench-Doc, inside the document and over all of them: plain BM25, dense and as served, in one run.

    python -m benchmarks.page_recall [--data ../shared/mmlongbench-doc] [--cache FOLDER] [--workers 1] [--ablate] [--choose]

Questions: answerable (`answer_format` is not None) with evidence pages. Recall@k: the fraction of a question's gold
pages among the first k, averaged over questions. Intervals: 95 %, bootstrap over documents. nDCG@5 is the standard one;
MoLoRAG's stops both sums at the number of gold pages. Pages are read once by the Ingestor (with OCR) and kept in the cache
as msgpack. `--ablate` measures the effect of each list and signal by leaving it out. `--choose` scores other ways of
fusing the lists and other weights of the signals, cross-validated by document: what the constants of
retrieval/fusion.py come from.
"""

import argparse
import asyncio
import math
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.choose_fusion import (
    NAMES,
    by_likeness,
    choose_fusion,
    choose_routing,
    choose_signals,
    gather,
    leave_out,
)
from benchmarks.mmlongbench import (
    CUTS,
    Question,
    Ranking,
    interval,
    ndcg,
    ndcg_molorag,
    read_pages,
    read_questions,
    recalls,
    reciprocal,
)
from ingest import Page, TextSource
from retrieval import Retriever, Scope
from retrieval.schema import DENSE

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


async def rank_among(
    room: Retriever, questions: Sequence[Question], scopes: Sequence[Scope]
) -> tuple[list[Ranking], float]:
    """As served over several documents, pages of other documents as 0; and the share of questions whose document comes
    first."""
    rankings: list[Ranking] = []
    right = 0
    for question, scope in zip(questions, scopes, strict=True):
        found = (await room.search(question.text, scope, pages=max(CUTS))).pages
        rankings.append([page.number if page.document == question.document else 0 for page in found])
        right += bool(found) and found[0].document == question.document
    return rankings, right / len(questions)


def with_others(questions: Sequence[Question], others: int = 4) -> list[Scope]:
    """Each question's document named together with some others, drawn by chance."""
    names = sorted({question.document for question in questions})
    draw = random.Random(5)
    return [
        Scope("bench", (question.document, *draw.sample([n for n in names if n != question.document], others)))
        for question in questions
    ]


def print_row(name: str, questions: Sequence[Question], rankings: Sequence[Sequence[int]]) -> None:
    cells = []
    for k in CUTS:
        values = recalls(questions, rankings, k)
        low, high = interval(questions, values)
        cells.append(f"{100 * np.mean(values):5.1f} [{100 * low:.1f}, {100 * high:.1f}]")
    mean = np.mean(
        [(reciprocal(q, r), ndcg(q, r), ndcg_molorag(q, r)) for q, r in zip(questions, rankings, strict=True)], axis=0
    )
    cells += [f"{100 * value:.1f}" for value in mean]
    print(f"| {name:42s} | " + " | ".join(cells) + " |", flush=True)


def print_groups(
    questions: Sequence[Question],
    groups: Sequence[Collection[str]],
    rankings: Mapping[str, Sequence[Sequence[int]]],
    title: str,
    k: int = 5,
) -> None:
    """R@k by group; a question may be in several."""
    print(f"\nR@{k} by {title}")
    for group in sorted({name for of in groups for name in of}):
        picked = [i for i, of in enumerate(groups) if group in of]
        some = [questions[i] for i in picked]
        cells = [
            f"{name} {100 * np.mean(recalls(some, [r[i] for i in picked], k)):.1f}" for name, r in rankings.items()
        ]
        print(f"  {group} (N = {len(picked)}): " + ", ".join(cells))


def layers(questions: Sequence[Question], pages: Mapping[str, list[Page]]) -> list[tuple[str]]:
    """Whether the gold pages of each question have their words from a text layer."""
    read = {(name, page.number): page.source for name, found in pages.items() for page in found}
    with_layer = (TextSource.TEXT_LAYER, TextSource.MIXED)
    found: list[tuple[str]] = []
    for question in questions:
        there = [read.get((question.document, number)) in with_layer for number in question.gold]
        found.append(
            ("all evidence in a text layer" if all(there) else "some in a text layer" if any(there) else "none",)
        )
    return found


def print_gain(questions: Sequence[Question], better: Sequence[Ranking], than: Sequence[Ranking], k: int = 5) -> None:
    """The paired difference, which is narrower than the two intervals."""
    gains = [a - b for a, b in zip(recalls(questions, better, k), recalls(questions, than, k), strict=True)]
    low, high = interval(questions, gains)
    print(
        f"\nhybrid over plain BM25 with OCR, R@{k}: {100 * np.mean(gains):+.1f} [{100 * low:+.1f}, {100 * high:+.1f}] points"
    )


async def run(options: argparse.Namespace, folder: Path) -> None:
    questions = read_questions(options.data)
    pages = await read_pages(options.data, options.cache, options.workers)
    print(f"N = {len(questions)} questions, {len(pages)} documents, {sum(map(len, pages.values()))} pages")
    room = Retriever(folder)
    await room.start()
    if not await room.count("bench"):
        started = time.perf_counter()
        await index(room, pages)
        print(f"indexed in {time.perf_counter() - started:.0f} s")
    print(f"{await room.count('bench')} points\n")
    inside = await gather(room, questions)
    rows = {
        "BM25, text layer": rank_plainly(questions, text_layers(options.data)),
        "BM25, with OCR": rank_plainly(questions, _texts(pages.items())),
        "MiniLM alone": by_likeness(inside, (DENSE,)),
        "three lists, equal-weight RRF": by_likeness(inside, NAMES),
    }
    rows["as served"], spent = await rank_as_served(room, questions)
    heads = [f"{'':42s}", *(f"R@{k}, 95 %" for k in CUTS), "MRR", "nDCG@5", "nDCG@5 (MoLoRAG)"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name, rankings in rows.items():
        print_row(name, questions, rankings)
    everywhere = Scope("bench")
    for name, scopes in (
        ("served, its document and 4 others named", with_others(questions)),
        (f"served, all {len(pages)} documents", [everywhere] * len(questions)),
    ):
        rankings, right = await rank_among(room, questions, scopes)
        print_row(f"{name}: {100 * right:.1f} % first", questions, rankings)
    print_gain(questions, rows["as served"], rows["BM25, with OCR"])
    print_groups(questions, [question.sources for question in questions], rows, "source of evidence")
    print_groups(questions, layers(questions, pages), rows, "text layer of the evidence")
    print(f"\nsearch: p50 {np.percentile(spent, 50):.1f} ms, p99 {np.percentile(spent, 99):.1f} ms")
    if options.ablate or options.choose:
        among_all = await gather(room, questions, everywhere=True)
    if options.ablate:
        leave_out(questions, inside, "inside the document")
        leave_out(questions, among_all, "over all documents")
    if options.choose:
        choose_fusion(questions, inside)
        choose_signals(questions, inside)
        choose_routing(questions, among_all)
    await room.close()


def _texts(read: Iterable[tuple[str, list[Page]]]) -> dict[str, list[str]]:
    return {name: [page.text for page in pages] for name, pages in read}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[1]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "mmlongbench-doc")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "quire-page-recall")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--index", type=Path, help="keep the index in this folder, and use what is there")
    parser.add_argument("--ablate", action="store_true", help="also leave out every list and signal in turn")
    parser.add_argument("--choose", action="store_true", help="also score other ways of fusing, cross-validated")
    options = parser.parse_args()
    if not (options.data / "samples.json").exists():
        parser.error(f"{options.data} holds no samples.json; give the benchmark's folder with --data")
    options.cache.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(options, options.index or Path(folder)))


if __name__ == "__main__":
    main()
