"""The HTTP client against a real service: the same types and errors as `Service` itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from answer import Outcome
from api import errors
from api.cli.backend import Backend
from api.client import RemoteService, error_of, running_service
from api.folder import Address, Folder, read_address
from api.schemas import AskRequest, EventKind, JobEvent, SearchRequest
from tests.api.rest_client import make_pdf
from tests.e2e.running import RunningService

T = TypeVar("T")
COLLECTION = "through-the-client"


def with_client(running: RunningService, use: Callable[[RemoteService], Awaitable[T]]) -> T:
    """What `use` makes of a client of the running service."""

    async def body() -> T:
        async with RemoteService(running.url) as service:
            return await use(service)

    return asyncio.run(body())


def test_it_stands_in_for_the_service() -> None:
    backend: Backend = RemoteService("http://127.0.0.1:1")
    asyncio.run(backend.close())


def test_a_document_from_upload_to_answer_to_removal(running: RunningService, tmp_path: Path) -> None:
    file = tmp_path / "mills.pdf"
    file.write_bytes(make_pdf("The windmill of Oostdam grinds 340 kilograms of rye an hour.", "Nothing else."))

    async def use(service: RemoteService) -> None:
        added = await service.add(COLLECTION, file, name="mills ★.pdf")
        assert (added.created, added.document.name, added.document.collection) == (True, "mills ★.pdf", COLLECTION)
        events = [event async for event in service.watch(added.job.id)]
        assert [event.id for event in events] == list(range(1, len(events) + 1))
        assert (events[0].kind, events[-1].kind) == (EventKind.ACCEPTED, EventKind.DONE)
        assert (await service.job(added.job.id)).status == "done"
        assert not (await service.add(COLLECTION, file, name="again.pdf")).created
        assert [item.id for item in (await service.documents(COLLECTION)).items] == [added.document.id]
        assert COLLECTION in [item.id for item in await service.collections()]
        assert len((await service.pages(added.document.id)).items) == 2
        assert "Oostdam" in (await service.page(added.document.id, 1)).text
        assert (await service.page_image(added.document.id, 1, width=200)).startswith(b"\x89PNG")
        found = await service.search(SearchRequest("How much rye does the windmill grind?", COLLECTION))
        assert found.pages[0].number == 1
        stages: list[str] = []
        question = AskRequest("How much rye does the windmill of Oostdam grind an hour?", COLLECTION)
        answer = await service.ask(question, on_stage=stages.append)
        assert stages
        assert answer.outcome is Outcome.ANSWERED
        assert await service.answer(answer.id) == answer
        assert (await service.citation_image(answer.id, 1, width=200)).startswith(b"\x89PNG")
        assert (await service.ask(question)).citations == answer.citations
        await service.delete(added.document.id)
        with pytest.raises(errors.NotFound):
            await service.document(added.document.id)
        await service.delete_collection(COLLECTION)
        assert COLLECTION not in [item.id for item in await service.collections()]

    with_client(running, use)


def test_events_go_on_after_the_last_one_known_and_end_at_once_after_the_final_one(
    running: RunningService, report: str
) -> None:
    async def use(service: RemoteService) -> tuple[list[JobEvent], list[JobEvent], list[JobEvent]]:
        job = (await service.document(report)).job
        events = [event async for event in service.watch(job)]
        rest = [event async for event in service.watch(job, after=2)]
        return events, rest, [event async for event in service.watch(job, after=events[-1].id)]

    events, rest, none = with_client(running, use)
    assert rest == events[2:]
    assert none == []


def test_an_upload_streams_from_an_iterator(running: RunningService) -> None:
    content = make_pdf("A page that came in small pieces.")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 100):
            yield content[start : start + 100]

    async def use(service: RemoteService) -> int:
        added = await service.add("pieces", pieces(), name="pieces.pdf")
        return added.document.bytes

    assert with_client(running, use) == len(content)


@pytest.mark.parametrize(
    ("use", "error", "said"),
    [
        (lambda service: service.document("doc_x"), errors.NotFound, "doc_x"),
        (lambda service: service.document("../../health/live"), errors.NotFound, "path"),
        (lambda service: service.job("job_x"), errors.NotFound, "job_x"),
        (lambda service: service.delete_collection("nowhere"), errors.NotFound, "nowhere"),
        (lambda service: service.documents(limit=0), errors.InvalidInput, "limit"),
        (lambda service: service.search(SearchRequest("x", "nowhere")), errors.NotFound, "nowhere"),
        (lambda service: service.ask(AskRequest("x" * 5000)), errors.InvalidInput, "4,000"),
    ],
)
def test_problems_become_the_errors_they_were(
    running: RunningService,
    use: Callable[[RemoteService], Awaitable[object]],
    error: type[errors.QuireError],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        with_client(running, use)


def test_a_stage_stream_reports_errors_too(running: RunningService) -> None:
    with pytest.raises(errors.NotFound):
        with_client(running, lambda service: service.ask(AskRequest("x", "nowhere"), on_stage=lambda _: None))


def test_a_name_that_no_collection_can_have_is_bad_input_as_in_the_service(
    running: RunningService, tmp_path: Path
) -> None:
    with pytest.raises(errors.InvalidInput, match="can't name a collection"):
        with_client(running, lambda service: service.add("a/../b", tmp_path, name="x.pdf"))


@pytest.mark.parametrize(("content", "kind"), [(b"", "empty-document"), (b"This is no PDF." * 10, "not-a-document")])
def test_unreadable_uploads_keep_their_kind(running: RunningService, tmp_path: Path, content: bytes, kind: str) -> None:
    file = tmp_path / "bad.pdf"
    file.write_bytes(content)
    with pytest.raises(errors.UnreadableDocument) as caught:
        with_client(running, lambda service: service.add("bad", file, name="bad.pdf"))
    assert caught.value.type == kind


def test_a_locked_document_opens_with_a_password_of_any_characters(running: RunningService, tmp_path: Path) -> None:
    password = "Schlüssel % ☃"
    file = tmp_path / "locked.pdf"
    file.write_bytes(make_pdf("Behind a lock.", password=password))
    with pytest.raises(errors.UnreadableDocument) as caught:
        with_client(running, lambda service: service.add("locked", file, name="locked.pdf"))
    assert caught.value.type == "document-locked"
    added = with_client(running, lambda service: service.add("locked", file, name="locked.pdf", password=password))
    assert added.document.pages == 1


def test_an_upload_over_the_limit_keeps_the_limit(running: RunningService, tmp_path: Path) -> None:
    file = tmp_path / "large.pdf"
    file.write_bytes(b"%PDF-1.7\n" + bytes(20_000_000))
    with pytest.raises(errors.UploadTooLarge) as caught:
        with_client(running, lambda service: service.add("large", file, name="large.pdf"))
    assert caught.value.limit == 3_000_000


def test_nobody_there_is_unavailable_and_says_how_to_start() -> None:
    async def body() -> None:
        async with RemoteService("http://127.0.0.1:9") as service:
            assert not await service.alive()
            await service.collections()

    with pytest.raises(errors.Unavailable, match="quire serve"):
        asyncio.run(body())


def test_an_answer_that_is_no_problem_detail_is_named() -> None:
    assert isinstance(error_of(b"<html>Bad gateway</html>", 502), errors.Unavailable)


def test_not_ready_keeps_the_jobs_to_watch() -> None:
    body = {"type": "urn:quire:problem:document-not-ready", "detail": "Still being read.", "jobs": ["job_1"]}
    error = error_of(msgspec.json.encode(body), 409)
    assert isinstance(error, errors.NotReady)
    assert error.jobs == ("job_1",)


def test_the_service_of_a_folder_is_found_and_a_dead_one_is_not(running: RunningService, tmp_path: Path) -> None:
    async def found(data: Path) -> str | None:
        service = await running_service(data)
        if service is None:
            return None
        await service.close()
        return service.url

    assert asyncio.run(found(running.data)) == running.url
    assert asyncio.run(found(tmp_path)) is None
    folder = Folder(tmp_path)
    folder.own()
    folder.announce(Address("http://127.0.0.1:9", "token", 1))
    assert read_address(tmp_path) is not None
    assert asyncio.run(found(tmp_path)) is None
    folder.release()
