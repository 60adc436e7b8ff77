"""One page at a time: running header and footer, title, full-width blocks, balanced columns, footnotes.

`Sheet` keeps a cursor that moves down the page. Content that does not fit raises `Overfull`, so a change of text that
spoils a page stops the build instead of spoiling the PDF. Lengths are in points, y upwards as in PDF.
"""

from collections.abc import Callable, Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, Image, Paragraph, Spacer

from . import style as st

WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, FOOT = 54.0, WIDTH - 54.0, HEIGHT - 76.0, 62.0
MEASURE = RIGHT - LEFT
GUTTER = 20.0
COLUMN = (MEASURE - GUTTER) / 2
COMPANY, YEAR = "Skerrivane plc", "Annual Report 2024"


class Overfull(Exception):
    """Content does not fit the space that the page leaves for it."""


def picture(png: bytes, width: float) -> Image:
    """An image flowable `width` points wide, height in proportion."""
    image = Image(BytesIO(png))
    image.drawHeight = width * image.imageHeight / image.imageWidth
    image.drawWidth = width
    image.hAlign = "LEFT"
    return image


class Sheet:
    """A page being filled from the top (`y`) down to `floor`."""

    def __init__(self, canv: Canvas, section: str, label: str) -> None:
        self.canv, self.section, self.label = canv, section, label
        self.y, self.floor = TOP, FOOT
        self._furniture()

    def _furniture(self) -> None:
        c = self.canv
        c.setFont("Sans", 8)
        c.setFillColor(st.colour(st.GREY))
        c.drawString(LEFT, HEIGHT - 40, f"{COMPANY}  |  {YEAR}")
        c.drawRightString(RIGHT, HEIGHT - 40, self.section)
        c.setStrokeColor(st.colour(st.RULE))
        c.setLineWidth(0.5)
        c.line(LEFT, HEIGHT - 47, RIGHT, HEIGHT - 47)
        c.setFillColor(st.colour(st.CORAL))
        c.rect(LEFT, HEIGHT - 48.2, 34, 1.6, stroke=0, fill=1)
        c.setFillColor(st.colour(st.NAVY))
        c.setFont("Sans-Semi", 9)
        c.drawRightString(RIGHT, 34, self.label)
        c.setFont("Sans", 7.6)
        c.setFillColor(st.colour(st.GREY))
        c.drawString(LEFT, 34, "www.skerrivane.example")

    def title(self, text: str, kicker: str = "") -> None:
        """The page's main heading, with a small line above it."""
        c = self.canv
        if kicker:
            c.setFont("Sans-Semi", 8.6)
            c.setFillColor(st.colour(st.CORAL))
            c.drawString(LEFT, self.y - 6, kicker.upper(), charSpace=0.9)
            self.y -= 12
        c.setFont("Sans-Light", 26)
        c.setFillColor(st.colour(st.NAVY))
        c.drawString(LEFT, self.y - 24, text)
        self.y -= 42

    def notes(self, texts: Sequence[str]) -> None:
        """Footnotes at the foot, numbered from 1; raises the floor, so call it before anything is laid out."""
        made = [Paragraph(f"<super>{i}</super>  {st.ligate(t)}", st.NOTE) for i, t in enumerate(texts, 1)]
        height = sum(p.wrap(MEASURE, 400)[1] + 1.5 for p in made)
        self._place(made, LEFT, FOOT - 4, MEASURE, height + 2)
        self.canv.setStrokeColor(st.colour(st.GREY))
        self.canv.setLineWidth(0.4)
        self.canv.line(LEFT, FOOT + height + 2, LEFT + 110, FOOT + height + 2)
        self.floor = FOOT + height + 14

    def block(self, *flowables: Flowable, gap: float = 12, left: float = LEFT, width: float = MEASURE) -> None:
        """Flowables stacked at the cursor, which moves below them by `gap`."""
        self.y = self._place(list(flowables), left, self.floor, width, self.y - self.floor) - gap

    def beside(self, left: list[Flowable], right: list[Flowable], share: float = 0.5, gap: float = 14) -> None:
        """Two stacks next to each other; `share` of the width goes to the left one."""
        first = (MEASURE - GUTTER) * share
        height = self.y - self.floor
        a = self._place(left, LEFT, self.floor, first, height)
        b = self._place(right, LEFT + first + GUTTER, self.floor, MEASURE - GUTTER - first, height)
        self.y = min(a, b) - gap

    def columns(self, make: Callable[[], list[Flowable]], gap: float = 12) -> None:
        """Two balanced columns: the least height at which everything fits.

        `make` gives fresh flowables, for trials need copies.
        """
        room = self.y - self.floor
        height = min(room, 40.0)
        while not self._fits(make(), height):
            if height >= room:
                raise Overfull(f"{self.label}: two columns need more than {room:.0f} pt")
            height = min(room, height + 4)
        rest = make()
        lows = []
        for x in (LEFT, LEFT + COLUMN + GUTTER):
            frame = self._frame(x, self.y - height, COLUMN, height)
            self._pour(rest, frame, self.canv)
            lows.append(frame._y)
        self.y = min(lows) - gap

    def panel(self, flowables: list[Flowable], fill: str = st.PALE, gap: float = 14, pad: float = 12) -> None:
        """A tinted full-width box."""
        inner = MEASURE - 2 * pad
        height = self._measure(flowables, inner)
        self.canv.setFillColor(st.colour(fill))
        self.canv.rect(LEFT, self.y - height - 2 * pad, MEASURE, height + 2 * pad, stroke=0, fill=1)
        self.canv.setFillColor(st.colour(st.TEAL))
        self.canv.rect(LEFT, self.y - height - 2 * pad, 2.4, height + 2 * pad, stroke=0, fill=1)
        self._place(flowables, LEFT + pad, self.y - height - pad - 1, inner, height + 1)
        self.y -= height + 2 * pad + gap

    def skip(self, points: float) -> None:
        """Move the cursor down."""
        self.y -= points

    @staticmethod
    def _frame(x: float, y: float, width: float, height: float) -> Frame:
        return Frame(x, y, width, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)

    @staticmethod
    def _pour(flowables: list[Flowable], frame: Frame, canv: Canvas) -> None:
        """Fill a frame, parting the paragraph that does not fit; what is left stays in the list."""
        while flowables:
            if not frame.add(flowables[0], canv):
                parts = frame.split(flowables[0], canv)
                if not parts:
                    return
                flowables[0:1] = parts
                if not frame.add(flowables[0], canv):
                    return
            del flowables[0]

    def _place(self, flowables: list[Flowable], x: float, floor: float, width: float, height: float) -> float:
        frame = self._frame(x, floor, width, height)
        frame.addFromList(flowables, self.canv)
        if flowables:
            raise Overfull(f"{self.label}: {len(flowables)} flowables left over, {height:.0f} pt given")
        return float(frame._y)

    def _measure(self, flowables: list[Flowable], width: float) -> float:
        scratch = Canvas(BytesIO())
        frame = self._frame(0, 0, width, 2000)
        frame.addFromList([Spacer(0, 0), *flowables], scratch)
        return 2000 - float(frame._y)

    def _fits(self, flowables: list[Flowable], height: float) -> bool:
        scratch = Canvas(BytesIO())
        for _ in range(2):
            self._pour(flowables, self._frame(0, 0, COLUMN, height), scratch)
        return not flowables
