"""Work on a collection's index, in the service: what is wrong with it is found and mended, another model takes over while
documents come, space is given back."""

import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from api.errors import Conflict, FolderInUse, InvalidInput, NotFound, Unavailable
from api.indexes import NO_INDEX
from api.moving import export_index, import_index
from api.schemas import EventKind, IndexReport, IndexRequest, JobEvent, JobKind, JobStatus, SearchRequest
from api.service import Service
from api.settings import IndexSettings, IngestSettings, Settings
from retrieval import PointInfo
from tests.api import readers
from tests.api.readers import made_up
from tests.api.reading import marked_pdf, reading
from tests.retrieval.test_m2bert_encoder import checkpoint

__all__ = ["checkpoint"]
pytestmark = pytest.mark.anyio


def opened(folder: Path, **index: str) -> AbstractAsyncContextManager[Service]:
    readers.open_to(folder, 100)
    settings = Settings(data=folder / "data", ingest=IngestSettings(workers=1), index=IndexSettings(**index))  # type: ignore[arg-type]
    return reading(settings, "gated")


async def added(service: Service, folder: Path, name: str, pages: int) -> str:
    found = await service.add("default", marked_pdf(folder / name, pages, f"This is {name}."), name=name)
    assert [event async for event in service.watch(found.job.id)][-1].kind is EventKind.DONE
    return found.document.id


async def worked(service: Service, request: IndexRequest) -> tuple[JobStatus, list[JobEvent]]:
    job = await service.work_on_index("default", request)
    assert (job.kind, job.document, job.collection) == (request.work, None, "default")
    events = [event async for event in service.watch(job.id)]
    return (await service.job(job.id)).status, events


def flaws(report: IndexReport) -> list[tuple[str, str | None, list[int]]]:
    return [(finding.flaw, finding.name, finding.pages) for finding in report.findings]


async def test_what_is_wrong_is_found_and_mended_and_jobs_end_as_they_should(tmp_path: Path) -> None:
    async with opened(tmp_path) as service:
        first, second = [await added(service, tmp_path, name, 6) for name in ("first.pdf", "second.pdf")]
        report = await service.verify_index("default")
        assert (report.documents, report.pages, report.points, report.findings) == (2, 12, 24, [])
        assert report.bytes is not None
        assert report.models["name"] == "all-MiniLM-L6-v2"

        room = service._models.index
        revision = (await room.points("default", document=first))[0].revision
        by_page = {(point.document, point.page, point.kind): point.id for point in await room.points("default")}
        await room.store.delete("default", [by_page[first, 2, "page"], by_page[first, 3, "passage"]])
        await room.store.set_payload("default", [by_page[second, 5, "passage"]], {"visible": 0})
        await room.add_pages("default", first, revision, [made_up(99)], visible=True)
        await room.add_pages("default", "doc_of_nobody", "rev_x", [made_up(1), made_up(2)], visible=True)
        report = await service.verify_index("default")
        assert flaws(report) == [
            ("missing", "first.pdf", [2, 3]),
            ("surplus", "first.pdf", [99]),
            ("hidden", "second.pdf", [5]),
            ("orphaned", None, [1, 2]),
        ]
        assert [finding.points for finding in report.findings] == [0, 2, 0, 4]

        status, events = await worked(service, IndexRequest(JobKind.REPAIR))
        assert status is JobStatus.DONE
        assert [event.page for event in events if event.kind is EventKind.PAGE_INDEXED] == [2, 3]
        report = await service.verify_index("default")
        assert (report.points, report.findings) == (24, [])
        found = await service.search(SearchRequest("mark3end", documents=[first]))
        assert found.pages[0].number == 3

        # Of a page that is gone from the files, nothing can be added again.
        await service._files._store.delete_async(
            f"{second}/{_revision(await room.points('default'), second)}/pages/000004.msgpack"
        )
        await room.store.delete("default", [by_page[second, 4, "page"]])
        status, events = await worked(service, IndexRequest(JobKind.REPAIR))
        assert status is JobStatus.PARTIAL
        assert "1 pages could not be added again" in (events[-1].message or "")
        assert flaws(await service.verify_index("default")) == [("missing", "second.pdf", [4])]
        # Nothing of the index is left: there is nothing to build it anew from but what was read.
        await room.remove_collection("default")
        status, events = await worked(service, IndexRequest(JobKind.COMPACT))
        assert (status, events[-1].message) == (JobStatus.FAILED, NO_INDEX)
        await worked(service, IndexRequest(JobKind.REPAIR))
        assert flaws(await service.verify_index("default")) == [("missing", "second.pdf", [4])]
        await check_endings(service)


def _revision(points: list[PointInfo], document: str) -> str:
    return next(point.revision for point in points if point.document == document)


@pytest.mark.slow  # the parts of it are tested one by one in tests/retrieval and tests/api/test_rest_indexes.py
async def test_another_model_takes_over_while_documents_come_and_an_index_is_moved(
    tmp_path: Path, checkpoint: Path
) -> None:
    async with opened(tmp_path) as service:
        await added(service, tmp_path, "first.pdf", 12)
        job = await service.work_on_index("default", IndexRequest(JobKind.REBUILD, encoder=str(checkpoint)))
        with pytest.raises(Conflict, match=job.id):
            await service.work_on_index("default", IndexRequest(JobKind.COMPACT))
        second = await added(service, tmp_path, "second.pdf", 6)
        assert (await service.search(SearchRequest("mark7end"))).pages[0].number == 7
        events = [event async for event in service.watch(job.id)]
        assert [event.kind for event in events[-2:]] == [EventKind.SWITCHED, EventKind.DONE]
        assert "bytes before" in (events[-2].message or "")
        assert events[-1].progress.pages_done >= 12
        report = await service.verify_index("default")
        assert (report.pages, report.findings, report.models["name"]) == (18, [], str(checkpoint))
        assert (await service.search(SearchRequest("mark4end", documents=[second]))).pages[0].number == 4
        await service.delete(second)
        status, events = await worked(service, IndexRequest(JobKind.COMPACT))
        assert status is JobStatus.DONE
        assert len([event for event in events if event.kind is EventKind.PAGE_INDEXED]) == 12

        settings = service.settings
        with pytest.raises(FolderInUse):
            await export_index(settings, "default", tmp_path / "default.index")

    await check_moving(settings, tmp_path)
    async with opened(tmp_path) as service:
        with pytest.raises(Conflict, match="quire index rebuild -c default"):
            await service.search(SearchRequest("mark7end"))
        status, _ = await worked(service, IndexRequest(JobKind.REBUILD))
        assert status is JobStatus.DONE
        assert (await service.search(SearchRequest("mark7end"))).pages[0].number == 7


async def check_moving(settings: Settings, folder: Path) -> None:
    """The index goes through a file and comes back, whole or not at all."""
    file = folder / "default.index"
    assert (await export_index(settings, "default", file)).points == 24
    for attempt, said in [
        (export_index(settings, "default", file), "not overwritten"),
        (export_index(settings, "none", folder / "other"), "there are: default"),
        (import_index(settings, file), "already, with 24 points"),
        (import_index(settings, folder / "first.pdf"), "not an index"),
    ]:
        with pytest.raises(Conflict, match=said):
            await attempt
    with pytest.raises(Unavailable, match=r"can't be reached|UNAVAILABLE"):
        await export_index(settings, "default", "http://127.0.0.1:9")
    shutil.rmtree(settings.data / "index" / "default")
    assert (await import_index(settings, file)).points == 24


async def check_endings(service: Service) -> None:
    """A job is cancelled, one fails, one can't be begun, and all go with their collection."""
    room = service._models.index
    async with room._collections.replacing("default"):
        job = await service.work_on_index("default", IndexRequest(JobKind.REBUILD))
        assert (await service.work_on_index("default", IndexRequest(JobKind.REBUILD))).id == job.id
        await anext(event async for event in service.watch(job.id) if event.kind is EventKind.STARTED)
        assert (await service.verify_index("default")).job == job.id
        await service.cancel(job.id)
        with pytest.raises(Conflict, match="quire index cancel"):
            await service.work_on_index("default", IndexRequest(JobKind.REBUILD))
    events = [event async for event in service.watch(job.id)]
    assert events[-1].kind is EventKind.CANCELLED
    assert await room.collections() == ["default"]

    status, events = await worked(service, IndexRequest(JobKind.REBUILD, encoder="no/such-model"))
    assert status is JobStatus.FAILED
    assert "no/such-model" in (events[-1].message or "")
    assert (await service.search(SearchRequest("mark2end"))).pages[0].number == 2
    with pytest.raises(InvalidInput, match="accepted are 'repair'"):
        await service.work_on_index("default", IndexRequest(JobKind.READ))
    for attempt in (service.verify_index("none"), service.work_on_index("none", IndexRequest(JobKind.COMPACT))):
        with pytest.raises(NotFound):
            await attempt
    # With the collection its jobs go too.
    await service.delete_collection("default")
    with pytest.raises(NotFound):
        await service.job(job.id)
