"""A run over the real service: figures, interruptions, failures, what is kept, what is refused."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from answer import Answer
from api.errors import InvalidInput, Unavailable
from api.schemas import AskRequest
from api.service import Service
from api.settings import IngestSettings, Settings
from eval import runner
from eval.dataset import Dataset
from eval.datasets import load
from eval.errors import BadRun, ServiceGone
from eval.folder import RunFolder
from eval.ledger import Ledger
from eval.progress import Silent
from eval.provenance import describe
from eval.record import Result, RunOptions
from eval.report import take_pictures, write_report
from eval.run import rescore, run
from eval.scores import Scores
from tests.api.rest_client import pdf
from tests.eval.small import make

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    data = tmp_path_factory.mktemp("eval") / "store"
    opened = await Service.open(Settings(data=data, ingest=IngestSettings(layout="geometry", workers=1)))
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load("mmlongbench-doc", str(make(tmp_path_factory.mktemp("small") / "data")))


class Meddling:
    """The service, with something done before each question, and a count of the answers that were given."""

    def __init__(self, service: Service, before: Callable[[str, int], None] = lambda question, count: None) -> None:
        self.service = service
        self.before = before
        self.answered: Counter[str] = Counter()
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.service, name)

    async def ask(self, request: AskRequest, *, on_stage: Callable[[str], None] | None = None) -> Answer:
        self.calls += 1
        self.before(request.question, self.calls)
        answer = await self.service.ask(request)
        self.answered[request.question] += 1
        return answer


async def asked(
    dataset: Dataset, system: Any, folder: RunFolder, *, concurrency: int = 2, options: RunOptions | None = None
) -> runner.Outcome:
    how = options or RunOptions("small")
    info = describe(dataset, "data", how, await system.readiness(), system.settings, None)
    return await run(dataset, system, folder, info, prompts="", concurrency=concurrency, meter=Silent())


def comparable(scores: Scores) -> dict[str, float | None]:
    """All figures but the times."""
    return {
        f"{figure.name} {figure.slice}": figure.estimate.value
        for figure in scores.figures
        if not figure.name.startswith("milliseconds")
    }


async def test_a_run_holds_everything_and_its_report_needs_no_service(
    service: Service, dataset: Dataset, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    outcome = await asked(dataset, service, folder)
    assert (outcome.asked, outcome.before, outcome.failed) == (7, 0, 0)
    results = folder.ledger.read()
    assert set(results) == {question.id for question in dataset.questions}
    one = results[dataset.questions[0].id]
    assert one.answer is not None
    assert one.answer.text.startswith("Seven")
    assert one.answer.chains[0].name == "textual"
    assert one.inside[0].page == 2
    assert one.over_all
    assert set(one.milliseconds) == {"search", "search over all", "ask"}
    assert "Seven keepers" in one.cited_text[f"{one.answer.citations[0].document}:2"]
    scores = rescore(folder)
    assert scores.figure("R@1").value == 1
    assert scores.figure("official", "unanswerable").value == 1
    assert scores.figure("official", "source: Chart").n == 1
    assert (scores.questions, scores.unanswerable) == (7, 1)
    assert set(scores.definitions) == {figure.name for figure in scores.figures}
    await take_pictures(folder, scores, service)
    write_report(folder, scores)
    page = (folder.path / "report.html").read_text()
    assert "data:image/png;base64," in page
    assert "What broke the lantern in 1907?" in page
    assert "<rect x=" in page
    assert "src='http" not in page
    info = json.loads((folder.path / "run.json").read_text())
    assert ["text encoder", "all-MiniLM-L6-v2"] in info["parts"]
    assert info["versions"]["quire"]
    assert info["settings"]["ingest"]["layout"] == "geometry"


async def test_interrupted_five_times_nothing_is_asked_twice_and_the_scores_are_the_same(
    service: Service, dataset: Dataset, tmp_path: Path
) -> None:
    whole = RunFolder(tmp_path / "whole")
    await asked(dataset, service, whole)

    def stop(question: str, calls: int) -> None:
        if calls % 2 == 0:
            under_way[-1].cancel()

    under_way: list[asyncio.Task[runner.Outcome]] = []
    system, pieces, interruptions = Meddling(service, stop), RunFolder(tmp_path / "pieces"), 0
    while True:
        under_way.append(asyncio.create_task(asked(dataset, system, pieces, concurrency=1)))
        try:
            await under_way[-1]
            break
        except asyncio.CancelledError:
            interruptions += 1
            with (pieces.path / "results.jsonl").open("ab") as file:
                file.write(b'{"question":"0001-cut')  # a line that a crash cut off
    assert interruptions >= 5
    assert set(system.answered.values()) == {1}
    assert comparable(rescore(pieces)) == comparable(rescore(whole))


async def test_a_failed_question_is_kept_counted_and_asked_again(
    service: Service, dataset: Dataset, tmp_path: Path
) -> None:
    broken = dataset.questions[1].text

    def fail(question: str, calls: int) -> None:
        if question == broken:
            raise ZeroDivisionError("the reader stumbled")

    folder = RunFolder(tmp_path / "run")
    outcome = await asked(dataset, Meddling(service, fail), folder)
    assert (outcome.asked, outcome.failed) == (7, 1)
    scores = rescore(folder)
    assert scores.failed == 1
    assert scores.errors == {dataset.questions[1].id: "ZeroDivisionError: the reader stumbled"}
    assert scores.figure("failed").value == pytest.approx(1 / 7)
    assert scores.figure("official").n == 7  # it counts as 0, it is not left out
    again = await asked(dataset, service, folder)
    assert (again.asked, again.before, again.failed) == (1, 6, 0)
    assert rescore(folder).failed == 0


async def test_a_service_that_is_gone_ends_the_run_and_one_that_stumbles_does_not(
    service: Service, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PAUSES", (0.0,))

    def stumble(question: str, calls: int) -> None:
        if calls % 2:
            raise Unavailable("the reader is down")

    folder = RunFolder(tmp_path / "stumbling")
    assert (await asked(dataset, Meddling(service, stumble), folder, concurrency=1)).failed == 0
    assert {result.attempts for result in folder.ledger.read().values()} == {2}

    def gone(question: str, calls: int) -> None:
        if calls > 2:
            raise Unavailable("the service is down")

    folder = RunFolder(tmp_path / "gone")
    with pytest.raises(ServiceGone, match=r"5 questions in a row .* The same command goes on from here"):
        await asked(dataset, Meddling(service, gone), folder, concurrency=1)
    assert (await asked(dataset, service, folder)).before == 2


async def test_a_document_that_cannot_be_read_fails_its_questions_alone(service: Service, tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    (data / "documents" / "museum.pdf").write_bytes(b"%PDF-1.7\nnothing at all")
    found = load("mmlongbench-doc", str(data))
    folder = RunFolder(tmp_path / "run")
    outcome = await asked(found, service, folder, options=RunOptions("broken"))
    assert (outcome.asked, outcome.failed) == (7, 3)
    assert folder.documents()["museum.pdf"].error
    assert "could not be read" in next(iter(rescore(folder).errors.values()))


async def test_a_service_that_is_gone_while_documents_are_read_is_said_as_it_is(
    service: Service, dataset: Dataset, tmp_path: Path
) -> None:
    class Gone(Meddling):
        async def add(self, *arguments: object, **more: object) -> None:
            raise Unavailable("the service is down")

    with pytest.raises(Unavailable, match="the service is down"):
        await asked(dataset, Gone(service), RunFolder(tmp_path / "run"), options=RunOptions("gone"))


async def test_questions_over_several_documents_with_free_answers(service: Service, tmp_path: Path) -> None:
    docs = tmp_path / "set" / "docs"
    docs.mkdir(parents=True)
    pdf(docs / "one.pdf", "Nothing of note.", "The tower of Elm has 212 steps.", "The end.")
    pdf(docs / "two.pdf", "The tower of Oak has 90 steps.")
    rows = ["doc_path,documents,question,answer", "one.pdf,['two.pdf'],How many steps has the tower of Elm?,212 steps"]
    (tmp_path / "set" / "set.csv").write_text("\n".join(rows))
    folder = RunFolder(tmp_path / "run")
    await asked(load("visdombench", str(tmp_path)), service, folder, options=RunOptions("several"))
    scores = rescore(folder)
    assert scores.figure("word F1").value == 1
    assert scores.figure("document identified").value is not None
    with pytest.raises(KeyError):
        scores.figure("official")
    row = {
        "question": "How many steps?",
        "category": "texts",
        "evidence_pages": [2],
        "source": "one.pdf",
        "annotator": "x",
    }
    (tmp_path / "set" / "questions.jsonl").write_text(json.dumps(row))
    (tmp_path / "set" / "documents").symlink_to(docs)
    folder = RunFolder(tmp_path / "long")
    await asked(load("m-longdoc", str(tmp_path / "set")), service, folder, options=RunOptions("several"))
    (result,) = folder.ledger.read().values()
    assert [text.strip() for text in result.gold_text.values()] == [
        "Nothing of note.",
        "The tower of Elm has 212 steps.",
        "The end.",
    ]
    assert rescore(folder).figure("R@5").value == 1


async def test_a_run_is_not_mixed_with_another(service: Service, dataset: Dataset, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    few = dataset.narrowed(limit=1)
    await asked(few, service, folder)
    with pytest.raises(BadRun, match=r"made otherwise \(questions\)"):
        await asked(dataset, service, folder)
    with pytest.raises(BadRun, match=r"made otherwise \(pages\)"):
        await asked(few, service, folder, options=RunOptions("small", pages=3))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("not a run")
    with pytest.raises(BadRun, match="is not empty, and holds no run"):
        await asked(few, service, RunFolder(tmp_path / "other"))
    with pytest.raises(BadRun, match=r"there is no run\.json"):
        rescore(RunFolder(tmp_path / "other"))
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "questions.json").write_text("[]")  # as a crash leaves it
    assert (await asked(few, service, RunFolder(tmp_path / "begun"))).asked == 1
    with folder.held(), pytest.raises(BadRun, match="Another process works on"), RunFolder(folder.path).held():
        pass


async def test_the_ledger_keeps_whole_lines_and_the_last_word(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "results.jsonl")
    assert ledger.read() == {}
    ledger.append(Result("a", "now", error="down"))
    ledger.append(Result("b", "now"))
    ledger.append(Result("a", "later"))
    with ledger.path.open("ab") as file:
        file.write(msgspec.json.encode(Result("c", "now"))[:-5])
    assert {key: result.at for key, result in ledger.read().items()} == {"a": "later", "b": "now"}
    ledger.append(Result("c", "again"))
    assert ledger.read()["c"].at == "again"
    ledger.path.write_bytes(b"rubbish\n" + ledger.path.read_bytes())
    with pytest.raises(BadRun, match=r"Line 1 of .* is damaged"):
        ledger.read()
    assert issubclass(BadRun, InvalidInput)
