"""Short answers by a model, kept beside the run, so that scoring them is repeatable and asks nobody."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from answer import Outcome, ReaderError
from api.errors import Unavailable
from eval.errors import BadRun
from eval.folder import RunFolder
from eval.record import Result
from eval.scoring import Completer, Extracted, ReaderExtraction, extract
from eval.scoring.extraction import PROMPT
from eval.together import in_turn


class Kept(Struct, frozen=True):
    """A line of a file of short answers; further fields of a line are passed over."""

    question: str
    answer: str
    format: str = "String"
    rule: str = "file"


async def extract_with(
    folder: RunFolder,
    reader: Completer,
    path: Path,
    *,
    prompt: str = PROMPT,
    concurrency: int = 4,
    tell: Callable[[], None] = lambda: None,
) -> dict[str, Extracted]:
    """Has the reader find the short answer in every answer of the run, and appends it to `path`; those that are there are not
    asked for again. What was declined by its typed outcome needs no reader. Raises `Unavailable` where the reader fails; what
    was found is kept."""
    found = read_extracted(path, missing_ok=True)
    texts = {question.id: question.text for question in folder.questions()}
    waiting = [result for result in folder.ledger.read().values() if result.question not in found]
    extraction = ReaderExtraction(reader, prompt)

    async def work(result: Result) -> None:
        if (short := await _extract(extraction, texts[result.question], result)) is not None:
            _append(path, Kept(result.question, short.answer, short.format, f"{reader.name}: {short.rule}"))
            found[result.question] = short
        tell()

    try:
        await in_turn(waiting, work, concurrency)
    except ReaderError as error:
        raise Unavailable(f"{error} What was done is kept; the same command goes on.") from error
    return found


async def _extract(extraction: ReaderExtraction, question: str, result: Result) -> Extracted | None:
    answer = result.answer
    if answer is None:
        return None
    if answer.outcome is Outcome.NOT_IN_DOCUMENTS:
        return extract(question, answer.text, declined=True)
    return await extraction.extract(question, answer.text)


def read_extracted(path: Path, *, missing_ok: bool = False) -> dict[str, Extracted]:
    """Short answers by question, from JSON lines with `question` and `answer`. Raises `BadRun`."""
    found: dict[str, Extracted] = {}
    if missing_ok and not path.exists():
        return found
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadRun(f"{path} can't be read: {error.strerror}.") from error
    for number, line in enumerate(lines, start=1):
        try:
            kept = msgspec.json.decode(line, type=Kept)
        except msgspec.DecodeError as error:
            raise BadRun(
                f'Line {number} of {path} is no short answer ({error}): {{"question": id, "answer": text}} is.'
            ) from error
        found[kept.question] = Extracted(kept.answer, kept.format, kept.rule)
    return found


def _append(path: Path, kept: Kept) -> None:
    with path.open("ab") as file:
        file.write(msgspec.json.encode(kept) + b"\n")
