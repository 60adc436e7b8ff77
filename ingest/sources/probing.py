"""The first look at a file, and the unlocked copy of an encrypted one. Runs in workers."""

import warnings
from pathlib import Path

import pymupdf
from msgspec.structs import replace
from PIL import Image, UnidentifiedImageError

from ingest.document import SourceInfo
from ingest.errors import DamagedFile, NeedsConversion, TooLarge, TooManyPages
from ingest.limits import Limits
from ingest.sources.archives import check_archive, check_pixels
from ingest.sources.formats import CBZ, EPUB, GIF, SVG, XPS, Format, identify
from ingest.sources.opening import Source, brief, open_source

# Larger pictures are not decoded for a first look; reading their page meets the limits of memory and time.
_CHECKED_PIXELS = 80_000_000


def look(path: Path, name: str, password: str | None, limits: Limits) -> SourceInfo:
    """What the file is. Raises as `open_source`, TooManyPages, TooLarge, and NeedsConversion for an office file."""
    found = identify(path, name)
    if found in (EPUB, XPS, CBZ) or found.office.startswith((".docx", ".pptx", ".xls", ".od")):
        check_archive(path, found.title, limits)
    if found.mupdf is None:
        raise NeedsConversion(found.title, found.media_type, found.office)
    notes = _check_picture(path, found, limits) if _is_picture(found) else ()
    source = open_source(path, name, password)
    try:
        if source.page_count > limits.pages:
            raise TooManyPages(source.page_count, limits.pages)
        info = _describe(source)
        return replace(info, notes=(*info.notes, *notes))
    finally:
        source.close()


def _describe(source: Source) -> SourceInfo:
    outline = source.outline  # which may leave a note
    title = " ".join(((source.document.metadata or {}).get("title") or "").split())
    return SourceInfo(
        media_type=source.format.media_type,
        page_count=source.page_count,
        title=title or None,
        encrypted=bool(source.document.needs_pass),
        outline=outline,
        notes=source.notes,
    )


def _is_picture(found: Format) -> bool:
    return found.media_type.startswith("image/") and found is not SVG


def _check_picture(path: Path, found: Format, limits: Limits) -> tuple[str, ...]:
    """Every picture of the file is within the limit of pixels, and whole as far as that can be told; what is worth noting.

    MuPDF shows what there is of a truncated picture, and paper for the rest; Pillow tells.
    """
    number, budget = 0, _CHECKED_PIXELS
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore")
            if found is GIF:
                check_pixels(image.size, f"The {found.title}", limits)
                image.load()
                animated = getattr(image, "n_frames", 1) > 1
                return ("The picture is animated: it is read as one page.",) if animated else ()
            while number <= limits.pages and _seek(image, number):
                which = f"Picture {number + 1} of the {found.title}" if number else f"The {found.title}"
                check_pixels(image.size, which, limits)
                budget -= image.width * image.height
                if budget >= 0:
                    image.load()
                number += 1
    except UnidentifiedImageError:
        return ()  # of a kind that Pillow does not know
    except TooLarge:
        raise
    except Exception as error:  # noqa: BLE001  # Pillow raises what it likes over damaged files: TypeError, KeyError, struct.error
        if number == 0:
            raise DamagedFile(f"The {found.title} is truncated or damaged ({brief(error)}).") from None
        return (f"The {found.title} is damaged from picture {number + 1} on; pages may be missing.",)
    return ()


def _seek(image: Image.Image, number: int) -> bool:
    """Whether there is such a picture in the file."""
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


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
