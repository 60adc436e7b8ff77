"""Pages found inside the document on MMLongBench-Doc's development split, pages as pictures only, in one run with BM25.

    python -m benchmarks.wordspot.documents --pages-cache FOLDER [--data FOLDER] [--weights FILE] [--only scans|small|all]

The encoder sees rendered pages, never a text layer. Beside it in the same run: BM25 over the text layer, and BM25 over
what the Ingestor read of the pages: the words of RapidOCR where a page has no text layer. These are taken from the cache
of `benchmarks.page_recall` (--pages-cache), which reads the pages where it is empty. The rule, its constants and the
weight of the fusion come from `benchmarks.wordspot.ranking`, on other documents, and are not chosen here. R@k: the
share of a question's gold pages among the first k. A document counts as image-only if no page of it has a text layer.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.mmlongbench import Question, interval, read_pages, read_questions, recalls, reciprocal
from benchmarks.page_recall import plain_bm25, text_layers
from benchmarks.wordspot.paging import Encoder, encoder, options_of_split, read_document
from benchmarks.wordspot.rules import CHOSEN, RULES, WEIGHT, fused, rank, scored
from ingest import TextSource

CUTS = (1, 3, 5)
SMALL = 10
"""Of the documents with a text layer, so many of the fewest pages with `--only small`."""


def of_groups(layers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Documents with a text layer, and those without, the shortest first."""
    found: dict[str, list[str]] = {"text layer": [], "image-only": []}
    for name in sorted(layers, key=lambda name: len(layers[name])):
        found["text layer" if any(text.strip() for text in layers[name]) else "image-only"].append(name)
    return found


def row(name: str, questions: Sequence[Question], rankings: Sequence[Sequence[int]]) -> None:
    """A line of the table: recalls, the first with its interval over documents, and MRR."""
    cells = []
    for k in CUTS:
        values = recalls(questions, rankings, k)
        low, high = interval(questions, values)
        cells.append(f"{100 * np.mean(values):.1f} [{100 * low:.0f}, {100 * high:.0f}]")
    cells.append(f"{100 * np.mean([reciprocal(q, r) for q, r in zip(questions, rankings, strict=True)]):.1f}")
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def random_order(questions: Sequence[Question], layers: Mapping[str, Sequence[str]]) -> list[list[int]]:
    """Chance, one draw."""
    draw = np.random.default_rng(5)
    return [[int(page) + 1 for page in draw.permutation(len(layers[question.document]))] for question in questions]


def run(options: argparse.Namespace, with_: Encoder) -> None:
    layers = text_layers(options.data)
    pages = asyncio.run(read_pages(options.data, options.pages_cache, 1))
    by_ocr = sum(page.source is TextSource.OCR for found in pages.values() for page in found)
    print(f"{by_ocr} pages with RapidOCR's words, from the cache of benchmarks.page_recall")
    groups = of_groups(layers)
    if options.only == "scans":
        groups.pop("text layer")
    elif options.only == "small":
        groups["text layer"] = groups["text layer"][:SMALL]
    for group, names in reversed(groups.items()):
        seen = {name: read_document(options.data / "documents" / name, with_, options.cache) for name in names}
        questions = [question for question in read_questions(options.data) if question.document in seen]
        sizes = [len(page.gates) for found in seen.values() for page in found]
        print(
            f"\n{group}: {len(names)} documents, {len(sizes)} pages, {len(questions)} questions; vectors a page: ",
            end="",
        )
        print(f"mean {np.mean(sizes):.0f}, median {np.median(sizes):.0f}, most {max(sizes)}\n")
        found = [scored(question.text, seen[question.document], with_, RULES) for question in questions]
        ranked = {name: [rank(one[name]) for one in found] for name in ("MaxSim", "rarity x best^4", CHOSEN)}
        layer = {name: plain_bm25(layers[name]) for name in names}
        words = {name: plain_bm25([page.text for page in pages[name]]) for name in names}
        by_layer = [layer[question.document](question.text) for question in questions]
        by_words = [words[question.document](question.text) for question in questions]
        print(f"| | {' | '.join(f'R@{k}' for k in CUTS)} | MRR |\n|---|---|---|---|---|")
        row("random order", questions, random_order(questions, layers))
        row("BM25, text layer", questions, by_layer)
        row("BM25, text layer or RapidOCR", questions, by_words)
        for name, rankings in ranked.items():
            row(f"wordspot, {name}{' (the rule chosen elsewhere)' if name == CHOSEN else ''}", questions, rankings)
        pairs = zip(by_words, ranked[CHOSEN], strict=True)
        row(
            f"BM25, text layer or RapidOCR, and {WEIGHT} x wordspot", questions, [fused(a, b, WEIGHT) for a, b in pairs]
        )


def main() -> None:
    parser = options_of_split(__doc__)
    parser.add_argument("--only", choices=("scans", "small", "all"), default="all")
    options = parser.parse_args()
    if not (options.data / "samples.json").exists():
        parser.error(f"{options.data} holds no samples.json; give the benchmark's folder with --data")
    for folder in (options.pages_cache, options.cache):
        folder.mkdir(parents=True, exist_ok=True)
    run(options, encoder(options.weights, half=options.half))


if __name__ == "__main__":
    main()
