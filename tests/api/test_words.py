"""Pages that are left to OCR: read when a question finds them, once, and kept as if they had been read at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from answer import Answer, Outcome, PageLookup, Verdict
from api.catalogue import Left
from api.errors import NotFound
from api.files import Files
from api.schemas import AskRequest, EventKind, IndexRequest, JobKind, OcrEvent, SearchRequest
from api.service import Service
from api.settings import IngestSettings, Settings
from api.words_first import ReadFirst
from ingest import Page
from retrieval import Evidence, Retriever
from tests.api import readers
from tests.api.reading import marked_pdf, reading
from tests.api.test_reading import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
WORKERS = 3
COLLECTION = "scans"


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """One service for all, with one collection; each test has documents of its own."""
    data = tmp_path_factory.mktemp("words") / "data"
    async with reading(Settings(data=data, ingest=IngestSettings(workers=WORKERS, ocr="on-demand")), "left") as opened:
        yield opened


async def added(service: Service, path: Path, **more: Any) -> str:
    new = await service.add(COLLECTION, path, name=path.name, **more)
    async for event in service.watch(new.job.id):
        last = event
    assert last.kind.value in ("done", "partial")
    return new.document.id


class Scan(NamedTuple):
    """A document of which every page is left to OCR; what is done to it leaves traces in `folder`."""

    service: Service
    folder: Path
    id: str

    async def ask(self, number: int, **heard: Any) -> Answer:
        """A question that its page `number` answers."""
        request = AskRequest(f"Where stands marker mark{number}end?", COLLECTION, [self.id])
        return await self.service.ask(request, **heard)

    def asking(self, number: int) -> asyncio.Task[Answer]:
        return asyncio.create_task(self.ask(number))

    async def waiting(self) -> int:
        return (await self.service.document(self.id)).pages_waiting

    async def begun(self, count: int) -> None:
        """Waits until so many pages are being read."""
        await until(self._begun, lambda found: len(found) == count)

    async def _begun(self) -> list[int]:
        return readers.begun(self.folder)

    async def sound(self) -> bool:
        return not (await self.service.verify_index(COLLECTION)).findings


async def _count(heard: list[OcrEvent]) -> int:
    return len(heard)


async def scan(service: Service, folder: Path, pages: int) -> Scan:
    """`folder` is a test's own; so are the bytes of the document."""
    return Scan(service, folder, await added(service, marked_pdf(folder / "scan.pdf", pages)))


@pytest.fixture
def limits(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets others for a test."""

    def change(**ingest: Any) -> None:
        monkeypatch.setattr(service._asking._first, "settings", IngestSettings(**ingest))

    return change


LEFT = "4 pages of scan.pdf are left to OCR: found by images and by what text there is."


async def test_a_question_has_its_pages_read_once_and_they_stay(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 4)
    readers.open_to(one.folder, 4)
    assert await one.waiting() == 4
    assert all(page.awaiting_ocr and not page.words for page in (await service.pages(one.id)).items)
    found = await service.search(SearchRequest("Where stands marker mark3end?", COLLECTION, [one.id]))
    assert found.notes == [LEFT]
    assert not readers.begun(one.folder), "a search does not read"
    told: list[OcrEvent] = []
    stages: list[str] = []
    answer = await one.ask(3, on_stage=stages.append, on_ocr=told.append)
    assert answer.outcome is Outcome.ANSWERED
    assert (answer.citations[0].page, answer.citations[0].verdict) == (3, Verdict.VERIFIED)
    assert sorted(page.page for page in answer.cost.ocr) == [1, 2, 3, 4]
    assert all(page.words == 13 and page.milliseconds > 0 for page in answer.cost.ocr)
    assert answer.cost.milliseconds["ocr"] > 0
    assert [(event.name, event.page, event.number, event.total) for event in told] == [
        ("scan.pdf", number, number, 4) for number in (1, 2, 3, 4)
    ]
    assert stages[:3] == ["search", "ocr", "search"]
    assert (await one.waiting(), answer.notes) == (0, ())
    again = await one.ask(3, on_ocr=told.append)
    assert (again.text, again.cost.ocr, len(told)) == (answer.text, (), 4)
    assert "ocr" not in again.cost.milliseconds
    assert sorted(readers.begun(one.folder)) == [1, 2, 3, 4]
    summary = (await service.pages(one.id)).items[2]
    assert (summary.source, summary.words, summary.passages, summary.awaiting_ocr) == ("text_layer", 13, 1, False)
    assert await one.sound()
    assert (await service.answer(answer.id)).cost.ocr == answer.cost.ocr


async def test_two_questions_at_once_read_each_page_once(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 4)
    asking = [one.asking(number) for number in (1, 2)]
    await one.begun(WORKERS)
    readers.open_to(one.folder, 4)
    answers = await asyncio.gather(*asking)
    assert [answer.citations[0].page for answer in answers] == [1, 2]
    assert sorted(readers.begun(one.folder)) == [1, 2, 3, 4]
    assert await one.sound()


async def test_who_goes_away_cancels_what_nobody_else_waits_for(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 2)
    heard: list[OcrEvent] = []
    first, second = (asyncio.create_task(one.ask(2, on_ocr=heard.append)) for _ in range(2))
    await until(partial(_count, heard), lambda found: found == 4)  # both wait for both pages
    await one.begun(2)
    first.cancel()
    await asyncio.wait([first])
    readers.open_to(one.folder, 1)
    await until(one.waiting, lambda left: left == 1)
    assert sorted(readers.begun(one.folder)) == [1, 2], "the other one had it read on"
    second.cancel()
    await asyncio.wait([second])
    assert first.cancelled()
    assert second.cancelled()
    readers.open_to(one.folder, 2)
    await asyncio.sleep(0.3)
    assert await one.waiting() == 1, "given up, not finished behind the back"
    answer = await one.ask(2)
    assert [page.page for page in answer.cost.ocr] == [2]
    assert answer.citations[0].page == 2


@pytest.mark.parametrize("fault", [(Files, "put_page"), (Retriever, "add_words"), (Left, "finish")])
async def test_words_whose_storing_was_broken_off_are_stored_at_the_next_start(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: tuple[type, str]
) -> None:
    one = await scan(service, tmp_path, 1)
    readers.open_to(one.folder, 1)

    async def crash(*arguments: object) -> None:
        raise MemoryError("the process ends here")

    with monkeypatch.context() as broken:
        broken.setattr(*fault, crash)
        with pytest.raises(MemoryError):
            await one.ask(1)
    assert await one.waiting() == 1
    await service._words.settle()
    await until(one.waiting, lambda left: left == 0)
    assert await one.sound()
    answer = await one.ask(1)
    assert (answer.citations[0].verdict, answer.cost.ocr) == (Verdict.VERIFIED, ())
    # What is in the record is not read again.
    assert readers.begun(one.folder) == ([1, 1] if fault[1] == "put_page" else [1])


async def test_a_document_that_is_deleted_meanwhile_leaves_nothing(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 2)
    asking = one.asking(2)
    await one.begun(2)
    await service.delete(one.id)
    await asyncio.wait([asking], timeout=30)
    assert asking.done()
    assert isinstance(asking.exception(), NotFound) or not asking.result().citations
    readers.open_to(one.folder, 2)
    await asyncio.sleep(0.3)
    assert await (await service._models.retriever()).count(COLLECTION, document=one.id) == 0
    assert await service._files.keys(one.id) == []


async def test_a_document_that_is_replaced_meanwhile_is_the_new_one(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 2)
    asking = one.asking(3)
    await one.begun(2)
    await added(service, marked_pdf(one.folder / "new.pdf", 3, "Another."), replaces=one.id)
    assert (await asyncio.wait_for(asking, 30)).outcome is Outcome.NOT_IN_DOCUMENTS
    assert await one.waiting() == 3
    readers.open_to(one.folder, 3)
    answer = await one.ask(3)
    assert (answer.citations[0].document, answer.citations[0].page) == (one.id, 3)
    assert await one.sound()
    points = await (await service._models.retriever()).points(COLLECTION, document=one.id)
    assert len({point.revision for point in points}) == 1


async def test_a_page_that_ocr_fails_on_is_tried_once_and_says_so(
    service: Service, tmp_path: Path, limits: Callable[..., None]
) -> None:
    limits(ocr_pages=1)
    one = await scan(service, tmp_path, 13)
    readers.open_to(one.folder, 13)
    for _ in range(2):
        await service.ask(AskRequest("What stands on page 13?", COLLECTION, [one.id]))
    assert readers.begun(one.folder).count(13) == 1
    failed = await service.page(one.id, 13)
    assert failed.notes == ("Could not be read by OCR: made to fail",)
    assert failed.error is None
    assert await one.waiting() == 13 - len(readers.begun(one.folder)) > 9
    assert await one.sound()


async def test_no_page_is_begun_after_the_time_is_up(
    service: Service, tmp_path: Path, limits: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(ocr_seconds=0.2, ocr_pages=7)
    monkeypatch.setattr("api.words.PATIENCE", 1000.0)
    one = await scan(service, tmp_path, 7)
    asking = one.asking(1)
    await one.begun(WORKERS)
    await asyncio.sleep(0.3)
    readers.open_to(one.folder, 7)
    answer = await asking
    assert sorted(page.page for page in answer.cost.ocr) == [1, 2, 3]
    assert answer.notes[-1] == LEFT


async def test_an_answer_does_not_wait_for_a_slow_page_for_ever_and_the_page_is_read_on(
    service: Service, tmp_path: Path, limits: Callable[..., None]
) -> None:
    limits(ocr_seconds=0.5)
    one = await scan(service, tmp_path, 2)
    unread = await asyncio.wait_for(one.ask(1), 30)
    assert (unread.cost.ocr, unread.outcome, await one.waiting()) == ((), Outcome.NOT_IN_DOCUMENTS, 2)
    readers.open_to(one.folder, 2)
    await until(one.waiting, lambda left: left == 0)
    answer = await one.ask(1)
    assert (answer.citations[0].page, answer.cost.ocr) == (1, ())
    assert sorted(readers.begun(one.folder)) == [1, 2]


async def test_words_that_come_between_search_and_answer_wait_for_the_next_question(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await scan(service, tmp_path, 2)
    readers.open_to(one.folder, 2)
    first, second = await Left(service._database).of(COLLECTION, [one.id])
    await service._words.read([second], inf)
    retriever = await service._models.retriever()
    answerer = await service._models.answerer()
    search, answer = retriever.search, answerer.answer
    looked_at: list[Page] = []

    async def searched(*arguments: Any, **more: Any) -> Evidence:
        evidence = await search(*arguments, **more)
        await service._words.read([first], inf)
        return evidence

    async def answered(evidence: Evidence, pages: PageLookup, **more: Any) -> Answer:
        looked_at.append(await pages.page(one.id, 1))
        return await answer(evidence, pages, **more)

    async def nothing(*arguments: object) -> ReadFirst:
        return ReadFirst()

    with monkeypatch.context() as changed:
        changed.setattr(retriever, "search", searched)
        changed.setattr(answerer, "answer", answered)
        changed.setattr(service._asking._first, "read", nothing)
        assert 1 not in {citation.page for citation in (await one.ask(1)).citations}
    assert looked_at[0].words == (), "no passage holds them"
    assert await one.waiting() == 0
    cited = (await one.ask(1)).citations[0]
    assert (cited.page, cited.verdict) == (1, Verdict.VERIFIED)


async def test_never_means_never(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await scan(service, tmp_path, 1)
    readers.open_to(one.folder, 1)
    monkeypatch.setattr(service._words, "enabled", False)
    answer = await one.ask(1)
    assert (answer.outcome, answer.cost.ocr) == (Outcome.NOT_IN_DOCUMENTS, ())
    assert await one.waiting() == 1


async def test_all_that_is_left_can_be_read_by_a_job(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 8)
    other = await added(service, marked_pdf(one.folder / "other.pdf", 2, "Another."))
    readers.open_to(one.folder, 8)
    job = await service.work_on_index(COLLECTION, IndexRequest(JobKind.WORDS, [one.id]))
    events = [event async for event in service.watch(job.id)]
    assert (events[-1].kind, events[-1].progress.pages_done) == (EventKind.DONE, 8)
    told = {event.page: event.message for event in events if event.kind is EventKind.PAGE_INDEXED}
    assert told == dict.fromkeys(range(1, 9), "read by OCR: 13 words")
    assert await one.waiting() == 0
    assert (await service.document(other)).pages_waiting == 2
    with pytest.raises(NotFound, match="no document"):
        await service.work_on_index(COLLECTION, IndexRequest(JobKind.WORDS, ["doc_none"]))


async def test_a_job_that_is_cancelled_keeps_what_it_has_read(service: Service, tmp_path: Path) -> None:
    one = await scan(service, tmp_path, 7)
    readers.open_to(one.folder, WORKERS)
    job = await service.work_on_index(COLLECTION, IndexRequest(JobKind.WORDS, [one.id]))
    await one.begun(2 * WORKERS)
    await service.cancel(job.id)
    readers.open_to(one.folder, 7)
    assert [event async for event in service.watch(job.id)][-1].kind is EventKind.CANCELLED
    assert await one.waiting() == 1
    assert await one.sound()
