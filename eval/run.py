"""A whole run: documents in, questions asked, figures and report out; and the last two again, without asking."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from eval.dataset import Dataset, Question
from eval.errors import BadRun
from eval.folder import RunFolder
from eval.intake import take_in
from eval.judged import read_graded
from eval.progress import RunMeter
from eval.record import Result, RunInfo, Taken
from eval.runner import Asker, Outcome, ask_all
from eval.scored import score
from eval.scores import Scores, score_run
from eval.scoring import Entailment, Extracted, WordEntailment
from eval.system import System

if TYPE_CHECKING:
    from api.schemas import JobEvent


async def run(
    dataset: Dataset,
    system: System,
    folder: RunFolder,
    info: RunInfo,
    *,
    prompts: str,
    concurrency: int,
    meter: RunMeter,
) -> Outcome:
    """Begins the run in the folder, or goes on with it. Figures come from `rescore`."""
    folder.begin(info, dataset.questions, prompts)
    with meter:
        documents = await _take_in(dataset, system, folder, info.options.collection, meter)
        meter.questions(len(dataset.questions))

        def tell(question: Question, result: Result) -> None:
            scored = score(question, result, documents, _Nothing())
            meter.question(scored.scores, scored.error is not None)

        asker = Asker(system, documents, info.options)
        return await ask_all(asker, dataset.questions, folder.ledger, concurrency=concurrency, tell=tell)


async def _take_in(
    dataset: Dataset, system: System, folder: RunFolder, collection: str, meter: RunMeter
) -> dict[str, Taken]:
    documents = folder.documents()
    meter.documents(len(dataset.files))

    def keep(taken: Taken) -> None:
        documents[taken.name] = taken
        folder.keep_documents(sorted(documents.values(), key=lambda kept: kept.name))
        meter.document()

    def tell(name: str, event: "JobEvent") -> None:
        meter.page(name, event)

    await take_in(system, collection, dataset.files, dict(documents), tell, keep)
    return documents


class _Nothing:
    """For scores on the way, which show no entailment."""

    def entails(self, premise: str, hypothesis: str) -> bool:
        """No."""
        return False


def rescore(
    folder: RunFolder,
    model: Entailment | None = None,
    name: str | None = None,
    short: Mapping[str, Extracted] | None = None,
) -> Scores:
    """The figures of what has been asked so far, written to `scores.json` and `extracted.jsonl`. `model` with its `name`
    decides entailment (words in common by default); `short`: short answers that a model found."""
    words = WordEntailment()
    info, questions, results = folder.info(), folder.questions(), folder.ledger.read()
    documents = folder.documents()
    judged = {question: graded.judged for question, graded in read_graded(folder).items()}
    scores = score_run(info.benchmark, questions, results, documents, model or words, name or words.name, short, judged)
    folder.write("scores.json", msgspec.json.format(msgspec.json.encode(scores), indent=1))
    folder.write("extracted.jsonl", _extracted(scores, questions))
    return scores


def scores_of(folder: RunFolder) -> Scores:
    """The figures that were made last; made now where there are none. Raises `BadRun` where they can't be read."""
    path = folder.path / "scores.json"
    if not path.exists():
        return rescore(folder)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scores)
    except msgspec.DecodeError as error:
        raise BadRun(f"{path} can't be read ({error}); quire eval rescore makes it again.") from error


def _extracted(scores: Scores, questions: Sequence[Question]) -> bytes:
    texts = {question.id: question for question in questions}
    rows = [
        {
            "question": scored.question,
            "text": texts[scored.question].text,
            "gold": texts[scored.question].answer,
            "gold_format": texts[scored.question].format,
            **msgspec.to_builtins(scored.extracted),
        }
        for scored in scores.scored
    ]
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
