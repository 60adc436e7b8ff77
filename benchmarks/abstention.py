"""When does the extractive reader answer, when does it decline, and how often is it right? Accuracy against coverage.

python benchmarks/abstention.py [--split ../shared/mmlongbench-doc] [--threshold 0.5] [--fit] [--limit N] [--verbose]

Development split of MMLongBench-Doc (arXiv 2407.01523): questions with `answer_format` None are unanswerable. Pages
come from the text layer alone (documents without one count: nothing can be read in them, so the reader declines).
Evidence of a question: the ten best pages of its document by BM25, and, so that retrieval's misses are not counted as
the reader's, the gold pages in place of the last of them. So the figures are about the reader, not about Quire as a
whole.

Correctness follows the benchmark's rules thinly: numbers equal within 1 % (Int: equal; Float: also off by a factor of
100), text by ANLS > 0.5 or the gold answer standing word for word in a short answer, lists by all items standing in
the answer. Nobody extracts the answer with a model here, so the figures are not those of the benchmark's leaderboard.

--fit fits the weights of `answer/extractive/abstain.py` (logistic regression: answerable against unanswerable, five
folds by document, so that no document is judged by weights that saw it) and prints them with the out-of-fold figures.
"""

import argparse
import ast
import json
import re
import time
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from msgspec import Struct
from rapidfuzz.distance import Levenshtein

from answer.extractive.abstain import FEATURES, THRESHOLD, belief, features
from answer.extractive.find import Found, find
from answer.extractive.say import say
from answer.extractive.terms import stems
from answer.reader import EvidenceItem, ReadRequest
from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import TextEncoder

_PAGES = 10
_FOLDS = 5
_PENALTY = 1.0
"""Inverse strength of the weights' penalty."""


class Asked(Struct, frozen=True):
    """One question of the split."""

    document: str
    question: str
    answer: str
    form: str
    gold: tuple[int, ...]

    @property
    def answerable(self) -> bool:
        return self.form != "None"


class Judged(Struct, frozen=True):
    """What the reader did with a question. `belief` is 0 where it declined whatever the threshold."""

    asked: Asked
    values: tuple[float, ...]
    belief: float
    right: bool
    on_gold: bool
    said: str
    milliseconds: float


def load(split: Path) -> list[Asked]:
    """The questions whose document is there."""
    rows: list[dict[str, Any]] = json.loads((split / "samples.json").read_text())
    there = {path.name for path in (split / "documents").iterdir()}
    return [
        Asked(
            r["doc_id"],
            r["question"],
            str(r["answer"]),
            r["answer_format"],
            tuple(ast.literal_eval(r["evidence_pages"])),
        )
        for r in rows
        if r["doc_id"] in there
    ]


def read_pages(path: Path) -> list[Page]:
    """Pages of the text layer: PyMuPDF's words, its blocks as blocks of text."""
    with pymupdf.open(path) as document:
        return [_page(number, page) for number, page in enumerate(document, 1)]


def _page(number: int, page: Any) -> Page:
    rows = page.get_text("words", sort=False)
    words = tuple(Word(row[4], Box(*row[:4])) for row in rows)
    blocks: list[Block] = []
    for first in (at for at in range(len(rows)) if not at or rows[at][5] != rows[at - 1][5]):
        last = next((at for at in range(first, len(rows)) if rows[at][5] != rows[first][5]), len(rows))
        own = rows[first:last]
        box = Box(min(r[0] for r in own), min(r[1] for r in own), max(r[2] for r in own), max(r[3] for r in own))
        blocks.append(Block(BlockKind.TEXT, " ".join(row[4] for row in own), box, first, last))
    source = TextSource.TEXT_LAYER if words else TextSource.NONE
    return Page(number, page.rect.width, page.rect.height, None, source, words, tuple(blocks))


def best_pages(question: str, pages: Sequence[Page], most: int) -> list[int]:
    """Numbers of the best pages by BM25 (k1 1.2, b 0.75) over whole pages."""
    texts = [stems(page.text) for page in pages]
    mean = sum(map(len, texts)) / max(len(texts), 1) or 1.0
    scores = np.zeros(len(pages))
    for term in set(stems(question)):
        counts = np.array([text.count(term) for text in texts])
        having = int((counts > 0).sum())
        idf = log(1 + (len(pages) - having + 0.5) / (having + 0.5))
        scores += idf * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * np.array([len(t) for t in texts]) / mean))
    return [int(at) + 1 for at in np.argsort(-scores, kind="stable")[:most]]


def request_for(asked: Asked, pages: Sequence[Page]) -> ReadRequest:
    """Evidence as the module's docstring says."""
    gold = [number for number in asked.gold if 1 <= number <= len(pages)] if asked.answerable else []
    ranked = best_pages(asked.question, pages, _PAGES)
    others = [number for number in ranked if number not in gold]
    keep = sorted(
        {*gold, *others[: max(0, _PAGES - len(gold))]}, key=lambda n: ranked.index(n) if n in ranked else _PAGES
    )
    chosen = [pages[number - 1] for number in keep]
    items = tuple(
        EvidenceItem(f"d:{page.number}:{at}", "d", page.number, block.text, (block.box,))
        for page in chosen
        for at, block in enumerate(page.blocks)
    )
    return ReadRequest(asked.question, (), items, {("d", page.number): page for page in chosen}, {"d": asked.document})


def is_right(asked: Asked, said: str) -> bool:
    """Whether an answer is right, by the rules in the module's docstring."""
    if asked.form in ("Int", "Float"):
        return _same_number(asked.answer, said, asked.form)
    if asked.form == "List":
        try:
            items = [str(item) for item in ast.literal_eval(asked.answer)]
        except (ValueError, SyntaxError, TypeError):
            items = [asked.answer]
        return bool(items) and all(_plain(item) in _plain(said) for item in items)
    gold, short = _plain(asked.answer), _plain(said)
    close = 1.0 - Levenshtein.normalized_distance(gold, short)
    return close > 0.5 or (f" {gold} " in f" {short} " and len(short.split()) <= 3 * len(gold.split()) + 6)


def _same_number(gold: str, said: str, form: str) -> bool:
    wanted, found = _number(gold), _number(said)
    if wanted is None or found is None:
        return _plain(gold) == _plain(said)
    factors = (1.0,) if form == "Int" else (0.01, 1.0, 100.0)
    tolerance = 0.0 if form == "Int" else 0.01
    return any(abs(found - wanted * factor) <= tolerance * abs(wanted * factor) for factor in factors)


def _number(text: str) -> float | None:
    match = re.search(r"-?\d[\d,]*(?:\.\d+)?", text)
    return float(match[0].replace(",", "")) if match else None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w%$.]+", " ", text.lower()).split()).rstrip(".")


def judge(asked: Asked, found: Found, request: ReadRequest, milliseconds: float) -> Judged:
    """What the reader would say if it never declined for thin support, and what it believes."""
    reply = say(request, [(asked.question, found)], threshold=0.0)
    said = reply.answer or ""
    cited = {int(quote.evidence.split(":")[1]) for quote in reply.evidence}
    return Judged(
        asked=asked,
        values=features(found),
        belief=belief(found),
        right=asked.answerable and bool(said) and is_right(asked, said),
        on_gold=bool(cited & set(asked.gold)),
        said=said,
        milliseconds=milliseconds,
    )


def run(questions: Sequence[Asked], split: Path, encoder: Any) -> Iterator[Judged]:
    """Judge all questions, document by document."""
    for name in dict.fromkeys(asked.document for asked in questions):
        pages = read_pages(split / "documents" / name)
        for asked in (a for a in questions if a.document == name):
            request = request_for(asked, pages)
            begun = time.perf_counter()
            found = find(asked.question, request, encoder)
            yield judge(asked, found, request, (time.perf_counter() - begun) * 1000)


def report(judged: Sequence[Judged], beliefs: Sequence[float], threshold: float) -> None:
    """Coverage, accuracy and separation at thresholds around the one in use."""
    unanswerable = [not j.asked.answerable for j in judged]
    print(f"N {len(judged)}, unanswerable {sum(unanswerable)}; area under ROC {_roc(beliefs, unanswerable):.3f}")
    print(
        "threshold  coverage  right|answered  on gold page|answered  answerable answered  unanswerable declined  accuracy  F1"
    )
    for at in sorted({*(round(0.1 * step, 1) for step in range(10)), threshold}):
        told = [j for j, belief in zip(judged, beliefs, strict=True) if belief > at]
        real = [j for j in told if j.asked.answerable]
        right = sum(j.right for j in told)
        declined = sum(unanswerable) - (len(told) - len(real))
        answerable = len(judged) - sum(unanswerable)
        precision, recall = right / max(len(told), 1), right / max(answerable, 1)
        print(
            f"{at:9.2f}{'*' if at == threshold else ' '} {len(told) / len(judged):8.3f}  {precision:14.3f}"
            f"  {sum(j.on_gold for j in real) / max(len(told), 1):21.3f}  {len(real) / max(answerable, 1):19.3f}"
            f"  {declined / max(sum(unanswerable), 1):21.3f}  {(right + declined) / len(judged):8.3f}"
            f"  {2 * precision * recall / max(precision + recall, 1e-9):.3f}"
        )


def _roc(beliefs: Sequence[float], unanswerable: Sequence[bool]) -> float:
    """Chance that an answerable question is believed more than an unanswerable one (ties count half)."""
    yes = np.array([b for b, n in zip(beliefs, unanswerable, strict=True) if not n])[:, None]
    no = np.array([b for b, n in zip(beliefs, unanswerable, strict=True) if n])[None, :]
    return float(((yes > no) + 0.5 * (yes == no)).mean())


def fit(judged: Sequence[Judged]) -> list[float]:
    """Weights from all documents, and beliefs from folds that did not see the document. Learnt is whether the page
    cited is a gold page of an answerable question: whether the span is the right one is too rare here to learn
    from."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    kept = np.array([bool(j.belief) for j in judged])
    values = np.array([j.values for j in judged])
    good = np.array([j.asked.answerable and j.on_gold for j in judged])
    documents = sorted({j.asked.document for j in judged})
    folds = np.array([documents.index(j.asked.document) % _FOLDS for j in judged])
    beliefs = np.zeros(len(judged))
    for fold in range(_FOLDS):
        seen = kept & (folds != fold)
        model = LogisticRegression(C=_PENALTY, max_iter=1000).fit(values[seen], good[seen])
        beliefs[folds == fold] = model.predict_proba(values[folds == fold])[:, 1]
    whole = LogisticRegression(C=_PENALTY, max_iter=1000).fit(values[kept], good[kept])
    weights = {name: round(float(weight), 2) for name, weight in zip(FEATURES, whole.coef_[0], strict=True)}
    print("bias", round(float(whole.intercept_[0]), 2), weights)
    return [float(belief) if keep else 0.0 for keep, belief in zip(kept, beliefs, strict=True)]


def main() -> None:
    """Run from the project's root."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", type=Path, default=Path("../shared/mmlongbench-doc"))
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    encoder = TextEncoder("all-MiniLM-L6-v2")
    judged: list[Judged] = []
    for one in run(load(options.split)[: options.limit], options.split, encoder):
        judged.append(one)
        if options.verbose:
            told = f"{one.asked.question!r} gold {one.asked.answer!r} said {one.said!r}"
            print(print(f"{one.belief:.2f} {'right' if one.right else '-'} {told}"))
    times = sorted(one.milliseconds for one in judged)
    print(f"milliseconds a question: median {times[len(times) // 2]:.0f}, most {times[-1]:.0f}")
    report(judged, [one.belief for one in judged], options.threshold)
    if options.fit:
        print("out of fold, newly fitted:")
        report(judged, fit(judged), options.threshold)


if __name__ == "__main__":
    main()
