"""Zipped formats (EPUB, XPS, CBZ, office files) before anything else opens them: what they hold, and what it unpacks to."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from ingest.errors import DamagedFile, TooLarge
from ingest.limits import Limits

_MEGABYTE = 1024 * 1024
# A book of 5,000 pages with a picture, a style and a font file for each has 15,000.
_MEMBERS = 50_000
# Deflate packs 1,032 bytes into one at best; text packs 3 to 10, a worksheet of equal rows some 100. Small files do no harm.
_RATIO = 200
_RATIO_FROM = 64 * _MEGABYTE
_CHUNK = _MEGABYTE
_LOCAL_HEADER = 30
# Pillow refuses pictures of 179 million pixels on opening, before their size can be told; here `Limits.image_pixels` decides.
Image.MAX_IMAGE_PIXELS = None
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp", ".jp2", ".jpx", ".j2k", ".webp")


def check_archive(path: Path, title: str, limits: Limits) -> None:
    """Refuses an archive that would unpack to more than the limits, or whose members have names that lead out of it.

    What is declared is looked at first; then every member is unpacked into nothing and counted, since a declaration costs nothing.
    Raises TooLarge and DamagedFile. A file that is no archive after all is left to what opens it.
    """
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            _check_names(members, title)
            _check_size(sum(m.file_size for m in members), path, title, limits)
            _check_size(_unpacked(file, members, limits.decompressed_mb * _MEGABYTE), path, title, limits)
            _check_pictures(archive, members, title, limits)
    except zipfile.BadZipFile:
        return


def _check_names(members: Sequence[zipfile.ZipInfo], title: str) -> None:
    if len(members) > _MEMBERS:
        raise TooLarge(f"The {title} holds {len(members)} files; the limit is {_MEMBERS}.")
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:3] == ":/":
            raise DamagedFile(f"The {title} holds a file whose name leads out of it: {member.filename[:100]!r}.")


def _check_size(size: int, path: Path, title: str, limits: Limits) -> None:
    if size > limits.decompressed_mb * _MEGABYTE:
        raise TooLarge(
            f"The {title} unpacks to more than {limits.decompressed_mb} MB (setting `limits.decompressed_mb`)."
        )
    packed = path.stat().st_size
    if size > _RATIO_FROM and size > _RATIO * packed:
        raise TooLarge(
            f"The {title} unpacks to {size // packed} times its size ({size // _MEGABYTE} MB); no more than {_RATIO} times is "
            "accepted."
        )


def _unpacked(file: BinaryIO, members: Sequence[zipfile.ZipInfo], limit: int) -> int:
    """Bytes that the members really unpack to; counting ends beyond `limit`."""
    total = 0
    for member in members:
        file.seek(member.header_offset)
        header = file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER:
            continue
        # The local header's own lengths: those of the directory may differ.
        file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
        packed = member.compress_size
        total += packed if member.compress_type != zipfile.ZIP_DEFLATED else _inflated(file, packed, limit - total)
        if total > limit:
            break
    return total


def _inflated(file: BinaryIO, packed: int, limit: int) -> int:
    inflater = zlib.decompressobj(-15)
    size = 0
    while packed > 0 and not inflater.eof and size <= limit:
        data = file.read(min(packed, _CHUNK))
        if not data:
            break
        packed -= len(data)
        while data and size <= limit:
            try:
                size += len(inflater.decompress(data, _CHUNK))
            except zlib.error:
                return size  # damaged: whatever reads it gets no further either
            data = inflater.unconsumed_tail
    return size


def _check_pictures(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], title: str, limits: Limits) -> None:
    """The pictures' headers say how large they are decoded."""
    for member in members:
        if not member.filename.lower().endswith(_PICTURES):
            continue
        try:
            with archive.open(member) as file, Image.open(file) as image:
                check_pixels(image.size, f"The picture {member.filename[:100]!r} of the {title}", limits)
        except (UnidentifiedImageError, zipfile.BadZipFile, zlib.error, OSError, ValueError,
                SyntaxError, NotImplementedError, RuntimeError, EOFError):  # fmt: skip
            continue  # a damaged picture is the concern of its page


def check_pixels(size: tuple[int, int], what: str, limits: Limits) -> None:
    """Raises TooLarge for a picture of more pixels than `Limits.image_pixels`; `what` begins the message."""
    width, height = size
    if width * height > limits.image_pixels:
        raise TooLarge(
            f"{what} has {width} × {height} pixels; the limit is {limits.image_pixels:,} (setting `limits.image_pixels`)."
        )
