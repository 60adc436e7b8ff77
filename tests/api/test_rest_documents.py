"""Uploading, listing and deleting over HTTP."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.api.conftest import UPLOAD_LIMIT
from tests.api.rest_client import add, check_problem, make_pdf, wait_for
from tests.e2e.running import RunningService

UPLOADS = "/v1/collections/default/documents"
EMOJI = "Bericht \N{GREEK SMALL LETTER PI} \N{BAR CHART}.pdf"


def test_a_form_and_the_same_bytes_raw_are_one_document(client: httpx.Client) -> None:
    data = make_pdf("one document, sent twice")
    first = client.post(UPLOADS, files={"file": ("twice.pdf", data, "application/pdf")})
    second = client.post(UPLOADS, params={"name": "other name.pdf"}, content=data)
    assert (first.status_code, second.status_code) == (202, 200)
    assert (first.json()["created"], second.json()["created"]) == (True, False)
    assert first.json()["document"]["id"] == second.json()["document"]["id"]
    assert second.json()["document"]["name"] == "twice.pdf"
    assert first.headers["location"] == second.headers["location"] == f"/v1/documents/{first.json()['document']['id']}"
    looked_up = client.get(first.headers["location"]).json()
    assert (looked_up["bytes"], looked_up["pages"], looked_up["collection"]) == (len(data), 1, "default")


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="plain.pdf"', "plain.pdf"),
        ("attachment; filename=token.pdf", "token.pdf"),
        ('attachment; filename="with \\"quotes\\".pdf"', 'with "quotes".pdf'),
        ('attachment; filename="browser %22quotes%22.pdf"', 'browser "quotes".pdf'),
        ("attachment; filename=\"fallback.pdf\"; filename*=UTF-8''" + quote(EMOJI), EMOJI),
        ("attachment; filename*=utf-8'de'" + quote(EMOJI) + '; filename="fallback.pdf"', EMOJI),
        ("attachment; filename*=iso-8859-1'en'%A3%20rates.pdf", "\N{POUND SIGN} rates.pdf"),
        (f'attachment; filename="{EMOJI}"'.encode(), EMOJI),
        ('attachment; filename="../../etc/passwd.pdf"', "passwd.pdf"),
        ('attachment; filename="C:\\\\reports\\\\q3.pdf"', "q3.pdf"),
    ],
)
def test_the_name_comes_from_content_disposition(client: httpx.Client, disposition: str | bytes, name: str) -> None:
    data = make_pdf(f"named by {disposition!r}")
    raw = disposition if isinstance(disposition, bytes) else disposition.encode()
    response = client.post(UPLOADS, content=data, headers={b"Content-Disposition": raw})
    assert response.status_code == 202, response.text
    assert response.json()["document"]["name"] == name


def form(filename: bytes, data: bytes, field: bytes = b"file") -> tuple[bytes, dict[str, str]]:
    """A form written by hand: clients would mend or refuse such names before they are sent."""
    head = b'Content-Disposition: form-data; name="' + field + b'"; filename="' + filename + b'"'
    body = b"--edge\r\n" + head + b"\r\nContent-Type: application/pdf\r\n\r\n" + data + b"\r\n--edge--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=edge"}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (EMOJI.encode(), EMOJI),
        (b"a/b/c.pdf", "c.pdf"),
        (b"say %22hello%22.pdf", 'say "hello".pdf'),
        (b"line%0Abreak.pdf", "line break.pdf"),
        (b"bell\x07.pdf", "bell .pdf"),
        (("\N{BAR CHART}" * 251 + ".pdf").encode(), "\N{BAR CHART}" * 251 + ".pdf"),
    ],
)
def test_the_name_comes_from_the_form(client: httpx.Client, sent: bytes, name: str) -> None:
    body, headers = form(sent, make_pdf(f"form {sent!r}"[:60]))
    response = client.post(UPLOADS, content=body, headers=headers)
    assert response.status_code == 202, response.text
    assert response.json()["document"]["name"] == name


def test_the_query_names_the_document_before_all_else(client: httpx.Client) -> None:
    body, headers = form(b"file.pdf", make_pdf("named three times"))
    response = client.post(UPLOADS, params={"name": "query.pdf"}, content=body, headers=headers)
    assert response.json()["document"]["name"] == "query.pdf"


@pytest.mark.parametrize(
    ("query", "header"),
    [
        (b"name=%ff%fe.pdf", b""),
        (b"name=%ed%a0%80.pdf", b""),
        (b"", b'attachment; filename="\xff\xfe.pdf"'),
        (b"", b"attachment; filename*=UTF-8''%ff.pdf"),
        (b"", b"attachment; filename*=UTF-8''%ed%a0%80.pdf"),
        (b"", b"attachment; filename*=utf-16''%00a.pdf"),
    ],
)
def test_a_name_that_is_not_utf_8_is_refused(client: httpx.Client, query: bytes, header: bytes) -> None:
    url = client.base_url.copy_with(raw_path=UPLOADS.encode() + (b"?" + query if query else b""))
    response = client.post(url, content=make_pdf("x"), headers=[(b"Content-Disposition", header)] if header else None)
    problem = check_problem(response, 422, "invalid-input")
    assert "UTF-8" in problem["detail"]


def test_a_form_whose_file_name_is_not_utf_8_is_refused(client: httpx.Client) -> None:
    body, headers = form(b"\xff\xfe.pdf", make_pdf("x"))
    assert "UTF-8" in check_problem(client.post(UPLOADS, content=body, headers=headers), 422, "invalid-input")["detail"]


@pytest.mark.parametrize("name", ["n" * 2000, "\N{BAR CHART}" * 2000, "/".join(["d" * 20] * 30 + ["x" * 300])])
def test_a_name_over_the_limit_is_refused_by_query_and_by_form(client: httpx.Client, name: str) -> None:
    by_query = client.post(UPLOADS, params={"name": name}, content=make_pdf("x"))
    body, headers = form(name.encode(), make_pdf("x"))
    by_form = client.post(UPLOADS, content=body, headers=headers)
    for response in (by_query, by_form):
        assert "255" in check_problem(response, 422, "invalid-input")["detail"]


def test_without_a_name_the_answer_says_where_it_goes(client: httpx.Client) -> None:
    problem = check_problem(client.post(UPLOADS, content=make_pdf("x")), 422, "invalid-input")
    assert "?name=" in problem["detail"]


@pytest.mark.parametrize(
    ("fields", "status", "kind", "said"),
    [
        ({"flie": ("x.pdf", b"x")}, 422, "invalid-input", "`file`, `name`, `password`, `replaces`"),
        ({"password": (None, b"x")}, 422, "invalid-input", "no field `file`"),
        ({"password": (None, b"\xff")}, 422, "invalid-input", "UTF-8"),
        ({"password": (None, b"x" * 70_000)}, 422, "invalid-input", "65,536"),
    ],
)
def test_forms_that_can_not_be_used(
    client: httpx.Client, fields: dict[str, tuple[str | None, bytes]], status: int, kind: str, said: str
) -> None:
    assert said in check_problem(client.post(UPLOADS, files=fields), status, kind)["detail"]


def test_two_files_in_one_form_are_refused(client: httpx.Client) -> None:
    files = [("file", ("a.pdf", make_pdf("a"))), ("file", ("b.pdf", make_pdf("b")))]
    assert "more than once" in check_problem(client.post(UPLOADS, files=files), 422, "invalid-input")["detail"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"no form at all", "multipart/form-data; boundary=edge"),
        (b"--edge\r\nContent-Disposition: form-data; name=file\r\n\r\nno end", "multipart/form-data; boundary=edge"),
        (b"--edge\r\nno header\r\n\r\nx\r\n--edge--", "multipart/form-data; boundary=edge"),
        (b"--edge--", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=edge"),
    ],
)
def test_a_form_that_can_not_be_parsed_is_malformed(client: httpx.Client, body: bytes, content_type: str) -> None:
    check_problem(client.post(UPLOADS, content=body, headers={"Content-Type": content_type}), 400, "malformed-request")


def chunks(total: int) -> Iterator[bytes]:
    """Sent without a Content-Length."""
    for _ in range(total // 65536 + 1):
        yield bytes(65536)


def test_too_large_is_said_with_the_limit(client: httpx.Client) -> None:
    announced = client.post(UPLOADS, params={"name": "x.pdf"}, content=bytes(UPLOAD_LIMIT + 1))
    chunked = client.post(UPLOADS, params={"name": "x.pdf"}, content=chunks(UPLOAD_LIMIT))
    as_form = client.post(UPLOADS, files={"file": ("x.pdf", bytes(UPLOAD_LIMIT + 1))})
    for response in (announced, chunked, as_form):
        problem = check_problem(response, 413, "upload-too-large")
        assert problem["limit"] == UPLOAD_LIMIT
        assert "QUIRE_LIMITS__UPLOAD_BYTES" in problem["detail"]


@pytest.mark.parametrize("secret", ["s3cret-Passw\N{LATIN SMALL LETTER O WITH DIAERESIS}rd", "100%"])
def test_a_locked_document_opens_with_its_password_which_is_never_logged(running: RunningService, secret: str) -> None:
    client = running.client
    data = make_pdf(f"behind {len(secret)} characters", password=secret)
    query = {"name": "locked.pdf"}
    none = check_problem(client.post(UPLOADS, params=query, content=data), 422, "document-locked")
    wrong = client.post(UPLOADS, params=query, content=data, headers={"X-Document-Password": "wrong-one"})
    assert check_problem(wrong, 422, "document-locked")["detail"] != none["detail"]
    # The password stands behind the file: the form must be read to its end before the file is opened.
    files = [("file", ("locked.pdf", data)), ("password", (None, secret.encode()))]
    form_sent = client.post(UPLOADS, files=files)
    assert form_sent.status_code == 202, form_sent.text
    header = {"X-Document-Password": quote(secret)}
    assert client.post(UPLOADS, params=query, content=data, headers=header).status_code == 200
    assert wait_for(client, form_sent.json()["job"]["id"])["status"] == "done"
    log = running.log.read_text()
    assert secret not in log
    assert quote(secret) not in log
    assert "wrong-one" not in log


def test_lists_are_paged(client: httpx.Client) -> None:
    sent = {add(client, make_pdf(f"paged {n}"), f"{n}.pdf", "paging")["document"]["id"] for n in range(5)}
    for path, query in (("/v1/collections/paging/documents", {}), ("/v1/documents", {"collection": "paging"})):
        found: list[str] = []
        cursor: str | None = ""
        rounds = 0
        while cursor is not None:
            page = client.get(path, params={**query, "limit": 2, **({"cursor": cursor} if cursor else {})}).json()
            assert len(page["items"]) <= 2
            found += [item["id"] for item in page["items"]]
            cursor = page["next"]
            rounds += 1
        assert rounds == 3
        assert set(found) == sent
        assert len(found) == len(sent)
    assert {c["id"]: c["documents"] for c in client.get("/v1/collections").json()}["paging"] == 5


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "limit=1.5", "cursor=no-such-cursor"])
def test_a_list_says_what_it_accepts(client: httpx.Client, report: str, query: str) -> None:
    problem = check_problem(client.get(f"/v1/documents?{query}"), 422, "invalid-input")
    assert query.partition("=")[0] in problem["detail"]


def test_a_deleted_document_is_gone(client: httpx.Client) -> None:
    added = add(client, make_pdf("soon gone"), "gone.pdf", "deleting")
    wait_for(client, added["job"]["id"])
    path = f"/v1/documents/{added['document']['id']}"
    assert client.delete(path).status_code == 204
    for response in (client.get(path), client.delete(path), client.get(f"{path}/pages"), client.get(f"{path}/pages/1")):
        check_problem(response, 404, "not-found")
    assert client.delete("/v1/collections/deleting").status_code == 204
    check_problem(client.delete("/v1/collections/deleting"), 404, "not-found")
    check_problem(client.get("/v1/collections/deleting/documents"), 404, "not-found")


def test_a_collection_needs_a_name_that_can_be_a_folder(client: httpx.Client) -> None:
    response = client.post("/v1/collections/..%20x/documents", params={"name": "x.pdf"}, content=make_pdf("x"))
    assert re.search("letters|digits", check_problem(response, 422, "invalid-input")["detail"])
