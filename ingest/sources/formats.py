"""Tells a file's format from its first bytes, and whether its name agrees. Called in workers only: the bytes are a stranger's."""

import io
import mmap
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ingest.errors import DocumentLocked, EmptyFile, NotADocument

_HEAD = 8192

ACCEPTED = (
    "PDF, EPUB, XPS, CBZ, MOBI, FB2, SVG, HTML, plain text, images (PNG, JPEG, TIFF, GIF, BMP, JPEG 2000, PNM), and where "
    "LibreOffice is installed Word, PowerPoint, Excel, OpenDocument and RTF files"
)


class Format(NamedTuple):
    """A format: what people call it, its media type, the name MuPDF knows it by (None: not read by it), the suffixes it goes by,
    and the one that LibreOffice gets it with (empty: not converted)."""

    title: str
    media_type: str
    mupdf: str | None
    suffixes: frozenset[str]
    office: str = ""


def _format(title: str, media_type: str, mupdf: str | None, suffixes: str) -> Format:
    return Format(title, media_type, mupdf, frozenset(suffixes.split()))


def _office(title: str, media_type: str, suffixes: str) -> Format:
    """A format that LibreOffice turns into a PDF; its first suffix is the one that LibreOffice gets it with."""
    return Format(title, media_type, None, frozenset(suffixes.split()), suffixes.split()[0])


# One set for all pictures: a PNG that is called .jpg harms nobody, every viewer opens it.
_PICTURES = ".png .jpg .jpeg .jpe .jfif .tif .tiff .gif .bmp .jp2 .jpx .j2k .pnm .pbm .pgm .ppm"
PDF = _format("PDF", "application/pdf", "pdf", ".pdf")
EPUB = _format("EPUB", "application/epub+zip", "epub", ".epub")
XPS = _format("XPS", "application/vnd.ms-xpsdocument", "xps", ".xps .oxps")
CBZ = _format("CBZ", "application/vnd.comicbook+zip", "cbz", ".cbz .zip")
MOBI = _format("MOBI", "application/x-mobipocket-ebook", "mobi", ".mobi .prc .azw")
# Marked-up text may go by any name that text goes by.
_TEXTS = ".txt .text .md .markdown .rst .csv .tsv .log .json .xml .yaml .yml .toml .ini .tex"
FB2 = _format("FB2", "application/x-fictionbook+xml", "fb2", f".fb2 {_TEXTS}")
SVG = _format("SVG", "image/svg+xml", "svg", f".svg {_TEXTS}")
HTML = _format("HTML", "text/html", "html", f".html .htm .xhtml {_TEXTS}")._replace(office=".html")
TEXT = _format("plain text", "text/plain", "txt", _TEXTS)
PNG = _format("PNG image", "image/png", "png", _PICTURES)
JPEG = _format("JPEG image", "image/jpeg", "jpeg", _PICTURES)
TIFF = _format("TIFF image", "image/tiff", "tiff", _PICTURES)
GIF = _format("GIF image", "image/gif", "gif", _PICTURES)
BMP = _format("BMP image", "image/bmp", "bmp", _PICTURES)
JP2 = _format("JPEG 2000 image", "image/jp2", "jp2", _PICTURES)
PNM = _format("PNM image", "image/x-portable-anymap", "pnm", _PICTURES)
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
DOCX = _office("Word document", f"{_OOXML}wordprocessingml.document", ".docx .docm .dotx .dotm")
PPTX = _office("PowerPoint presentation", f"{_OOXML}presentationml.presentation", ".pptx .pptm .ppsx .ppsm .potx .potm")
XLSX = _office("Excel workbook", f"{_OOXML}spreadsheetml.sheet", ".xlsx .xlsm .xltx .xltm")
XLSB = _office("binary Excel workbook", "application/vnd.ms-excel.sheet.binary.macroenabled.12", ".xlsb")
ODT = _office("OpenDocument text", f"{_ODF}text", ".odt .ott")
ODS = _office("OpenDocument spreadsheet", f"{_ODF}spreadsheet", ".ods .ots")
ODP = _office("OpenDocument presentation", f"{_ODF}presentation", ".odp .otp")
ODG = _office("OpenDocument drawing", f"{_ODF}graphics", ".odg .otg")
DOC = _office("Word 97 document", "application/msword", ".doc .dot")
XLS = _office("Excel 97 workbook", "application/vnd.ms-excel", ".xls .xlt")
PPT = _office("PowerPoint 97 presentation", "application/vnd.ms-powerpoint", ".ppt .pps .pot")
RTF = _office("RTF file", "application/rtf", ".rtf .doc")  # Word itself saves RTF as .doc where it is told to
# Known, and not read. They are told apart so that the message names them and the name check knows their suffixes.
_OLE = _format("old Office file", "application/x-ole-storage", None, ".doc .xls .ppt .msg .mpp .vsd .pub")
_LOCKED = _format(
    "encrypted Office document",
    "application/x-ole-storage",
    None,
    " ".join(sorted(DOCX.suffixes | PPTX.suffixes | XLSX.suffixes | XLSB.suffixes)),
)
_LOCKED_ODF = _format(
    "encrypted OpenDocument file",
    "application/vnd.oasis.opendocument",
    None,
    " ".join(sorted(ODT.suffixes | ODS.suffixes | ODP.suffixes | ODG.suffixes)),
)
_WEBP = _format("WebP image", "image/webp", None, ".webp")
_ARCHIVE = _format("archive", "application/x-archive", None, ".zip .gz .7z .rar .tar .cbr .bz2 .xz .zst")
_PROGRAM = _format("program", "application/x-executable", None, ".exe .dll .so")
_MEDIA = _format(
    "sound or video file", "application/octet-stream", None, ".mp3 .mp4 .wav .avi .mov .mkv .webm .ogg .flac"
)

_FORMATS = (PDF, EPUB, XPS, CBZ, MOBI, FB2, SVG, HTML, TEXT, PNG, JPEG, TIFF, GIF, BMP, JP2, PNM,
            DOCX, PPTX, XLSX, XLSB, ODT, ODS, ODP, ODG, DOC, XLS, PPT, RTF, _OLE, _WEBP, _ARCHIVE, _PROGRAM, _MEDIA)  # fmt: skip
REFLOWED = frozenset({EPUB, MOBI, FB2, HTML, TEXT})
"""Formats without pages of their own: their text is what the file says, and never a picture of it."""
_KNOWN_SUFFIXES = frozenset[str]().union(*(f.suffixes for f in _FORMATS))

_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG), (b"II*\x00", TIFF), (b"MM\x00*", TIFF), (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", JP2), (b"\xff\x4f\xff\x51", JP2), (b"{\\rtf", RTF),
    (b"\x1f\x8b", _ARCHIVE), (b"7z\xbc\xaf\x27\x1c", _ARCHIVE), (b"Rar!\x1a\x07", _ARCHIVE), (b"BZh", _ARCHIVE),
    (b"\xfd7zXZ\x00", _ARCHIVE), (b"(\xb5/\xfd", _ARCHIVE), (b"\x7fELF", _PROGRAM),
    (b"ID3", _MEDIA), (b"OggS", _MEDIA), (b"fLaC", _MEDIA),
)  # fmt: skip


def identify(path: Path, name: str) -> Format:
    """The file's format by its content. `name` is what the user calls the file; only its suffix is looked at.

    Raises EmptyFile for zero bytes; DocumentLocked for an encrypted office file; NotADocument where the content is of no
    format that is read, or where the name promises another format (a PDF called .docx): one of the two is a mistake, and only
    the user knows which.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise EmptyFile("The file is empty (0 bytes).")
    suffix = PurePosixPath(name).suffix.lower()
    found = _sniff(head, path)
    if found is None:
        raise NotADocument(f"The file holds binary data of no format that is known. Accepted: {ACCEPTED}.")
    if suffix in _KNOWN_SUFFIXES and suffix not in found.suffixes:
        raise NotADocument(
            f"The content is {found.title}, but the name ends in {suffix!r}. Rename the file if the content is right. "
            f"Accepted: {ACCEPTED}."
        )
    if found in (_LOCKED, _LOCKED_ODF):
        raise DocumentLocked(
            f"The file is an {found.title}. Passwords of office files are not supported: save it without one, or as PDF.",
            password_given=True,
        )
    if found.mupdf is None and not found.office:
        raise NotADocument(
            f"The file is of a format that is not read: {found.title}. Save it as PDF. Accepted: {ACCEPTED}."
        )
    return found


def _sniff(head: bytes, path: Path) -> Format | None:
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            return found
    # The PDF specification's readers allow for junk before the header, up to 1,024 bytes.
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _sniff_ole(path)
    return _sniff_rare(head) or _sniff_text(head)


def _sniff_rare(head: bytes) -> Format | None:
    if head[60:68] in (b"BOOKMOBI", b"TEXtREAd"):
        return MOBI
    if head[:4] == b"RIFF":
        return _WEBP if head[8:12] == b"WEBP" else _MEDIA
    if head[4:8] == b"ftyp":
        return _MEDIA
    if head[:2] == b"BM" and len(head) > 14 and head[6:10] == bytes(4):
        return BMP
    if re.match(rb"P[1-6]\s+(#.*\s+)*\d+\s+\d+", head):
        return PNM
    return _PROGRAM if head[:2] == b"MZ" and b"\x00" in head else None


def _sniff_ole(path: Path) -> Format:
    """Old Office files are file systems of their own; the names in their directory, in UTF-16, tell what is in them."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for name, found in _STREAMS:
            # A directory entry: the name in 64 bytes, and its length in bytes with the closing zero.
            if data.find(name.encode("utf-16-le").ljust(64, b"\0") + (2 * len(name) + 2).to_bytes(2, "little")) >= 0:
                return found
    return _OLE


_STREAMS = (
    ("EncryptedPackage", _LOCKED),
    ("WordDocument", DOC),
    ("PowerPoint Document", PPT),
    ("Workbook", XLS),
    ("Book", XLS),
)


def _sniff_zip(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            kind = archive.open("mimetype").read(100).decode("ascii", "replace") if "mimetype" in names else ""
            if kind.startswith(_ODF) and "META-INF/manifest.xml" in names:
                # Each encrypted member is said to be so, the first of them near the top.
                with archive.open("META-INF/manifest.xml") as manifest:
                    if b"encryption-data" in manifest.read(1_000_000):
                        return _LOCKED_ODF
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        # A truncated archive has lost its table of contents, which stands at the end; names still stand before each member.
        names, kind = [], ""
        with path.open("rb") as file:
            head = file.read(_HEAD)
        kind = "application/epub+zip" if b"mimetypeapplication/epub+zip" in head else ""
        names = [
            n.decode("utf-8", "replace") for n in re.findall(rb"PK\x03\x04.{26}([\w\[][\w/.\[\] -]*)", head, re.DOTALL)
        ]
    return _zip_format(names, kind)


def _zip_format(names: list[str], kind: str) -> Format:
    if kind.startswith("application/epub+zip"):
        return EPUB
    for found in (ODT, ODS, ODP, ODG):
        if kind.strip() in (found.media_type, f"{found.media_type}-template"):
            return found
    if "xl/workbook.bin" in names:
        return XLSB
    for prefix, found in (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX)):
        if any(n.startswith(prefix) for n in names):
            return found
    if any(n.lower().endswith((".fpage", ".fdseq")) or n.startswith("Documents/") for n in names):
        return XPS
    files = [n for n in names if not n.endswith("/")]
    pictures = sum(PurePosixPath(n.lower()).suffix in PNG.suffixes for n in files)
    return CBZ if pictures and pictures >= 0.5 * len(files) else _ARCHIVE


def _sniff_text(head: bytes) -> Format | None:
    if not _is_text(head):
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2048].lower()
    if start.startswith(b"<"):
        for mark, found in ((b"<fictionbook", FB2), (b"<svg", SVG), (b"<!doctype html", HTML), (b"<html", HTML)):
            if mark in start:
                return found
    return TEXT


def _is_text(head: bytes) -> bool:
    """No control characters but white space, or a byte-order mark of UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b\x08" for byte in head)
    # Binary data has a control byte about every eighth; a stray one in a text (old page breaks, terminal logs) is no proof.
    return b"\x00" not in head and control <= len(head) / 100


def read_text(path: Path) -> tuple[bytes, int]:
    """A plain text as UTF-8, and how many characters could not be decoded (they are shown as U+FFFD).

    UTF-8 and UTF-16 with a byte-order mark are recognised; bytes that are no UTF-8 at all are taken for Windows-1252, the
    superset of Latin-1 that old Western texts are in. A text that is mostly UTF-8 stays UTF-8, with its bad bytes replaced.
    """
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
        return text.encode("utf-8", "replace"), text.count("\ufffd")
    text = data.decode("utf-8-sig", "replace")
    bad = text.count("\ufffd") - data.count("\ufffd".encode())
    multibyte = sum(1 for _ in re.finditer(rb"[\xc2-\xf4][\x80-\xbf]+", data))
    if bad > multibyte:
        text = io.TextIOWrapper(io.BytesIO(data), "cp1252", "replace", newline="").read()
        bad = text.count("\ufffd")
    return text.encode(), bad
