"""What was found on pages, in words: the lines of `quire inspect`."""

from collections import Counter
from collections.abc import Iterable, Iterator

from api.cli.plain import plain
from api.cli.progress import duration
from ingest import Block, BlockKind, Page, TextSource

SOURCES = {
    TextSource.TEXT_LAYER: "text layer",
    TextSource.OCR: "OCR",
    TextSource.MIXED: "text layer and OCR",
    TextSource.NONE: "no words",
}


def page_lines(page: Page) -> Iterator[str]:
    """The report on one page; the first line names it, the others are indented."""
    printed = f" (printed {plain(page.label, 20)})" if page.label and page.label != str(page.number) else ""
    if page.error:
        yield f"page {page.number}{printed}: could not be read"
        yield f"  error     {plain(page.error)}"
        return
    size = f"{page.width:.0f} x {page.height:.0f} pt"
    facts = (size, SOURCES[page.source], counted(len(page.words), "word"), f"{page.milliseconds:,.0f} ms")
    yield f"page {page.number}{printed}: {', '.join(facts)}"
    for name, value in _facts(page):
        if value:
            yield f"  {name:<9} {value}"


def _facts(page: Page) -> Iterator[tuple[str, str]]:
    yield "section", " > ".join(plain(title, 60) for title in page.section)
    yield "blocks", _kinds(block.kind.value for block in page.blocks)
    yield "tables", ", ".join(table(block) for block in page.blocks if block.table is not None)
    yield "figures", _kinds(block.figure.value for block in page.blocks if block.figure is not None)
    yield "captions", captions(page)
    yield "hidden", hidden(page)
    yield "skew", f"{page.skew:+.2f} degrees" if page.skew else ""
    yield "notes", "; ".join(plain(note) for note in page.notes)


def table(block: Block) -> str:
    """`12 x 5, 2 header rows, goes on from page 3`."""
    grid = block.table
    assert grid is not None
    parts = [f"{grid.rows} x {grid.columns}"]
    if grid.header_rows:
        parts.append(counted(grid.header_rows, "header row"))
    if grid.unit:
        parts.append(f"in {plain(grid.unit, 30)}")
    if grid.continues is not None:
        parts.append(f"goes on from page {grid.continues}")
    return parts[0] + (f" ({', '.join(parts[1:])})" if parts[1:] else "")


def captions(page: Page) -> str:
    """`2 of 3 tied to a figure or table`."""
    all_of_them = sum(block.kind is BlockKind.CAPTION for block in page.blocks)
    tied = len({block.caption for block in page.blocks if block.caption is not None})
    return f"{tied} of {all_of_them} tied to a figure or table" if all_of_them else ""


def hidden(page: Page) -> str:
    """`3 pieces kept apart (2 invisible, 1 tiny)`."""
    if not page.hidden:
        return ""
    reasons = Counter(piece.why for piece in page.hidden)
    named = ", ".join(f"{count} {plain(why, 20)}" for why, count in reasons.most_common())
    return f"{counted(len(page.hidden), 'piece')} of text kept apart ({named})"


def counted(count: int, noun: str) -> str:
    """`1 word`, `1,204 words`."""
    noun = noun.replace("_", " ")
    return f"{count:,} {noun if count == 1 or noun in ('text', 'unread') else noun + 's'}"


def _kinds(names: Iterable[str]) -> str:
    return ", ".join(counted(count, name) for name, count in Counter(names).most_common())


class Totals:
    """Sums over the pages of one document, without keeping them."""

    def __init__(self) -> None:
        self.pages = 0
        self.failed = 0
        self._words = 0
        self._hidden = 0
        self._tables = 0
        self._sources: Counter[TextSource] = Counter()
        self._figures: Counter[str] = Counter()

    def add(self, page: Page) -> None:
        """Count one more."""
        self.pages += 1
        if page.error:
            self.failed += 1
            return
        self._words += len(page.words)
        self._hidden += len(page.hidden)
        self._sources[page.source] += 1
        self._tables += sum(block.table is not None for block in page.blocks)
        self._figures.update(block.figure.value for block in page.blocks if block.figure is not None)

    def line(self, name: str, seconds: float) -> str:
        """`report.pdf: 12 pages, 4,120 words, 3 tables, 5 figures (3 charts, 2 photos), 1 page read by OCR, 3 s`."""
        parts = [counted(self.pages, "page"), counted(self._words, "word"), counted(self._tables, "table")]
        figures = counted(self._figures.total(), "figure")
        named = ", ".join(counted(count, kind) for kind, count in self._figures.most_common())
        parts.append(f"{figures} ({named})" if named else figures)
        seen = self._sources[TextSource.OCR] + self._sources[TextSource.MIXED]
        if seen:
            parts.append(f"{counted(seen, 'page')} read by OCR")
        if self._hidden:
            parts.append(f"{counted(self._hidden, 'piece')} of hidden text")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        return f"{plain(name)}: {', '.join(parts)}, {duration(seconds)}"
