"""Answers of the default profile on MMLongBench-Doc: the official score, the citations, what each chain says alone, and accuracy
against coverage.

    python -m benchmarks.answers [--data ../shared/mmlongbench-doc] [--cache FOLDER] [--index FOLDER] [--details FILE]

Every question of the split, unanswerable ones too, is asked of its own document through the room's public face: retrieval as
served (ten pages, twenty for questions about many places), then the reader. Pages are read once by the Ingestor (with OCR) and
kept in the cache; the index is kept in its folder. The short answer is taken out by rules (`eval.scoring.extract`), the score is
the released one (accuracy over all questions; F1 of precision over the answered and recall over the answerable). `verified`: the
share of verified quotes whose words stand in the stored page, looked up here in another way than the answer room does.
"""

import argparse
import asyncio
import json
import os
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from msgspec import Struct

from answer import Answer, Answerer, Chain, ExtractiveReader, Outcome, TextualChain, Verdict, VisualChain
from benchmarks.mmlongbench import read_pages
from benchmarks.page_recall import index
from eval.dataset import Question
from eval.datasets.mmlongbench import load
from eval.scoring import NOT_ANSWERABLE, OfficialScoringError, extract, official
from ingest import Page
from retrieval import Evidence, Retriever, Scope, breadth

PAGES = 10
"""The service's own default."""


class Scored(Struct, frozen=True):
    """A question with what was said. `score` None: the released rules raise for it."""

    question: Question
    answer: Answer
    short: str
    score: float | None


ALONE: dict[str, Chain] = {"textual alone": TextualChain(), "visual alone": VisualChain(None)}


class Pages:
    """Pages from the cache, as the answer room looks them up."""

    def __init__(self, pages: Mapping[str, Sequence[Page]]) -> None:
        self._pages = {(name, page.number): page for name, read in pages.items() for page in read}

    async def page(self, document: str, number: int) -> Page:
        return self._pages[document, number]

    def name(self, document: str) -> str:
        return document


async def ask(room: Retriever, answerer: Answerer, pages: Pages, question: Question) -> Scored:
    """One question of its document, answered and scored."""
    wanted = breadth(question.text, PAGES)
    evidence = await room.search(question.text, Scope("bench", question.documents), pages=wanted)
    return await put(evidence, answerer, pages, question)


async def put(evidence: Evidence, answerer: Answerer, pages: Pages, question: Question) -> Scored:
    """One question with its evidence, answered and scored."""
    answer = await answerer.answer(evidence, pages, answer_id=question.id, searched=question.documents)
    declined = answer.outcome is Outcome.NOT_IN_DOCUMENTS
    short = extract(question.text, answer.text, declined=declined).answer
    try:
        score: float | None = official(question.answer, short, question.format)
    except OfficialScoringError:
        score = None
    return Scored(question, answer, short, score)


def accuracy(scored: Sequence[Scored]) -> float:
    """The mean score; what the released rules raise for counts as 0."""
    return mean(one.score or 0.0 for one in scored) if scored else float("nan")


def f1(scored: Sequence[Scored]) -> float:
    """As released: precision over the questions answered, recall over the answerable."""
    answered = [one for one in scored if one.short != NOT_ANSWERABLE]
    answerable = [one for one in scored if one.question.answer != NOT_ANSWERABLE]
    hits = sum(one.score or 0.0 for one in answerable)
    recall = hits / len(answerable) if answerable else 0.0
    precision = sum(one.score or 0.0 for one in answerable if one.short != NOT_ANSWERABLE) / max(1, len(answered))
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def stands(quote: str, page: Page) -> bool:
    """Whether the quote's letters and digits stand in the page's words, one after the other, in the file's order or along printed
    rows (a table's words are often stored column by column): nothing is shared with the way the answer room locates quotes."""
    wanted = _letters(quote)
    return any(wanted in _letters("".join(words)) for words in ([word.text for word in page.words], _along_rows(page)))


def _along_rows(page: Page) -> list[str]:
    """Words by printed row, top to bottom, each left to right: a row is all words whose middle is in the height of its first."""
    left = sorted(page.words, key=lambda word: (word.box.y0 + word.box.y1) / 2)
    found: list[str] = []
    while left:
        band = left[0].box
        row = [word for word in left if band.y0 <= (word.box.y0 + word.box.y1) / 2 <= band.y1]
        found += [word.text for word in sorted(row, key=lambda word: word.box.x0)]
        left = [word for word in left if not any(word is other for other in row)]
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", text).casefold())


async def verified(scored: Sequence[Scored], pages: Pages) -> tuple[int, int]:
    """Verified citations, and those of them whose words stand on the page cited."""
    cited = [c for one in scored for c in one.answer.citations if c.verdict is Verdict.VERIFIED]
    standing = [c for c in cited if stands(c.quote, await pages.page(c.document, c.page))]
    return len(cited), len(standing)


def cited_pages(scored: Sequence[Scored]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the pages cited against the gold pages, over the answerable questions that were answered."""
    rows = []
    for one in scored:
        gold = {page.number for page in one.question.pages}
        cited = {c.page for c in one.answer.citations if c.verdict is not Verdict.UNSUPPORTED}
        if gold and cited:
            rows.append((len(gold & cited) / len(cited), len(gold & cited) / len(gold)))
    precision, recall = (mean(row[i] for row in rows) if rows else 0.0 for i in (0, 1))
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def row(scored: Sequence[Scored]) -> dict[str, float]:
    """What is said of a group of questions."""
    answered = [one for one in scored if one.short != NOT_ANSWERABLE]
    return {
        "n": len(scored),
        "accuracy": 100 * accuracy(scored),
        "f1": 100 * f1(scored),
        "answered": 100 * len(answered) / max(1, len(scored)),
        "right_of_answered": 100 * accuracy(answered) if answered else 0.0,
    }


def support(one: Scored) -> float:
    """Of the chain that was followed; 0 where none was."""
    followed = one.answer.agreement.followed
    return next((chain.support for chain in one.answer.chains if chain.name == followed), 0.0)


def curve(scored: Sequence[Scored]) -> list[tuple[float, float, float, float]]:
    """Accuracy and F1 against coverage: answers with less support than a threshold are taken for refusals."""
    rows = []
    for threshold in (0.0, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8):
        kept = [one if support(one) >= threshold else _declined(one) for one in scored]
        said = row(kept)
        rows.append((threshold, said["answered"], said["accuracy"], said["f1"]))
    return rows


def _declined(one: Scored) -> Scored:
    try:
        score: float | None = official(one.question.answer, NOT_ANSWERABLE, one.question.format)
    except OfficialScoringError:
        score = None
    return Scored(one.question, one.answer, NOT_ANSWERABLE, score)


def groups(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """All; by how many pages the evidence is on; by source and format."""
    found = {
        "all": list(scored),
        "single-page": [one for one in scored if one.question.answerable and len(one.question.pages) == 1],
        "cross-page": [one for one in scored if one.question.answerable and len(one.question.pages) > 1],
        "unanswerable": [one for one in scored if not one.question.answerable],
    }
    for source in sorted({source for one in scored for source in one.question.sources}):
        found[source] = [one for one in scored if one.question.answerable and source in one.question.sources]
    for form in ("Int", "Float", "Str", "List"):
        found[form] = [one for one in scored if one.question.format == form]
    return found


async def open_index(folder: Path, pages: Mapping[str, list[Page]]) -> Retriever:
    """The index in its folder, made there if it is empty."""
    room = Retriever(folder)
    await room.start()
    if not await room.count("bench"):
        await index(room, pages)
    return room


async def run(options: argparse.Namespace) -> list[Scored]:
    dataset = load(options.data)
    pages = await read_pages(options.data, options.cache, 1)
    room = await open_index(options.index, pages)
    try:
        reader, stored = ExtractiveReader(room.encoder), Pages(pages)
        answerer = Answerer(reader)
        began = time.perf_counter()
        scored = [await ask(room, answerer, stored, question) for question in dataset.questions]
        print(f"{len(scored)} questions in {time.perf_counter() - began:.0f} s")
        alone: dict[str, list[Scored]] = {name: [] for name in ALONE}
        for question in dataset.questions:
            scope, wanted = Scope("bench", question.documents), breadth(question.text, PAGES)
            evidence = await room.search(question.text, scope, pages=wanted)
            for name, chain in ALONE.items():
                alone[name].append(await put(evidence, Answerer(reader, (chain,)), stored, question))
        cited, standing = await verified(scored, stored)
    finally:
        await room.close()
    print(f"{'':28}    n  accuracy    F1  answered  right of answered")
    for name, group in (groups(scored) | alone).items():
        said = row(group)
        scores = f"{said['accuracy']:8.1f} {said['f1']:5.1f}"
        print(f"{name:28} {said['n']:4.0f}  {scores}  {said['answered']:8.1f}  {said['right_of_answered']:8.1f}")
    print("pages cited: precision {:.3f}, recall {:.3f}, F1 {:.3f}".format(*cited_pages(scored)))
    print(f"verified citations: {cited}, of which {standing} stand on the page as looked up here")
    print("accuracy against coverage (per cent; by the least support that is answered)")
    for threshold, answered, right, mean_f1 in curve(scored):
        print(f"  {threshold:4.2f}: answered {answered:5.1f}, accuracy {right:5.1f}, F1 {mean_f1:5.1f}")
    return scored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/mmlongbench-doc"))
    parser.add_argument("--cache", type=Path, default=Path("build/pages"))
    parser.add_argument("--index", type=Path, default=Path("build/answers-index"))
    parser.add_argument("--details", type=Path, help="write a line of JSON for each question")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    scored = asyncio.run(run(options))
    if options.details:
        options.details.write_text("".join(json.dumps(_line(one)) + "\n" for one in scored))


def _line(one: Scored) -> dict[str, object]:
    asked = one.question
    return {
        "id": asked.id,
        "document": asked.home,
        "question": asked.text,
        "gold": asked.answer,
        "format": asked.format,
        "pages": [page.number for page in asked.pages],
        "sources": asked.sources,
        "said": one.short,
        "text": one.answer.text,
        "cited": [[c.page, c.quote] for c in one.answer.citations],
        "support": [[c.name, c.answer, c.support] for c in one.answer.chains],
        "score": one.score,
    }


if __name__ == "__main__":
    main()
