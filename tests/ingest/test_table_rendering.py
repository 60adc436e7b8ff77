"""Tables as Markdown and HTML: any cells, nothing broken, nothing lost."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from ingest import Box, Cell, Table
from ingest.tables import table_html, table_markdown

TEXTS = st.text(st.sampled_from("ab1 |\\<>&\"'`*_\n\r\t#-–€\u2028\x0b"), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any cells that don't overlap, some places empty."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    taken: set[tuple[int, int]] = set()
    cells = []
    for r in range(rows):
        for c in range(columns):
            height, width = draw(st.sampled_from([1, 1, 1, 2])), draw(st.sampled_from([1, 1, 1, 2, 3]))
            spot = {(i, j) for i in range(r, r + height) for j in range(c, c + width)}
            if spot & taken or r + height > rows or c + width > columns or not draw(st.integers(0, 5)):
                continue
            taken |= spot
            cells.append(Cell(r, c, draw(TEXTS), Box(0, 0, 1, 1), 0, 0, height, width, draw(st.booleans())))
    heads = draw(st.integers(0, rows))
    inherited = tuple(
        Cell(0, c, draw(TEXTS), Box(0, 0, 1, 1), 0, 0, header=True) for c in range(columns) if draw(st.booleans())
    )
    return Table(rows, columns, tuple(cells), heads, inherited=inherited if draw(st.booleans()) else ())


@given(tables())
def test_markdown_has_the_same_columns_in_every_line(made: Table) -> None:
    lines = table_markdown(made).split("\n")
    assert len(lines) == 2 + made.rows - made.header_rows
    for line in lines:
        # GitHub's rule: a pipe parts cells unless a backslash that is not itself escaped stands before it.
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == made.columns + 1
        assert len(line.splitlines()) == 1
    assert set(lines[1]) <= set("|- ")


class _Cells(HTMLParser):
    """The grid of an HTML table, as a browser builds it."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, int, int, str]]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            spans = {name: int(value or 1) for name, value in attrs}
            self.rows[-1].append((tag, spans.get("rowspan", 1), spans.get("colspan", 1), ""))

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1] and data.strip("\n"):
            tag, height, width, text = self.rows[-1][-1]
            self.rows[-1][-1] = (tag, height, width, text + data)


@given(tables())
def test_html_fills_its_grid_and_keeps_the_texts(made: Table) -> None:
    parsed = _Cells()
    parsed.feed(table_html(made))
    assert parsed.tags <= {"table", "thead", "tbody", "tr", "td", "th"}
    texts = sorted(" ".join(c.text.split()) for c in (*made.cells, *made.inherited))
    assert sorted(t for row in parsed.rows for _, _, _, t in row if t) == [t for t in texts if t]
    covered: dict[int, int] = {}
    for number, row in enumerate(parsed.rows):
        for _, height, width, _ in row:
            for down in range(height):
                covered[number + down] = covered.get(number + down, 0) + width
    clipped = any(c.row < made.header_rows < c.row + c.row_span for c in made.cells)
    assert clipped or set(covered.values()) <= {made.columns}


def test_markdown_of_spans_groups_and_inherited_headers() -> None:
    cells = (
        Cell(0, 0, "Fish|", Box(0, 0, 1, 1), 0, 0, row_span=2, header=True),
        Cell(0, 1, "Weight", Box(0, 0, 1, 1), 0, 0, column_span=2, header=True),
        Cell(1, 1, "min", Box(0, 0, 1, 1), 0, 0, header=True),
        Cell(1, 2, "max", Box(0, 0, 1, 1), 0, 0, header=True),
        Cell(2, 0, "Sea", Box(0, 0, 1, 1), 0, 0, column_span=3, header=True),
        Cell(3, 0, "Cod", Box(0, 0, 1, 1), 0, 0),
        Cell(3, 2, "12\nkg", Box(0, 0, 1, 1), 0, 0),
    )
    lines = table_markdown(Table(4, 3, cells, 2)).split("\n")
    assert lines == [
        "| Fish\\| | Weight / min | Weight / max |",
        "| --- | --- | --- |",
        "| Sea |  |  |",
        "| Cod |  | 12 kg |",
    ]
    goes_on = Table(1, 3, (Cell(0, 0, "Eel", Box(0, 0, 1, 1), 0, 0),), continues=3, inherited=cells[:4])
    assert table_markdown(goes_on).split("\n")[0] == lines[0]
    assert table_markdown(Table(0, 0, ())) == ""
