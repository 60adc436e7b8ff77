"""What stands around a run: short answers by a model, PDFs from addresses, the bar, the command line, a service elsewhere."""

import asyncio
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from api.errors import Unavailable
from api.schemas import EventKind, JobEvent, Progress
from eval.cli import command
from eval.datasets import load
from eval.datasets.fetching import fetch_documents
from eval.errors import BadDataset, BadRun
from eval.extracting import extract_with, read_extracted
from eval.progress import RunBar, RunLines, Tally
from eval.run import rescore
from eval.scoring import ClassifierEntailment
from retrieval import declare_missing_operators
from tests.answer.chat_server import Turn, chat_server
from tests.api.rest_client import pdf
from tests.e2e.running import QUIRE, RunningService, environment
from tests.eval.small import make
from tests.eval.test_compare import kept


class Reader:
    """Finds the same short answer in everything."""

    name = "reader"

    def __init__(self) -> None:
        self.asked = 0

    async def complete(self, prompt: str) -> str:
        self.asked += 1
        return "Extracted answer: 1858\nAnswer format: Integer"


def test_short_answers_by_a_reader_are_kept_and_scored(tmp_path: Path) -> None:
    dataset = load("mmlongbench-doc", str(make(tmp_path / "data")))
    folder = kept(tmp_path / "run", dataset, {0: "seven", 1: "Well, about 1858 or so"})
    reader, path = Reader(), tmp_path / "short.jsonl"
    found = asyncio.run(extract_with(folder, reader, path))
    assert reader.asked == 2  # the declined ones need no reader
    assert found[dataset.questions[2].id].answer == "Not answerable"
    asyncio.run(extract_with(folder, reader, path))
    assert reader.asked == 2
    scores = rescore(folder, short=read_extracted(path))
    assert scores.extraction == "a file (7 of 7), else rules"
    assert scores.figure("official").value == pytest.approx(2 / 7)  # 1858, and the one declined rightly
    done = CliRunner().invoke(command, ["rescore", str(folder.path), "--extracted", str(path), "--json"])
    assert json.loads(done.stdout)["extraction"] == scores.extraction
    path.write_text('{"answer": "7"}\n')
    with pytest.raises(BadRun, match=r"Line 1 of .* is no short answer"):
        read_extracted(path)
    with pytest.raises(BadRun, match="can't be read"):
        read_extracted(tmp_path / "nowhere.jsonl")


def test_short_answers_and_grades_by_models_behind_a_server(tmp_path: Path) -> None:
    dataset = load("mmlongbench-doc", str(make(tmp_path / "data")))
    folder = kept(
        tmp_path / "run", dataset, {0: "seven", 1: "Well, about 1858 or so"}, gold_text={"light:1": "Built in 1858."}
    )
    run = CliRunner()
    with chat_server() as server:
        server.turns.append(Turn("Extracted answer: 1858\nAnswer format: Integer"))
        done = run.invoke(
            command, ["extract", str(folder.path), "--model", f"tiny@{server.url}"], standalone_mode=False
        )
        assert "N = 7" in done.output
        assert len(server.asked) == 2
        assert "seven" in str(server.asked[0]["messages"]) + str(server.asked[1]["messages"])
        server.turns[0] = Turn("Correctness: 4")
        judges = ["--judge", f"tiny@{server.url}", "--judge", f"other@{server.url}"]
        done = run.invoke(command, ["judge", str(folder.path), *judges], standalone_mode=False)
        assert len(server.asked) == 2 + 2 * 7
        assert "Built in 1858." in str(server.asked[-1]["messages"])
        scores = rescore(folder)
        assert (scores.figure("grade").value, scores.figure("grade").n) == (4, 7)
        assert scores.figure("grade unreadable").value == 0
        run.invoke(command, ["judge", str(folder.path), *judges], standalone_mode=False)
        assert len(server.asked) == 2 + 2 * 7  # nothing is graded twice
        done = run.invoke(command, ["judge", str(folder.path), *judges[:2]], standalone_mode=False)
        assert isinstance(done.exception, BadRun)
    (folder.path / "judged.jsonl").unlink()
    done = run.invoke(
        command, ["judge", str(folder.path), "--judge", "tiny@http://127.0.0.1:9/v1"], standalone_mode=False
    )
    assert isinstance(done.exception, Unavailable)
    assert "the same command goes on" in str(done.exception)
    done = run.invoke(command, ["judge", str(folder.path), "--judge", "tiny"], standalone_mode=False)
    assert "A model is named NAME@URL" in str(done.exception)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps silent about it."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    served = tmp_path / "served"
    served.mkdir()
    pdf(served / "a.pdf", "One.")
    (served / "b.pdf").write_text("<html>We have moved</html>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pdfs_from_their_addresses(address: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [
        {"question": "Why?", "category": "texts", "evidence_pages": [1], "source": f"{name}.pdf", "annotator": "x"}
        for name in "abcd"
    ]
    (data / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(BadDataset, match=r"no documents\.csv"):
        asyncio.run(fetch_documents(data))
    (data / "documents.csv").write_text("url,category\n" + "".join(f"{address}/{name}.pdf,x\n" for name in "abc"))
    found = {fetched.name: fetched.problem for fetched in asyncio.run(fetch_documents(data))}
    assert found["a.pdf"] is None
    assert found["b.pdf"] == "what came is no PDF"
    assert "404" in (found["c.pdf"] or "")
    assert found["d.pdf"] == "documents.csv has no address for it"
    assert [path.name for path in (data / "documents").iterdir()] == ["a.pdf"]
    assert [question.home for question in load("m-longdoc", str(data)).questions] == ["a.pdf"]
    done = CliRunner().invoke(command, ["fetch", str(data), "--limit", "1"], standalone_mode=False)
    assert "1 of 1 documents" in done.output


def event(done: int) -> JobEvent:
    return JobEvent(done, "job", EventKind.PAGE_READ, "now", Progress(9, done, 0, 0))


def test_the_bar_shows_pages_and_scores() -> None:
    screen = StringIO()
    with RunBar(Console(file=screen, force_terminal=True, width=160)) as bar:
        bar.documents(1)
        bar.page("light\x1b[2Jhouse.pdf", event(3))
        bar.document()
        bar.questions(2)
        bar.question({"official": 1.0, "R@5": 0.5}, False)
        bar.question({"official": 0.0}, True)
    shown = screen.getvalue()
    assert "official 50.0, R@5 50.0, 1 failed" in shown
    assert "\x1b[2Jhouse" not in shown


def test_lines_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with RunLines() as lines:
        lines.documents(1)
        lines.document()
        lines.questions(2)
        lines.question({"official": 1.0}, False)
        lines.question({"official": 0.0}, False)
    said = capsys.readouterr().err.splitlines()
    assert said == ["1 documents", "1 of 1 documents; 2 questions", "2 of 2 questions: official 50.0"]
    assert str(Tally()) == ""


def test_an_entailment_classifier_reads_its_labels(tmp_path: Path) -> None:
    """A real model class with weights that make it always say the label at one place."""
    declare_missing_operators()
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"]))
    names = {0: "neutral", 1: "entailment", 2: "contradiction"}
    for said in (0, 1):
        config = BertConfig(
            vocab_size=7, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
        )
        config.id2label, config.label2id = names, {name: place for place, name in names.items()}
        model = BertForSequenceClassification(config)
        model.classifier.bias.data.fill_(-9.0)
        model.classifier.bias.data[said] = 9.0
        folder = tmp_path / str(said)
        model.save_pretrained(folder)
        BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(folder)
        assert ClassifierEntailment(str(folder), most_tokens=32).entails("a " * 100, "b") is bool(said)


def test_data_names_the_benchmark_and_store_the_data_folder(tmp_path: Path) -> None:
    store = tmp_path / "store"
    arguments = ["run", "mmlongbench-doc", "--data", str(tmp_path / "nowhere"), "--store", str(store)]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert isinstance(done.exception, BadDataset)
    assert f"There is no folder {tmp_path / 'nowhere'}" in str(done.exception)
    assert not store.exists()


@pytest.mark.slow
def test_the_same_figures_from_a_service_elsewhere(tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    with RunningService(tmp_path / "remote") as service:
        far = quire(tmp_path, "run", "mmlongbench-doc", "--data", str(data), "--out", "far", "--url", service.url)
    assert far.returncode == 0, far.stderr
    near = quire(tmp_path, "run", "mmlongbench-doc", "--data", str(data), "--out", "near", "--store", "store")
    assert near.returncode == 0, near.stderr
    assert "0 better, 0 worse" in quire(tmp_path, "compare", "far", "near").stdout
    info = json.loads((tmp_path / "far" / "run.json").read_text())
    assert info["service"].startswith("http://127.0.0.1")
    assert info["settings"] is None


@pytest.mark.slow
def test_killed_five_times_and_gone_on_with(tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    arguments = ("run", "mmlongbench-doc", "--data", str(data), "--concurrency", "1")
    assert quire(tmp_path, *arguments, "--out", "whole", "--store", "store").returncode == 0
    results = tmp_path / "pieces" / "results.jsonl"
    for kill in range(5):
        process = start(tmp_path, *arguments, "--out", "pieces", "--store", "store")
        wanted = kill + 1
        deadline = time.monotonic() + 120
        while lines(results) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL if kill % 2 else signal.SIGINT)
        process.communicate(timeout=60)
    assert quire(tmp_path, *arguments, "--out", "pieces", "--store", "store").returncode == 0
    answered = [json.loads(line)["question"] for line in results.read_text().splitlines()]
    assert len(answered) == len(set(answered)) == 7
    compared = quire(tmp_path, "compare", "whole", "pieces").stdout
    assert "0 questions changed" in compared


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [QUIRE, "eval", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment(), stdout=pipe, stderr=pipe, text=True)


def quire(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    process = start(folder, *arguments)
    said, errors = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, said, errors)
