"""Each row of the table of bad input (DESIGN.md, section 9) and its neighbours, through HTTP, against the running service.

The fixture `service` checks after every test that the service is up and that an earlier document still answers.
"""

import contextlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import psutil
import pymupdf
import pytest
from httpx_sse import connect_sse

from tests.api.rest_client import add, check_problem, make_pdf, wait_for
from tests.e2e.conftest import PAGE_LIMIT, PAGE_SECONDS, UPLOAD_LIMIT
from tests.e2e.papers import (
    MEGABYTE,
    bomb_of_image,
    bomb_of_text,
    chunks,
    endless,
    heavy,
    many_pages,
)
from tests.e2e.running import RunningService

UPLOADS = "/v1/collections/default/documents"
PNG = bytes(pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 20, 20), False).tobytes("png"))


def send(service: RunningService, data: bytes, name: str, **options: Any) -> httpx.Response:
    """Upload as a raw body."""
    return service.client.post(UPLOADS, params={"name": name}, content=data, **options)


def peak_memory(service: RunningService) -> int:
    """The most bytes that the service's own process has held (its workers have a limit of their own)."""
    status = Path(f"/proc/{service.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def asked(service: RunningService, question: str, *documents: str) -> httpx.Response:
    """Ask over some documents of the default collection."""
    return service.client.post("/v1/answers", json={"question": question, "documents": list(documents)})


def page_errors(service: RunningService, document: str) -> dict[int, str | None]:
    """By page number."""
    pages = service.client.get(f"/v1/documents/{document}/pages").json()["items"]
    return {page["number"]: page["error"] for page in pages}


@pytest.mark.parametrize(
    ("data", "name", "kinds"),
    [
        (b"", "empty.pdf", {"empty-document"}),
        (b"\x7fELF\x02\x01\x01" + bytes(500), "program.pdf", {"not-a-document"}),
        (os.urandom(5000), "noise.pdf", {"not-a-document"}),
        (b"PK\x03\x04" + bytes(300), "archive.zip", {"not-a-document"}),
        (b"<html><body>Hello</body></html>", "page.pdf", {"not-a-document"}),
        (PNG, "picture.pdf", {"not-a-document"}),
        (make_pdf("cut off")[:200], "cut.pdf", {"damaged-document"}),
        (b"%PDF-1.7\n", "head.pdf", {"damaged-document", "empty-document"}),
        (b"%PDF-1.7\n" + os.urandom(3000), "noise after the head.pdf", {"damaged-document", "empty-document"}),
    ],
)
def test_what_is_no_document_is_refused_with_what_is_accepted(
    service: RunningService, data: bytes, name: str, kinds: set[str]
) -> None:
    response = send(service, data, name)
    assert response.status_code == 422, response.text
    kind = response.json()["type"].rpartition(":")[2]
    assert kind in kinds
    detail = check_problem(response, 422, kind)["detail"]
    assert len(detail) > 20
    if kind == "not-a-document":
        assert "PDF" in detail
    assert name not in {item["name"] for item in service.client.get("/v1/documents?limit=1000").json()["items"]}


def test_an_encrypted_document_needs_its_password_which_is_kept_nowhere(service: RunningService) -> None:
    secret = "open-Sesame-9137"
    data = make_pdf("The vault holds 88 ingots.", password=secret)
    check_problem(send(service, data, "vault.pdf"), 422, "document-locked")
    check_problem(send(service, data, "vault.pdf", headers={"X-Document-Password": "no"}), 422, "document-locked")
    added = send(service, data, "vault.pdf", headers={"X-Document-Password": secret})
    assert added.status_code == 202, added.text
    assert wait_for(service.client, added.json()["job"]["id"])["status"] == "done"
    answer = asked(service, "How many ingots does the vault hold?", added.json()["document"]["id"]).json()
    assert "88" in answer["text"]
    assert secret not in service.log.read_text()
    kept = _kept(service.data)
    assert kept
    assert [path for path, content in kept.items() if secret.encode() in content] == []


def zeros(total: int) -> Any:
    """So many bytes, without a Content-Length."""
    for _ in range(total // MEGABYTE + 1):
        yield bytes(MEGABYTE)


def test_an_upload_over_the_limit_is_refused_before_and_while_it_comes(service: RunningService) -> None:
    url = service.client.base_url
    connection = HTTPConnection(url.host, url.port, timeout=5)
    connection.putrequest("POST", f"{UPLOADS}?name=x.pdf")
    connection.putheader("Content-Length", str(UPLOAD_LIMIT + 1))
    connection.endheaders()  # and not a byte of the body: the announced length is enough
    announced = connection.getresponse()
    assert announced.status == 413
    assert json.loads(announced.read())["limit"] == UPLOAD_LIMIT
    connection.close()
    chunked = service.client.post(UPLOADS, params={"name": "x.pdf"}, content=zeros(UPLOAD_LIMIT))
    assert check_problem(chunked, 413, "upload-too-large")["limit"] == UPLOAD_LIMIT
    assert list((service.data / "tmp").iterdir()) == []


def test_a_document_with_too_many_pages_is_refused_with_the_limit(service: RunningService) -> None:
    document = pymupdf.open()
    for _ in range(PAGE_LIMIT + 1):
        document.new_page()
    problem = check_problem(send(service, bytes(document.tobytes()), "long.pdf"), 422, "too-many-pages")
    assert str(PAGE_LIMIT) in problem["detail"]
    assert str(PAGE_LIMIT + 1) in problem["detail"]


@pytest.mark.parametrize("megabytes", [11, 200])
@pytest.mark.parametrize("as_form", [False, True], ids=["raw", "form"])
def test_large_uploads_come_in_without_filling_the_memory(
    service: RunningService, tmp_path: Path, megabytes: int, as_form: bool
) -> None:
    text = f"The {'form' if as_form else 'raw body'} of {megabytes} megabytes has a page."
    path = tmp_path / "heavy.pdf"
    heavy(path, megabytes, text)
    before = peak_memory(service)
    if as_form:
        with path.open("rb") as file:
            response = service.client.post(UPLOADS, files={"file": (path.name, file)}, timeout=120)
    else:
        response = service.client.post(UPLOADS, params={"name": path.name}, content=chunks(path), timeout=120)
    assert response.status_code == 202, response.text
    assert response.json()["document"]["bytes"] == path.stat().st_size > megabytes * MEGABYTE
    assert wait_for(service.client, response.json()["job"]["id"])["status"] == "done"
    # What obstore has in hand while it copies (some 60 MB), not the upload.
    assert peak_memory(service) - before < 128 * MEGABYTE
    assert service.client.delete(response.headers["location"]).status_code == 204


def check_the_rest_was_read(service: RunningService, added: dict[str, dict[str, Any]]) -> str:
    """The first and the last page can be found, the second says why it can not. Returns that."""
    job = wait_for(service.client, added["job"]["id"], 180)
    assert job["status"] == "partial", job
    assert (job["progress"]["pages_done"], job["progress"]["pages_failed"]) == (3, 1)
    assert "2" in job["error"]
    document = added["document"]["id"]
    assert service.client.get(f"/v1/documents/{document}").json()["status"] == "partial"
    errors = page_errors(service, document)
    assert (errors[1], errors[3]) == (None, None)
    assert errors[2]
    found = service.client.post("/v1/search", json={"question": "granite copper", "documents": [document]}).json()
    assert {page["number"] for page in found["pages"]} == {1, 3}
    assert any("1 page" in note for note in found["notes"]), found["notes"]
    return errors[2]


@pytest.mark.slow  # the fast tests of the reader do it without the service
def test_a_page_that_never_ends_fails_alone(service: RunningService) -> None:
    reason = check_the_rest_was_read(service, add(service.client, endless(), "endless.pdf"))
    assert f"{PAGE_SECONDS} s of processor time" in reason or f"{10 * PAGE_SECONDS} s" in reason


def at_work(service: RunningService) -> dict[int, psutil.Process]:
    """The processes that read a page just now: those that the service runs with a lower priority, and that do not sleep."""
    found = {}
    own = psutil.Process(service.pid)
    for process in own.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.nice() > own.nice() and process.status() == psutil.STATUS_RUNNING:
                found[process.pid] = process
    return found


def test_a_page_that_kills_its_worker_fails_alone(service: RunningService) -> None:
    """What a crash in the parser's C code does to a worker is done to it here from outside, while it is on the page: sound pages
    are read between two looks."""
    added = add(service.client, endless() + b"%another\n", "crashing.pdf")
    before: set[int] = set()
    while service.client.get(f"/v1/jobs/{added['job']['id']}").json()["status"] in ("accepted", "running"):
        found = at_work(service)
        for pid in found.keys() & before:
            found[pid].kill()
        before = set(found)
        time.sleep(0.3)
    assert "worker process ended (exit code -9)" in check_the_rest_was_read(service, added)


@pytest.mark.slow  # the fast tests of the reader do it without the service
@pytest.mark.parametrize("make", [bomb_of_text, bomb_of_image])
def test_a_page_that_decompresses_to_gigabytes_harms_nobody(service: RunningService, make: Any) -> None:
    data = make()
    assert len(data) < MEGABYTE
    before = peak_memory(service)
    added = add(service.client, data, "bomb.pdf")
    job = wait_for(service.client, added["job"]["id"], 180)
    assert job["status"] in ("done", "partial"), job
    document = added["document"]["id"]
    found = service.client.post("/v1/search", json={"question": "granite copper", "documents": [document]}).json()
    assert {1, 3} <= {page["number"] for page in found["pages"]}
    image = service.client.get(f"/v1/documents/{document}/pages/2/image", params={"width": 400})
    assert image.status_code in (200, 422, 503), image.text
    assert peak_memory(service) - before < 150 * MEGABYTE


def test_a_question_over_nothing_is_not_found(service: RunningService) -> None:
    for body in ({"collection": "nothing-here"}, {"documents": ["doc_nothing"]}):
        for path in ("/v1/search", "/v1/answers"):
            response = service.client.post(path, json={"question": "Why?", **body})
            problem = check_problem(response, 404, "not-found")
            assert "nothing" in problem["detail"]


def test_a_document_still_being_read_is_said_to_be(service: RunningService) -> None:
    added = add(service.client, many_pages(800), "being read.pdf")
    document, job = added["document"]["id"], added["job"]["id"]
    response = asked(service, "Which ledger entry stands on page 1?", document)
    if response.status_code == 201:
        assert response.json()["notes"]
    else:
        assert check_problem(response, 409, "document-not-ready")["jobs"] == [job]
    service.client.post(f"/v1/jobs/{job}/cancel")
    wait_for(service.client, job)


def test_three_thousand_pages_are_taken_in_and_deleted_while_they_are_read(service: RunningService) -> None:
    added = add(service.client, many_pages(PAGE_LIMIT), "three thousand.pdf")
    document, job = added["document"]["id"], added["job"]["id"]
    assert added["document"]["pages"] == PAGE_LIMIT
    kinds = []
    with connect_sse(service.client, "GET", f"/v1/jobs/{job}/events") as source:
        for message in source.iter_sse():
            kinds.append(message.event)
            if message.event == "page_read" and kinds.count("page_read") == 5:
                with ThreadPoolExecutor(1) as other:
                    deleted = other.submit(httpx.delete, f"{service.url}/v1/documents/{document}", timeout=60).result()
                assert deleted.status_code == 204, deleted.text
    assert kinds[-1] == "cancelled"
    check_problem(service.client.get(f"/v1/documents/{document}"), 404, "not-found")
    assert not (service.data / "files" / document).exists()
    again = add(service.client, make_pdf("A new start."), "after.pdf")
    assert wait_for(service.client, again["job"]["id"])["status"] == "done"
    assert not (service.data / "files" / document).exists()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_three_thousand_pages_are_read_to_the_end(service: RunningService) -> None:
    added = add(service.client, many_pages(PAGE_LIMIT), "all three thousand.pdf")
    job = wait_for(service.client, added["job"]["id"], 1200)
    assert (job["status"], job["progress"]["pages_done"]) == ("done", PAGE_LIMIT)
    found = service.client.post(
        "/v1/search", json={"question": "ledger entry number 2718", "documents": [added["document"]["id"]]}
    ).json()
    assert found["pages"][0]["number"] == 2718
    service.client.delete(f"/v1/documents/{added['document']['id']}")


def test_the_same_file_sent_many_times_at_once_is_read_once(service: RunningService) -> None:
    data = make_pdf("Sent eight times at once: the meridian passes through Greenwich.")
    with ThreadPoolExecutor(8) as pool:
        sent = list(
            pool.map(
                lambda n: httpx.post(f"{service.url}{UPLOADS}", params={"name": f"{n}.pdf"}, content=data, timeout=60),
                range(8),
            )
        )
    assert sorted(response.status_code for response in sent) == [200] * 7 + [202]
    assert len({response.json()["document"]["id"] for response in sent}) == 1
    document = sent[0].json()["document"]["id"]
    assert wait_for(service.client, sent[0].json()["job"]["id"])["status"] == "done"
    found = service.client.post("/v1/search", json={"question": "meridian", "documents": [document]}).json()
    assert [len(page["passages"]) for page in found["pages"]] == [1]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\windows\\system.pdf", "system.pdf"),
        ('it\'s "quoted" <b>.pdf', 'it\'s "quoted" <b>.pdf'),
        ("\N{BAR CHART} Bericht \N{GREEK SMALL LETTER PI}.pdf", "\N{BAR CHART} Bericht \N{GREEK SMALL LETTER PI}.pdf"),
        ("nul\0 and bell\a.pdf", None),
        ("/", None),
        ("..", None),
        (".", None),
    ],
)
def test_a_name_is_only_shown_and_never_a_path(service: RunningService, name: str, shown: str | None) -> None:
    added = add(service.client, make_pdf(f"named {name!r}"), name)
    got = added["document"]["name"]
    assert got
    if shown is not None:
        assert got == shown
    assert not any(char in got for char in "\0\a/\\")
    assert wait_for(service.client, added["job"]["id"])["status"] == "done"
    assert {path.name for path in service.data.parent.iterdir()} <= {service.data.name, service.log.name}


def test_a_name_of_two_thousand_characters_is_refused_with_the_limit(service: RunningService) -> None:
    assert "255" in check_problem(send(service, make_pdf("x"), "n" * 2000), 422, "invalid-input")["detail"]


def test_a_question_of_a_hundred_thousand_characters_is_refused_with_the_limit(service: RunningService) -> None:
    for path in ("/v1/search", "/v1/answers"):
        response = service.client.post(path, json={"question": "x" * 100_000})
        assert "4,000" in check_problem(response, 422, "invalid-input")["detail"]


def test_invalid_utf_8_is_refused_wherever_it_stands(service: RunningService) -> None:
    body = service.client.post("/v1/search", content=b'{"question":"\xc3\x28"}')
    assert "UTF-8" in check_problem(body, 400, "malformed-request")["detail"]
    url = service.client.base_url.copy_with(raw_path=f"{UPLOADS}?name=%c3%28.pdf".encode())
    assert "UTF-8" in check_problem(service.client.post(url, content=make_pdf("x")), 422, "invalid-input")["detail"]


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing_behind(service: RunningService) -> None:
    def broken() -> Any:
        yield bytes(5 * MEGABYTE)
        raise ConnectionError("the client hangs up")

    with pytest.raises(ConnectionError):
        httpx.post(f"{service.url}{UPLOADS}", params={"name": "broken.pdf"}, content=broken(), timeout=30)
    deadline = time.monotonic() + 10
    while list((service.data / "tmp").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list((service.data / "tmp").iterdir()) == []
    assert '"status": 500' not in service.log.read_text()


def _kept(folder: Path) -> dict[Path, bytes]:
    """What the files of a running service hold; SQLite's journals come and go meanwhile."""
    found = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                found[path] = path.read_bytes()
    return found
