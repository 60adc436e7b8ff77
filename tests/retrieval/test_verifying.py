"""What is wrong with an index, as it is found by comparing it with what was read."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval import Expected, Finding, Flaw
from retrieval.listing import Key, Unit, by_page
from retrieval.schema import PointInfo
from retrieval.verifying import findings

KNOWN = {("d", "r1"), ("d", "r2")}


def point(page: int, kind: str, ordinal: int = 0, **more: object) -> PointInfo:
    facts: dict[str, object] = {"document": "d", "revision": "r1", "visible": True} | more
    id = f"{facts['document']}/{facts['revision']}/{page}/{kind}/{ordinal}"
    return PointInfo(id=id, page=page, ordinal=ordinal, kind=kind, **facts)  # type: ignore[arg-type]


def whole_page(number: int, passages: int = 2, **more: object) -> list[PointInfo]:
    return [
        *(point(number, "passage", n, **more) for n in range(passages)),
        point(number, "page", 0, **({"seen": True} | more)),
    ]


def checked(
    points: list[PointInfo], pages: dict[int, int], *, published: bool = True, seen: bool = False, routed: bool = False
) -> list[tuple[str, tuple[int, ...]]]:
    found = findings([Expected("d", "r1", pages, published)], by_page(points), known=KNOWN, seen=seen, routed=routed)
    return [(finding.flaw.value, finding.pages) for finding in found]


def test_an_index_that_holds_every_page_is_sound() -> None:
    points = [*whole_page(1), *whole_page(2, 0), *whole_page(3, 5), point(0, "document", pages=3)]
    # Another model may cut other passages, and a page may have none.
    assert checked(points, {1: 2, 2: 0, 3: 1}, seen=True, routed=True) == []
    assert checked([], {}) == []


def test_pages_that_are_not_there_in_full_are_missing() -> None:
    without_own = whole_page(2)[:-1]
    with_a_gap = [one for one in whole_page(3, 3) if one.ordinal != 1]
    no_passages = whole_page(4, 0)
    assert checked([*whole_page(1), *without_own, *with_a_gap, *no_passages], dict.fromkeys(range(1, 6), 2)) == [
        ("missing", (2, 3, 4, 5))
    ]


def test_what_can_not_be_found_or_seen_or_is_too_much() -> None:
    points = [
        *whole_page(1),
        *whole_page(2, visible=False),
        *whole_page(3, seen=False),
        *whole_page(9),
        point(0, "document", pages=2),
    ]
    pages = dict.fromkeys((1, 2, 3), 2)
    assert checked(points, pages, seen=True, routed=True) == [
        ("hidden", (2,)),
        ("unseen", (3,)),
        ("unrouted", (0,)),
        ("surplus", (9,)),
    ]
    # Of a revision that is being read, more may be there, hidden, without a vector of the whole.
    assert checked(points, pages, published=False, routed=True) == []


def test_points_of_nobody_are_named_with_their_ids() -> None:
    points = [*whole_page(1), *whole_page(2, 1, document="gone"), *whole_page(1, 0, revision="r2")]
    (found,) = findings([Expected("d", "r1", {1: 2}, True)], by_page(points), known=KNOWN, seen=False, routed=False)
    assert found == Finding(Flaw.ORPHANED, "gone", "r1", (2,), ("gone/r1/2/page/0", "gone/r1/2/passage/0"))


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_every_page_is_there_missing_or_too_much(expected: set[int], there: set[int]) -> None:
    points = [one for number in there for one in whole_page(number)]
    found = dict(checked(points, dict.fromkeys(expected, 2)))
    assert set(found.get("missing", ())) == expected - there
    assert set(found.get("surplus", ())) == there - expected


def test_points_are_put_together_by_page() -> None:
    units = by_page([*whole_page(2), point(1, "page"), point(2, "passage", 5, visible=False)])
    assert list(units) == [Key("d", "r1", 1), Key("d", "r1", 2)]
    assert units[Key("d", "r1", 1)] == Unit(("d/r1/1/page/0",), 0, True, True, True, False, False, 0)
    two = units[Key("d", "r1", 2)]
    assert (two.passages, two.gapless, two.whole, two.visible, two.hidden) == (3, False, True, False, False)
