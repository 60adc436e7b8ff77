"""Tables as cells: found on generated pages, words kept, units, continuation."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pymupdf
import pymupdf.layout
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest import Box, Cell, Table, Word
from ingest.tables import PlacedTable, link_continuation, read_tables, with_units
from ingest.tables.found import FoundTable
from ingest.tables.wording import is_figure, is_year
from ingest.text.lines import read_lines
from tests.ingest.makers import LOREM
from tests.ingest.table_maker import UNWIRED, WIRED, KnownCell, make_page
from tests.ingest.table_score import Found, Score, score_page

WHOLE = (0.0, 0.0, 595.0, 842.0)


def read(page: pymupdf.Page, model: bool = True) -> list[FoundTable]:
    if model:
        page.get_layout(return_raw=True)
    words = [word for line in read_lines(page) for word in line.words]
    return read_tables(page, (page.layout_information or []) if model else [], words)


def as_found(table: FoundTable) -> Found:
    cells = (KnownCell(c.row, c.column, c.text, c.row_span, c.column_span) for c in table.compose(0)[1].cells)
    return Found((table.box.x0, table.box.y0, table.box.x1, table.box.y1), tuple(cells))


def score(families: Sequence[str], seed: int, model: bool = True) -> Score:
    total = Score()
    for family in families:
        data, known = make_page(family, seed)
        with pymupdf.open(stream=data) as document:
            found = [as_found(t) for t in read(document[0], model)]
        total = total.plus(score_page([t for t in known if t.page == 0], found)[0])
    return total


def test_cells_of_wired_tables() -> None:
    assert score(WIRED, 1).f1 >= 0.95


def test_cells_of_unwired_tables() -> None:
    assert score(UNWIRED, 1).f1 >= 0.85


def test_wired_tables_are_found_without_the_model() -> None:
    assert min(score([family], seed, model=False).f1 for family in WIRED for seed in range(6)) >= 0.95


def test_the_scorer_can_tell_wrong_from_right() -> None:
    known = make_page("wired_spans", 1)[1]
    right = Found(known[0].box, known[0].cells)
    assert score_page(known, [right])[0].f1 == 1.0
    assert score_page(known, [])[0].f1 == 0.0
    flat = Found(known[0].box, tuple(c._replace(row_span=1, column_span=1) for c in known[0].cells))
    assert score_page(known, [flat])[0].f1 < 1.0
    moved = tuple(c._replace(column=c.column + 1, row=c.row + 2) for c in known[0].cells)
    assert score_page(known, [Found(known[0].box, moved)])[0].f1 == 1.0
    wrong = tuple(c._replace(text=c.text + "x") for c in known[0].cells)
    assert score_page(known, [Found(known[0].box, wrong)])[0].f1 == 0.0
    spare = score_page(known, [right, Found((0, 800, 5, 805), (KnownCell(0, 0, "spare"),))])[0]
    assert spare.f1 < 1.0


# What only looks like a table


def blank() -> pymupdf.Page:
    return pymupdf.open().new_page()


def test_boxes_around_running_text_are_no_table() -> None:
    page = blank()
    for x in (60, 300):
        for y in (80, 400):
            page.draw_rect((x, y, x + 240, y + 320))
            page.insert_textbox((x + 8, y + 8, x + 232, y + 300), LOREM * 2, fontsize=9)
    assert read(page, model=False) == []


def test_gridlines_of_a_chart_are_no_table() -> None:
    page = blank()
    for n in range(11):
        page.draw_line((100 + 30 * n, 100), (100 + 30 * n, 400))
        page.draw_line((100, 100 + 30 * n), (400, 100 + 30 * n))
        page.insert_text((75, 103 + 30 * n), str(10 - n), fontsize=8)
        page.insert_text((97 + 30 * n, 412), str(n), fontsize=8)
    page.insert_text((210, 214), "peak 7.5", fontsize=8)
    assert read(page, model=False) == []


def test_a_frame_around_a_page_is_no_table() -> None:
    page = blank()
    for rect in ((20, 20, 575, 822), (20, 20, 60, 822), (20, 20, 575, 60)):
        page.draw_rect(rect)
    page.insert_text((65, 45), "Harbour board", fontsize=14)
    page.insert_text((25, 45), "No. 4", fontsize=8)
    page.insert_textbox((70, 80, 560, 700), LOREM * 3, fontsize=10)
    assert read(page, model=False) == []


def region(
    box: tuple[float, float, float, float], xs: Sequence[float] = (), ys: Sequence[float] = ()
) -> dict[str, Any]:
    """A table as the layout model gives it: its lines count from the corner of its box."""
    grid = SimpleNamespace(v_lines=[x - box[0] for x in xs], h_lines=[y - box[1] for y in ys])
    return {"class_name": "table", "group_bbox": list(box), "table_grid": grid}


def put(*texts: tuple[float, float, str], height: float = 12) -> list[Word]:
    """Words of texts that begin at the given places, six points a letter."""
    words = []
    for x, y, text in texts:
        for word in text.split():
            words.append(Word(word, Box(x, y, x + 6 * len(word), y + height)))
            x += 6 * (len(word) + 0.4)
    return words


def test_a_bulleted_list_that_the_model_takes_for_a_table_is_none() -> None:
    words = put(
        *((60, 100 + 20 * n, "•") for n in range(5)), *((80, 100 + 20 * n, "paid for by a levy") for n in range(5))
    )
    assert read_tables(blank(), [region((55, 95, 300, 200), [75])], words) == []


def test_columns_of_running_text_that_the_model_takes_for_a_table_are_none() -> None:
    left = (
        "the old breakwater was raised by",
        "two metres and a dry dock came",
        "with a crane of forty tonnes that",
        "was never paid for by the",
    )
    words = put(
        *((60, 100 + 14 * n, t) for n, t in enumerate(left)), *((330, 100 + 14 * n, t) for n, t in enumerate(left))
    )
    assert read_tables(blank(), [region((55, 95, 560, 170), [310], [112, 126, 140])], words) == []


def test_a_paragraph_between_parts_tables() -> None:
    words = put(
        (300, 100, "2021"), (400, 100, "2022"), (60, 120, "Herring"), (300, 120, "1,250"), (400, 120, "1,310"),
        (60, 140, "Cod"), (300, 140, "250"), (400, 140, "310"),
        (60, 180, "The catch of other ships was as follows in these years:"),
        (250, 220, "2021"), (350, 220, "2022"), (60, 240, "Herring"), (250, 240, "9,250"), (350, 240, "9,310"),
        (60, 260, "Cod"), (250, 260, "850"), (350, 260, "810"),
    )  # fmt: skip
    found = read_tables(blank(), [region((55, 95, 450, 275), [240, 330])], words)
    assert [[c.text for c in t.cells][:3] for t in found] == [["2021", "2022", "Herring"]] * 2
    assert all((t.rows, t.columns, t.header_rows) == (3, 3, 1) for t in found)


# What cells hold


def test_currency_signs_leaders_and_marks_join_their_figures() -> None:
    words = put(
        (300, 100, "2021"), (400, 100, "2022"),
        (60, 120, "Herring"), (140, 120, "........"), (270, 120, "$"), (300, 120, "1,250"),
        (370, 120, "$"), (400, 120, "1,310"), (436, 120, ")"),
        (60, 140, "Cod,"), (90, 140, "smoked"), (140, 140, "........"), (300, 140, "250"), (400, 140, "(310"), (436, 140, ")"),
        (60, 160, "Eel......"), (270, 160, "$"), (300, 160, "90"), (370, 160, "$"), (400, 160, "8"),
    )  # fmt: skip
    (table,) = read_tables(blank(), [region((55, 95, 460, 175), [250, 290, 360, 390, 430], [117, 137, 157])], words)
    texts = [[c.text for c in table.cells if c.row == r] for r in range(table.rows)]
    assert texts == [
        ["2021", "2022"],
        ["Herring", "$ 1,250", "$ 1,310 )"],
        ["Cod, smoked", "250", "(310 )"],
        ["Eel", "$ 90", "$ 8"],
    ]
    assert len(table.words) == len(words)


def test_names_of_groups_are_header_cells() -> None:
    words = put(
        (200, 100, "Weight"), (300, 100, "Price"), (60, 120, "Fish:"), (60, 140, "Cod"), (200, 140, "12.5"), (300, 140, "3.10"),
        (60, 160, "Birds:"), (60, 180, "Goose"), (200, 180, "4.5"), (300, 180, "9.90"),
    )  # fmt: skip
    (table,) = read_tables(blank(), [region((55, 95, 350, 195), [150, 260])], words)
    assert [c.text for c in table.cells if c.header] == ["Weight", "Price", "Fish:", "Birds:"]


def test_a_label_broken_over_two_lines_is_one_cell() -> None:
    words = put(
        (250, 100, "2021"), (330, 100, "2022"), (60, 120, "Net"), (90, 120, "cash"), (60, 134, "used in trade"), (250, 134, "12"),
        (330, 134, "13"), (60, 154, "Cod"), (250, 154, "5"), (330, 154, "6"), (60, 174, "Eel"), (250, 174, "7"), (330, 174, "8"),
    )  # fmt: skip
    (table,) = read_tables(blank(), [region((55, 95, 380, 190), [230, 300], [117, 132, 150, 170])], words)
    assert [c.text for c in table.cells if c.column == 0] == ["Net cash used in trade", "Cod", "Eel"]


@pytest.mark.parametrize(
    "text",
    ["1,250", "(3.4)", "$ 12", "12.5%", "-3", "4.5 kg", "1 250,75", "26 - 30%", "12 (1)", "€3.2bn", "5*", ".75", "−4"],
)
def test_figures(text: str) -> None:
    assert is_figure(text)


@pytest.mark.parametrize("text", ["2021", "FY2020", "Cod", "Q3 results", "", "-", "n/a", "A4 paper size", "2019/20"])
def test_not_figures(text: str) -> None:
    assert not is_figure(text)


def test_years() -> None:
    assert is_year("2021")
    assert is_year("2019/20")
    assert not is_year("12,021")


# No word is lost, cells never overlap

PLACES = st.tuples(
    st.integers(0, 500),
    st.integers(0, 700),
    st.sampled_from(["12", "Cod", "$", "....", "(1)", "•", "total of", "2021", "–"]),
)


@st.composite
def pages(draw: st.DrawFn) -> tuple[pymupdf.Page, list[dict[str, Any]], list[Word]]:
    page = blank()
    # Places on a raster make tables, others make noise.
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(2, 5))
    texts = st.sampled_from(["12.5", "7", "a cod", "$ 3", "2021", "x ....", "total of all the catch", ""])
    drawn = draw(st.lists(texts, min_size=rows * columns, max_size=rows * columns))
    raster = [(60 + 90 * (n % columns), 60 + 18 * (n // columns), t) for n, t in enumerate(drawn)]
    words = put(*raster, *draw(st.lists(PLACES, max_size=6)))
    for x, y in draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 10)), max_size=8)):
        page.draw_rect((50 + 90 * x, 55 + 18 * y, 140 + 90 * x, 73 + 18 * y))
    if draw(st.booleans()):
        page.draw_rect((50, 55, 590, 235))
    lines = (
        draw(st.lists(st.floats(40, 600), max_size=6).map(sorted)),
        draw(st.lists(st.floats(40, 260), max_size=10).map(sorted)),
    )
    groups = [region((45, 50, 590, 245), *lines)] if draw(st.booleans()) else []
    if draw(st.booleans()):
        groups.append(region((30, 150, 400, 600)))
    return page, groups, words


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pages())
def test_every_word_is_in_one_cell_at_most_and_compose_keeps_them_all(
    made: tuple[pymupdf.Page, list[dict[str, Any]], list[Word]],
) -> None:
    page, groups, words = made
    found = read_tables(page, groups, words)
    held = [i for table in found for i in table.words]
    assert len(held) == len(set(held))
    for table in found:
        ordered, composed, text = table.compose(7)
        assert ordered == [words[i] for i in table.words]
        assert [c.first_word for c in composed.cells] == [7, *(c.last_word for c in composed.cells[:-1])]
        assert composed.cells[-1].last_word == 7 + len(ordered)
        assert all(cell.text in text for cell in composed.cells)
        places = [
            (r, c)
            for cell in composed.cells
            for r in range(cell.row, cell.row + cell.row_span)
            for c in range(cell.column, cell.column + cell.column_span)
        ]
        assert len(places) == len(set(places)), "cells overlap"
        assert all(r < composed.rows and c < composed.columns for r, c in places)
        assert [(c.row, c.column) for c in composed.cells] == sorted((c.row, c.column) for c in composed.cells)
        inside = {
            n
            for n, w in enumerate(words)
            if table.box.x0 < (w.box.x0 + w.box.x1) / 2 < table.box.x1
            and table.box.y0 < (w.box.y0 + w.box.y1) / 2 < table.box.y1
        }
        assert inside <= set(held), "a word inside of a table is in no cell"


# Units


def table(*rows: Sequence[str], header_rows: int = 1, unit: str | None = None) -> Table:
    cells = tuple(
        Cell(r, c, text, Box(50 + 100 * c, 20 * r, 150 + 100 * c, 20 * r + 20), 0, 0, header=r < header_rows)
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
        if text
    )
    return Table(len(rows), len(rows[0]), cells, header_rows, unit=unit)


@pytest.mark.parametrize(
    ("header", "label", "figure", "unit"),
    [
        ("2021", "Cod", "12%", "%"),
        ("2021", "Cod", "€ 12", "€"),
        ("2021", "Cod", "3.2 bn", "bn"),
        ("Revenue (EUR million)", "Cod", "12", "EUR million"),
        ("2023 %", "Cod", "12", "%"),
        ("Weight, kg", "Cod", "12", "kg"),
        ("2021", "Weight, kg", "12", "kg"),
        ("2021", "Margin (%)", "12", "%"),
        ("2021 (in millions)", "Cod", "$12", "$ millions"),
        ("Share (%)", "Weight, kg", "12", "%"),
        ("Members", "Cod", "12", None),
        ("Price (restated)", "Cod, smoked", "12", None),
        ("Price (€)", "Cod", "n/a", None),
    ],
)
def test_units_of_figures(header: str, label: str, figure: str, unit: str | None) -> None:
    found = with_units(table(["Item", header], [label, figure]))
    assert found.cells[-1].unit == unit


def test_the_unit_of_a_table_is_for_all_figures_but_those_it_excepts() -> None:
    made = table(
        ["(in thousands, except per share data)", "2021"],
        ["Revenue", "$ 12"],
        ["Earnings per share", "$ 1.20"],
        ["Staff", "7"],
    )
    found = with_units(made)
    assert found.unit == "thousands"
    assert [c.unit for c in found.cells if c.column == 1] == [None, "$ thousands", "$", "thousands"]


def test_a_caption_gives_the_unit_where_the_table_does_not() -> None:
    words = put(
        (200, 100, "2021"),
        (300, 100, "2022"),
        (60, 120, "Cod"),
        (200, 120, "5"),
        (300, 120, "6"),
        (60, 140, "Eel"),
        (200, 140, "7"),
        (300, 140, "8"),
    )
    (found,) = read_tables(blank(), [region((55, 95, 330, 155), [150, 250])], words)
    captioned = found.with_caption("Table 3. Landings, in thousands of euros, by species").compose(0)[1]
    assert captioned.unit == "thousands of euros"
    assert {c.unit for c in captioned.cells if not c.header and c.column} == {"thousands of euros"}
    assert found.with_caption("Table 3. Landings in the north").compose(0)[1].unit is None


# Over pages


def placed(made: Table, page: int, y0: float, y1: float, caption: str | None = None) -> PlacedTable:
    return PlacedTable(made, Box(50, y0, 50 + 100 * made.columns, y1), page, 842, caption)


UPPER = table(["Fish", "Weight (kg)"], ["Cod", "12"], ["Eel", "3"])
LOWER = table(["Pike", "7"], ["Roach", "1"], header_rows=0)


def test_a_table_that_goes_on_inherits_its_header_and_units() -> None:
    linked = link_continuation(placed(UPPER, 4, 500, 790), placed(LOWER, 5, 60, 200))
    assert linked is not None
    assert linked.continues == 4
    assert [c.text for c in linked.inherited] == ["Fish", "Weight (kg)"]
    assert {c.unit for c in linked.cells if c.column == 1} == {"kg"}
    third = link_continuation(placed(linked, 5, 60, 800), placed(LOWER, 6, 60, 200))
    assert third is not None
    assert [c.text for c in third.inherited] == ["Fish", "Weight (kg)"]


def test_a_header_that_is_printed_again_is_not_inherited() -> None:
    again = table(["Fish", "Weight (kg)"], ["Pike", "7"])
    linked = link_continuation(placed(UPPER, 4, 500, 790), placed(again, 5, 60, 200, "Table 2 (continued)"))
    assert linked is not None
    assert (linked.continues, linked.inherited, linked.header_rows) == (4, (), 1)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (placed(UPPER, 4, 100, 300), placed(LOWER, 5, 60, 200)),
        (placed(UPPER, 4, 500, 790), placed(LOWER, 5, 400, 600)),
        (placed(UPPER, 4, 500, 790), placed(LOWER, 6, 60, 200)),
        (placed(UPPER, 4, 500, 790), placed(LOWER, 5, 60, 200, "Table 3. Birds")),
        (placed(UPPER, 4, 500, 790), placed(table(["Pike", "7", "8"], ["Roach", "1", "2"], header_rows=0), 5, 60, 200)),
        (placed(UPPER, 4, 500, 790), placed(table(["Bird", "Wings"], ["Goose", "2"]), 5, 60, 200)),
    ],
    ids=["ends high", "begins low", "not the next page", "a caption of its own", "other columns", "another header"],
)
def test_a_table_of_its_own_is_not_linked(above: PlacedTable, below: PlacedTable) -> None:
    assert link_continuation(above, below) is None


def test_columns_elsewhere_are_another_table() -> None:
    moved = tuple(replace(c, box=Box(c.box.x0 + 150, c.box.y0, c.box.x1 + 150, c.box.y1)) for c in LOWER.cells)
    below = PlacedTable(replace(LOWER, cells=moved), Box(200, 60, 400, 200), 5, 842)
    assert link_continuation(placed(UPPER, 4, 500, 790), below) is None


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_a_long_table_is_linked_from_page_to_page(seed: int) -> None:
    data, known = make_page("long", seed)
    with pymupdf.open(stream=data) as document:
        before: PlacedTable | None = None
        for part, page in zip(known, document, strict=True):
            (found,) = read(page)
            made = found.compose(0)[1]
            if before is not None:
                linked = link_continuation(before, PlacedTable(made, found.box, page.number + 1, page.rect.height))
                assert linked is not None
                assert linked.continues == page.number
                heads = [c.text for c in known[0].cells if c.row == 0]
                assert [c.text for c in linked.inherited] == ([] if part.header_rows else heads)
                assert [c.text for c in linked.cells if c.row < linked.header_rows] == (
                    heads if part.header_rows else []
                )
                made = linked
            before = PlacedTable(made, found.box, page.number + 1, page.rect.height)
