"""The Service in the process: what changes when documents are replaced, cancelled, deleted, and read again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from answer import Outcome, Verdict
from api.errors import Conflict, FolderInUse, InvalidInput, NotFound, NotReady
from api.schemas import AskRequest, DocumentStatus, EventKind, JobStatus, SearchRequest
from api.service import Service
from api.settings import IngestSettings, Settings
from tests.api.rest_client import pdf

pytestmark = pytest.mark.anyio
LONG = 160
"""Pages of a document that is still being read when the first of them has been noticed."""


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    data = tmp_path_factory.mktemp("service") / "data"
    opened = await Service.open(Settings(data=data, ingest=IngestSettings(layout="geometry")))
    await opened.warm_up()
    yield opened
    await opened.close()


async def read(service: Service, collection: str, path: Path, *, replaces: str | None = None) -> str:
    """Adds a file and waits for its job; the document's id."""
    added = await service.add(collection, path, name=path.name, replaces=replaces)
    async for event in service.watch(added.job.id):
        last = event
    assert last.kind is EventKind.DONE, last
    return added.document.id


async def test_the_folder_has_one_owner(service: Service) -> None:
    with pytest.raises(FolderInUse, match="in use by another quire process"):
        await Service.open(service.settings)


async def test_a_citation_names_the_page_the_words_and_the_boxes(service: Service, tmp_path: Path) -> None:
    path = pdf(tmp_path / "light.pdf", "Nothing of note is said here.", "The lighthouse of Skagen is 46 metres high.")
    document = await read(service, "cited", path)
    answer = await service.ask(AskRequest("How high is the lighthouse of Skagen?", "cited"))
    assert answer.outcome is Outcome.ANSWERED
    cited = answer.citations[0]
    assert (cited.document, cited.page, cited.verdict) == (document, 2, Verdict.VERIFIED)
    assert "46 metres" in cited.quote
    assert cited.boxes
    assert (await service.answer(answer.id)) == answer
    assert (await service.citation_image(answer.id, 1, width=400)).startswith(b"\x89PNG")
    with pytest.raises(NotFound, match="there is no number 9"):
        await service.citation_image(answer.id, 9)


async def test_replacing_a_document_changes_what_is_found_and_leaves_nothing_of_the_old(
    service: Service, tmp_path: Path
) -> None:
    old = pdf(tmp_path / "old.pdf", "The bridge of Arden was opened in 1931.", "It has two towers.")
    document = await read(service, "replaced", old)
    before = await service.document(document)
    new = pdf(tmp_path / "new.pdf", "The bridge of Arden was opened in 1957.")
    assert await read(service, "replaced", new, replaces=document) == document
    after = await service.document(document)
    assert (after.pages, after.name, after.status) == (1, "new.pdf", DocumentStatus.READY)
    assert after.sha256 != before.sha256
    answer = await service.ask(AskRequest("When was the bridge of Arden opened?", "replaced"))
    assert "1957" in answer.text
    assert "1931" not in answer.text
    points = await (await service._models.retriever()).points("replaced")
    assert len({point.revision for point in points}) == 1
    assert len([point for point in points if point.kind == "page"]) == 1
    assert len({revision for known, revision in await service._files.revisions() if known == document}) == 1


async def test_the_old_content_is_searched_until_the_new_one_is_read(service: Service, tmp_path: Path) -> None:
    document = await read(service, "swapped", pdf(tmp_path / "a.pdf", "The ferry Halcyon carries 310 passengers."))
    many = pdf(tmp_path / "b.pdf", *[f"The ferry Halcyon carries 420 passengers. Line {n}." for n in range(60)])
    added = await service.add("swapped", many, name="b.pdf", replaces=document)
    with pytest.raises(NotReady, match="still being read"):
        await service.add("swapped", pdf(tmp_path / "c.pdf", "Third."), name="c.pdf", replaces=document)
    while not (job := await service.job(added.job.id)).status.final:
        found = await service.search(SearchRequest("How many passengers does Halcyon carry?", "swapped"))
        shown = {passage.text for page in found.pages for passage in page.passages}
        if not (await service.job(added.job.id)).status.final:
            assert any("310" in text for text in shown) != any("420" in text for text in shown), shown
        await asyncio.sleep(0.05)
    assert job.status is JobStatus.DONE
    found = await service.search(SearchRequest("How many passengers does Halcyon carry?", "swapped"))
    assert all("420" in passage.text for page in found.pages for passage in page.passages)


async def test_a_cancelled_job_takes_back_what_it_left_and_the_file_can_come_again(
    service: Service, tmp_path: Path
) -> None:
    path = pdf(tmp_path / "long.pdf", *[f"Page {n} of a long report about granite." for n in range(LONG)])
    added = await service.add("stopped", path, name="long.pdf")
    kinds = []
    async for event in service.watch(added.job.id):
        kinds.append(event.kind)
        if kinds.count(EventKind.PAGE_READ) == 1 and event.kind is EventKind.PAGE_READ:
            await service.cancel(added.job.id)
    assert kinds[-1] is EventKind.CANCELLED
    assert kinds.count(EventKind.PAGE_READ) < LONG
    assert (await service.document(added.document.id)).status is DocumentStatus.CANCELLED
    assert await (await service._models.retriever()).count("stopped") == 0
    assert await service._files.keys(added.document.id) == []
    with pytest.raises(Conflict, match="has ended: cancelled"):
        await service.cancel(added.job.id)
    with pytest.raises(NotFound, match="nothing to search"):
        await service.search(SearchRequest("granite", "stopped"))
    assert await read(service, "stopped", path) == added.document.id


async def test_a_document_that_waits_is_cancelled_at_once(service: Service, tmp_path: Path) -> None:
    paths = [pdf(tmp_path / f"{n}.pdf", *[f"Document {n} page {k}." for k in range(80)]) for n in range(3)]
    jobs = [(await service.add("queued", path, name=path.name)).job.id for path in paths]
    assert (await service.cancel(jobs[-1])).status is JobStatus.CANCELLED
    for job in jobs[:2]:
        async for event in service.watch(job):
            last = event
        assert last.kind is EventKind.DONE


async def test_a_deleted_document_takes_its_answers_along_and_leaves_nothing(service: Service, tmp_path: Path) -> None:
    document = await read(service, "deleted", pdf(tmp_path / "gone.pdf", "The tower of Elm has 212 steps."))
    answer = await service.ask(AskRequest("How many steps has the tower of Elm?", "deleted"))
    assert answer.citations[0].document == document
    await service.delete(document)
    for gone in (service.document(document), service.answer(answer.id), service.job(answer.id)):
        with pytest.raises(NotFound):
            await gone
    assert await (await service._models.retriever()).count("deleted") == 0
    assert await service._files.keys(document) == []
    assert not list((service.folder.path / "files").glob(f"{document}*"))
    with pytest.raises(NotFound, match="no document"):
        await service.delete(document)


async def test_a_damaged_file_that_could_be_mended_says_so(service: Service, tmp_path: Path) -> None:
    whole = pdf(tmp_path / "whole.pdf", "The archive of Lund holds 9,214 letters.").read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[: whole.rindex(b"startxref")])
    added = await service.add("mended", tmp_path / "cut.pdf", name="cut.pdf")
    events = [event async for event in service.watch(added.job.id)]
    assert events[0].kind is EventKind.ACCEPTED
    assert "repaired" in (events[0].message or "")
    assert events[-1].kind is EventKind.DONE


async def test_a_whole_collection_can_go(service: Service, tmp_path: Path) -> None:
    await read(service, "dropped", pdf(tmp_path / "x.pdf", "Something."))
    await service.delete_collection("dropped")
    assert "dropped" not in [collection.id for collection in await service.collections()]
    assert not list((service.folder.path / "index").glob("dropped*"))
    with pytest.raises(NotFound, match="no collection 'dropped'"):
        await service.documents("dropped")


async def test_watching_a_job_whose_document_is_deleted_ends_with_a_final_event(
    service: Service, tmp_path: Path
) -> None:
    path = pdf(tmp_path / "watched.pdf", *[f"Page {n}." for n in range(300)])
    added = await service.add("watched", path, name="watched.pdf")

    async def last_kind() -> EventKind:
        async for event in service.watch(added.job.id):
            last = event.kind
        return last

    watching = asyncio.create_task(last_kind())
    await asyncio.sleep(0.2)
    await service.delete(added.document.id)
    assert await asyncio.wait_for(watching, 30) is EventKind.CANCELLED


async def test_watching_on_from_the_final_event_ends_at_once(service: Service, tmp_path: Path) -> None:
    added = await service.add("over", pdf(tmp_path / "over.pdf", "Short."), name="over.pdf")
    events = [event async for event in service.watch(added.job.id)]
    again = [event async for event in service.watch(added.job.id, after=events[-1].id)]
    assert events[-1].kind.final
    assert again == []


async def test_documents_of_another_collection_are_not_searched(service: Service, tmp_path: Path) -> None:
    document = await read(service, "ours", pdf(tmp_path / "ours.pdf", "Our code word is heliotrope."))
    await read(service, "theirs", pdf(tmp_path / "theirs.pdf", "Their code word is verbena."))
    found = await service.search(SearchRequest("code word verbena", "ours"))
    assert {page.document for page in found.pages} <= {document}
    with pytest.raises(NotFound, match="is in collection 'ours', not in 'theirs'"):
        await service.search(SearchRequest("code word", "theirs", [document]))
    with pytest.raises(InvalidInput, match="not in collection 'theirs'"):
        await service.add("theirs", tmp_path / "ours.pdf", name="ours.pdf", replaces=document)


async def test_a_question_about_many_places_brings_more_pages_unless_a_number_is_given(
    service: Service, tmp_path: Path
) -> None:
    texts = [f"Chapter {number}: the tides of the Elbe rise by {number} metres." for number in range(1, 25)]
    await read(service, "wide", pdf(tmp_path / "tides.pdf", *texts))
    narrow, wide = "How high are the tides of the Elbe?", "How many times does the report mention tides?"
    found = [len((await service.search(SearchRequest(text, "wide"))).pages) for text in (narrow, wide)]
    assert found == [10, 20]
    assert len((await service.search(SearchRequest(wide, "wide", limit=4))).pages) == 4
    answers = [await service.ask(AskRequest(text, "wide")) for text in (narrow, wide)]
    assert [answer.cost.pages_read for answer in answers] == [8, 16]


async def test_every_document_that_is_asked_for_is_covered(service: Service, tmp_path: Path) -> None:
    ferry = await read(service, "covered", pdf(tmp_path / "ferry.pdf", *["The ferry of Arden sails at nine."] * 12))
    bread = await read(service, "covered", pdf(tmp_path / "bread.pdf", "Let the dough rise.", "Bake it for an hour."))
    question = "When does the ferry of Arden sail?"
    found = await service.search(SearchRequest(question, "covered", [ferry, bread], 6))
    assert [(entry.name, entry.considered, entry.pages) for entry in found.coverage] == [
        ("ferry.pdf", 12, 5),
        ("bread.pdf", 2, 1),
    ]
    answer = await service.ask(AskRequest(question, "covered", [ferry, bread], 4))
    assert {entry.document_name: (entry.considered, entry.read) for entry in answer.coverage} == {
        "ferry.pdf": (12, 3),
        "bread.pdf": (2, 1),
    }
