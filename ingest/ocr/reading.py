"""What OCR made of a page."""

from msgspec import Struct

from ingest.text.lines import Line


class StraightSheet(Struct, frozen=True):
    """The page as it would be if its sheet had been laid straight: `width` and `height` in points, `lines` with the same words in
    the same order. (x, y) on it stands at (a x + c y + e, b x + d y + f) on the page for `matrix` (a, b, c, d, e, f), which is how
    MuPDF writes matrices."""

    width: float
    height: float
    matrix: tuple[float, float, float, float, float, float]
    lines: list[Line]


class OcrReading(Struct, frozen=True):
    """Lines from top to bottom and left to right; boxes are those of the page as displayed, rectangles around turned words.

    `skew`: degrees, clockwise, beyond the quarter turns in `turn` (also clockwise) by which the sheet lies on the page. If one is
    not 0, `straight` has the same lines as they stand on the straightened sheet, for those who look for columns and tables.
    """

    lines: list[Line]
    skew: float = 0.0
    turn: int = 0
    notes: tuple[str, ...] = ()
    straight: StraightSheet | None = None
