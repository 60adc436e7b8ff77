"""Office files through the service: turned into a PDF on the way in, and refused with a reason where that can't be."""

import io
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pymupdf
import pytest

from api.errors import UnreadableDocument
from api.schemas import EventKind
from api.service import Service
from api.settings import IngestSettings, LimitSettings, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    limits, ingest = LimitSettings(decompressed_mb=1), IngestSettings(layout="geometry")
    opened = await Service.open(Settings(data=tmp_path / "data", limits=limits, ingest=ingest))
    yield opened
    await opened.close()


def docx(path: Path, size: int = 10) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("word/document.xml", bytes(size))
    path.write_bytes(out.getvalue())
    return path


@pytest.fixture
def converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plays LibreOffice: makes the same PDF of everything."""
    folder = tmp_path / "bin"
    folder.mkdir()
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "The northern harbour has a crane of forty tonnes.")
    document.save(folder / "made.pdf")
    program = folder / "soffice"
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/made.pdf" > "$TMPDIR/../out/source.pdf"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("converter")
async def test_a_word_document_is_read_as_the_pdf_made_of_it(service: Service, tmp_path: Path) -> None:
    added = await service.add("default", docx(tmp_path / "report.docx"), name="report.docx")
    async for event in service.watch(added.job.id):
        last = event
    assert last.kind is EventKind.DONE
    document = await service.document(added.document.id)
    assert (document.name, document.pages) == ("report.docx", 1)
    assert document.media_type.endswith("wordprocessingml.document")
    assert "forty tonnes" in (await service.page(document.id, 1)).text
    assert (await service.page_image(document.id, 1, width=200)).startswith(b"\x89PNG")
    assert list((tmp_path / "data" / "tmp").iterdir()) == []


async def test_without_libreoffice_it_is_refused_with_what_is_needed(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(UnreadableDocument, match="There is no `soffice`") as caught:
        await service.add("default", docx(tmp_path / "report.docx"), name="report.docx")
    assert (caught.value.status, caught.value.type) == (422, "not-a-document")


async def test_a_bomb_is_refused(service: Service, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="unpacks to more than 1 MB") as caught:
        await service.add("default", docx(tmp_path / "report.docx", 2_000_000), name="report.docx")
    assert (caught.value.status, caught.value.type) == (422, "document-too-large")
    assert list((tmp_path / "data" / "tmp").iterdir()) == []
