"""OCR that is left until somebody asks: what has to be read is known at once, and read when it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from ingest import Ingestor, Page, TextSource
from tests.ingest.conftest import Reader

LINES = ("Rent of the seabed lease", "12,750 pounds a year")


def picture(lines: tuple[str, ...]) -> bytes:
    """Print as pixels, 150 dots an inch: large and short, for each line costs the reader time."""
    sheet = pymupdf.open().new_page(width=300, height=120)
    sheet.insert_text((20, 40), list(lines), fontsize=18)
    return bytes(sheet.get_pixmap(dpi=150).tobytes("png"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Text; a scan; nothing; text with a picture of print."""
    document = pymupdf.open()
    document.new_page().insert_text((60, 60), "A page of plain text about harbours.")
    scan = document.new_page(width=300, height=120)
    scan.insert_image(scan.rect, stream=picture(LINES))
    document.new_page()
    shown = document.new_page()
    shown.insert_textbox((60, 60, 540, 400), "The landings of herring are drawn below. " * 20)
    shown.insert_image((60, 500, 460, 660), stream=picture(("Landings 1931", "4,120 tonnes")))
    path = tmp_path_factory.mktemp("postponed") / "mixed.pdf"
    document.save(path)
    return path


@pytest.fixture(scope="module")
def postponing() -> Iterator[Reader]:
    made = Reader(Ingestor(workers=1, ocr="on-demand", layout="geometry"))
    yield made
    made.close()


def test_pages_say_what_is_left_to_read(postponing: Reader, mixed: Path) -> None:
    pages = postponing.read(mixed, [1, 2, 3, 4])
    assert {number: page.awaiting_ocr for number, page in pages.items()} == {
        1: None,
        2: "it has no text layer",
        3: None,
        4: "its pictures may hold words",
    }
    assert (pages[2].words, pages[2].source, pages[2].error) == ((), TextSource.NONE, None)
    assert "4,120" not in pages[4].text
    assert "herring" in pages[4].text


def test_what_is_asked_for_is_read_as_it_would_have_been_at_once(postponing: Reader, mixed: Path) -> None:
    async def asked() -> dict[int, Page]:
        return {page.number: page async for page in postponing.ingestor.read(mixed, [2, 4], asked=True)}

    pages = postponing.run(asked())
    assert {page.awaiting_ocr for page in pages.values()} == {None}
    assert (pages[2].source, [word.text for word in pages[2].words]) == (TextSource.OCR, " ".join(LINES).split())
    assert "4,120 tonnes" in " ".join(pages[4].text.split())


def test_a_service_that_never_reads_by_ocr_leaves_nothing_to_read(mixed: Path) -> None:
    never = Reader(Ingestor(workers=1, ocr=False, layout="geometry"))
    try:
        assert never.read(mixed, [2])[2].awaiting_ocr is None
    finally:
        never.close()
