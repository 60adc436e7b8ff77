"""Pages as images while a document is read: what can't be drawn, and an index whose models are not those in the settings."""

from contextlib import AbstractAsyncContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from api.errors import Conflict, NotFound
from api.schemas import EventKind, IndexRequest, JobKind, JobStatus, SearchRequest
from api.service import Service
from api.settings import IndexSettings, IngestSettings, Settings
from ingest import DamagedFile
from tests.api import readers
from tests.api.reading import marked_pdf, reading
from tests.retrieval.tiny_checkpoints import build

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed"),
]


def opened(folder: Path, visual: Path | None) -> AbstractAsyncContextManager[Service]:
    index = IndexSettings(visual=None if visual is None else str(visual), visual_device="cpu")
    return reading(Settings(data=folder / "data", ingest=IngestSettings(workers=1), index=index), "gated")


async def test_a_page_that_cannot_be_drawn_keeps_its_text_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers.open_to(tmp_path, 3)
    async with opened(tmp_path, build("ColModernVBert", tmp_path / "model")) as service:
        drawn = service._ingestor.render

        async def render(path: Path, page: int, **more: Any) -> bytes:
            if page == 2:
                raise DamagedFile("its stream is broken")
            return await drawn(path, page, **more)

        monkeypatch.setattr(service._ingestor, "render", render)
        added = await service.add("default", marked_pdf(tmp_path / "seen.pdf", 3), name="seen.pdf")
        events = [event async for event in service.watch(added.job.id)]
        assert events[-1].kind is EventKind.DONE
        told = {event.page: event.message for event in events if event.kind is EventKind.PAGE_READ}
        assert told.pop(2) == "Found by its words alone: the page can't be drawn: its stream is broken"
        assert told == {1: None, 3: None}
        assert "stream is broken" in (await service.page(added.document.id, 2)).notes[-1]
        found = await service.search(SearchRequest("mark2end"))
        assert {page.number: page.visual is not None for page in found.pages} == {1: True, 2: False, 3: True}
        assert (await service.page_similarity_grid(added.document.id, 3, "mark3end")).page == 3
        with pytest.raises(NotFound, match="stream is broken"):
            await service.page_similarity_grid(added.document.id, 2, "mark2end")
        report = await service.verify_index("default")
        assert (report.findings, report.seen_by_words_alone) == ([], 1)
        monkeypatch.undo()
        # Built anew, the page is seen, and no longer said to be found by its words alone.
        again = await service.work_on_index("default", IndexRequest(JobKind.REBUILD))
        assert [event async for event in service.watch(again.id)][-1].kind is EventKind.DONE
        report = await service.verify_index("default")
        assert (report.findings, report.seen_by_words_alone) == ([], 0)
        assert (await service.page_similarity_grid(added.document.id, 2, "mark2end")).page == 2
        assert not (await service.page(added.document.id, 2)).notes

    async with opened(tmp_path, None) as service:
        with pytest.raises(Conflict, match="Set `visual` to it"):
            await service.search(SearchRequest("mark2end"))
        other = await service.add("default", marked_pdf(tmp_path / "other.pdf", 3, "Other."), name="other.pdf")
        events = [event async for event in service.watch(other.job.id)]
        assert events[-1].kind is EventKind.FAILED
        job = await service.job(other.job.id)
        assert job.status is JobStatus.FAILED
        assert "quire index rebuild -c default" in (job.error or "")
        await service.delete(added.document.id)
