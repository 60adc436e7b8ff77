"""Files that the tests of ingest read, made on the spot."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pymupdf
from PIL import Image

LOREM = (
    "The harbour of the northern town was enlarged in three stages between the wars, and each stage was paid for by a levy on "
    "the herring that was landed there. In the first stage the old breakwater was raised by two metres. The second stage brought "
    "a dry dock and a crane of forty tonnes. The third was never finished. "
)


def write_pdf(path: Path, *pages: str, size: float = 11) -> Path:
    """A PDF with one page of running text for each string."""
    document = pymupdf.open()
    for text in pages:
        document.new_page().insert_textbox((72, 90, 523, 760), text, fontsize=size)
    document.save(str(path))
    document.close()
    return path


def write_scan(path: Path, *pages: str, dpi: int = 150) -> Path:
    """A PDF whose pages are pictures of text, without a text layer."""
    typed = pymupdf.open()
    scanned = pymupdf.open()
    for text in pages:
        page = typed.new_page()
        page.insert_textbox((72, 90, 523, 760), text, fontsize=13)
        image = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
        scanned.new_page().insert_image((0, 0, 595, 842), stream=image.tobytes("jpg", jpg_quality=80))
    scanned.save(str(path))
    return path


def picture(kind: str, size: tuple[int, int] = (300, 200)) -> bytes:
    """A white picture in a format that Pillow writes."""
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


def archive(members: dict[str, bytes | str]) -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def epub(text: str) -> bytes:
    """A book of one chapter."""
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<?xml version="1.0"?><container version="1.0" '
            'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="c.opf" '
            'media-type="application/oebps-package+xml"/></rootfiles></container>',
            "c.opf": '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/>'
            '<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
            "a.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Chapter</h1><p>{text}</p></body></html>',
        }
    )


def raw_pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF of the given objects, numbered from 1; the first is the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return out.getvalue()


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def around(content: bytes, *more: bytes, resources: bytes = b"") -> bytes:
    """Three pages: the middle one has the given content stream and resources; `more` objects are numbered from 9."""
    good = stream(b"BT /F1 12 Tf 72 700 Td (A sound page of words) Tj ET")

    def page(number: int, extra: bytes = b"") -> bytes:
        return (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 6 0 R>>%b>>/Contents %d 0 R>>"
            % (extra, number)
        )

    tree = b"<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    catalogue = b"<</Type/Catalog/Pages 2 0 R>>"
    return raw_pdf([catalogue, tree, page(7), page(8, resources), page(7), font, good, content, *more])


def inflating(block: bytes, times: int, before: bytes = b"") -> bytes:
    """Data that inflates (twice) to `before` and `block` so many times; made without ever being that large."""
    packer = zlib.compressobj(9)
    head = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block does not look back, so its compressed form can be repeated as it stands.
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return zlib.compress(head + once * times, 9)


TWICE = b"/Filter[/FlateDecode/FlateDecode]"
