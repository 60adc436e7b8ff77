"""Damages PDFs, by a seed: what storage, mail and hostile hands do to files, and what readers meet when they trust them."""

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pymupdf

from ingest import IngestError, Ingestor
from tests.ingest.format_maker import written
from tests.ingest.makers import LOREM, picture

Damage = Callable[[random.Random, bytes], bytes]


def sources(folder: Path) -> dict[str, bytes]:
    """Small PDFs with text, a picture, a table, an embedded font, links and an outline: plain, packed, encrypted; and a scan."""
    document = pymupdf.open()
    for number in range(2):
        page = document.new_page()
        page.insert_font("F0", fontbuffer=pymupdf.Font("helv").buffer)
        page.insert_textbox((72, 72, 523, 260), LOREM, fontname="F0", fontsize=11)
        page.insert_image((72, 270, 252, 390), stream=picture("PNG" if number else "JPEG"))
        for row in range(4):
            page.draw_line((72, 420 + 20 * row), (372, 420 + 20 * row))
            for column in range(3):
                page.draw_line((72 + 100 * column, 420), (72 + 100 * column, 480))
                page.insert_text(
                    (76 + 100 * column, 434 + 20 * row), f"{row * 3 + column}.5 EUR", fontname="F0", fontsize=9
                )
        page.insert_link(
            {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(72, 500, 200, 520), "uri": "http://127.0.0.1:9/"}
        )
    document.set_toc([[1, "One", 1], [2, "One one", 1], [1, "Two", 2]])
    scan = pymupdf.open()
    image = folder / "scan.png"
    written("Harbour crane").save(image)
    scan.new_page().insert_image((72, 72, 523, 300), filename=str(image))
    return {
        "plain": document.tobytes(expand=255, garbage=1),
        "compressed": document.tobytes(deflate=True),
        "packed": document.tobytes(deflate=True, use_objstms=1),
        "encrypted": document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="owner", user_pw=""),
        "scan": scan.tobytes(),
    }


def mutants(originals: dict[str, bytes], seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, each with the names of its source and of what was done to it."""
    for number in range(count):
        rng = random.Random(f"{seed}-{number}")
        # Every damage comes as often as every other, whatever the count; the sources turn slower.
        names = sorted(DAMAGES)
        first = names[number % len(names)]
        source = sorted(originals)[number // len(names) % len(originals)] if number >= len(names) else "plain"
        data = originals[source]
        done = [first, *rng.choices(names, k=rng.choice((0, 0, 0, 1, 2)))]
        for name in done:
            data = DAMAGES[name](rng, data)
        yield f"{number} {source}: {', '.join(done)}", data


def _spot(rng: random.Random, data: bytes | bytearray) -> int:
    return rng.randrange(max(1, len(data)))


def _bytes(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 10, 100))):
        if out:
            out[_spot(rng, out)] = rng.randrange(256)
    return bytes(out)


def _truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: _spot(rng, data)]


def _cut(rng: random.Random, data: bytes) -> bytes:
    at = _spot(rng, data)
    return data[:at] + data[at + rng.choice((1, 20, 2000)) :]


def _double(rng: random.Random, data: bytes) -> bytes:
    at = _spot(rng, data)
    return data[:at] + data[at : at + rng.choice((1, 20, 2000))] * rng.choice((2, 50)) + data[at:]


def _zeros(rng: random.Random, data: bytes) -> bytes:
    """A sector of a disk that was never written."""
    at = _spot(rng, data)
    return data[:at] + bytes(512) + data[at + 512 :]


def _replace(pattern: bytes, *values: bytes, most: int = 3) -> Damage:
    """Some of what matches becomes one of the values; in them, %N is the number of any object, %S that of the one it is in."""

    def damage(rng: random.Random, data: bytes) -> bytes:
        found = list(re.finditer(pattern, data))
        count = max(1, data.count(b" obj"))
        for match in sorted(rng.sample(found, min(len(found), rng.randint(1, most))), key=lambda m: -m.start()):
            own = re.findall(rb"(\d+) 0 obj", data[: match.start()]) or [b"1"]
            value = rng.choice(values).replace(b"%N", b"%d" % rng.randint(1, count)).replace(b"%S", own[-1])
            data = data[: match.start()] + value + data[match.end() :]
        return data

    return damage


_HUGE = (
    b"0",
    b"-1",
    b"1",
    b"7",
    b"65536",
    b"100000",
    b"2147483647",
    b"4294967296",
    b"99999999999999999999",
    b"1e9",
    b"null",
    b"%S 0 R",
)
_FILTERS = (
    b"DCTDecode",
    b"JPXDecode",
    b"JBIG2Decode",
    b"CCITTFaxDecode",
    b"LZWDecode",
    b"RunLengthDecode",
    b"ASCII85Decode",
    b"Nothing",
    b"Crypt",
)
_BOXES = (
    b"[0 0 0 0]",
    b"[0 0 1e30 1e30]",
    b"[1e9 1e9 -1e9 -1e9]",
    b"[0 0 14400000 14400000]",
    b"[nan inf 0 0]",
    b"[]",
    b"[0 0 0.001 0.001]",
    b"%S 0 R",
    b"[%S 0 R 0 0 0]",
    b"[-300 -300 900 900]",
    b"[0 0 20000 20000]",
)
_NOISE = (
    b"q " * 50_000,
    b"BT " * 10_000,
    b"[" * 100_000,
    b"<<" * 50_000,
    b"(" * 50_000,
    b"1e38 0 0 1e38 0 0 cm ",
    b"0 0 0 0 0 0 cm ",
    b"/Fm0 Do " * 1000,
    b"BI /W 60000 /H 60000 /BPC 8 /CS /RGB ID x EI ",
    b"0 Tz -1e9 Tf 1 Tr ",
    b"W n " * 5000,
    b"Q " * 5000,
    b"0 0 m " + b"9 9 1e9 -1e9 7 7 c " * 20_000 + b"f ",
    b"[1e-9 1e-9] 0 d 0 0 m 1e6 1e6 l S ",
)
DAMAGES: dict[str, Damage] = {
    "bytes": _bytes,
    "truncated": _truncate,
    "cut": _cut,
    "doubled": _double,
    "zeros": _zeros,
    "xref offsets": _replace(
        rb"\d{10}(?= \d{5} n)", b"0000000000", b"0000000017", b"9999999999", b"0000001000", most=10
    ),
    "xref kinds": _replace(rb"(?<=\d{5} )[nf](?= )", b"n", b"f", b"x", most=10),
    "startxref": _replace(rb"(?<=startxref\n)\d+", *_HUGE, b"17"),
    "xref stream": _replace(
        rb"(?<=/W)\s*\[[^]]*\]|(?<=/Index)\s*\[[^]]*\]",
        b"[0 0 0]",
        b"[1 99 2]",
        b"[-1 2 1]",
        b"[4 4 4]",
        b"[0 2147483647]",
    ),
    "object streams": _replace(rb"(?<=/First )\d+|(?<=/N )\d+", *_HUGE),
    "previous xref": _replace(rb"(?<=/Size )\d+", b"1 /Prev 17", b"10 /Prev 0", b"999999999", b"0", b"50 /XRefStm 20"),
    "lengths": _replace(rb"(?<=/Length )\d+", *_HUGE, b"%N 0 R"),
    "filters": _replace(rb"/FlateDecode|/DCTDecode", *(b"/" + f for f in _FILTERS), b"[" + b"/FlateDecode" * 50 + b"]"),
    "predictors": _replace(
        rb"/Filter ?/FlateDecode",
        *(
            b"/Filter/FlateDecode/DecodeParms<</Predictor %d/Columns %b>>" % (p, h)
            for p in (2, 12, 15, 99)
            for h in _HUGE[:8]
        ),
    ),
    "kids": _replace(
        rb"(?<=/Kids)\s*\[[^]]*\]",
        b"[%S 0 R]",
        b"[%N 0 R %S 0 R]",
        b"[1 0 R]",
        b"[]",
        b"[null 5]",
        b"%S 0 R",
        b"[" + b"%N 0 R " * 50 + b"]",
    ),
    "parents": _replace(rb"(?<=/Parent )\d+ 0 R", b"%S 0 R", b"%N 0 R", b"null"),
    "counts": _replace(rb"(?<=/Count )-?\d+", *_HUGE),
    "root": _replace(rb"(?<=/Root )\d+ 0 R|(?<=/Pages )\d+ 0 R", b"%N 0 R", b"%S 0 R", b"null", b"99999 0 R"),
    "references": _replace(rb"\d+ 0 R", b"%N 0 R", b"%S 0 R", b"99999 0 R", b"null", b"-1 0 R", most=8),
    "types": _replace(
        rb"/(Type|Subtype) ?/\w+",
        b"/Type/Pages",
        b"/Type/Page",
        b"/Subtype/Image",
        b"/Type/Font",
        b"/Subtype/Form",
        b"/Type 7",
    ),
    "sizes of pictures": _replace(rb"(?<=/Width )\d+|(?<=/Height )\d+|(?<=/BitsPerComponent )\d+", *_HUGE),
    "colours": _replace(
        rb"/Device(RGB|Gray|CMYK)",
        b"[/Indexed /DeviceRGB 99999 (x)]",
        b"[/Separation /a /DeviceRGB %S 0 R]",
        b"[/ICCBased %N 0 R]",
        b"/Pattern",
        b"[/Lab 1 2 3]",
        b"%S 0 R",
    ),
    "pictures": _replace(
        rb"\xff\xd8\xff|\x89PNG|(?<=/Subtype/Image)|(?<=/Subtype /Image)",
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff",
        b"/SMask %S 0 R",
        b"/Decode[1e9 -1e9]",
        b"/ImageMask true",
        b"/Mask [0 999999]",
    ),
    "fonts": _replace(
        rb"(?<=/FontFile[23] )\d+ 0 R|(?<=/FontDescriptor )\d+ 0 R|(?<=/DescendantFonts)\s*\[[^]]*\]",
        b"%N 0 R",
        b"%S 0 R",
        b"null",
        b"[%S 0 R]",
        b"[]",
    ),
    "unicode maps": _replace(
        rb"/ToUnicode \d+ 0 R|/Encoding ?/[\w-]+|/CIDToGIDMap \d+ 0 R",
        b"/ToUnicode %N 0 R",
        b"/ToUnicode %S 0 R",
        b"/Encoding/Identity-V",
        b"/Encoding<</Differences[0 /a 99999999 /b -5 /c]>>",
    ),
    "maps": _replace(
        rb"beginbfrange|beginbfchar|begincodespacerange",
        b"99999999 beginbfrange <0000> <ffff> <0041>",
        b"usecmap",
        b"endcmap",
    ),
    "widths": _replace(
        rb"(?<=/W)\s*\[[^]]*\]|/DW \d+|/Widths \d+ 0 R",
        b"[0 99999999 1e30]",
        b"[0 [" + b"1 " * 9999 + b"]]",
        b"/Widths %S 0 R",
        b"/FirstChar -5/LastChar 99999999/Widths[]",
    ),
    "rotation": _replace(
        rb"/MediaBox",
        *(b"/Rotate %b/MediaBox" % r for r in (b"90", b"45", b"-90", b"270", b"1e30", b"%S 0 R", b"/x", b"99999990")),
    ),
    "boxes": _replace(rb"(?<=/MediaBox)\s*\[[^]]*\]", *_BOXES),
    "crops": _replace(
        rb"/MediaBox",
        *(b"/CropBox%b/MediaBox" % box for box in _BOXES),
        b"/UserUnit 1e9/MediaBox",
        b"/UserUnit 0/MediaBox",
    ),
    "encryption": _replace(
        rb"/(V|R|P|Length) -?\d+(?=\D)|/CFM ?/\w+|/(O|U|OE|UE|Perms) ?<",
        b"/V 9",
        b"/R 99",
        b"/P 1e9",
        b"/CFM/None",
        b"/CFM/Bogus",
        b"/O<00>/Q<",
        b"/Length 7",
    ),
    "outlines": _replace(
        rb"/(First|Last|Next|Prev|Parent) \d+ 0 R",
        b"/Next %S 0 R",
        b"/First %S 0 R",
        b"/Parent %S 0 R",
        b"/Next %N 0 R",
        b"/First %N 0 R",
    ),
    "links": _replace(
        rb"/Annots|/Dest|/A ?<<", b"/Annots %S 0 R/X", b"/Dest %S 0 R/X", b"/A %S 0 R/X<<", b"/Names %S 0 R/X"
    ),
    "content": _replace(
        rb"stream\r?\n(?=q|BT|\n)|\nBT\n|\nQ\n|\nq\n", *(b"\n%b\n" % noise for noise in _NOISE), most=1
    ),
    "nesting": _replace(
        rb"endobj", b"[" * 100_000, b"<</a" * 50_000, b"endobj %N 0 obj %N 0 R endobj %S 0 obj %S 0 R endobj", most=1
    ),
    "forms": _replace(
        rb"/Resources ?<<|/Resources \d+ 0 R",
        b"/Resources<</XObject<</Fm0 %S 0 R>>",
        b"/Resources %S 0 R",
        b"/Resources<</Font %S 0 R/XObject %S 0 R>>",
    ),
    "labels": _replace(
        rb"/Type ?/Catalog",
        b"/Type/Catalog/PageLabels<</Nums[0 <</S/D/St -99>> -5 7 1 %S 0 R]>>",
        b"/Type/Catalog/PageLabels<</Kids[%S 0 R]>>",
        b"/Type/Catalog/OCProperties %S 0 R/AcroForm %S 0 R/StructTreeRoot %S 0 R",
    ),
}


class Outcome(NamedTuple):
    """How the reading of one file ended: `ok`, `repaired`, `partial`, `no page`, or the name of an IngestError."""

    kind: str
    lost: int
    """Tasks that cost a worker."""
    seconds: float
    errors: tuple[str, ...]


async def attack(ingestor: Ingestor, path: Path) -> Outcome:
    """Reads the file as the service would. Raises what is no IngestError: that would be a fault of ours."""
    began = time.monotonic()
    try:
        info = await ingestor.probe(path, name="a.pdf")
        pages = [page async for page in ingestor.read(path, range(1, min(info.page_count, 6) + 1))]
    except IngestError as error:
        said = (str(error),)
        return Outcome(type(error).__name__, _lost(said), time.monotonic() - began, said)
    errors = tuple(page.error for page in pages if page.error)
    kind = "ok" if not errors else "no page" if len(errors) == len(pages) else "partial"
    if kind == "ok" and any("repaired" in note for note in info.notes):
        kind = "repaired"
    return Outcome(kind, _lost(errors), time.monotonic() - began, errors)


def _lost(errors: tuple[str, ...]) -> int:
    return sum("worker process ended" in e or "processor time" in e or "took longer" in e for e in errors)
