"""Pages without usable text: what the eye sees is read, and nothing is read twice."""

from pathlib import Path

import pymupdf
import pytest

from ingest import BlockKind, Page, TextSource
from ingest.ocr.need import is_garbled
from tests.ingest.conftest import Reader
from tests.ingest.makers import LOREM, write_scan


@pytest.fixture(scope="module")
def scanned(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = write_scan(tmp_path_factory.mktemp("scan") / "a.pdf", LOREM)
    return reader.read(path, [1])[1]


def test_a_scan_is_read(scanned: Page) -> None:
    assert scanned.source is TextSource.OCR
    truth = LOREM.split()
    found = [word.text for word in scanned.words]
    assert len(set(truth) & set(found)) >= 0.9 * len(set(truth))
    assert "never finished" in scanned.text


def test_words_of_a_scan_have_boxes_and_confidences(scanned: Page) -> None:
    for word in scanned.words:
        assert word.confidence is not None
        assert 0.5 <= word.confidence <= 1
        assert 60 < word.box.x0 < word.box.x1 < 540
        assert 5 < word.box.y1 - word.box.y0 < 30
    # Typed from x = 72, the first line's foot at about 90 + 13 points.
    first = scanned.words[0]
    assert first.text == "The"
    assert abs(first.box.x0 - 72) < 8
    assert 85 < first.box.y0 < 100


def test_lines_of_a_scan_make_a_paragraph(scanned: Page) -> None:
    assert [b.kind for b in scanned.blocks] == [BlockKind.TEXT]
    assert scanned.blocks[0].text.startswith("The harbour of the northern town")


def test_a_stamp_on_a_scan_does_not_hide_it(reader: Reader, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.pdf", LOREM)
    document = pymupdf.open(str(path))
    document[0].insert_text((400, 800), "Downloaded by reader 17", fontsize=8)
    document.save(str(tmp_path / "a.pdf"))
    page = reader.read(tmp_path / "a.pdf", [1])[1]
    assert page.source is TextSource.OCR
    assert "herring" in page.text


def test_a_scan_with_an_invisible_text_layer_is_not_read_again(reader: Reader, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.pdf", LOREM)
    document = pymupdf.open(str(path))
    document[0].insert_textbox((72, 90, 523, 760), LOREM, fontsize=13, render_mode=3)
    document.save(str(tmp_path / "a.pdf"))
    page = reader.read(tmp_path / "a.pdf", [1])[1]
    assert page.source is TextSource.TEXT_LAYER
    assert [w.text for w in page.words] == LOREM.split()


def test_a_turned_scan_is_read_as_displayed(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    typed = document.new_page(width=842, height=595)
    typed.insert_textbox((72, 90, 770, 500), LOREM, fontsize=14)
    upright = typed.get_pixmap(dpi=120, colorspace=pymupdf.csGRAY).tobytes("png")
    scan = pymupdf.open()
    page = scan.new_page(width=595, height=842)
    page.insert_image((0, 0, 595, 842), stream=upright, rotate=90)
    page.set_rotation(90)
    scan.save(str(tmp_path / "a.pdf"))
    read = reader.read(tmp_path / "a.pdf", [1])[1]
    assert (read.width, read.height) == (842, 595)
    assert "herring" in read.text
    assert read.words[0].box.x0 == pytest.approx(72, abs=8)


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        ("Plain words, 1,234 of them.", False),
        ("Größe, naïve, 漢字, ελληνικά", False),
        ("\ufffd\ufffd\ufffd a \ufffd", True),
        ("\ue001\ue002\ue003 \ue004", True),
        ("\x01\x02\x03\x04", True),
        ("• \ue00a item one of the list", False),
        ("", False),
    ],
)
def test_garbled_text_is_told_from_foreign_text(text: str, garbled: bool) -> None:
    assert is_garbled(text) is garbled
