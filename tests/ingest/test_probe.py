"""The first look at a file: what it is, and clear errors for what it is not."""

from pathlib import Path

import pymupdf
import pytest

from ingest import (
    DamagedFile,
    DocumentLocked,
    EmptyFile,
    IngestError,
    Ingestor,
    Limits,
    NotADocument,
    OutlineEntry,
    TooManyPages,
)
from tests.ingest.conftest import Reader
from tests.ingest.makers import LOREM, archive, epub, picture, write_pdf

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60"><text x="10" y="20">Hello</text></svg>'
FB2 = (
    b'<?xml version="1.0"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><body><section><p>Hello</p></section>'
    b"</body></FictionBook>"
)
DOCX = archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>"})


def locked(path: Path) -> Path:
    """A PDF that opens with the password "sesame"."""
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "The treasure lies under the oak.")
    document.save(str(path), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="sesame", owner_pw="owner")
    return path


def test_a_pdf_with_title_and_outline(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    for _ in range(4):
        document.new_page()
    document.set_metadata({"title": "Harbours  of the North"})
    document.set_toc([[1, "One", 1], [2, "One point one", 2], [1, "Two", 4]])
    document.save(str(tmp_path / "a.pdf"))
    info = reader.probe(tmp_path / "a.pdf")
    assert (info.media_type, info.page_count, info.title, info.encrypted) == (
        "application/pdf",
        4,
        "Harbours of the North",
        False,
    )
    assert info.outline == (OutlineEntry(1, "One", 1), OutlineEntry(2, "One point one", 2), OutlineEntry(1, "Two", 4))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", picture("PNG"), "image/png"),
        ("a.jpg", picture("JPEG"), "image/jpeg"),
        ("a.tiff", picture("TIFF"), "image/tiff"),
        ("a.gif", picture("GIF"), "image/gif"),
        ("a.bmp", picture("BMP"), "image/bmp"),
        ("a.jp2", picture("JPEG2000"), "image/jp2"),
        ("a.ppm", picture("PPM"), "image/x-portable-anymap"),
        ("called a jpeg.jpg", picture("PNG"), "image/png"),
        ("a.svg", SVG, "image/svg+xml"),
        ("a.fb2", FB2, "application/x-fictionbook+xml"),
        ("a.html", b"<!DOCTYPE html><html><body><p>Hello</p></body></html>", "text/html"),
        ("a.txt", b"Hello, harbour.\n", "text/plain"),
        ("source.txt", b"<html><body>Hello</body></html>", "text/html"),
        ("a.epub", epub("Hello"), "application/epub+zip"),
        ("a.cbz", archive({"1.png": picture("PNG"), "2.png": picture("PNG")}), "application/vnd.comicbook+zip"),
        ("no suffix", picture("PNG"), "image/png"),
        ("a.unheardof", picture("PNG"), "image/png"),
    ],
)
def test_formats_are_told_by_content(
    reader: Reader, tmp_path: Path, name: str, content: bytes, media_type: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    info = reader.probe(path, name)
    assert info.media_type == media_type
    assert info.page_count >= 1


def test_a_book_of_pictures_has_a_page_for_each(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(archive({"1.png": picture("PNG"), "2.png": picture("PNG")}))
    assert reader.probe(path, "a.cbz").page_count == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("report.docx", b"%PDF-1.7\n", "The content is PDF, but the name ends in '.docx'"),
        ("report.pdf", picture("PNG"), "The content is PNG image, but the name ends in '.pdf'"),
        ("report.pdf", b"Dear Sir or Madam,\n", "The content is plain text, but the name ends in '.pdf'"),
        ("report.xlsx", DOCX, "The content is Word document, but the name ends in '.xlsx'"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a format that is not read: old Office file"),
        ("things.zip", archive({"a.bin": "x"}), "a format that is not read: archive"),
        ("noise.pdf", bytes(range(256)) * 40, "binary data of no format that is known"),
        ("noise", bytes(range(256)) * 40, "binary data of no format that is known"),
    ],
)
def test_what_is_no_document_is_named(reader: Reader, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(NotADocument) as caught:
        reader.probe(path, name)
    assert said in str(caught.value)
    assert "Accepted: PDF, EPUB" in str(caught.value)


def test_an_empty_file(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    with pytest.raises(EmptyFile, match="0 bytes"):
        reader.probe(tmp_path / "a.pdf")
    (tmp_path / "a.txt").write_text(" \n \n")
    with pytest.raises(EmptyFile, match="white space only"):
        reader.probe(tmp_path / "a.txt")


@pytest.mark.parametrize("kept", [20, 200])
def test_a_pdf_cut_off_before_its_pages(reader: Reader, tmp_path: Path, kept: int) -> None:
    whole = write_pdf(tmp_path / "whole.pdf", LOREM).read_bytes()
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.7\n" + whole[-kept:])
    with pytest.raises(DamagedFile, match=r"truncated|damaged"):
        reader.probe(tmp_path / "cut.pdf")


def test_a_pdf_cut_off_after_pages_is_repaired_and_says_so(reader: Reader, tmp_path: Path) -> None:
    whole = write_pdf(tmp_path / "whole.pdf", LOREM, LOREM).read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[: whole.rindex(b"xref")])
    info = reader.probe(tmp_path / "cut.pdf")
    assert info.page_count == 2
    assert "repaired" in info.notes[0]


@pytest.mark.parametrize(("name", "content"), [("a.epub", epub("Hello")), ("a.png", picture("PNG", (2000, 2000)))])
def test_other_formats_cut_off(reader: Reader, tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content[:60])
    with pytest.raises(IngestError) as caught:
        reader.probe(path)
    assert isinstance(caught.value, DamagedFile | NotADocument)


def test_locks(reader: Reader, tmp_path: Path) -> None:
    path = locked(tmp_path / "locked.pdf")
    with pytest.raises(DocumentLocked, match="encrypted; send its password") as caught:
        reader.probe(path)
    assert not caught.value.password_given
    with pytest.raises(DocumentLocked, match="does not open it") as caught:
        reader.probe(path, password="abracadabra")
    assert caught.value.password_given
    info = reader.probe(path, password="sesame")
    assert info.encrypted
    assert info.page_count == 1


def test_an_unlocked_copy_opens_without_the_password(reader: Reader, tmp_path: Path) -> None:
    path, copy = locked(tmp_path / "locked.pdf"), tmp_path / "open.pdf"
    reader.run(reader.ingestor.unlock(path, "sesame", copy))
    assert not reader.probe(copy).encrypted
    assert "treasure" in reader.read(copy, [1])[1].text
    with pytest.raises(DocumentLocked):
        reader.run(reader.ingestor.unlock(path, "wrong", tmp_path / "none.pdf"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["locked.pdf", "open.pdf"]


def test_a_password_that_is_not_needed_does_no_harm(reader: Reader, tmp_path: Path) -> None:
    info = reader.probe(write_pdf(tmp_path / "a.pdf", LOREM), password="unused")
    assert not info.encrypted


def test_the_limit_of_pages(tmp_path: Path) -> None:
    reader = Reader(Ingestor(Limits(pages=2), workers=1))
    try:
        assert reader.probe(write_pdf(tmp_path / "two.pdf", "a", "b")).page_count == 2
        with pytest.raises(TooManyPages) as caught:
            reader.probe(write_pdf(tmp_path / "three.pdf", "a", "b", "c"))
        assert (caught.value.found, caught.value.limit) == (3, 2)
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("content", "shown", "bad"),
    [
        ("smørrebrød på havnen".encode(), "smørrebrød på havnen", 0),
        ("smørrebrød på havnen".encode("cp1252"), "smørrebrød på havnen", 0),
        ("\ufeffsmørrebrød".encode("utf-16-le"), "smørrebrød", 0),
        ("smørrebrød på havnen ".encode() * 3 + b"\xff\xfe", "smørrebrød", 2),
    ],
)
def test_texts_in_other_encodings(reader: Reader, tmp_path: Path, content: bytes, shown: str, bad: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    info = reader.probe(path)
    assert [f"{bad} characters could not be decoded" in note for note in info.notes] == [True] * bool(bad)
    assert shown in reader.read(path, [1])[1].text
