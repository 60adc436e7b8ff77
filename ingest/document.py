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
    """What a block is. Headers, footers and page numbers are the running ones; they are marked, never deleted."""

    TITLE = "title"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    FIGURE = "figure"
    CAPTION = "caption"
    HEADER = "header"
    FOOTER = "footer"
    PAGE_NUMBER = "page_number"
    FOOTNOTE = "footnote"
    FORMULA = "formula"


class TextSource(StrEnum):
    """Where a page's words come from. `mixed`: a text layer, and OCR of regions that it leaves out."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    MIXED = "mixed"
    NONE = "none"


class Cell(Struct, frozen=True, omit_defaults=True):
    """A cell of a table. Rows and columns count from 0; `first_word` and `last_word` delimit its words in `Page.words` (half-open).

    `unit` is what a figure in it is measured in: its own sign, else what its column's header, its row's label or the table says.
    """

    row: int
    column: int
    text: str
    box: Box
    first_word: int
    last_word: int
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    """Whether it names a column (in the header rows) or a group of rows."""
    unit: str | None = None


class Table(Struct, frozen=True, omit_defaults=True):
    """A table's grid. `cells` are row by row, left to right; places without words may be absent. The first `header_rows` rows name
    the columns."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    header_rows: int = 0
    wired: bool = False
    """Whether rules are drawn between the cells."""
    unit: str | None = None
    """What the table says of all its figures, such as "EUR million"."""
    continues: int | None = None
    """The page whose last table goes on here. Where its header is not printed again, `inherited` holds it."""
    inherited: tuple[Cell, ...] = ()
    """Header cells of the table that is continued, for a page that does not repeat them; their boxes and words are on that page."""


class FigureKind(StrEnum):
    """What a figure is. `decoration`: backgrounds, rules, ornaments, and pictures repeated over pages; left out of search."""

    PHOTO = "photo"
    CHART = "chart"
    DIAGRAM = "diagram"
    LOGO = "logo"
    DECORATION = "decoration"


class Block(Struct, frozen=True):
    """A region of one page. `first_word` and `last_word` delimit its words in `Page.words` (half-open).

    Blocks stand in reading order. The text of a table is its cells, apart by tabs, a row a line.
    """

    kind: BlockKind
    text: str
    box: Box
    first_word: int
    last_word: int
    level: int | None = None
    """Of a title: its depth, from 1."""
    caption: int | None = None
    """Of a figure or table: the index in `Page.blocks` of its caption."""
    table: Table | None = None
    figure: FigureKind | None = None


class HiddenText(Struct, frozen=True, array_like=True):
    """Text of the file that a reader of the page can't see: kept apart, never searched, never shown to a model.

    `why`: `invisible` (drawn without ink), `paper` (in the colour of its ground), `tiny` (too small to read), `outside` (off the
    page), `covered` (something is drawn over it).
    """

    text: str
    box: Box
    why: str


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
    """Titles that the top of the page stands under, outermost first: from the outline, else as found on this and earlier pages."""
    hidden: tuple[HiddenText, ...] = ()
    skew: float = 0.0
    """Degrees, clockwise, by which a scan was found turned; boxes are those of the page as displayed, not straightened."""
    notes: tuple[str, ...] = ()
    """What the reader of the page should know: why it was read by OCR, what was left out by a limit."""
    error: str | None = None
    milliseconds: float = 0.0
    """Wall time spent reading this page in its worker."""
    awaiting_ocr: str | None = None
    """Why the page, or a part of it, has to be read by OCR, where that is left until somebody asks; None where nothing is left."""

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
    kinds: tuple[BlockKind, ...] = ()
    """Kinds of the blocks it holds, each once, in order."""
    cells: tuple[Cell, ...] = ()
    """Of a table: the cells it holds, header cells first."""


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
