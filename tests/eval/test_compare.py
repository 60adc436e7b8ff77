"""Comparing two runs, rescoring one, and the commands that do it."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from answer import Agreement, Answer, Citation, Cost, Outcome, Verdict
from eval.cli import command
from eval.compare import compare
from eval.dataset import Dataset
from eval.datasets import load
from eval.errors import BadRun
from eval.folder import RunFolder
from eval.record import Ranked, Result, RunInfo, RunOptions, Taken
from eval.report import write_report
from eval.run import rescore
from tests.eval.small import make


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load("mmlongbench-doc", str(make(tmp_path_factory.mktemp("small") / "data")))


def answer(text: str, page: int) -> Answer:
    """An answer that cites one page of the document light."""
    cited = Citation(1, "light", "light.pdf", page, None, "words", (), Verdict.VERIFIED, 1.0)
    return Answer(
        id="a",
        question="?",
        collection="c",
        outcome=Outcome.ANSWERED if text else Outcome.NOT_IN_DOCUMENTS,
        text=text,
        claims=(),
        citations=(cited,) if text else (),
        chains=(),
        agreement=Agreement(None, None, ""),
        coverage=(),
        nearest=(),
        cost=Cost({}, 1, ("none",)),
    )


def kept(
    path: Path,
    dataset: Dataset,
    texts: dict[int, str],
    encoder: str = "one",
    gold_text: dict[str, str] | None = None,
) -> RunFolder:
    """A run with these answers, by place; every other question is declined."""
    folder = RunFolder(path)
    info = RunInfo(
        benchmark=dataset.benchmark,
        data="data",
        dataset_sha256=dataset.sha256,
        dataset_revision=None,
        questions=len(dataset.questions),
        unanswerable=1,
        documents=2,
        quirks=(),
        options=RunOptions("c"),
        service="in the process",
        parts=(("text encoder", encoder),),
        settings=None,
        versions={},
        machine={},
        seeds={},
        command="eval run",
        started_at="now",
    )
    folder.begin(info, dataset.questions, "")
    folder.keep_documents([Taken(f"{name}.pdf", name, 3, 0, "ready", "") for name in ("light", "museum")])
    for place, question in enumerate(dataset.questions):
        ranked = (Ranked(question.home.removesuffix(".pdf"), 2, 1.0),)
        result = Result(
            question.id,
            "now",
            answer(texts.get(place, ""), 2),
            ranked,
            ranked,
            {},
            {"ask": 1.0},
            gold_text=gold_text or {},
        )
        folder.ledger.append(result)
    return folder


def test_paired_differences_and_the_questions_that_changed(dataset: Dataset, tmp_path: Path) -> None:
    first = kept(tmp_path / "first", dataset, {0: "7", 1: "1857"})
    second = kept(tmp_path / "second", dataset, {1: "1858", 4: "12.5%"}, encoder="two")
    rescore(first)
    found = compare(first, second)
    assert (found.questions, found.only_first, found.only_second) == (7, 0, 0)
    assert found.settings == {"part: text encoder": ("one", "two")}
    accuracy = next(d for d in found.differences if (d.name, d.slice) == ("official", "all"))
    assert accuracy.first == pytest.approx(2 / 7)
    assert accuracy.second == pytest.approx(3 / 7)
    assert (accuracy.better, accuracy.worse, accuracy.gain.n, accuracy.gain.documents) == (2, 1, 7, 2)
    assert accuracy.gain.value == pytest.approx(1 / 7)
    assert accuracy.gain.low == pytest.approx(0)  # one document gains nothing, the other one of three
    assert accuracy.gain.high == pytest.approx(1 / 3)
    assert [(change.first, change.second) for change in found.changes] == [(1, 0), (0, 1), (0, 1)]
    assert found.changes[0].second_answer == "Not answerable"


def test_a_run_against_itself_does_not_differ(dataset: Dataset, tmp_path: Path) -> None:
    folder = kept(tmp_path / "run", dataset, {0: "7"})
    found = compare(folder, folder)
    assert (found.settings, found.changes) == ({}, ())
    assert all(difference.gain.value == 0 for difference in found.differences)


def test_runs_with_nothing_in_common_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    one = kept(tmp_path / "one", dataset.narrowed(documents=1), {})
    other = kept(tmp_path / "other", dataset.narrowed(split="Museum"), {})
    with pytest.raises(BadRun, match="no question in common"):
        compare(one, other)


def test_figures_by_hand(dataset: Dataset, tmp_path: Path) -> None:
    # Right: 7 of light; the unanswerable one declined. Cited page 2 for both answers: gold of the first alone.
    scores = rescore(kept(tmp_path / "run", dataset, {0: "seven", 1: "46"}))
    assert scores.figure("official").value == pytest.approx(2 / 7)
    assert scores.figure("official", "unanswerable").value == 1
    assert scores.figure("declined rightly").value == 1
    assert scores.figure("declined wrongly").value == pytest.approx(4 / 6)
    # One point of six answerable; two attempts: 2 * 1 / (6 + 2).
    assert scores.figure("official F1").value == pytest.approx(1 / 4)
    assert scores.figure("cited recall").value == pytest.approx(1 / 5)
    assert scores.figure("R@1").value == pytest.approx(2 / 5)
    assert scores.figure("official", "single-page").n == 5
    assert scores.figure("official", "cross-page").n == 1
    assert "statement recall" not in scores.definitions


def test_a_run_without_any_answer_has_figures_too(dataset: Dataset, tmp_path: Path) -> None:
    folder = kept(tmp_path / "run", dataset, {})
    folder.ledger.path.unlink()
    scores = rescore(folder)
    assert (scores.failed, scores.figure("failed").value, scores.figure("official").value) == (7, 1, 0)
    write_report(folder, scores)
    assert "not asked" in (folder.path / "report.html").read_text()


def test_what_a_document_says_is_no_markup(dataset: Dataset, tmp_path: Path) -> None:
    folder = kept(tmp_path / "run", dataset, {0: "<script>alert(1)</script>", 1: "<img src=x>"})
    write_report(folder, rescore(folder))
    page = (folder.path / "report.html").read_text()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page


def test_commands_on_kept_runs(dataset: Dataset, tmp_path: Path) -> None:
    first = kept(tmp_path / "first", dataset, {0: "7"})
    kept(tmp_path / "second", dataset, {0: "8"})
    run = CliRunner()
    done = run.invoke(command, ["rescore", str(first.path)])
    assert done.exit_code == 0, done.output
    assert "N = 7, 14.3 % unanswerable, 0 failed" in done.output
    assert (first.path / "report.html").exists()
    told = json.loads(run.invoke(command, ["rescore", str(first.path), "--json"]).stdout)
    assert told["questions"] == 7
    done = run.invoke(command, ["compare", str(first.path), str(tmp_path / "second")])
    assert "0 better, 1 worse" in done.output
    assert "'7' -> '8'" in done.output
    done = run.invoke(command, ["rescore", str(tmp_path)])
    assert isinstance(done.exception, BadRun)
    assert not (tmp_path / ".lock").exists()
    (first.path / "scores.json").write_bytes(msgspec.json.encode({}))
    done = run.invoke(command, ["compare", str(first.path), str(first.path)])
    assert "quire eval rescore makes it again" in str(done.exception)
