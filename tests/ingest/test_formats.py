"""Every format that is read, from a real file through real workers; and that none of them reaches out of its file."""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest import DamagedFile, IngestError, Ingestor, Limits, TooLarge
from ingest.sources import archives
from tests.ingest import format_maker as make
from tests.ingest.conftest import Listener, Reader
from tests.ingest.makers import LOREM, archive, raw_pdf, stream

SENTENCE = "The second stage brought a crane of forty tonnes."
SECRET = "swordfish"


@pytest.fixture(scope="module")
def strict() -> Iterator[Reader]:
    """A reader that allows little."""
    made = Reader(Ingestor(Limits(decompressed_mb=2, image_pixels=100_000), workers=1, ocr=False))
    yield made
    made.close()


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


BOOKS = {
    "a.epub": ("application/epub+zip", make.epub_with(f"<h1>Chapter</h1><p>{SENTENCE}</p>")),
    "a.xps": ("application/vnd.ms-xpsdocument", make.xps(SENTENCE)),
    "a.mobi": ("application/x-mobipocket-ebook", make.mobi(f"<h1>Chapter</h1><p>{SENTENCE}</p>")),
    "a.fb2": ("application/x-fictionbook+xml", make.fb2(f"<p>{SENTENCE}</p>")),
    "a.svg": ("image/svg+xml", make.svg(f'<text x="10" y="40">{SENTENCE}</text>')),
    "a.html": ("text/html", make.html(f"<h1>Chapter</h1><p>{SENTENCE}</p>")),
    "a.txt": ("text/plain", SENTENCE.encode()),
    "a.md": ("text/plain", f"# Chapter\n\n{SENTENCE}\n".encode()),
    "a.csv": ("text/plain", b"what,how much\ncrane,forty tonnes\n"),
}


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_formats_with_text(reader: Reader, tmp_path: Path, name: str) -> None:
    media_type, content = BOOKS[name]
    path = put(tmp_path / name, content)
    info = reader.probe(path)
    assert (info.media_type, info.page_count) == (media_type, 1)
    page = reader.read(path, [1])[1]
    assert page.error is None
    assert {"crane", "forty"} <= set(page.text.replace(",", " ").split())
    assert all(0 <= w.box.x0 <= w.box.x1 <= page.width + 1 for w in page.words), "boxes lie on the page"


@pytest.mark.parametrize(
    "kind", [("png", "PNG"), ("jpg", "JPEG"), ("tiff", "TIFF"), ("gif", "GIF"), ("bmp", "BMP"), ("jp2", "JPEG2000"), ("ppm", "PPM")]
)  # fmt: skip
def test_pictures_are_read_by_ocr(reader: Reader, tmp_path: Path, kind: tuple[str, str]) -> None:
    path = make.write_pictures(tmp_path / f"a.{kind[0]}", kind[1], "Harbour crane")
    assert reader.probe(path).page_count == 1
    page = reader.read(path, [1])[1]
    assert page.error is None
    assert "Harbour" in page.text
    assert "crane" in page.text


def test_a_tiff_has_a_page_for_each_picture(reader: Reader, tmp_path: Path) -> None:
    path = make.write_pictures(tmp_path / "a.tiff", "TIFF", "First", "Second", "Third")
    info = reader.probe(path)
    assert (info.page_count, info.notes) == (3, ())
    pages = reader.read(path, [1, 2, 3])
    assert [pages[n].text for n in (1, 2, 3)] == ["First", "Second", "Third"]
    assert (round(pages[1].width), round(pages[1].height)) == (432, 115), "900 x 240 pixels at 150 dpi"


def test_a_tiff_whose_end_is_missing(reader: Reader, tmp_path: Path) -> None:
    whole = make.write_pictures(tmp_path / "a.tiff", "TIFF", "First", "Second", "Third").read_bytes()
    path = put(tmp_path / "cut.tiff", whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match="TIFF image but can't be opened: it is truncated or damaged") as caught:
        reader.probe(path)
    assert str(tmp_path) not in str(caught.value), "where the service keeps its files is its own affair"


def test_a_tiff_with_a_damaged_picture_says_so(reader: Reader, tmp_path: Path) -> None:
    pictures = [make.written(text) for text in ("First", "Second", "Third")]
    path = tmp_path / "a.tiff"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], compression="tiff_adobe_deflate")
    with Image.open(path) as image:
        image.seek(1)
        start = image.tag_v2[273][0]  # type: ignore[attr-defined]  # StripOffsets
    data = bytearray(path.read_bytes())
    data[start : start + 200] = bytes(200)
    info = reader.probe(put(path, bytes(data)))
    assert info.page_count == 3
    assert "damaged from picture 2 on" in info.notes[0]
    assert reader.read(path, [1])[1].text == "First"


def test_an_animation_is_one_page_and_says_so(reader: Reader, tmp_path: Path) -> None:
    info = reader.probe(make.write_pictures(tmp_path / "a.gif", "GIF", "First", "Second"))
    assert info.page_count == 1
    assert "animated" in info.notes[0]


def test_a_comic_book(reader: Reader, tmp_path: Path) -> None:
    path = put(tmp_path / "a.cbz", make.cbz("Alpha", "Bravo"))
    assert reader.probe(path).page_count == 2
    pages = reader.read(path, [1, 2])
    assert [pages[1].text, pages[2].text] == ["Alpha", "Bravo"]


def test_long_books_have_many_pages(reader: Reader, tmp_path: Path) -> None:
    chapters = "".join(f"<p>Paragraph {n}. {LOREM}</p>" for n in range(60))
    path = put(tmp_path / "a.epub", make.epub_with(chapters))
    count = reader.probe(path).page_count
    assert count > 3
    pages = reader.read(path, range(1, count + 1))
    text = " ".join(pages[n].text.replace("\n", " ") for n in sorted(pages))
    assert all(f"Paragraph {n}." in text for n in range(60))


def reds(reader: Reader, path: Path) -> int:
    """Red pixels on the first page."""
    image = reader.run(reader.ingestor.render(path, 1, width=300))
    with Image.open(io.BytesIO(image)) as shown:
        pixels = np.asarray(shown.convert("RGB"))
    return int(((pixels[..., 0] > 200) & (pixels[..., 1] < 60)).sum())


def test_pictures_inside_a_book_are_shown(reader: Reader, tmp_path: Path) -> None:
    """The positive control of the next test."""
    book = make.epub_with('<p>x</p><img src="../images/red.png"/>', {"images/red.png": make.red()})
    assert reds(reader, put(tmp_path / "a.epub", book)) > 100


REACHING = {
    "html": lambda to: make.html(
        f'<p>{SENTENCE}</p><img src="{to}"/><iframe src="{to}"></iframe><script src="{to}"></script>',
        f'<link rel="stylesheet" href="{to}"/><style>@import url({to}); p {{ background: url({to}) }}</style>',
    ),
    "svg": lambda to: make.svg(
        f'<text x="9" y="20">{SENTENCE}</text><image width="99" height="99" xlink:href="{to}"/><use xlink:href="{to}#a"/>'
    ),
    "epub": lambda to: make.epub_with(f'<p>{SENTENCE}</p><img src="{to}"/><object data="{to}"></object>'),
    "fb2": lambda to: make.fb2(f'<p>{SENTENCE}</p><image l:href="{to}"/>'),
    "mobi": lambda to: make.mobi(f'<p>{SENTENCE}</p><img src="{to}"/>'),
}


@pytest.mark.parametrize("kind", sorted(REACHING))
@pytest.mark.parametrize("where", ["http", "file", "relative", "absolute"])
def test_nothing_outside_the_file_is_fetched(
    reader: Reader, tmp_path: Path, listener: Listener, kind: str, where: str
) -> None:
    red = put(tmp_path / "red.png", make.red())
    to = {
        "http": f"{listener.url}/red.png",
        "file": red.as_uri(),
        "relative": "red.png",
        "absolute": str(red),
    }[where]
    path = put(tmp_path / f"a.{kind}", REACHING[kind](to))
    reader.probe(path)
    assert "crane" in reader.read(path, [1])[1].text
    assert reds(reader, path) == 0
    assert not listener.called()


@pytest.mark.parametrize("kind", ["svg", "fb2", "epub", "html"])
def test_entities_from_outside_stay_outside(reader: Reader, tmp_path: Path, listener: Listener, kind: str) -> None:
    secret = put(tmp_path / "secret.txt", SECRET.encode())
    url = listener.url
    head = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY n SYSTEM "{url}"><!ENTITY % p SYSTEM "{url}/p"> %p;]>'
    content = {
        "svg": make.svg('<text x="9" y="20">crane &e; &n;</text>', head),
        "fb2": make.fb2("<p>crane &e; &n;</p>", head),
        "epub": make.epub_with("<p>crane &e; &n;</p>", head=head),
        "html": head.encode() + make.html("<p>crane &e; &n;</p>"),
    }[kind]
    path = put(tmp_path / f"a.{kind}", content)
    with contextlib.suppress(IngestError):  # refusing such a file is as good
        reader.probe(path)
        assert SECRET not in reader.read(path, [1])[1].text
    assert not listener.called()


def test_laughing_entities_do_not_swell(reader: Reader, tmp_path: Path) -> None:
    """A billion laughs: entities of entities."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE x [<!ENTITY l0 "laugh">{levels}]>'
    path = put(tmp_path / "a.svg", make.svg('<text x="9" y="20">crane &l9;</text>', head))
    try:
        reader.probe(path)
    except IngestError:
        return
    page = reader.read(path, [1])[1]
    assert len(page.text) < 10_000


def test_actions_of_a_pdf_are_not_followed(reader: Reader, tmp_path: Path, listener: Listener) -> None:
    """Scripts, links opened at start, remote files, attachments and XFA forms."""
    url = listener.url.encode()
    js = b"<</S/JavaScript/JS(app.launchURL('%b/js', true); this.submitForm('%b/form');)/Next 9 0 R>>" % (url, url)
    attached = stream(SECRET.encode(), b"/Type/EmbeddedFile")
    xfa = stream(b"<xdp><template><field><text>" + SECRET.encode() + b"</text></field></template></xdp>")
    content = raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R/AA<</WC 4 0 R>>/AcroForm<</Fields[]/XFA 8 0 R>>"
            b"/Names<</EmbeddedFiles<</Names[(a) <</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>]>>/JavaScript<</Names[(j) 4 0 R]>>>>>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 5 0 R>>>>/Contents 6 0 R/AA<</O 4 0 R>>"
            b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 600 700]/A<</S/URI/URI(%b/uri)>>>>"
            b"<</Type/Annot/Subtype/Link/Rect[0 0 600 700]/A<</S/GoToR/F(%b/r.pdf)/D[0/Fit]>>>>]>>" % (url, url),
            js,
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            stream(b"BT /F1 12 Tf 72 700 Td (A harbour crane) Tj ET"),
            attached,
            xfa,
            b"<</S/URI/URI(%b/next)>>" % url,
        ]
    )
    path = put(tmp_path / "a.pdf", content)
    reader.probe(path)
    assert reader.read(path, [1])[1].text == "A harbour crane"
    reader.run(reader.ingestor.render(path, 1, width=300))
    assert not listener.called()


def test_damaged_labels_and_outlines_cost_no_page(reader: Reader, tmp_path: Path) -> None:
    content = raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R/PageLabels<</Nums[0 <</S/D/St -99>> -5 7 1 2 0 R]>>>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
            stream(b"BT /F1 12 Tf 72 700 Td (A harbour crane) Tj ET"),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            b"<</First 7 0 R/Last 7 0 R>>",
            b"<</Title(Loop)/Next 7 0 R/First 7 0 R/Parent 7 0 R/Dest[3 0 R/Fit]>>",
        ]
    )
    path = put(tmp_path / "a.pdf", content)
    assert reader.probe(path).page_count == 1
    page = reader.read(path, [1])[1]
    assert (page.error, page.text) == (None, "A harbour crane")


def book_of(members: dict[str, bytes | str]) -> bytes:
    return make.epub_with("<p>x</p>", members)


def test_a_book_that_unpacks_to_too_much(strict: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(put(path, book_of({})), "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(3_000_000))
    with pytest.raises(TooLarge, match=r"unpacks to more than 2 MB \(setting `limits.decompressed_mb`\)"):
        strict.probe(path)


def test_a_book_that_lies_about_what_it_unpacks_to(strict: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(put(path, book_of({})), "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(3_000_000))
    size = (3_000_000).to_bytes(4, "little")
    assert path.read_bytes().count(size) == 2, "in the member's own header and in the directory"
    put(path, path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(TooLarge, match="unpacks to more than 2 MB"):
        strict.probe(path)


def test_overlapping_members_count_each_time(strict: Reader, tmp_path: Path) -> None:
    """The directory may name the same bytes many times over."""
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(put(path, book_of({})), "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(500_000))
        file.filelist.extend([file.getinfo("zeros")] * 5)
        file._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(TooLarge, match="unpacks to more than 2 MB"):
        strict.probe(path)


def test_a_ratio_that_no_honest_file_has(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(put(path, book_of({})), "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(70_000_000))
    with pytest.raises(TooLarge, match="times its size"):
        reader.probe(path)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/x", "a/../../x", "..\\x", "C:/x"])
def test_members_that_lead_out_of_the_archive(strict: Reader, tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedFile, match="leads out of it"):
        strict.probe(put(tmp_path / "a.epub", book_of({name: "x"})))


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MEMBERS", 3)
    path = put(tmp_path / "a.zip", archive({str(n): "x" for n in range(4)}))
    with pytest.raises(TooLarge, match="holds 4 files; the limit is 3"):
        archives.check_archive(path, "EPUB", Limits())


@pytest.mark.parametrize("name", ["a.png", "a.tiff", "a.cbz", "a.epub"])
def test_pictures_of_too_many_pixels(strict: Reader, tmp_path: Path, name: str) -> None:
    out = io.BytesIO()
    Image.new("1", (400, 300)).save(out, "PNG")
    large = out.getvalue()
    content = {"a.png": large, "a.cbz": archive({"1.png": large}), "a.epub": book_of({"OPS/1.png": large})}
    if name == "a.tiff":
        small = Image.new("1", (10, 10))
        small.save(tmp_path / name, save_all=True, append_images=[small, Image.new("1", (400, 300))])
    else:
        put(tmp_path / name, content[name])
    which = {"a.tiff": "Picture 3 of the TIFF image"}.get(name, "")
    with pytest.raises(TooLarge, match=rf"{which}.*has 400 × 300 pixels; the limit is 100,000 \(setting `limits.image"):
        strict.probe(tmp_path / name)


def test_a_picture_bomb_is_refused_by_its_header(reader: Reader, tmp_path: Path) -> None:
    """Nothing of it is decoded: 3.6 gigapixels in a file of 100 bytes."""
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    data = out.getvalue()
    head = (60000).to_bytes(4, "big") * 2 + data[24:29]
    path = put(tmp_path / "a.png", data[:16] + head + zlib.crc32(b"IHDR" + head).to_bytes(4, "big") + data[33:])
    with pytest.raises(TooLarge, match="60000 × 60000 pixels"):
        reader.probe(path)


def test_honest_books_pass_the_limits(strict: Reader, tmp_path: Path) -> None:
    assert strict.probe(put(tmp_path / "a.epub", book_of({"OPS/1.png": make.red()}))).page_count == 1
    assert strict.probe(put(tmp_path / "a.xps", make.xps("one", "two"))).page_count == 2


def test_a_long_text_keeps_its_order(reader: Reader, tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "\n".join(f"the harbour of town {n} was enlarged" for n in range(200)).encode())
    count = reader.probe(path).page_count
    pages = reader.read(path, range(1, count + 1))
    text = " ".join(pages[n].text for n in sorted(pages)).split()
    assert text == " ".join(f"the harbour of town {n} was enlarged" for n in range(200)).split()
