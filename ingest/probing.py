"""The first look at a file, and the unlocked copy of an encrypted one. Runs in workers."""

from pathlib import Path

import pymupdf

from ingest.document import SourceInfo
from ingest.errors import TooManyPages
from ingest.opening import open_source


def look(path: Path, name: str, password: str | None, page_limit: int) -> SourceInfo:
    """What the file is. Raises as `open_source`, and TooManyPages."""
    source = open_source(path, name, password)
    try:
        if source.page_count > page_limit:
            raise TooManyPages(source.page_count, page_limit)
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
