"""Make the sample document: the annual report of a company that does not exist, in 30 pages of many kinds.

    pip install reportlab matplotlib pyphen font-source-sans-pro font-source-serif-pro
    python docs/sample/make_sample.py [OUTPUT.pdf]

The same script with the same versions of these packages makes the same bytes: no dates, fixed seeds, and
reportlab's `invariant` mode.
Prints the path, the number of pages and the SHA-256 of the file.
"""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from report import charts, front, governance, scans, segments, statements, strategic, style
from report.sheet import HEIGHT, WIDTH, Sheet
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

OUTPUT = Path(__file__).with_name("skerrivane-annual-report-2024.pdf")
FRONT_PAGES = 3  # roman numbers, after the cover


@dataclass(frozen=True)
class Part:
    """One page of the report: its chapter, its title in the outline, and either a drawing of a sheet or a scan."""

    chapter: str
    title: str
    draw: Callable[[Sheet], None] | None = None
    scan: Callable[[], bytes] | None = None


PARTS = [
    Part("Introduction", "Contents"),
    Part("Introduction", "The year at a glance", front.glance),
    Part("Introduction", "A letter from the chair", front.chair),
    Part("Strategic report", "What we do", strategic.model),
    Part("Strategic report", "Our markets", strategic.markets),
    Part("Strategic report", "Strategy and progress", strategic.strategy),
    Part("Strategic report", "Chief executive's review", strategic.review),
    Part("Strategic report", "Financial performance", strategic.performance),
    Part("Divisions", "Tidal Generation", segments.tidal),
    Part("Divisions", "Tidal Generation: the year in months", segments.tidal_months),
    Part("Divisions", "Island Ferries", segments.ferries),
    Part("Divisions", "Island Ferries: keeping time", segments.ferries_on_time),
    Part("Divisions", "Harbours", segments.harbours),
    Part("Divisions", "Cold Store & Logistics", segments.cold),
    Part("Divisions", "The lease of Rinn Sound (extract)", scan=scans.lease),
    Part("Responsibility", "Our people", governance.people),
    Part("Responsibility", "Environment", governance.environment),
    Part("Responsibility", "Principal risks", governance.risks),
    Part("Governance", "How the group is built", governance.structure),
    Part("Governance", "The board and its committees", governance.board),
    Part("Governance", "Remuneration report", governance.pay),
    Part("Governance", "Independent auditor's letter", scan=scans.letter),
    Part("Financial statements", "Income statement", statements.income),
    Part("Financial statements", "Balance sheet", statements.balance),
    Part("Financial statements", "Cash flow statement", statements.cash),
    Part("Financial statements", "Notes 1 to 3", statements.notes_one),
    Part("Financial statements", "Notes 4 to 9", statements.notes_two),
    Part("Other information", "Five-year summary and glossary", statements.five_years),
    Part("Other information", "Information for shareholders", statements.holders),
]


def label(index: int) -> str:
    """Printed page label of `PARTS[index]`: i, ii, iii, then 1, 2, 3."""
    return ("i", "ii", "iii")[index] if index < FRONT_PAGES else str(index - FRONT_PAGES + 1)


def contents_lines() -> list[tuple[int, str, str, str]]:
    """Lines of the table of contents: (level, title, label, bookmark), a chapter before its first page."""
    lines: list[tuple[int, str, str, str]] = []
    for index, part in enumerate(PARTS):
        if index == 0:
            continue
        if part.chapter not in {title for level, title, _, _ in lines if level == 0}:
            lines.append((0, part.chapter, "", ""))
        lines.append((1, part.title, label(index), f"page{index}"))
    return lines


def draw_part(canv: Canvas, index: int, part: Part) -> None:
    """Draw one page with its bookmark and outline entries."""
    key = f"page{index}"
    canv.bookmarkPage(key)
    if index == 0 or PARTS[index - 1].chapter != part.chapter:
        canv.bookmarkPage(f"chapter{index}")
        canv.addOutlineEntry(part.chapter, f"chapter{index}", level=0, closed=False)
    canv.addOutlineEntry(part.title, key, level=1)
    if part.scan is not None:
        canv.drawImage(ImageReader(BytesIO(part.scan())), 0, 0, WIDTH, HEIGHT)
    elif part.draw is not None:
        part.draw(Sheet(canv, part.chapter, label(index)))
    else:
        front.contents(Sheet(canv, part.chapter, label(index)), contents_lines())
    canv.showPage()


def build(output: Path) -> int:
    """Write the report to `output`; returns the number of pages."""
    rl_config.useA85 = 0  # the base-85 armour only makes the file a quarter larger
    style.register_fonts()
    charts.setup()
    canv = Canvas(str(output), pagesize=A4, invariant=1, pageCompression=1, initialFontName="Serif")
    canv.setTitle("Skerrivane plc: annual report and accounts 2024")
    canv.setAuthor("Skerrivane plc (an invented company)")
    canv.setSubject("Sample document")
    canv.addPageLabel(0, prefix="Cover")
    canv.addPageLabel(1, style="ROMAN_LOWER", start=1)
    canv.addPageLabel(1 + FRONT_PAGES, style="ARABIC", start=1)
    canv.bookmarkPage("cover")
    canv.addOutlineEntry("Cover", "cover", level=0)
    front.cover(canv)
    canv.showPage()
    for index, part in enumerate(PARTS):
        draw_part(canv, index, part)
    canv.save()
    return 1 + len(PARTS)


def main() -> None:
    """Build, and say what was built."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    pages = build(output)
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    print(f"{output}: {pages} pages, {output.stat().st_size:,} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
