"""What an unexpected fault looks like from outside and in the log; heartbeats. Real Litestar applications, no network."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st
from litestar import Litestar, get
from litestar.testing import AsyncTestClient

from api.errors import (
    Conflict,
    FolderInUse,
    InvalidInput,
    Misconfigured,
    NotFound,
    NotReady,
    QuireError,
    Unauthorised,
    Unavailable,
    UnreadableDocument,
    UploadTooLarge,
)
from api.logs import RequestLog, configure_logs
from api.problems import describe, handle
from api.rest.naming import file_name
from api.sse import with_heartbeat
from tests.api.rest_client import check_problem

pytestmark = pytest.mark.anyio


@get("/fault")
async def fault() -> None:
    """Fails as no route should."""
    structlog.get_logger("room").info("working", step=1)
    raise RuntimeError("the secret is swordfish")


@get("/down")
async def down() -> None:
    """Fails as a route may."""
    raise Unavailable("The reader at gpu-1 does not answer.")


@pytest.fixture
async def failing() -> AsyncIterator[httpx.AsyncClient]:
    configure_logs("info")
    app = Litestar([fault, down], exception_handlers={Exception: handle}, logging_config=None, openapi_config=None)
    async with AsyncTestClient(RequestLog(app), base_url="http://127.0.0.1") as client:
        yield client


async def test_a_fault_gives_nothing_away_and_is_logged_with_its_id(
    failing: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await failing.get("/fault", headers={"X-Request-ID": "abc"})
    check_problem(response, 500, "internal")
    assert "swordfish" not in response.text
    entries = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    ours = {entry["event"]: entry for entry in entries if entry.get("request_id") == "abc"}
    assert ours["working"]["step"] == 1
    assert "swordfish" in ours["unexpected error"]["exception"]
    assert ours["request"]["status"] == 500


async def test_a_part_that_is_down_is_named(failing: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    problem = check_problem(await failing.get("/down"), 503, "unavailable")
    assert problem["detail"] == "The reader at gpu-1 does not answer."
    assert problem["request_id"] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "kind", "members"),
    [
        (QuireError("x"), 500, "internal", {}),
        (InvalidInput("x"), 422, "invalid-input", {}),
        (UnreadableDocument("x", "document-locked"), 422, "document-locked", {}),
        (UploadTooLarge(7), 413, "upload-too-large", {"limit": 7}),
        (NotFound("x"), 404, "not-found", {}),
        (NotReady("x", ("job_1",)), 409, "document-not-ready", {"jobs": ["job_1"]}),
        (Conflict("x"), 409, "conflict", {}),
        (Unauthorised("x"), 401, "unauthorised", {}),
        (FolderInUse("x"), 503, "folder-in-use", {}),
        (Misconfigured("x"), 500, "misconfigured", {}),
        (Unavailable("x"), 503, "unavailable", {}),
    ],
)
async def test_every_domain_error_has_its_problem(
    error: QuireError, status: int, kind: str, members: dict[str, Any]
) -> None:
    problem = describe(error)
    assert (problem.status, problem.type, problem.detail) == (status, f"urn:quire:problem:{kind}", str(error))
    assert {name: value for name in ("limit", "jobs") if (value := getattr(problem, name)) is not None} == members


async def numbers(count: int, pause: float, closed: list[bool]) -> AsyncIterator[int]:
    """A source that is slow, and says when it is closed."""
    try:
        for number in range(count):
            await asyncio.sleep(pause)
            yield number
    finally:
        closed.append(True)


async def test_a_heartbeat_comes_when_nothing_else_does_and_nothing_is_lost() -> None:
    closed: list[bool] = []
    seen = [item async for item in with_heartbeat(numbers(3, 0.05, closed), 0.01)]
    assert [item for item in seen if item is not None] == [0, 1, 2]
    assert seen.count(None) >= 3
    assert closed == [True]


async def test_closing_the_stream_closes_its_source_while_it_waits() -> None:
    closed: list[bool] = []
    beats = with_heartbeat(numbers(3, 60, closed), 0.01)
    assert await anext(beats) is None
    await asyncio.wait_for(beats.aclose(), 1)
    assert closed == [True]


async def test_an_error_of_the_source_ends_the_stream() -> None:
    async def breaking() -> AsyncIterator[int]:
        yield 1
        raise Unavailable("gone")

    seen: list[int | None] = []
    with pytest.raises(Unavailable):
        seen += [item async for item in with_heartbeat(breaking(), 1)]


@given(st.text(st.characters(max_codepoint=255)))
def test_no_content_disposition_makes_the_parser_fail(header: str) -> None:
    try:
        found = file_name(header)
    except InvalidInput:
        return
    assert found is None or found.encode()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda name: '"' not in name))
@example("\\")
@example("a\\")
def test_a_quoted_name_comes_out_as_it_went_in(name: str) -> None:
    quoted = name.replace("\\", "\\\\") if '\\"' in name else name
    header = f'attachment; filename="{quoted}"'.encode().decode("latin-1")
    found = file_name(header)
    assert found is not None
    assert found.endswith(name.rpartition("\\")[2]) or "%" in name
