"""What tests of the service share: small real PDFs, uploads, waiting for jobs, and the shape of a problem."""

import time
from pathlib import Path
from typing import Any

import httpx
import pymupdf

COLLECTION = "default"


def make_pdf(*pages: str, password: str | None = None) -> bytes:
    """A PDF with a line of text for each page; encrypted (AES-256) where a password is given."""
    document = pymupdf.open()
    for text in pages:
        document.new_page().insert_text((72, 72), text, fontsize=11)
    if password is None:
        return bytes(document.tobytes())
    encryption = pymupdf.PDF_ENCRYPT_AES_256
    return bytes(document.tobytes(encryption=encryption, user_pw=password, owner_pw=password + "-owner"))


def pdf(path: Path, *pages: str) -> Path:
    """A file with a text on each page, broken into lines."""
    document = pymupdf.open()
    for text in pages:
        document.new_page().insert_textbox((60, 60, 540, 780), text, fontsize=11)
    document.save(path)
    return path


def add(
    client: httpx.Client, data: bytes, name: str, collection: str = COLLECTION, **parameters: str
) -> dict[str, dict[str, Any]]:
    """Upload as a raw body; what came back."""
    response = client.post(f"/v1/collections/{collection}/documents", params={"name": name, **parameters}, content=data)
    assert response.status_code in (200, 202), response.text
    added: dict[str, dict[str, Any]] = response.json()
    return added


def wait_for(client: httpx.Client, job: str, seconds: float = 120) -> dict[str, Any]:
    """The job once it has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
        if found["status"] not in ("accepted", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"job {job} has not ended within {seconds} s: {found}")


def check_problem(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem detail, after checking that it is one, of that kind, and carries the request's id."""
    assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
    assert response.headers["content-type"].partition(";")[0] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:quire:problem:{kind}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem
