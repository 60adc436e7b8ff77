"""Opens documents inside a worker, and keeps the last few open: opening a long file for each page costs more than reading it."""

from collections import OrderedDict
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import pymupdf

from ingest.document import OutlineEntry
from ingest.errors import DamagedFile, DocumentLocked, EmptyFile, IngestError
from ingest.sources.formats import TEXT, Format, identify, read_text

# A4 and 11 points: formats without pages of their own (EPUB, HTML, text) are laid out as a printed page would be.
_REFLOW = {"width": 595, "height": 842, "fontsize": 11}
_KEPT_OPEN = 4


class Source:
    """An open document with what is the same for all its pages."""

    def __init__(self, document: pymupdf.Document, found: Format, notes: tuple[str, ...] = ()) -> None:
        self.document = document
        self.format = found
        self.notes = notes
        self.avoided: frozenset[int] = frozenset()
        """Pages that could not be read: who reads another page keeps away from them."""
        self.alone = False
        """Whether the page that is read now has to do without its neighbours, since one of them may be why its worker was lost."""
        self.glances: OrderedDict[int, Any] = OrderedDict()
        """Scratch space of `ingest.layout.glance`: what was seen of pages in passing."""
        self.tables: OrderedDict[int, Any] = OrderedDict()
        """Scratch space of `ingest.pages.continuing`: the last tables of pages read lately."""

    @property
    def page_count(self) -> int:
        return int(self.document.page_count)

    def page(self, number: int) -> pymupdf.Page:
        """The page, from 1, turned upright in memory: its coordinates are then those of the page as displayed."""
        page = self.document[number - 1]
        if page.rotation and self.document.is_pdf:
            # A damaged page may refuse; whoever reads it then finds `rotation` still set.
            with suppress(Exception):
                _turn_upright(page)
                page = self.document[number - 1]
        return page

    @cached_property
    def outline(self) -> tuple[OutlineEntry, ...]:
        """Bookmarks that point into the document, in their order; none, and a note, where the file's outline is damaged."""
        try:
            found = self.document.get_toc()
        except Exception as error:  # noqa: BLE001  # what stands on the pages does not depend on it
            self.notes = (*self.notes, f"The outline is damaged and left out ({brief(error)}).")
            return ()
        entries = (OutlineEntry(int(level), " ".join(title.split()), int(page)) for level, title, page in found)
        return tuple(e for e in entries if 1 <= e.page <= self.page_count and e.title)

    def label(self, number: int) -> str | None:
        """The printed number of a page, where the file says what it is, and says it in a way that can be read."""
        if not self.document.is_pdf:
            return None
        # The labels are parsed as text: damaged ones end in any error, and cost no page.
        with suppress(Exception):
            return str(self.document[number - 1].get_label()) or None
        return None

    def section(self, number: int) -> tuple[str, ...]:
        """Titles the page stands under: of the first bookmark on the page, else of the last one before it."""
        here = next((i for i, e in enumerate(self.outline) if e.page == number), None)
        return self._path(here) if here is not None else self.section_before(number)

    def section_before(self, number: int) -> tuple[str, ...]:
        """Titles that the page before ends under."""
        before = [i for i, e in enumerate(self.outline) if e.page < number]
        return self._path(before[-1]) if before else ()

    def _path(self, index: int) -> tuple[str, ...]:
        path: list[str] = []
        level = self.outline[index].level + 1
        for entry in reversed(self.outline[: index + 1]):
            if entry.level < level:
                path.append(entry.title)
                level = entry.level
        return tuple(reversed(path))

    def close(self) -> None:
        self.document.close()


def _turn_upright(page: pymupdf.Page) -> None:
    turned, crop, media = page.rotation, page.cropbox, page.mediabox
    page.set_rotation(0)
    # The crop is lost when a page is turned; as the page's own edge it stays. The media box counts from the bottom of the page.
    page.set_mediabox(pymupdf.Rect(crop.x0, media.y1 - crop.y1, crop.x1, media.y1 - crop.y0))
    page.set_rotation(turned)
    page.remove_rotation()


def open_source(path: Path, name: str, password: str | None = None) -> Source:
    """Opens a file after a look at its content. `name` is what the user calls it.

    Raises EmptyFile, NotADocument, DamagedFile (the format is known, but it does not open or has lost all its pages) and
    DocumentLocked.
    """
    found = identify(path, name)
    document, notes = _open(path, found)
    try:
        _unlock(document, found, password)
        if document.page_count == 0:
            raise _no_pages(document, found)
        if document.is_pdf and document.is_repaired:
            notes = (*notes, "The PDF is damaged and was repaired on opening; pages may be missing.")
    except BaseException:
        document.close()
        raise
    return Source(document, found, notes)


def _open(path: Path, found: Format) -> tuple[pymupdf.Document, tuple[str, ...]]:
    try:
        if found is TEXT:
            data, bad = read_text(path)
            if not data.strip():
                raise EmptyFile("The file holds white space only.")
            notes = (f"{bad} characters could not be decoded and are shown as U+FFFD.",) if bad else ()
            return pymupdf.open(stream=data, filetype="txt", **_REFLOW), notes
        return pymupdf.open(str(path), filetype=found.mupdf, **_REFLOW), ()
    except IngestError:
        raise
    except Exception as error:
        reason = brief(error).replace(f" '{path}'", "")
        raise DamagedFile(
            f"The file looks like {found.title} but can't be opened: it is truncated or damaged ({reason})."
        ) from error


def _unlock(document: pymupdf.Document, found: Format, password: str | None) -> None:
    if not document.needs_pass:
        return
    if password is None:
        raise DocumentLocked(f"The {found.title} is encrypted; send its password along.")
    if not document.authenticate(password):
        raise DocumentLocked(
            f"The {found.title} is encrypted, and the password given does not open it.", password_given=True
        )


def _no_pages(document: pymupdf.Document, found: Format) -> IngestError:
    if document.is_pdf and document.is_repaired:
        return DamagedFile("The PDF is truncated or damaged: no page could be recovered.")
    return EmptyFile(f"The {found.title} has no page.")


def brief(error: BaseException) -> str:
    """The first line of an error, short enough for a message."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]


class OpenSources:
    """The documents a worker has open, the least recently used closed first. A file that changed is opened anew."""

    def __init__(self, kept: int = _KEPT_OPEN) -> None:
        self._kept = kept
        self._sources: OrderedDict[tuple[str, int, int], Source] = OrderedDict()

    def get(self, path: Path) -> Source:
        """The open document; raises as `open_source`, and FileNotFoundError where the file is gone."""
        stat = path.stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        source = self._sources.pop(key, None)
        if source is None:
            while len(self._sources) >= self._kept:
                self._sources.popitem(last=False)[1].close()
            source = open_source(path, "")
        self._sources[key] = source
        return source
