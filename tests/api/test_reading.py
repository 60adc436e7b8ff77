"""A document while it is being read: seen page by page, cancelled within two pages, taken up where it was left."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import pytest

from answer import Verdict
from api.errors import NotFound, NotReady
from api.schemas import AskRequest, DocumentStatus, EventKind, JobStatus, SearchRequest
from api.service import Service
from api.settings import IngestSettings, Settings
from retrieval import Retriever
from tests.api import readers
from tests.api.reading import marked_pdf, reading

pytestmark = pytest.mark.anyio
T = TypeVar("T")
WORKERS = 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the readers write down what they do."""
    # A worker hands several pages over together; singly, a test can say which pages are there.
    monkeypatch.setattr("ingest.ingestor._TASK_PAGES", 1)
    return tmp_path


def opened(folder: Path, reader: str) -> AbstractAsyncContextManager[Service]:
    return reading(Settings(data=folder / "data", ingest=IngestSettings(workers=WORKERS)), reader)


async def until(found: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = 120) -> T:
    """What `found` gives once it is `good`."""
    deadline = time.monotonic() + seconds
    while not good(value := await found()):
        assert time.monotonic() < deadline, value
        await asyncio.sleep(0.02)
    return value


async def numbers(service: Service, question: str, collection: str = "default") -> set[int]:
    found = await service.search(SearchRequest(question, collection, limit=50))
    return {page.number for page in found.pages}


async def test_a_new_document_is_searched_page_by_page_while_it_is_read(folder: Path) -> None:
    async with opened(folder, "gated") as service:
        added = await service.add("default", marked_pdf(folder / "granite.pdf", 13), name="granite.pdf")
        with pytest.raises(NotReady, match=r"Still being read: granite\.pdf"):
            await service.search(SearchRequest("granite"))
        with pytest.raises(NotReady):
            await service.search(SearchRequest("granite", documents=[added.document.id]))
        readers.open_to(folder, 12)  # the last page holds one worker up; the other one draws
        document = await until(lambda: service.document(added.document.id), lambda found: found.pages_ready == 12)
        assert (document.status, document.pages) == (DocumentStatus.READING, 13)
        found = await service.search(SearchRequest("mark7end", documents=[document.id], limit=50))
        assert found.pages[0].number == 7
        assert {page.number for page in found.pages} <= set(range(1, 13))
        assert found.notes == ["granite.pdf is still being read: 12 of 13 pages so far are searched."]
        answer = await service.ask(AskRequest("Where stands marker mark7end?"))
        cited = answer.citations[0]
        assert (cited.page, cited.verdict) == (7, Verdict.VERIFIED)
        assert "granite.pdf is still being read: 12 of 13 pages so far are searched." in answer.notes
        assert (await service.citation_image(answer.id, cited.number, width=300)).startswith(b"\x89PNG")
        assert (await service.page_image(document.id, 7, width=100)).startswith(b"\x89PNG")
        assert "mark7end" in (await service.page(document.id, 7)).text
        with pytest.raises(NotFound, match="has not been read"):
            await service.page(document.id, 13)
        readers.open_to(folder, 13)
        events = [event async for event in service.watch(added.job.id)]
        assert events[-1].kind is EventKind.PARTIAL
        assert (await service.document(document.id)).pages_ready == 12
        found = await service.search(SearchRequest("mark12end"))
        assert found.pages[0].number == 12
        assert found.notes == ["1 page of granite.pdf could not be read, and not searched."]
        assert (await service.citation_image(answer.id, cited.number, width=300)).startswith(b"\x89PNG")


async def test_what_the_index_has_and_the_catalogue_not_yet_is_not_seen(folder: Path) -> None:
    """A crash, or a search, may fall between the two writes of a batch."""
    async with opened(folder, "gated") as service:
        added = await service.add("default", marked_pdf(folder / "ahead.pdf", 24), name="ahead.pdf")
        readers.open_to(folder, 4)
        await until(lambda: service.document(added.document.id), lambda found: found.pages_ready == 4)
        order = await service._jobs.order(added.job.id)
        assert order is not None
        retriever: Retriever = await service._models.retriever()
        early = [readers.made_up(number) for number in (20, 21)]
        await retriever.add_pages("default", order.document, order.revision, early, visible=True)
        assert await numbers(service, "granite quarries mark20end") == {1, 2, 3, 4}
        readers.open_to(folder, 24)
        async for event in service.watch(added.job.id):
            last = event
        assert last.progress.pages_done == 24
        assert 20 in await numbers(service, "granite quarries mark20end")
        points = await retriever.points("default")
        assert len([point for point in points if point.kind == "page"]) == 23


async def test_a_replacement_is_seen_at_once_and_not_before(folder: Path) -> None:
    async with opened(folder, "gated") as service:
        readers.open_to(folder, 3)
        added = await service.add("default", marked_pdf(folder / "old.pdf", 3), name="old.pdf")
        async for _ in service.watch(added.job.id):
            pass
        new = await service.add(
            "default", marked_pdf(folder / "new.pdf", 8), name="new.pdf", replaces=added.document.id
        )
        readers.open_to(folder, 6)
        await until(lambda: service.job(new.job.id), lambda job: job.progress.pages_done == 6)
        document = await service.document(added.document.id)
        assert (document.name, document.pages, document.pages_ready) == ("old.pdf", 3, 3)
        assert document.status is DocumentStatus.READY
        assert await numbers(service, "granite") == {1, 2, 3}
        readers.open_to(folder, 8)
        async for _ in service.watch(new.job.id):
            pass
        assert await numbers(service, "granite") == set(range(1, 9))


async def test_a_cancelled_document_is_gone_at_once_and_its_workers_stop_within_two_pages(folder: Path) -> None:
    async with opened(folder, "slow") as service:
        added = await service.add("default", marked_pdf(folder / "long.pdf", 200), name="long.pdf")
        await until(lambda: service.document(added.document.id), lambda found: found.pages_ready >= 4)
        assert await numbers(service, "granite") >= {1, 2, 3, 4}
        before = len(readers.begun(folder))
        await service.cancel(added.job.id)
        with pytest.raises((NotReady, NotFound)):
            await service.search(SearchRequest("granite"))
        async for event in service.watch(added.job.id):
            last = event
        assert last.kind is EventKind.CANCELLED
        await asyncio.sleep(1.0)  # four pages long: what still went on would show
        assert len(readers.begun(folder)) - before <= 2 * WORKERS
        assert (await service.document(added.document.id)).pages_ready == 0
        assert await (await service._models.retriever()).count("default") == 0


async def test_a_job_that_fails_takes_its_pages_back_and_says_why(folder: Path) -> None:
    async with opened(folder, "gated") as service:
        added = await service.add("default", marked_pdf(folder / "broken.pdf", 20), name="broken.pdf")
        readers.open_to(folder, 5)
        await until(lambda: service.document(added.document.id), lambda found: found.pages_ready == 5)
        # A crash in the midst of taking back must not turn a failure into a cancellation, nor show half of the pages.
        await service._jobs.withdraw(added.job.id, "the disk is full")
        with pytest.raises((NotReady, NotFound)):
            await service.search(SearchRequest("granite"))
    async with opened(folder, "gated") as service:
        job = await until(lambda: service.job(added.job.id), lambda job: job.status.final)
        assert (job.status, job.error) == (JobStatus.FAILED, "the disk is full")
        document = await service.document(added.document.id)
        assert (document.status, document.pages_ready, document.error) == (DocumentStatus.FAILED, 0, "the disk is full")
        assert await (await service._models.retriever()).count("default") == 0


async def test_a_resumed_job_reads_only_what_it_has_not_and_shows_it_meanwhile(folder: Path) -> None:
    async with opened(folder, "gated") as service:
        added = await service.add("default", marked_pdf(folder / "resumed.pdf", 26), name="resumed.pdf")
        readers.open_to(folder, 10)
        await until(lambda: service.document(added.document.id), lambda found: found.pages_ready == 10)
    (folder / "begun").unlink()
    async with opened(folder, "gated") as service:
        assert await numbers(service, "granite") == set(range(1, 11))
        readers.open_to(folder, 26)
        events = [event async for event in service.watch(added.job.id)]
    assert sorted(readers.begun(folder)) == list(range(11, 27))
    pages = [event.page for event in events if event.kind in (EventKind.PAGE_READ, EventKind.PAGE_FAILED)]
    assert sorted(page for page in pages if page) == list(range(1, 27))
    assert any("10 of 26 pages are there already" in (event.message or "") for event in events)


async def test_events_tell_what_was_found_how_each_page_was_read_and_how_long_it_will_take(folder: Path) -> None:
    async with opened(folder, "gated") as service:
        readers.open_to(folder, 20)
        added = await service.add("default", marked_pdf(folder / "told.pdf", 20), name="told.pdf")
        events = [event async for event in service.watch(added.job.id)]
        assert [event.kind for event in events[:3]] == [EventKind.ACCEPTED, EventKind.FOUND, EventKind.STARTED]
        assert (events[1].progress.pages_total, events[1].message) == (20, "application/pdf")
        by_page = {event.page: event for event in events if event.page}
        assert (by_page[5].source, by_page[6].source) == ("ocr", "text_layer")
        assert by_page[6].milliseconds == 7.0
        assert (by_page[13].kind, by_page[13].message) == (EventKind.PAGE_FAILED, "made to fail")
        estimates = [event.progress.seconds_left for event in by_page.values()]
        assert all(estimate is not None and estimate >= 0 for estimate in estimates)
        assert [event.kind for event in events[-2:]] == [EventKind.INDEXED, EventKind.PARTIAL]
        assert events == await service.job_events(added.job.id)


async def test_pages_that_are_there_do_not_wait_for_a_slow_one_after_them(folder: Path) -> None:
    async with opened(folder, "gated") as service:
        added = await service.add("default", marked_pdf(folder / "stuck.pdf", 6), name="stuck.pdf")
        readers.open_to(folder, 2)
        document = await until(lambda: service.document(added.document.id), lambda found: found.pages_ready == 2)
        assert await numbers(service, "granite") == {1, 2}
        await service.delete(document.id)
        assert await (await service._models.retriever()).count("default") == 0
