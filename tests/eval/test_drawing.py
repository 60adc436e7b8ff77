"""Charts: well-formed whatever the names, as many marks as there are figures, and nothing drawn where there is nothing."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from eval.report.drawing import LABEL, bars, heat_map
from eval.statistics import Estimate

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=20)
SHARES = st.floats(0, 1)


def marks(drawn: str, tag: str, kind: str | None = None) -> list[ElementTree.Element]:
    return [found for found in ElementTree.fromstring(drawn).iter(tag) if kind is None or found.get("class") == kind]


@given(st.lists(st.tuples(NAMES, SHARES), max_size=6))
def test_bars_are_as_long_as_their_values(rows: list[tuple[str, float]]) -> None:
    drawn = bars([(name, Estimate(value, 5, 2, value / 2, value)) for name, value in rows])
    found = marks(drawn, "rect", "bar")
    assert [round(float(bar.get("width", "-1")) / 360, 3) for bar in found] == [
        round(round(360 * v, 1) / 360, 3) for _, v in rows
    ]
    assert len(marks(drawn, "line", "interval")) == len(rows)
    shown = [text.text for text in marks(drawn, "text") if text.get("text-anchor") == "end"]
    assert shown == [name for name, _ in rows]


def test_what_has_no_value_or_no_interval_shows_none() -> None:
    drawn = bars([("none", Estimate(None, 0, 0)), ("one", Estimate(0.5, 1, 1))])
    assert len(marks(drawn, "rect", "bar")) == 1
    assert marks(drawn, "line", "interval") == []
    assert float(marks(drawn, "rect", "bar")[0].get("x", "0")) == LABEL
    assert "no question" in drawn


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), SHARES))
def test_a_heat_map_has_a_cell_for_each_mean(values: dict[tuple[str, str], float]) -> None:
    cells = {key: Estimate(value, 3, 2) for key, value in values.items()}
    drawn = heat_map(list("xy"), list("abc"), cells, across="length", down="<depth>")
    assert len(marks(drawn, "rect")) == len(values)
    assert len(marks(drawn, "text", "note")) == 6 - len(values)
    assert all((found.get("fill") or "").startswith("#") for found in marks(drawn, "rect"))
