"""Lines into blocks: nothing lost, whatever the page looks like."""

from hypothesis import given
from hypothesis import strategies as st

from ingest import BlockKind, Box, Word
from ingest.layout.columns import in_reading_order
from ingest.layout.geometric import arrange
from ingest.layout.glance import look
from ingest.layout.margins import mark_margins
from ingest.text.lines import Line, body_size


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Lines anywhere on a page, overlapping or not, some turned."""
    made = []
    for number in range(draw(st.integers(0, 25))):
        x, y = draw(st.integers(0, 500)), draw(st.integers(0, 800))
        size = draw(st.sampled_from([8.0, 10.0, 11.0, 24.0]))
        texts = draw(
            st.lists(st.sampled_from(["word", "•", "1.", "Table 3", "12,500", "end.", "-"]), min_size=1, max_size=8)
        )
        words = [Word(text, Box(x + 30 * i, y, x + 30 * i + 25, y + size)) for i, text in enumerate(texts)]
        box = Box(x, y, x + 30 * len(texts), y + size)
        bold, upright = draw(st.booleans()), draw(st.integers(0, 9)) > 0
        made.append(Line(words, box, size, bold, group=number // 3, upright=upright))
    return made


def text_line(text: str, x: float, y: float, size: float = 10) -> Line:
    words = [Word(w, Box(x + 20 * i, y, x + 20 * i + 18, y + size)) for i, w in enumerate(text.split())]
    return Line(words, Box(x, y, words[-1].box.x1, y + size), size)


@given(lines())
def test_every_line_is_in_one_region(found: list[Line]) -> None:
    regions = arrange(found, body_size(found))
    assert [id(line) for region in regions for line in region.lines] == [id(line) for line in found]
    assert all(region.text() for region in regions)


@given(lines())
def test_reading_order_keeps_every_line(found: list[Line]) -> None:
    assert sorted(id(line) for line in in_reading_order(found)) == sorted(id(line) for line in found)


def test_columns_below_a_title_are_read_one_after_the_other() -> None:
    title = text_line("A title over both of the columns here and there", 50, 40, 20)
    left = [text_line("left words run here", 50, 100 + 14 * i) for i in range(6)]
    right = [text_line("right words run here", 320, 100 + 14 * i) for i in range(6)]
    mixed = [title, *(line for pair in zip(left, right, strict=True) for line in pair)]
    assert in_reading_order(mixed) == [title, *left, *right]


def test_a_table_is_read_row_by_row() -> None:
    rows = [
        [text_line(f"{name}{i}", x, 100 + 14 * i) for name, x in (("a", 50), ("b", 250), ("c", 400))] for i in range(5)
    ]
    columns_first = [row[c] for c in range(3) for row in rows]
    assert in_reading_order(columns_first) == [cell for row in rows for cell in row]


def test_a_tilted_row_is_still_a_row() -> None:
    rows = [
        [text_line(f"{name}{i}", x, 100 + 14 * i + 0.01 * x) for name, x in (("a", 50), ("b", 250))] for i in range(4)
    ]
    ordered = in_reading_order([row[c] for c in (1, 0) for row in rows])
    assert ordered == [cell for row in rows for cell in row]
    regions = arrange(ordered, 10)
    assert [r.kind for r in regions] == [BlockKind.TABLE]
    assert [len(r.rows) for r in regions] == [4]


def test_bulleted_lines_are_a_list_and_no_table() -> None:
    bullets = [
        [text_line("•", 50, 100 + 14 * i), text_line(f"item {i} of the list", 70, 100 + 14 * i)] for i in range(4)
    ]
    regions = arrange([line for row in bullets for line in row], 10)
    assert [r.kind for r in regions] == [BlockKind.LIST]
    assert regions[0].text().split("\n")[2] == "• item 2 of the list"


def test_a_header_repeats_with_other_digits_and_a_body_line_does_not() -> None:
    header, body = text_line("Report 2023 page 17", 50, 30), text_line("The page begins here", 50, 200)
    regions = arrange([header, body], 10)
    mark_margins(regions, 842, [look([text_line("Report 2023 page 18", 50, 30.4)], 842)])
    assert [r.kind for r in regions] == [BlockKind.HEADER, BlockKind.TEXT]
    alone = arrange([header, body], 10)
    mark_margins(alone, 842, [])
    assert [r.kind for r in alone] == [BlockKind.TEXT, BlockKind.TEXT]


def test_headers_above_a_table_belong_to_it_and_a_title_does_not() -> None:
    title = text_line("Landings by year", 50, 60)
    header = [text_line("Fiscal 1931", 250, 86), text_line("Fiscal 1932", 400, 86)]
    rows = [
        [
            text_line(f"Fish {i}", 50, 100 + 14 * i),
            text_line("4,120", 250, 100 + 14 * i),
            text_line("3,980", 400, 100 + 14 * i),
        ]
        for i in range(3)
    ]
    below = text_line("The years were good ones for all of the fleet and for the town", 50, 180)
    drawn = [title, *reversed(header), *(cell for row in rows for cell in row), below]
    regions = arrange(drawn, 10)
    assert [r.kind for r in regions][1:] == [BlockKind.TABLE, BlockKind.TEXT]
    assert {line.text for line in regions[1].lines} >= {"Fiscal 1931", "Fiscal 1932", "Fish 2"}
    assert regions[0].lines == [title]


def test_captions_have_a_number() -> None:
    kinds = {
        text: arrange([text_line(text, 50, 100)], 20)[0].kind
        for text in ("Table 3 Landings", "Exhibit A", "Table of contents", "Fig. 2: x")
    }
    assert [text for text, kind in kinds.items() if kind is BlockKind.CAPTION] == [
        "Table 3 Landings",
        "Exhibit A",
        "Fig. 2: x",
    ]
