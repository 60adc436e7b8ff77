"""The commands as users run them: real processes, over a running service and over the folder itself, with the same outcome."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pymupdf
import pytest

from api.cli.exits import Exit
from api.folder import Folder, read_address
from tests.api.rest_client import make_pdf
from tests.e2e.running import QUIRE, RunningService, environment

FACT = "The lighthouse at Saint Orran was sold to a painter for 412 thousand crowns."
QUESTION = "For how much was the lighthouse at Saint Orran sold?"
LONG_PAGES = 150
ELSEWHERE = "Which opera was performed at the coronation of the king of Norway?"


def quire(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [QUIRE, arguments[0], "--data", str(data), *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=180, cwd=data.parent)


def result(done: subprocess.CompletedProcess[str], code: int = Exit.OK) -> Any:
    """The JSON document on stdout, after checking the exit code."""
    assert done.returncode == code, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["service", "folder"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder: one that a service runs on, and one that commands open themselves."""
    folder = tmp_path_factory.mktemp(request.param) / "data"
    (folder.parent / "lighthouse.pdf").write_bytes(make_pdf("Of lights and towers.", FACT, "The keeper moved inland."))
    if request.param == "folder":
        yield folder
        return
    with RunningService(folder, QUIRE_INGEST__WORKERS="1"):
        yield folder


@pytest.mark.parametrize("data", ["service", pytest.param("folder", marks=pytest.mark.slow)], indirect=True)
def test_a_day_with_a_document(data: Path) -> None:
    """Ask with a file that is new, search, ask again, list, add twice, remove: what each says, and how it ends."""
    asked = quire(data, "ask", "--explain", "lighthouse.pdf", QUESTION)
    assert "How the answer came about" in asked.stdout
    assert asked.returncode == Exit.OK, asked.stderr[-2000:]
    assert asked.stdout.startswith("● Answered\n")
    assert "412 thousand crowns" in asked.stdout
    assert "✓ verified lighthouse.pdf, page 2" in asked.stdout
    progress = asked.stderr.splitlines()
    assert progress[0] == "lighthouse.pdf: found 3 pages (application/pdf)"
    assert progress[-1] == "lighthouse.pdf: done, 3 of 3 pages"
    assert len(progress) <= 4

    found = result(quire(data, "search", "--json", "--limit", "1", QUESTION))
    ((document, number),) = [(page["document"], page["number"]) for page in found["pages"]]
    assert number == 2

    declined = result(quire(data, "ask", "--json", "-d", document, ELSEWHERE), Exit.NOT_IN_DOCUMENTS)
    assert (declined["outcome"], declined["claims"]) == ("not_in_documents", [])

    added = quire(data, "add", "--json", "lighthouse.pdf")
    entry = result(added)["documents"][0]
    assert (entry["document"]["id"], entry["created"], entry["document"]["status"]) == (document, False, "ready")

    listed = quire(data, "list")
    assert listed.stdout.splitlines()[1].split()[:3] == [document, "ready", "3"]
    assert result(quire(data, "list", "--collections", "--json"))["collections"][0]["documents"] == 1

    (data.parent / "quiet.pdf").write_bytes(make_pdf("A page that nobody mentions."))
    silent = quire(data, "add", "--quiet", "--collection", "quiet", "quiet.pdf")
    assert (silent.returncode, silent.stderr) == (Exit.OK, "")
    assert silent.stdout.endswith("quiet.pdf  1 page, ready\n")

    removed = quire(data, "remove", "lighthouse.pdf")
    assert (removed.returncode, removed.stdout) == (Exit.OK, f"removed {document}  lighthouse.pdf\n")
    assert result(quire(data, "list", "--json", "--collection", "default")) == {"documents": []}


def test_the_folder_itself_is_worked_on_where_no_service_runs(tmp_path: Path) -> None:
    """The day above in short, since each command loads the encoder here."""
    (tmp_path / "lighthouse.pdf").write_bytes(make_pdf("Of lights and towers.", FACT))
    asked = quire(tmp_path / "data", "ask", "lighthouse.pdf", QUESTION)
    assert asked.returncode == Exit.OK, asked.stderr[-2000:]
    assert "412 thousand crowns" in asked.stdout
    assert "✓ verified lighthouse.pdf, page 2" in asked.stdout
    assert asked.stderr.splitlines()[-1] == "lighthouse.pdf: done, 2 of 2 pages"
    listed = result(quire(tmp_path / "data", "list", "--json"))["documents"]
    assert [(item["name"], item["status"]) for item in listed] == [("lighthouse.pdf", "ready")]


def test_errors_are_one_line_on_stderr_with_their_code(data: Path) -> None:
    (data.parent / "empty.pdf").write_bytes(b"")
    for arguments, code, said in (
        (["search", "--collection", "nowhere", "x"], Exit.NOT_FOUND, "nowhere"),
        (["add", "empty.pdf"], Exit.BAD_INPUT, "empty"),
        (["add", "missing.pdf"], Exit.BAD_INPUT, "There is no file missing.pdf"),
    ):
        done = quire(data, *arguments)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("quire: ")
        assert said in done.stderr
    problem = json.loads(quire(data, "remove", "--json", "doc_unknown").stderr)
    assert (problem["type"], problem["exit_code"]) == ("not-found", Exit.NOT_FOUND)


def test_some_files_good_some_not_is_partial_and_says_which(data: Path) -> None:
    (data.parent / "good.pdf").write_bytes(make_pdf("A good page."))
    (data.parent / "bad.pdf").write_bytes(b"This is no document at all." * 50)
    done = quire(data, "add", "--json", "--collection", "mixed", "bad.pdf", "good.pdf")
    bad, good = result(done, Exit.PARTIAL)["documents"]
    assert (bad["file"], bad["document"], bad["problem"]["type"]) == ("bad.pdf", None, "not-a-document")
    assert (good["file"], good["document"]["status"], good["job"]["status"]) == ("good.pdf", "ready", "done")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    kinds = [line["event"]["kind"] for line in lines if "event" in line]
    assert (kinds[0], kinds[-1], "page_read" in kinds) == ("accepted", "done", True)
    assert [line["type"] for line in lines if "type" in line] == ["not-a-document"]


def test_doctor_works_whoever_has_the_folder(data: Path) -> None:
    found = result(quire(data, "doctor", "--json"))
    parts = {part["part"] for part in found["parts"]}
    assert parts >= {"vectors", "catalogue", "jobs", "files", "text encoder", "OCR", "reader", "GPU", "data folder"}
    assert (found["service"] is not None) == (read_address(data) is not None)


def test_doctor_ends_with_a_code_when_something_is_missing(tmp_path: Path) -> None:
    environ = {**environment(), "HF_HUB_OFFLINE": "1", "QUIRE_INDEX__ENCODER": "nobody/no-such-model"}
    done = subprocess.run([QUIRE, "doctor", "--data", str(tmp_path)], capture_output=True, text=True, env=environ)
    assert done.returncode == Exit.UNAVAILABLE
    assert "✗ text encoder" in done.stdout
    assert "HF_HUB_OFFLINE" in done.stdout


def test_the_question_can_not_be_forgotten_nor_unquoted(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf("x"))
    forgotten = quire(tmp_path / "data", "ask", "a.pdf")
    assert forgotten.returncode == Exit.USAGE
    assert "The question is missing" in forgotten.stderr
    unquoted = quire(tmp_path / "data", "ask", "How", "many", "people", "work", "there?")
    assert unquoted.returncode == Exit.USAGE
    assert "in quotes" in unquoted.stderr


def test_a_folder_in_use_is_waited_for_and_then_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    folder.own()
    done = quire(tmp_path / "data", "list")
    folder.release()
    assert done.returncode == Exit.UNAVAILABLE
    waits, error = done.stderr.splitlines()
    assert "waiting" in waits
    assert "in use" in error


def test_a_folder_that_becomes_free_is_taken(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    folder.own()
    with subprocess.Popen(
        [QUIRE, "list", "--data", str(folder.path)], stderr=subprocess.PIPE, text=True, env=environment()
    ) as listing:
        assert listing.stderr is not None
        assert "waiting" in listing.stderr.readline()
        folder.release()
        assert listing.wait(60) == Exit.OK


def long_pdf(path: Path, pages: int) -> None:
    document = pymupdf.open()
    for number in range(1, pages + 1):
        document.new_page().insert_textbox(
            (50, 50, 550, 800), f"Page {number} of many. " + "Rain fell on the hills. " * 60
        )
    document.save(path)


def interrupted(data: Path) -> tuple[int, str]:
    """`quire add` of a long document, interrupted once pages come in: exit code and stderr."""
    file = data.parent / "long.pdf"
    long_pdf(file, LONG_PAGES)
    command = [QUIRE, "add", "--json", "--data", str(data), "--collection", "long", str(file)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        # A suite that runs in the background ignores SIGINT, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as adding:
        assert adding.stderr is not None
        while "page_read" not in adding.stderr.readline():
            assert adding.poll() is None
        adding.send_signal(signal.SIGINT)
        _, rest = adding.communicate(timeout=60)
    return adding.returncode, rest


def test_ctrl_c_cancels_what_the_command_reads_itself_and_leaves_the_folder_sound(tmp_path: Path) -> None:
    code, said = interrupted(tmp_path / "data")
    assert code == Exit.INTERRUPTED
    assert "Traceback" not in said
    listed = result(quire(tmp_path / "data", "list", "--json"))["documents"]
    assert [item["status"] for item in listed] == ["cancelled"]


@pytest.mark.parametrize("data", ["service"], indirect=True)
def test_ctrl_c_leaves_the_job_of_a_running_service_going(data: Path) -> None:
    address = read_address(data)
    assert address is not None
    code, said = interrupted(data)
    assert code == Exit.INTERRUPTED
    assert "goes on reading" in said
    with httpx.Client(base_url=address.url) as client:
        job = client.get("/v1/documents", params={"collection": "long"}).json()["items"][0]["job"]
        done = client.get(f"/v1/jobs/{job}").json()["progress"]["pages_done"]
        deadline = time.monotonic() + 60
        while (after := client.get(f"/v1/jobs/{job}").json())["progress"]["pages_done"] <= done < LONG_PAGES:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert after["status"] in ("running", "done")
