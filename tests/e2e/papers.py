"""PDFs that are hard on a reader, made from scratch: none is larger on disk than it has to be."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pymupdf

FACT = "The anchor document says that the lighthouse of Skagen is 46 metres high."
MEGABYTE = 1024 * 1024
WORDS = ("harbour turbine. ", "granite orchard. ", "signal copper. ", "meadow lantern. ", "glacier anchor. ")


def many_pages(count: int) -> bytes:
    """Pages with two lines each, in the middle: at the top they would be a running header."""
    document = pymupdf.open()
    for number in range(1, count + 1):
        lines = [f"Page {number} of many tells of ledger entry number {number}.", WORDS[number % len(WORDS)] * 3]
        document.new_page().insert_text((72, 400), lines, fontsize=11)
    return bytes(document.tobytes())


def chunks(path: Path) -> Iterator[bytes]:
    """The file, a megabyte at a time and without a Content-Length."""
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            yield chunk


def written(objects: list[bytes]) -> bytes:
    """A PDF of these objects (the first is the catalogue), with its cross-reference table."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    return bytes(out + f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())


def stream(data: bytes, entries: str = "") -> bytes:
    """A stream object."""
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def heavy(path: Path, megabytes: int, text: str) -> None:
    """One page of text, and as many bytes that do not compress, in an attachment."""
    page = (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
    )
    files = "<< /EmbeddedFiles << /Names [(noise.bin) << /Type /Filespec /F (noise.bin) /EF << /F 6 0 R >> >>] >> >>"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Names {files} >>".encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode(),
        stream(f"BT /F 12 Tf 72 700 Td ({text}) Tj ET".encode()),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        stream(os.urandom(MEGABYTE) * megabytes, "/Type /EmbeddedFile"),
    ]
    path.write_bytes(written(objects))


def around(hard: bytes, extra: list[bytes], resources: str = "") -> bytes:
    """Three pages: words on the first and the last, the `hard` content on the second. Extra objects are numbered from 10."""
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F 9 0 R >> {} >> >>"
    words = [f"BT /F 12 Tf 72 700 Td ({text}) Tj ET".encode() for text in ("Granite before it.", "Copper behind it.")]
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>",
            page.format(6, "").encode(),
            page.format(7, resources).encode(),
            page.format(8, "").encode(),
            stream(words[0]),
            hard,
            stream(words[1]),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            *extra,
        ]
    )


def endless() -> bytes:
    """The second page draws a form that draws ten forms that draw ten forms, fifteen deep: no reader comes to its end."""
    depth = 15
    forms = []
    for level in range(depth):
        inner = 10 + level + 1
        below = f"/Resources << /XObject << /X {inner} 0 R >> >>" if level < depth - 1 else ""
        body = b"/X Do " * 10 if level < depth - 1 else b"0 0 m 1 1 l S"
        forms.append(stream(body, f"/Type /XObject /Subtype /Form /BBox [0 0 595 842] {below}"))
    return around(stream(b"/X Do"), forms, "/XObject << /X 10 0 R >>")


def _deflated(byte: bytes, gigabytes: int) -> bytes:
    """A zlib stream of so many gigabytes of one byte, made without compressing them all: one block, again and again."""
    block = byte * (16 * MEGABYTE)
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    first = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    # The checksum at the end is left out: readers take what they got.
    return head + first * (gigabytes * 64)


def bomb_of_text(gigabytes: int = 8) -> bytes:
    """The content of the second page decompresses to gigabytes of blanks."""
    twice = zlib.compress(_deflated(b" ", gigabytes), 9)
    return around(stream(twice, "/Filter [/FlateDecode /FlateDecode]"), [])


def bomb_of_image() -> bytes:
    """The image on the second page has 60,000 x 60,000 pixels: 10 GB."""
    twice = zlib.compress(_deflated(b"\0", 10), 9)
    size = "/Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    image = stream(twice, f"/Type /XObject /Subtype /Image {size} /Filter [/FlateDecode /FlateDecode]")
    return around(stream(b"q 595 0 0 842 0 0 cm /I Do Q"), [image], "/XObject << /I 10 0 R >>")
