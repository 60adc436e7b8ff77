"""Palette, fonts and paragraph styles.

Fonts are Source Sans and Source Serif (SIL Open Font License), embedded as subsets.
"""

import re
from pathlib import Path

import font_source_sans_pro
import font_source_serif_pro
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph

NAVY, TEAL, GREEN, SAND, CORAL = "#0B2B40", "#0F7C83", "#6DBFA8", "#D9C79E", "#DE6B48"
INK, GREY, RULE, PALE, WASH = "#22303A", "#60707B", "#C9D3D6", "#EEF4F4", "#F8F5EC"
SERIES = (TEAL, CORAL, SAND, GREEN, NAVY, "#8FA3AD")

SANS_DIR = Path(font_source_sans_pro.__file__).parent / "files"
SERIF_DIR = Path(font_source_serif_pro.__file__).parent / "files"
FACES = {
    "Sans": SANS_DIR / "SourceSansPro-Regular.ttf",
    "Sans-Light": SANS_DIR / "SourceSansPro-Light.ttf",
    "Sans-Semi": SANS_DIR / "SourceSansPro-Semibold.ttf",
    "Sans-Bold": SANS_DIR / "SourceSansPro-Bold.ttf",
    "Sans-It": SANS_DIR / "SourceSansPro-It.ttf",
    "Serif": SERIF_DIR / "SourceSerifPro-Regular.ttf",
    "Serif-Bold": SERIF_DIR / "SourceSerifPro-Semibold.ttf",
    "Serif-It": SERIF_DIR / "SourceSerifPro-It.ttf",
    "Serif-BI": SERIF_DIR / "SourceSerifPro-SemiboldIt.ttf",
}


def colour(name: str) -> Color:
    """A palette string as reportlab's colour."""
    return HexColor(name)


def register_fonts() -> None:
    """Make the faces known to reportlab, with <b> and <i> mapped inside each family."""
    for name, path in FACES.items():
        pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily("Serif", normal="Serif", bold="Serif-Bold", italic="Serif-It", boldItalic="Serif-BI")
    pdfmetrics.registerFontFamily("Sans", normal="Sans", bold="Sans-Bold", italic="Sans-It", boldItalic="Sans-Bold")


def _style(name: str, font: str, size: float, leading: float, **more: object) -> ParagraphStyle:
    more.setdefault("textColor", colour(INK))
    more.setdefault("allowWidows", 0)
    more.setdefault("allowOrphans", 0)
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, **more)


BODY = _style(
    "body",
    "Serif",
    9.7,
    14.1,
    spaceAfter=6.5,
    alignment=TA_JUSTIFY,
    hyphenationLang="en_GB",
    hyphenationMinWordLength=7,
)
WIDE = _style(
    "wide", "Serif", 10.4, 15.6, spaceAfter=8, alignment=TA_JUSTIFY, hyphenationLang="en_GB", hyphenationMinWordLength=7
)
LEAD = _style("lead", "Sans-Light", 14, 20, spaceAfter=8, textColor=colour(TEAL))
SUBHEAD = _style("subhead", "Sans-Semi", 11.6, 15, spaceBefore=5, spaceAfter=3, textColor=colour(TEAL))
QUOTE = _style("quote", "Serif-It", 13.5, 18.5, spaceBefore=6, spaceAfter=10, textColor=colour(CORAL), leftIndent=10)
BULLET = _style("bullet", "Serif", 9.7, 14.1, spaceAfter=4, leftIndent=11, bulletIndent=0, bulletColor=colour(CORAL))
CAPTION = _style("caption", "Sans-Semi", 9.2, 12, spaceAfter=3, textColor=colour(NAVY))
SMALL = _style("small", "Sans", 8.2, 11.2, textColor=colour(GREY))
NOTE = _style("note", "Serif", 7.9, 10.4, spaceAfter=1.5, leftIndent=10, firstLineIndent=-10)
CELL = _style("cell", "Sans", 8.7, 11.2)
CELL_BOLD = _style("cellbold", "Sans-Semi", 8.7, 11.2)
CELL_HEAD = _style("cellhead", "Sans-Semi", 8.4, 10.6, textColor=colour("#FFFFFF"))
CELL_HEAD_RIGHT = _style("cellheadr", "Sans-Semi", 8.4, 10.6, textColor=colour("#FFFFFF"), alignment=TA_RIGHT)
CELL_HEAD_MID = _style("cellheadm", "Sans-Semi", 8.4, 10.6, textColor=colour("#FFFFFF"), alignment=TA_CENTER)
CELL_RIGHT = _style("cellr", "Sans", 8.7, 11.2, alignment=TA_RIGHT)
CELL_RIGHT_BOLD = _style("cellrb", "Sans-Semi", 8.7, 11.2, alignment=TA_RIGHT)


class Room(Flowable):  # type: ignore[misc]
    """Takes no space, but refuses to stand where less than `least` points are left.

    Keeps a heading with the lines below it.
    """

    def __init__(self, least: float) -> None:
        super().__init__()
        self.least = least

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Nothing where there is room, more than there is where there is not."""
        return (0.0, 0.0) if height >= self.least else (0.0, height + 1)

    def draw(self) -> None:
        """Draw nothing."""


_TAG = re.compile(r"(<[^>]*>)")
_LIGATURES = (("fi", "\ufb01"), ("fl", "\ufb02"))


def ligate(text: str) -> str:
    """Set fi and fl as single glyphs, as a typesetter would, leaving tags alone.

    Whoever reads the text layer has to undo it.
    """
    parts = _TAG.split(text)
    for i in range(0, len(parts), 2):
        for plain, glyph in _LIGATURES:
            parts[i] = parts[i].replace(plain, glyph)
    return "".join(parts)


def prose(text: str, style: ParagraphStyle = BODY) -> list[Flowable]:
    """Paragraphs from plain text: blank lines part them; `## ` heads, `> ` pull quote, `- ` bullet, `^ ` lead line."""
    made: list[Flowable] = []
    for chunk in re.split(r"\n\s*\n|\n(?=- )", text.strip()):
        line = " ".join(chunk.split())
        if line.startswith("## "):
            made += [Room(SUBHEAD.leading + 3 * style.leading + 8), Paragraph(line[3:], SUBHEAD)]
        elif line.startswith("> "):
            made.append(Paragraph(ligate(line[2:]), QUOTE))
        elif line.startswith("^ "):
            made.append(Paragraph(line[2:], LEAD))
        elif line.startswith("- "):
            made.append(Paragraph(ligate(line[2:]), BULLET, bulletText="•"))
        else:
            made.append(Paragraph(ligate(line), style))
    return made
