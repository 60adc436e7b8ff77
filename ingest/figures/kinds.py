"""What a picture is: photo, chart, diagram, logo or decoration, by rules over what was measured of it.

The thresholds were set on drawn, seeded pictures (`tests/ingest/figure_maker.py`) and checked by eye on pictures of reports, papers
and slides; no document is known to them.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from ingest.document import FigureKind
from ingest.figures.looking import Look

SMALL = 0.03
"""Share of the page below which a picture may be a logo or an ornament; portraits and small charts begin there, too."""
_STRIP = 12.0
"""Longer than so many times its breadth: a band or a rule."""
_BARS = 5
_NAME = 10
"""Words that a logo may have: a name, and a motto below it."""
_MANY = 20
"""Numbers that no diagram has, whatever else is written in it."""
_PIE_WORDS = 40
_TONED = 0.45
"""Share of tiles without a prevailing colour: 0.56 to 1 in photographs, cut to a shape or half faded ones too; most drawings
have less than 0.3."""
_TINY = 0.006
LETTERS = 6
"""Letter-like shapes from which a picture may hold writing: a sign, a slide on a wall, a name."""
_NUMBER = re.compile(r"^[<>~≈+\-–−$€£¥(]*\d[\d.,:/]*\s*(%|[kKmMbB]n?|pp|x|°)?[)*]?$")
_WORD = re.compile(r"[^\W\d_]{3,}")


class Evidence(Struct, frozen=True):
    """What is known of a picture besides its look. `share`: of the page's area; `imaged`: share of it that placed images fill;
    `texts`: the words in it, of the text layer or read."""

    share: float
    ratio: float
    """Width by height."""
    imaged: float
    marks: int
    repeated: bool
    at_edge: bool = False
    """Whether it stands in the page's head or foot."""
    bars: int = 0
    """Painted bodies that start from one line and differ in length."""
    texts: tuple[str, ...] = ()


def is_photograph(look: Look) -> bool:
    """Whether it is continuous in tone, in good part at least: a photograph may fade into the paper."""
    return look.colours > 12 and look.toned >= _TONED and (look.flat < 0.78 or look.plain < 0.33)


def is_blank(look: Look) -> bool:
    """Whether nothing can be made out: one colour, or colours that run into each other without an edge."""
    return look.edges < 0.0008 and (look.plain > 0.97 or (look.letters == 0 and look.flat > 0.95))


def of_repeated(evidence: Evidence) -> FigureKind:
    """A picture of the page's dress: a small one is a logo, a large one a ground."""
    small = evidence.share < SMALL and 1 / _STRIP < evidence.ratio < _STRIP
    return FigureKind.LOGO if small else FigureKind.DECORATION


def kind_of(look: Look, evidence: Evidence) -> FigureKind:
    """The kind, of a picture whose words are known (`evidence.texts`)."""
    if evidence.repeated:
        return of_repeated(evidence)
    if is_blank(look) or (is_strip(evidence) and look.letters < LETTERS):
        return FigureKind.DECORATION
    if not is_drawn(look, evidence):
        return FigureKind.PHOTO
    if is_chart(look, evidence):
        return FigureKind.CHART
    if evidence.share < SMALL and len(evidence.texts) <= _NAME:
        return _of_small(look, evidence)
    return FigureKind.DIAGRAM


def _of_small(look: Look, evidence: Evidence) -> FigureKind:
    """Of a small drawing: with a name in it or at the page's edge a logo, tiny ones ornaments, others illustrations."""
    if is_strip(evidence):
        return FigureKind.DIAGRAM
    if evidence.at_edge or (look.letters >= LETTERS and look.vivid > 0.02):
        return FigureKind.LOGO
    return FigureKind.DECORATION if evidence.share < _TINY and look.letters < LETTERS else FigureKind.DIAGRAM


def is_strip(evidence: Evidence) -> bool:
    """Whether it is a band: a rule, a bar across the page; or a line of print."""
    return not 1 / _STRIP < evidence.ratio < _STRIP


def is_drawn(look: Look, evidence: Evidence) -> bool:
    """Whether a picture is drawn (chart, diagram, logo) and not photographed."""
    if evidence.imaged < 0.3 and evidence.marks >= 3:
        return True
    return not is_photograph(look)


def is_chart(look: Look, evidence: Evidence) -> bool:
    """Whether figures are drawn to scale: by a pie, or by numbers of axes and shares; a diagram has few, or counts its parts."""
    numbers = [text for text in evidence.texts if _NUMBER.match(text)]
    words = sum(bool(_WORD.search(text)) for text in evidence.texts)
    if look.pie and words <= _PIE_WORDS:
        return True
    if any("%" in text for text in evidence.texts) and len(numbers) >= 2:
        return True
    share = 0.15 if evidence.bars >= _BARS or len(numbers) >= _MANY else 0.33
    return len(numbers) >= 4 and len(numbers) >= share * (len(numbers) + words) and not _counts(numbers)


def _counts(numbers: Sequence[str]) -> bool:
    """Whether the numbers number things: 1, 2, 3. Scales go in steps, and years are large."""
    whole = {int(text) for text in numbers if text.isdecimal() and len(text) <= 2}
    follow = sum(value + 1 in whole for value in whole)
    return len(whole) >= 0.6 * len(set(numbers)) and follow >= 0.6 * len(whole)
