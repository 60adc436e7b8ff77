"""When the extractive reader answers, how often it is right, and where its measure of support comes from.

    python -m benchmarks.abstention [--data ../shared/mmlongbench-doc] [--cache FOLDER] [--index FOLDER]

Every question of the development split of MMLongBench-Doc (arXiv 2407.01523) goes to each chain of the default profile alone,
without a threshold. Of what a chain found (not of what it worked out or read off a label, see `answer/extractive/abstain.py`) the
features are kept, whether the page is a gold page of an answerable question, and whether the short answer is right by the released
rules (a score of 0.5 or more). Right answers are too rare to learn from, so that logistic regression, for sentences and cells each,
learns the page (five folds by document, so that no document is judged by weights that saw it). Printed
are: the weights; how often each way of working out was right, which is where the constants beside the weights come from; and
accuracy against coverage out of fold.
"""

import argparse
import asyncio
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from answer import ExtractiveReader
from answer.extractive.abstain import FEATURES, FORMS, HELD, LABELLED, RECKONED, assured, features, form, refusal
from answer.extractive.find import Found
from answer.extractive.material import prepare
from answer.extractive.say import say
from answer.reader import EvidenceItem, ReadRequest
from benchmarks.answers import PAGES, open_index
from benchmarks.mmlongbench import read_pages
from eval.dataset import Question
from eval.datasets.mmlongbench import load
from eval.scoring import OfficialScoringError, extract, official
from ingest import Box, Page
from retrieval import Evidence, Scope, breadth

CHAINS = ("textual", "visual")
FOLDS = 5
PENALTY = 1.0
"""Inverse strength of the weights' penalty."""


class Judged(Struct, frozen=True):
    """What a chain did with a question: which `way` (`sentence` and `cell`: found; else what was worked out), its features,
    what it is believed at least, whether it would be refused whatever the measure says, whether its page is a gold one, and
    whether it is right."""

    question: Question
    chain: str
    way: str
    values: tuple[float, ...]
    assured: float
    refused: bool
    on_gold: bool
    right: bool


def ask(
    reader: ExtractiveReader, chain: str, question: Question, evidence: Evidence, pages: dict[str, list[Page]]
) -> Judged:
    """One question to one chain, without a threshold."""
    shown = {(p.document, p.number): pages[p.document][p.number - 1] for p in evidence.pages}
    items = tuple(
        EvidenceItem(f"{d}:{n}:page", d, n, "", (Box(0.0, 0.0, page.width, page.height),))
        for (d, n), page in shown.items()
    )
    request = ReadRequest(question.text, (), items, shown, {d: d for d in question.documents}, chain=chain)
    whole = prepare(ReadRequest(question.text, (), items, shown, request.names))
    told = reader.part(question.text, request, prepare(request), whole)
    reply = say(request, [(question.text, told)], whole, threshold=0.0)
    short = extract(question.text, reply.answer or "", declined=reply.answer is None).answer
    try:
        right = question.answerable and official(question.answer, short, question.format) >= 0.5
    except OfficialScoringError:
        right = False
    if not isinstance(told, Found):
        return Judged(question, chain, getattr(told, "bearing", "held"), (), 0.0, False, False, right)
    gold = {(page.document, page.number) for page in question.pages} if question.answerable else set()
    on_gold = bool(told.ranked) and (told.ranked[0][0].document, told.ranked[0][0].page) in gold
    return Judged(
        question, chain, form(told), features(told), assured(told), refusal(told, 0.0) is not None, on_gold, right
    )


def fit(judged: Sequence[Judged], documents: Sequence[str]) -> np.ndarray:
    """Weights from all documents (printed), and beliefs from folds that did not see the document."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    values, gold = np.array([one.values for one in judged]), np.array([one.on_gold for one in judged])
    right = sum(one.right for one in judged)
    folds = np.array([documents.index(one.question.home) % FOLDS for one in judged])
    beliefs = np.zeros(len(judged))
    for fold in range(FOLDS):
        model = LogisticRegression(C=PENALTY, max_iter=1000).fit(values[folds != fold], gold[folds != fold])
        beliefs[folds == fold] = model.predict_proba(values[folds == fold])[:, 1]
    whole = LogisticRegression(C=PENALTY, max_iter=1000).fit(values, gold)
    weights = {name: round(float(weight), 2) for name, weight in zip(FEATURES, whole.coef_[0], strict=True)}
    print(
        f"{judged[0].way}: N {len(judged)}, gold page {gold.sum()}, right {right}, bias {whole.intercept_[0]:.2f}, {weights}"
    )
    return np.maximum(beliefs, [one.assured for one in judged])


def curve(judged: Sequence[Judged], beliefs: Sequence[float], questions: int) -> None:
    """Accuracy of what is answered against coverage, out of fold; of the more certain chain where both answer."""
    best: dict[str, tuple[float, Judged]] = {}
    for one, belief in zip(judged, beliefs, strict=True):
        if belief > best.get(one.question.id, (0.0, one))[0]:
            best[one.question.id] = (belief, one)
    unanswerable = sum(not one.question.answerable for one in judged) / len(CHAINS)
    print("threshold  coverage  right of answered  declined of unanswerable  accuracy")
    for threshold in (0.0, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7):
        answered = [one for belief, one in best.values() if belief > threshold]
        right = sum(one.right for one in answered)
        declined = unanswerable - sum(not one.question.answerable for one in answered)
        print(
            f"{threshold:9.2f}  {len(answered) / questions:8.2f}  {right / max(1, len(answered)):17.2f}"
            f"  {declined / unanswerable:24.2f}  {(right + declined) / questions:8.3f}"
        )


async def run(options: argparse.Namespace) -> None:
    pages = await read_pages(options.data, options.cache, 1)
    questions = load(options.data).questions
    room = await open_index(options.index, pages)
    judged: list[Judged] = []
    try:
        reader = ExtractiveReader(room.encoder)
        for question in questions:
            evidence = await room.search(
                question.text, Scope("bench", question.documents), pages=breadth(question.text, PAGES)
            )
            judged += [ask(reader, chain, question, evidence, pages) for chain in CHAINS]
    finally:
        await room.close()
    report(judged)


def report(judged: Sequence[Judged]) -> None:
    """Everything that is printed."""
    ways: dict[str, list[bool]] = defaultdict(list)
    for one in judged:
        ways[one.way].append(one.right)
    for way, right in sorted(ways.items()):
        print(f"{way:16} {sum(right):3} right of {len(right)}")
    documents = sorted({one.question.home for one in judged})
    beliefs: dict[int, float] = {}
    for way in FORMS:
        mine = [(n, one) for n, one in enumerate(judged) if one.way == way and not one.refused]
        beliefs |= dict(zip((n for n, _ in mine), fit([one for _, one in mine], documents), strict=True))
    worked = {
        n: RECKONED.get(one.way, LABELLED.get(one.way, HELD)) for n, one in enumerate(judged) if one.way not in FORMS
    }
    whole = [beliefs.get(n, worked.get(n, 0.0)) for n in range(len(judged))]
    curve(judged, whole, len(judged) // len(CHAINS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/mmlongbench-doc"))
    parser.add_argument("--cache", type=Path, default=Path("build/pages"))
    parser.add_argument("--index", type=Path, default=Path("build/answers-index"))
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
