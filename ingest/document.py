"""What ingest makes of bytes: pages with words, blocks and passages, all with boxes.

Boxes are in points (1/72 inch), origin at the top left of the page as a viewer shows it (rotation applied), x to the right, y down.
Pages are counted from 1, as PDF viewers do; the printed label, where there is one, stands beside the number.
Knows nothing of vectors, storage or the web.
"""

from enum import StrEnum

from msgspec import Struct


class Box(Struct, frozen=True, array_like=True):
    """A rectangle on a page: left, top, right, bottom, in points; x0 <= x1 and y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float


class Word(Struct, frozen=True, array_like=True):
    """One word as it stands on the page. `confidence` is 0 to 1 for words read by OCR, None for words of the text layer."""

    text: str
    box: Box
    confidence: float | None = None


class BlockKind(StrEnum):
    """What a block is. Headers and footers are the running ones; they are marked, never deleted."""

    TITLE = "title"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    FIGURE = "figure"
    CAPTION = "caption"
    HEADER = "header"
    FOOTER = "footer"
    FOOTNOTE = "footnote"
    FORMULA = "formula"


class TextSource(StrEnum):
    """Where a page's words come from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    NONE = "none"


class Block(Struct, frozen=True):
    """A region of one page. `first_word` and `last_word` delimit its words in `Page.words` (half-open)."""

    kind: BlockKind
    text: str
    box: Box
    first_word: int
    last_word: int


class Page(Struct, frozen=True):
    """One page as read. `width` and `height` in points. A page that could not be read has `error` set and no words."""

    number: int
    width: float
    height: float
    label: str | None = None
    source: TextSource = TextSource.NONE
    words: tuple[Word, ...] = ()
    blocks: tuple[Block, ...] = ()
    section: tuple[str, ...] = ()
    """Titles from the outline that the page stands under, outermost first."""
    error: str | None = None
    milliseconds: float = 0.0
    """Wall time spent reading this page in its worker."""

    @property
    def text(self) -> str:
        """The page's text in reading order, a blank line between blocks."""
        return "\n\n".join(block.text for block in self.blocks)


class Passage(Struct, frozen=True):
    """What is embedded as text: blocks of ONE page, never across. `ordinal` counts from 0 within the page."""

    page: int
    ordinal: int
    text: str
    boxes: tuple[Box, ...]
    section: tuple[str, ...] = ()
    label: str | None = None
    """The page's printed label."""


class OutlineEntry(Struct, frozen=True):
    """A bookmark: `level` from 1, `page` from 1."""

    level: int
    title: str
    page: int


class SourceInfo(Struct, frozen=True):
    """What a first look at a file found, before any page is read."""

    media_type: str
    page_count: int
    title: str | None = None
    encrypted: bool = False
    """True if a password was needed; the pages can be read only from the unlocked copy (see `Ingestor.unlock`)."""
    outline: tuple[OutlineEntry, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know of how the file is read (bytes that could not be decoded, a damaged file that was repaired)."""
