"""What repeats at the edge of every page is a running header, unless it is all that the page says."""

from pathlib import Path

import pymupdf
import pytest

from ingest import BlockKind, Ingestor, Page, make_passages

pytestmark = pytest.mark.anyio


async def read(path: Path, count: int) -> list[Page]:
    ingestor = Ingestor(workers=1, ocr=False)
    try:
        pages = [page async for page in ingestor.read(path, range(1, count + 1))]
    finally:
        await ingestor.close()
    return sorted(pages, key=lambda page: page.number)


def write(path: Path, bodies: list[str]) -> None:
    document = pymupdf.open()
    for number, body in enumerate(bodies, start=1):
        page = document.new_page()
        page.insert_text((60, 40), "Annual report of the harbour board")
        page.insert_text((300, 820), str(number))
        if body:
            page.insert_textbox((60, 200, 540, 700), body)
    document.save(path)


async def test_a_running_header_is_marked_and_left_out_of_passages(tmp_path: Path) -> None:
    write(tmp_path / "a.pdf", [f"Body text number {n} about tides and cranes." for n in range(4)])
    for page in await read(tmp_path / "a.pdf", 4):
        kinds = {block.text: block.kind for block in page.blocks}
        assert kinds["Annual report of the harbour board"] is BlockKind.HEADER
        assert kinds[str(page.number)] is BlockKind.PAGE_NUMBER
        assert [passage.text for passage in make_passages(page)] == [
            f"Body text number {page.number - 1} about tides and cranes."
        ]


async def test_a_page_that_says_only_what_repeats_keeps_it_as_text(tmp_path: Path) -> None:
    write(tmp_path / "b.pdf", ["", "", ""])
    for page in await read(tmp_path / "b.pdf", 3):
        assert [passage.text for passage in make_passages(page)] == ["Annual report of the harbour board"]
