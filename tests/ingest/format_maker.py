"""Files in the many formats that are read, made by hand: as small as their readers accept."""

import io
import struct
from pathlib import Path

import pymupdf
from PIL import Image, ImageDraw

from tests.ingest.makers import archive, picture

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def written(text: str, size: tuple[int, int] = (900, 240)) -> Image.Image:
    """A picture with large writing on it."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((60, 80), text, fill="black", font_size=64)
    return image


def write_pictures(path: Path, kind: str, *texts: str) -> Path:
    """A file of one or more pictures of writing."""
    first, *others = (written(text) for text in texts)
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(path, kind, dpi=(150, 150), **more)
    return path


def html(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>Harbours</title>{head}</head><body>{body}</body></html>".encode()


def svg(inside: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="600" height="200">{inside}</svg>'
    ).encode()


def fb2(inside: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0" '
        f'xmlns:l="http://www.w3.org/1999/xlink"><body><section>{inside}</section></body></FictionBook>'
    ).encode()


def mobi(body: str) -> bytes:
    """A Palm database of two records: a header without compression, and the text."""
    text = f"<html><body>{body}</body></html>".encode()
    head = struct.pack(">HHIHHHH", 1, 0, len(text), 1, 4096, 0, 0)
    mark = b"MOBI" + struct.pack(">IIIII", 232, 2, 65001, 1, 6) + b"\xff" * 208
    records = [head + mark, text]
    out = b"book".ljust(32, b"\0") + bytes(28) + b"BOOKMOBI" + struct.pack(">IIH", 0, 0, len(records))
    offset = 78 + 8 * len(records) + 2
    for number, record in enumerate(records):
        out += struct.pack(">II", offset, number)
        offset += len(record)
    return out + bytes(2) + b"".join(records)


def xps(*pages: str) -> bytes:
    """A line of text a page."""
    ns = 'xmlns="http://schemas.microsoft.com/xps/2005/06" Width="816" Height="1056"'
    kind = "http://schemas.microsoft.com/xps/2005/06/fixedrepresentation"
    numbers = range(1, len(pages) + 1)
    listed = "".join(f'<PageContent Source="/Documents/1/{n}.fpage" Width="816" Height="1056"/>' for n in numbers)
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"/>',
        "_rels/.rels": _relations((kind, "/f.fdseq", "")),
        "f.fdseq": f'<FixedDocumentSequence {ns}><DocumentReference Source="/Documents/1/d.fdoc"/></FixedDocumentSequence>',
        "Documents/1/d.fdoc": f"<FixedDocument {ns}>{listed}</FixedDocument>",
        "font.ttf": pymupdf.Font("helv").buffer,
    }
    for number, text in zip(numbers, pages, strict=True):
        members[f"Documents/1/{number}.fpage"] = (
            f'<FixedPage {ns}><Glyphs FontUri="/font.ttf" FontRenderingEmSize="16" OriginX="96" OriginY="96" Fill="#000000" '
            f'UnicodeString="{text}"/></FixedPage>'
        )
    return archive(members)


def epub_with(body: str, members: dict[str, bytes | str] | None = None, head: str = "") -> bytes:
    """A book of one chapter, with more files beside it."""
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<?xml version="1.0"?><container version="1.0" '
            'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/c.opf" '
            'media-type="application/oebps-package+xml"/></rootfiles></container>',
            "OPS/c.opf": '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>'
            '<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
            "OPS/a.xhtml": f'<?xml version="1.0"?>{head}<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head>'
            f"<body>{body}</body></html>",
            **(members or {}),
        }
    )


def red() -> bytes:
    """A red picture."""
    out = io.BytesIO()
    Image.new("RGB", (120, 120), "red").save(out, "PNG")
    return out.getvalue()


def _package(main: str, content_type: str, members: dict[str, bytes | str]) -> bytes:
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{_OOXML}.{kind}+xml"/>'
        for name, kind in [(main, content_type), *_PARTS.items()]
        if name in members
    )
    return archive(
        {
            "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{_TYPES}"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
            "_rels/.rels": _relations((f"{_OFFICE}/officeDocument", main, "")),
            **members,
        }
    )


_PARTS = {
    "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
    "ppt/slides/slide1.xml": "presentationml.slide",
    "ppt/slideLayouts/slideLayout1.xml": "presentationml.slideLayout",
    "ppt/slideMasters/slideMaster1.xml": "presentationml.slideMaster",
    "ppt/theme/theme1.xml": "theme",
}


def _relations(*found: tuple[str, str, str]) -> str:
    items = "".join(
        f'<Relationship Id="r{number}" Type="{kind}" Target="{target}"{more}/>'
        for number, (kind, target, more) in enumerate(found, 1)
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONSHIPS}">{items}</Relationships>'


def docx(body: str, relations: tuple[tuple[str, str, str], ...] = (), head: str = "") -> bytes:
    """`body` is WordprocessingML; `paragraph` makes some. `relations`: (kind, target, more attributes), named r1, r2..."""
    document = (
        f'<?xml version="1.0"?>{head}<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>{body}</w:body></w:document>'
    )
    members: dict[str, bytes | str] = {"word/document.xml": document}
    if relations:
        members["word/_rels/document.xml.rels"] = _relations(*relations)
    return _package("word/document.xml", "wordprocessingml.document.main", members)


def paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def xlsx(rows: list[list[str]]) -> bytes:
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>" for row in rows
    )
    return _package(
        "xl/workbook.xml",
        "spreadsheetml.sheet.main",
        {
            "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{ns}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Cranes" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _relations((f"{_OFFICE}/worksheet", "worksheets/sheet1.xml", "")),
            "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?><worksheet xmlns="{ns}"><sheetData>{cells}</sheetData></worksheet>',
        },
    )


def odf(kind: str, content: str, encrypted: bool = False) -> bytes:
    """`kind`: text, spreadsheet, presentation."""
    spaces = " ".join(
        f'xmlns:{name}="{_ODF}:{long}:1.0"'
        for name, long in (
            ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("presentation", "presentation"),
            ("style", "style"), ("svg", "svg-compatible"), ("fo", "xsl-fo-compatible"),
        )
    )  # fmt: skip
    lock = "<manifest:encryption-data/>" if encrypted else ""
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f'<?xml version="1.0"?><office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.2"><office:body><office:{kind}>{content}'
            f"</office:{kind}></office:body></office:document-content>",
            "META-INF/manifest.xml": f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.{kind}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
            f"{lock}</manifest:file-entry></manifest:manifest>",
        }
    )


def odt(*paragraphs: str) -> bytes:
    return odf("text", "".join(f"<text:p>{text}</text:p>" for text in paragraphs))


def ods(rows: list[list[str]]) -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in row)
        + "</table:table-row>"
        for row in rows
    )
    return odf("spreadsheet", f'<table:table table:name="Cranes">{cells}</table:table>')


def odp(*slides: str) -> bytes:
    pages = "".join(
        f'<draw:page draw:name="s{number}"><draw:frame svg:x="2cm" svg:y="2cm" svg:width="20cm" svg:height="5cm"><draw:text-box>'
        f"<text:p>{text}</text:p></draw:text-box></draw:frame></draw:page>"
        for number, text in enumerate(slides)
    )
    return odf("presentation", pages)


def rtf(text: str) -> bytes:
    return b"{\\rtf1\\ansi " + text.encode("ascii") + b"\\par}"


def cbz(*texts: str) -> bytes:
    """A comic book: a picture of writing a page."""
    members: dict[str, bytes | str] = {}
    for number, text in enumerate(texts, 1):
        out = io.BytesIO()
        written(text).save(out, "PNG")
        members[f"{number:03}.png"] = out.getvalue()
    return archive(members or {"1.png": picture("PNG")})
