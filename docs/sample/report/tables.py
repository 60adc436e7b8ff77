"""Tables with spanning headers, units, and total rows, in the report's dress."""

from collections.abc import Sequence

from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from . import style as st

Span = tuple[int, int, int, int]  # first column, first row, last column, last row (0-based, inclusive)


def _cell(text: str, column: int, bold: bool, left: set[int]) -> Flowable:
    if column in left:
        return Paragraph(text, st.CELL_BOLD if bold else st.CELL)
    return Paragraph(text, st.CELL_RIGHT_BOLD if bold else st.CELL_RIGHT)


def _head(text: str, column: int, spanned: bool, left: set[int]) -> Flowable:
    if spanned:
        return Paragraph(text, st.CELL_HEAD_MID)
    return Paragraph(text, st.CELL_HEAD if column in left else st.CELL_HEAD_RIGHT)


def _dress(head: int, rows: int, bold: set[int], spans: Sequence[Span]) -> TableStyle:
    rules: list[tuple[object, ...]] = [
        ("BACKGROUND", (0, 0), (-1, head - 1), st.colour(st.NAVY)),
        ("VALIGN", (0, 0), (-1, head - 1), "BOTTOM"),
        ("VALIGN", (0, head), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, head), (-1, -1), 0.35, st.colour(st.RULE)),
        ("LINEBELOW", (0, -1), (-1, -1), 0.9, st.colour(st.NAVY)),
        ("TOPPADDING", (0, 0), (-1, -1), 2.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.4),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ]
    for row in bold:
        rules.append(("BACKGROUND", (0, head + row), (-1, head + row), st.colour(st.PALE)))
        rules.append(("LINEABOVE", (0, head + row), (-1, head + row), 0.7, st.colour(st.NAVY)))
    for x0, y0, x1, y1 in spans:
        rules.append(("SPAN", (x0, y0), (x1, y1)))
        if y1 < head and x1 > x0:
            rules.append(("LINEBELOW", (x0, y1), (x1, y1), 0.7, st.colour(st.GREEN)))
        elif y0 >= head:
            rules.append(("VALIGN", (x0, y0), (x1, y1), "TOP"))
    return TableStyle(rules)


def grid(
    head: Sequence[Sequence[str]],
    body: Sequence[Sequence[str]],
    widths: Sequence[float],
    spans: Sequence[Span] = (),
    bold: Sequence[int] = (),
    left: Sequence[int] = (0,),
) -> Table:
    """A table of strings.

    `spans` counts rows from the top of the header; `bold` names body rows; `left` names left-set columns.
    """
    heavy, flush = {b % len(body) for b in bold}, set(left)
    wide = {(x0, y0) for x0, y0, x1, _ in spans if x1 > x0}
    data = [[_head(t, x, (x, y) in wide, flush) for x, t in enumerate(row)] for y, row in enumerate(head)]
    data += [[_cell(t, x, y in heavy, flush) for x, t in enumerate(row)] for y, row in enumerate(body)]
    table = Table(data, colWidths=list(widths), style=_dress(len(head), len(body), heavy, spans), hAlign="LEFT")
    table.spaceAfter = 4
    return table


def caption(text: str, unit: str = "") -> Paragraph:
    """A table's or figure's title, the unit beside it in grey."""
    tail = f'  <font name="Sans" color="{st.GREY}">{unit}</font>' if unit else ""
    return Paragraph(text + tail, st.CAPTION)
