"""The first look at a file, and the unlocked copy of an encrypted one. Runs in workers."""

from pathlib import Path

import pymupdf
from PIL import Image, UnidentifiedImageError

from ingest.document import SourceInfo
from ingest.errors import DamagedFile, TooManyPages
from ingest.sources.formats import SVG, Format
from ingest.sources.opening import brief, open_source

# Larger pictures are not decoded for a first look; reading their page meets the limits of memory and time.
_CHECKED_PIXELS = 80_000_000


def look(path: Path, name: str, password: str | None, page_limit: int) -> SourceInfo:
    """What the file is. Raises as `open_source`, and TooManyPages."""
    source = open_source(path, name, password)
    try:
        if source.page_count > page_limit:
            raise TooManyPages(source.page_count, page_limit)
        if source.format.media_type.startswith("image/") and source.format is not SVG:
            _check_picture(path, source.format)
        title = " ".join(((source.document.metadata or {}).get("title") or "").split())
        return SourceInfo(
            media_type=source.format.media_type,
            page_count=source.page_count,
            title=title or None,
            encrypted=bool(source.document.needs_pass),
            outline=source.outline,
            notes=source.notes,
        )
    finally:
        source.close()


def _check_picture(path: Path, found: Format) -> None:
    """MuPDF shows what there is of a truncated picture, and paper for the rest; Pillow tells."""
    try:
        with Image.open(path) as image:
            if image.width * image.height <= _CHECKED_PIXELS:
                image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return
    except (OSError, SyntaxError, ValueError) as error:
        raise DamagedFile(f"The {found.title} is truncated or damaged ({brief(error)}).") from None


def write_unlocked(path: Path, password: str, target: Path) -> None:
    """Writes a copy without encryption. Raises as `open_source`; the target is whole or absent."""
    source = open_source(path, "", password)
    partial = target.with_name(target.name + ".partial")
    try:
        source.document.save(str(partial), encryption=pymupdf.PDF_ENCRYPT_NONE)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
        source.close()
