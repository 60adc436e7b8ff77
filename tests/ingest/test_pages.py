"""What is read off pages with a text layer: words where they stand, blocks, labels, sections, margins."""

import io
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from ingest import BlockKind, Box, TextSource, make_passages
from tests.ingest.conftest import Reader
from tests.ingest.makers import LOREM, around, stream, write_pdf


def ink(reader: Reader, path: Path, page: int, width: int) -> np.ndarray:
    """Dark pixels of a rendered page, as booleans (height, width)."""
    png = reader.run(reader.ingestor.render(path, page, width=width))
    return np.asarray(Image.open(io.BytesIO(png)).convert("L")) < 128


def share_inside(dark: np.ndarray, box: Box, zoom: float) -> float:
    """Share of a page's ink that lies in a box, a pixel of margin allowed."""
    x0, y0, x1, y1 = (int(v * zoom) for v in (box.x0, box.y0, box.x1, box.y1))
    return float(dark[max(0, y0 - 1) : y1 + 2, max(0, x0 - 1) : x1 + 2].sum() / dark.sum())


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_where_the_page_shows_the_words(reader: Reader, tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    page.insert_text((150, 200), "harbour", fontsize=30)
    page.insert_text((150, 30), "cropped", fontsize=12)
    page.insert_text((150, 900), "outside", fontsize=12)
    page.set_cropbox(pymupdf.Rect(50, 60, 550, 700))
    page.set_rotation(rotation)
    document.save(str(tmp_path / "a.pdf"))
    read = reader.read(tmp_path / "a.pdf", [1])[1]
    assert [word.text for word in read.words] == ["harbour"]
    assert (read.width, read.height) == ((500, 640) if rotation in (0, 180) else (640, 500))
    dark = ink(reader, tmp_path / "a.pdf", 1, width=int(read.width))
    assert share_inside(dark, read.words[0].box, 1.0) > 0.99
    assert read.blocks[0].box == read.words[0].box


def test_words_stand_as_printed_and_text_runs_on(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    lines = [
        "The \ufb01rst of\ufb01ce was opened for infor-",
        "mation on long-term loans, and long-",
        "term loans only.",
    ]
    page.insert_font(fontname="f0", fontbuffer=pymupdf.Font("helv").buffer)
    for number, line in enumerate(lines):
        page.insert_text((72, 300 + 14 * number), line, fontname="f0", fontsize=11)
    document.save(str(tmp_path / "a.pdf"))
    read = reader.read(tmp_path / "a.pdf", [1])[1]
    assert read.text == "The first office was opened for information on long-term loans, and long-term loans only."
    texts = [word.text for word in read.words]
    assert "infor-" in texts
    assert "mation" in texts
    assert all(word.confidence is None for word in read.words)


def test_accents_printed_over_their_letters_are_part_of_them(reader: Reader, tmp_path: Path) -> None:
    """As TeX sets them: the accent, and the letter in the same place. An accent beside a letter stays what it is."""
    document = pymupdf.open()
    page = document.new_page()
    font = pymupdf.Font("helv")
    page.insert_font(fontname="f0", fontbuffer=font.buffer)

    def over(x: float, y: float, *parts: tuple[str, str]) -> None:
        for accent, rest in parts:
            shift = (font.text_length(rest[:1], 11) - font.text_length(accent, 11)) / 2
            page.insert_text((x + shift, y), accent, fontname="f0", fontsize=11)
            page.insert_text((x, y), rest, fontname="f0", fontsize=11)
            x += font.text_length(rest, 11)

    over(
        72,
        300,
        ("", "B"),
        ("\u00a8", "arenreiter"),
        ("", " and Poincar"),
        ("\u00b4", "e"),
        ("", ", na"),
        ("\u00a8", "\u0131ve"),
    )
    page.insert_text((72, 330), "it\u00b4s plain", fontname="f0", fontsize=11)
    document.save(str(tmp_path / "a.pdf"))
    read = reader.read(tmp_path / "a.pdf", [1])[1]
    assert [word.text for word in read.words] == ["Bärenreiter", "and", "Poincaré,", "naïve", "it\u00b4s", "plain"]


def test_every_word_is_in_one_block_in_order(reader: Reader, tmp_path: Path) -> None:
    page = reader.read(write_pdf(tmp_path / "a.pdf", LOREM * 6), [1])[1]
    assert page.source is TextSource.TEXT_LAYER
    assert [w.text for w in page.words] == (LOREM * 6).split()
    ends = [0, *(b.last_word for b in page.blocks)]
    assert [b.first_word for b in page.blocks] == ends[:-1]
    assert ends[-1] == len(page.words)


def test_titles_lists_captions_and_notes(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 100), "Harbours of the North", fontsize=20)
    page.insert_textbox((72, 130, 523, 220), LOREM, fontsize=11)
    page.insert_font(fontname="f0", fontbuffer=pymupdf.Font("helv").buffer)
    for number, item in enumerate(("the breakwater", "the dry dock", "the crane")):
        page.insert_text((90, 260 + 16 * number), f"• {item}", fontsize=11, fontname="f0")
    page.insert_text((72, 360), "Figure 3: Landings of herring", fontsize=9)
    page.insert_textbox((72, 380, 523, 480), LOREM, fontsize=11)
    page.insert_text((72, 700), "1 Without the catch of foreign boats.", fontsize=8)
    document.save(str(tmp_path / "a.pdf"))
    blocks = reader.read(tmp_path / "a.pdf", [1])[1].blocks
    kinds = [(b.kind, b.text.split("\n")[0]) for b in blocks]
    assert kinds[0] == (BlockKind.TITLE, "Harbours of the North")
    assert kinds[1][0] is BlockKind.TEXT
    assert next(text for kind, text in kinds if kind is BlockKind.LIST) == "• the breakwater"
    assert (BlockKind.CAPTION, "Figure 3: Landings of herring") in kinds
    assert (BlockKind.FOOTNOTE, "1 Without the catch of foreign boats.") in kinds


def test_a_table_keeps_its_rows(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((72, 90, 523, 180), LOREM, fontsize=11)
    rows = [("Landings, tonnes", "1931", "1932"), ("Herring", "4,120", "3,980"), ("Cod and haddock", "1,050", "1,212")]
    for number, row in enumerate(rows):
        for x, cell in zip((72, 300, 400), row, strict=True):
            page.insert_text((x, 220 + 16 * number), cell, fontsize=10)
    page.insert_textbox((72, 290, 523, 380), LOREM, fontsize=11)
    document.save(str(tmp_path / "a.pdf"))
    blocks = reader.read(tmp_path / "a.pdf", [1])[1].blocks
    assert [b.kind for b in blocks] == [BlockKind.TEXT, BlockKind.TABLE, BlockKind.TEXT]
    assert blocks[1].text.split("\n") == ["\t".join(row) for row in rows]


def test_columns_are_read_one_after_the_other(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((72, 90, 290, 700), "left " * 200, fontsize=11)
    page.insert_textbox((310, 90, 523, 700), "right " * 200, fontsize=11)
    document.save(str(tmp_path / "a.pdf"))
    words = [w.text for w in reader.read(tmp_path / "a.pdf", [1])[1].words]
    assert words == ["left"] * 200 + ["right"] * 200


def test_running_headers_and_page_numbers_are_marked_and_kept_out_of_passages(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(1, 5):
        page = document.new_page()
        page.insert_text((72, 40), f"Annual report of the harbour {number}", fontsize=9)
        page.insert_textbox((72, 90, 523, 300), f"Section {number}. {LOREM}", fontsize=11)
        page.insert_text((290, 815), str(number), fontsize=9)
    document.save(str(tmp_path / "a.pdf"))
    for page in reader.read(tmp_path / "a.pdf", [1, 2, 3, 4]).values():
        kinds = {b.kind: b.text for b in page.blocks}
        assert kinds[BlockKind.HEADER] == f"Annual report of the harbour {page.number}"
        assert kinds[BlockKind.PAGE_NUMBER] == str(page.number)
        assert LOREM.split()[0] in kinds[BlockKind.TEXT]
        assert "Annual report" not in " ".join(p.text for p in make_passages(page))


def test_running_headers_stand_further_in_on_papers_of_tex(reader: Reader, tmp_path: Path) -> None:
    """An eighth of the page down, apart from the text, in its size."""
    document = pymupdf.open()
    for number in range(1, 4):
        page = document.new_page(width=612, height=792)
        page.insert_text((72, 101), "Harbour Board of the North", fontsize=11)
        page.insert_text((534, 101), str(number), fontsize=11)
        page.insert_textbox((72, 128, 540, 700), f"Chapter {number} of the story. {LOREM}", fontsize=11)
    document.save(str(tmp_path / "a.pdf"))
    for read in reader.read(tmp_path / "a.pdf", [1, 2, 3]).values():
        kinds = {block.text: block.kind for block in read.blocks}
        assert kinds["Harbour Board of the North"] is BlockKind.HEADER
        assert kinds[str(read.number)] is BlockKind.PAGE_NUMBER
        assert not any("Harbour Board" in passage.text for passage in make_passages(read))


def test_a_heading_at_the_top_is_none_for_its_number(reader: Reader, tmp_path: Path) -> None:
    """Pages that begin with a numbered heading are alike in the look of that number alone."""
    document = pymupdf.open()
    for number, title in enumerate(("Tides and currents", "Buoys and beacons", "Pilots and their dues"), 1):
        page = document.new_page()
        page.insert_text((83, 44), "CHAPTER 3. ENTERING THE HARBOUR", fontsize=9)
        page.insert_text((400, 44), f"3.{number}. {title.upper()}", fontsize=9)
        page.insert_text((83, 84), f"3.{number}", fontsize=14, fontname="hebo")
        page.insert_text((120, 84), title, fontsize=14, fontname="hebo")
        page.insert_textbox((83, 100, 540, 700), LOREM, fontsize=10)
    document.save(str(tmp_path / "a.pdf"))
    for read in reader.read(tmp_path / "a.pdf", [1, 2, 3]).values():
        headed = [block.text for block in read.blocks if block.kind is BlockKind.TITLE]
        running = " ".join(block.text for block in read.blocks if block.kind is BlockKind.HEADER)
        assert len(headed) == 1
        assert headed[0].startswith(f"3.{read.number} ")
        assert "ENTERING THE HARBOUR" in running
        assert f"3.{read.number}. " in running


def test_what_stands_in_one_margin_only_is_text(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(1, 4):
        page = document.new_page()
        page.insert_text(
            (72, 60), ["Foreword", "Harbours", "Cranes"][number - 1] + " in general and in particular", fontsize=11
        )
        page.insert_textbox((72, 90, 523, 300), LOREM, fontsize=11)
    document.save(str(tmp_path / "a.pdf"))
    for page in reader.read(tmp_path / "a.pdf", [1, 2, 3]).values():
        assert not {b.kind for b in page.blocks} & {BlockKind.HEADER, BlockKind.FOOTER}


def test_labels_and_sections(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    for _ in range(6):
        document.new_page().insert_text((72, 100), "Words on a page")
    rules = [
        {"startpage": 0, "style": "r", "prefix": "", "firstpagenum": 1},
        {"startpage": 2, "style": "D", "prefix": "A-"},
    ]
    document.set_page_labels(rules)
    document.set_toc([[1, "One", 2], [2, "One point one", 3], [3, "Deep", 4], [2, "One point two", 5], [1, "Two", 6]])
    document.save(str(tmp_path / "a.pdf"))
    pages = reader.read(tmp_path / "a.pdf", range(1, 7))
    assert [pages[n].label for n in range(1, 7)] == ["i", "ii", "A-1", "A-2", "A-3", "A-4"]
    assert [pages[n].section for n in range(1, 7)] == [
        (),
        ("One",),
        ("One", "One point one"),
        ("One", "One point one", "Deep"),
        ("One", "One point two"),
        ("Two",),
    ]


def test_a_page_without_ink_is_not_read_by_ocr(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page()
    document.save(str(tmp_path / "a.pdf"))
    page = reader.read(tmp_path / "a.pdf", [1])[1]
    assert (page.source, page.words, page.blocks, page.error) == (TextSource.NONE, (), (), None)


def test_a_page_that_does_not_exist_is_an_error_of_its_own(reader: Reader, tmp_path: Path) -> None:
    pages = reader.read(write_pdf(tmp_path / "a.pdf", LOREM), [1, 7])
    assert pages[1].error is None
    assert pages[7].error is not None
    assert pages[7].error.startswith("The page could not be read")


def test_each_page_comes_once_even_when_asked_for_twice(reader: Reader, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", "one", "two", "three")
    assert sorted(reader.read(path, [3, 1, 3, 1])) == [1, 3]
    assert reader.read(path, []) == {}


def test_a_file_that_is_gone(reader: Reader, tmp_path: Path) -> None:
    page = reader.read(tmp_path / "never.pdf", [1])[1]
    assert page.error is not None
    assert "No such file" in page.error


def test_a_page_with_more_words_than_the_limit_says_so(reader: Reader, tmp_path: Path) -> None:
    text = b"BT /F1 2 Tf 72 700 Td " + b"(word) Tj 6 0 Td " * 60 + b"ET"
    (tmp_path / "a.pdf").write_bytes(around(stream(text)))
    pages = reader.read(tmp_path / "a.pdf", [1, 2, 3])
    assert len(pages[2].words) == 60
    from ingest.pages.reading import PageTooDense, read_page
    from ingest.sources.opening import open_source

    with pytest.raises(PageTooDense, match="60 words; the limit is 50"):
        read_page(open_source(tmp_path / "a.pdf", "a.pdf"), 2, None, word_limit=50)
