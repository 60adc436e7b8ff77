"""Grades of a run's answers by a committee, kept beside the run in `judged.jsonl`, asked for once."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from answer import ReaderError
from api.errors import Unavailable
from eval.dataset import Question
from eval.errors import BadRun
from eval.folder import RunFolder
from eval.judging import Judged, judge
from eval.record import Result
from eval.scoring import Completer
from eval.together import in_turn

FILE = "judged.jsonl"


class Graded(Struct, frozen=True):
    """A line of the file. `samples`: asked of each judge."""

    question: str
    samples: int
    judged: Judged


async def judge_run(
    folder: RunFolder,
    committee: Sequence[Completer],
    *,
    samples: int,
    concurrency: int = 2,
    tell: Callable[[Graded], None] = lambda graded: None,
) -> None:
    """Has every answer of the run graded that is not yet, against the text of its gold page and those beside it. Raises `BadRun`
    where the file holds grades of another committee, `Unavailable` where a judge fails; what was graded is kept."""
    known = read_graded(folder)
    _same_committee(folder, known, committee, samples)
    questions = {question.id: question for question in folder.questions()}
    waiting = [result for result in folder.ledger.read().values() if _wanted(result) and result.question not in known]

    async def work(result: Result) -> None:
        graded = await _grade(questions[result.question], result, committee, samples)
        with (folder.path / FILE).open("ab") as file:
            file.write(msgspec.json.encode(graded) + b"\n")
        tell(graded)

    try:
        await in_turn(waiting, work, concurrency)
    except ReaderError as error:
        raise Unavailable(f"{error} What was done is kept; the same command goes on.") from error


def _wanted(result: Result) -> bool:
    return result.answer is not None and bool(result.gold_text)


async def _grade(question: Question, result: Result, committee: Sequence[Completer], samples: int) -> Graded:
    assert result.answer is not None
    content = "\n\n".join(f"Page {key.rpartition(':')[2]}:\n{text}" for key, text in result.gold_text.items())
    judged = await judge(question.text, result.answer.text, content, committee, samples=samples)
    return Graded(result.question, samples, judged)


def _same_committee(folder: RunFolder, known: dict[str, Graded], committee: Sequence[Completer], samples: int) -> None:
    names = tuple(member.name for member in committee)
    for graded in known.values():
        if (tuple(verdict.judge for verdict in graded.judged.verdicts), graded.samples) != (names, samples):
            raise BadRun(f"{folder.path / FILE} holds grades of other judges or samples; move it away to begin anew.")


def read_graded(folder: RunFolder) -> dict[str, Graded]:
    """The grades by question; none where nothing was judged. Raises `BadRun`."""
    path = folder.path / FILE
    if not path.exists():
        return {}
    found: dict[str, Graded] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            graded = msgspec.json.decode(line, type=Graded)
        except msgspec.DecodeError as error:
            raise BadRun(f"Line {number} of {path} is damaged ({error}); take it out to go on.") from error
        found[graded.question] = graded
    return found
