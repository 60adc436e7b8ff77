"""The worst cases of a run: which they are, and pictures of the pages they cite."""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from answer import Citation
from api.errors import QuireError
from eval.dataset import Question
from eval.folder import RunFolder
from eval.record import Result
from eval.scored import Scored
from eval.scores import Scores
from eval.system import System

MOST = 24
"""Cases in a report: a file of some megabytes still opens at once."""
WIDTH = 640
"""Pixels of a page's picture."""
MAIN = ("official", "word F1", "R@5")
"""What a case is bad by: the first of these that its question has."""
_UNSAFE = re.compile(r"[^\w-]+")


class Picture(Struct, frozen=True):
    """A page of a case: its size in points, for boxes to be drawn over it."""

    file: str
    document: str
    page: int
    width: float
    height: float


class Case(Struct, frozen=True):
    """A question that went badly, with what it takes to see why."""

    question: Question
    result: Result
    scored: Scored
    worth: float


def worst(scores: Scores, questions: Sequence[Question], results: dict[str, Result], most: int = MOST) -> list[Case]:
    """Questions that were answered, and worst: first those that cite something, then the others; by score."""
    by_id = {question.id: question for question in questions}
    cases = [
        Case(by_id[scored.question], results[scored.question], scored, _worth(scored))
        for scored in scores.scored
        if scored.error is None and scored.question in results
    ]
    bad = [case for case in cases if case.worth < 1]
    return sorted(bad, key=lambda case: (case.worth, not _citations(case), case.question.id))[:most]


def _worth(scored: Scored) -> float:
    return next((scored.scores[name] for name in MAIN if name in scored.scores), 1.0)


def _citations(case: Case) -> Sequence[Citation]:
    return case.result.answer.citations if case.result.answer is not None else ()


async def take_pictures(folder: RunFolder, scores: Scores, system: System) -> None:
    """Keep a picture of the first page that each of the worst cases cites, so that reports need no service. A page that
    can't be had is left out: the case is shown without it."""
    folder.cases.mkdir(exist_ok=True)
    results = folder.ledger.read()
    for case in worst(scores, folder.questions(), results):
        if citations := _citations(case):
            await _take(folder, case, citations[0], system)


async def _take(folder: RunFolder, case: Case, citation: Citation, system: System) -> None:
    name = _UNSAFE.sub("_", case.question.id)
    if (folder.cases / f"{name}.json").exists():
        return
    try:
        page = await system.page(citation.document, citation.page)
        image = await system.page_image(citation.document, citation.page, width=WIDTH)
    except QuireError:
        return
    (folder.cases / f"{name}.png").write_bytes(image)
    picture = Picture(f"{name}.png", citation.document, citation.page, page.width, page.height)
    (folder.cases / f"{name}.json").write_bytes(msgspec.json.encode(picture))


def picture(folder: RunFolder, case: Case) -> Picture | None:
    """The picture that was kept of a case."""
    path = folder.cases / f"{_UNSAFE.sub('_', case.question.id)}.json"
    return msgspec.json.decode(path.read_bytes(), type=Picture) if path.exists() else None
