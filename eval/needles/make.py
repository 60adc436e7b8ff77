"""Needles on disk: PDFs with known facts, and `needles.json` with the questions about them. The same seed makes the same bytes."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pymupdf
from msgspec import Struct

from eval.dataset import Dataset, GoldBox, GoldPage, Question, question_id
from eval.datasets import needles
from eval.datasets.needles import NeedleSet
from eval.errors import BadDataset
from eval.needles.facts import YEARS, Fact, Invention
from eval.needles.plan import ON_A_PAGE, Asked, Plan, Planner, Planted, kinds
from eval.needles.sheet import LEADING, SIZE, TINY, Sheet
from ingest import Box

SHORTEST = 5
"""Pages of a document: questions over several pages need some."""
PAGES_A_QUESTION = 1.25
"""Fewer, and pages would be nothing but needles."""


class NeedleOptions(Struct, frozen=True):
    """`questions` in all, spread evenly over `lengths` (pages of a document)."""

    seed: int = 1
    questions: int = 200
    lengths: tuple[int, ...] = (10, 50, 100, 300)


def make_needles(folder: Path, options: NeedleOptions) -> Dataset:
    """Make the set in `folder`, which must be new or empty. Raises `BadDataset`."""
    if folder.exists() and any(folder.iterdir()):
        raise BadDataset(f"{folder} is not empty.")
    if not options.lengths or min(options.lengths) < SHORTEST or options.questions < len(options.lengths):
        raise BadDataset(f"Documents have {SHORTEST} pages or more, and each length at least one question.")
    (folder / "documents").mkdir(parents=True)
    questions: list[Question] = []
    for length, counts in _shares(options):
        dealt = iter(kinds(sum(counts), Random(f"{options.seed} {length}")))
        for number, count in enumerate(counts, start=1):
            name = f"needles-{length:04d}-{number:02d}.pdf"
            random = Random(f"{options.seed} {name}")
            planner = Planner(length, random)
            for kind in islice(dealt, count):
                planner.add(kind)
            plan = planner.plan()
            boxes = draw(folder / "documents" / name, plan, Filler(planner.invent))
            questions += _questions(name, plan, boxes, len(questions))
    kept = NeedleSet(msgspec.to_builtins(options), tuple(questions))
    (folder / "needles.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1))
    return needles.load(folder)


def _shares(options: NeedleOptions) -> list[tuple[int, list[int]]]:
    """For each length the numbers of questions of its documents: as many documents as it takes to keep needles rare."""
    each, over = divmod(options.questions, len(options.lengths))
    shares = []
    for place, length in enumerate(options.lengths):
        wanted = each + (place < over)
        documents = max(1, -(-int(wanted * PAGES_A_QUESTION) // length))
        shares.append((length, [wanted // documents + (n < wanted % documents) for n in range(documents)]))
    return shares


def _questions(name: str, plan: Plan, boxes: dict[int, list[tuple[int, Box]]], before: int) -> list[Question]:
    return [_question(name, asked, boxes.get(place, []), before + place + 1) for place, asked in enumerate(plan.asked)]


def _question(name: str, asked: Asked, boxes: Sequence[tuple[int, Box]], number: int) -> Question:
    pages = tuple(GoldPage(name, page) for page in sorted({page for page, _ in boxes}))
    return Question(
        id=question_id(number, name, asked.text),
        text=asked.text,
        documents=(name,),
        home=name,
        answer=asked.answer,
        format=asked.format,
        pages=pages,
        group=asked.axes["kind"],
        boxes=tuple(GoldBox(GoldPage(name, page), box) for page, box in boxes),
        axes=asked.axes,
    )


def draw(path: Path, plan: Plan, filler: "Filler") -> dict[int, list[tuple[int, Box]]]:
    """The document; boxes by question, each with its page."""
    by_page: dict[int, list[Planted]] = defaultdict(list)
    for planted in plan.planted:
        by_page[planted.page].append(planted)
    boxes: dict[int, list[tuple[int, Box]]] = defaultdict(list)
    with pymupdf.open() as document:
        title = f"{filler.invent.site()}: yearbook"
        for number in range(1, plan.pages + 1):
            sheet = Sheet(document, number, title)
            for planted in by_page[number]:
                filler.some(sheet, planted_after=len(by_page[number]))
                for box in _put(sheet, planted, filler):
                    if planted.needle is not None:
                        boxes[planted.needle].append((number, box))
            filler.fill(sheet)
            sheet.done()
        _save(document, path)
    return boxes


def _save(document: Any, path: Path) -> None:
    document.set_metadata({})
    document.save(path, garbage=3, deflate=True, no_new_id=True)


def _put(sheet: Sheet, planted: Planted, filler: "Filler") -> tuple[Box, ...]:
    fact = planted.fact
    match planted.carrier:
        case "table" if fact is not None:
            return sheet.table(fact, filler.rows(fact))
        case "chart" if fact is not None:
            return sheet.chart(fact, filler.bars(fact))
        case "raster":
            return sheet.raster(planted.text)
        case "stamp":
            return sheet.stamp(planted.text, filler.random)
        case "footnote" if fact is not None:
            return sheet.footnote(fact.site, planted.text, planted.mark)
        case "tiny":
            return sheet.paragraph(planted.text, planted.mark, TINY)
    before, after = filler.sentence(), filler.sentence()
    return sheet.paragraph(f"{before} {planted.text} {after}", planted.mark)


class Filler:
    """Text about nothing: it measures no site in any year. Names and values come from where the facts' come from, so that
    none of them is used twice."""

    def __init__(self, invent: Invention) -> None:
        self.invent = invent
        self.random = invent.random

    def sentence(self) -> str:
        """One sentence."""
        who, what, how = (self.random.choice(words) for words in (_SUBJECTS, _VERBS, _ENDS))
        return f"{who} {what} {how}."

    def some(self, sheet: Sheet, planted_after: int) -> None:
        """A paragraph before what is planted, if the page still has room for all that comes."""
        if planted_after < ON_A_PAGE and sheet.room(130 * planted_after + 60):
            self._paragraph(sheet)

    def fill(self, sheet: Sheet) -> None:
        """Paragraphs to the end of the page."""
        while sheet.room(4 * SIZE * LEADING + 8):
            self._paragraph(sheet)

    def rows(self, fact: Fact) -> list[Fact]:
        """The fact among other sites, for a table of its measure and year, in any order."""
        others = [self.invent.fact(self.invent.site(), fact.measure, fact.year) for _ in range(3)]
        return self.random.sample([*others, fact], 4)

    def bars(self, fact: Fact) -> list[Fact]:
        """The fact among other years, for a chart of its site, by year."""
        years = self.random.sample([year for year in YEARS if year != fact.year], 3)
        others = [self.invent.fact(fact.site, fact.measure, year) for year in years]
        return sorted([*others, fact], key=lambda bar: bar.year)

    def _paragraph(self, sheet: Sheet) -> None:
        sheet.paragraph(" ".join(self.sentence() for _ in range(4)))


_SUBJECTS = (
    "The committee",
    "Each of the visiting engineers",
    "The regional office",
    "A later review",
    "The maintenance crew",
    "The first of the two surveys",
    "The archive",
    "Every supplier",
    "The working group",
    "The night shift",
)
_VERBS = (
    "described the procedure",
    "returned to the earlier question",
    "set out the reasons for the change",
    "compared the drawings with the agreement",
    "asked for a longer period of notice",
    "kept to the agreed order of work",
    "raised the matter of access roads",
    "praised the care taken with the records",
    "noted the state of the fences",
    "left the arrangement as it was",
)
_ENDS = (
    "without coming to a conclusion",
    "in the course of the following weeks",
    "as had been expected by most",
    "before the weather turned",
    "with the help of the neighbouring parish",
    "and said so in a letter",
    "although nobody had asked for it",
    "on the advice of the board",
    "when the roads were open again",
    "and nothing more came of it",
)
