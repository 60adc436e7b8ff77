"""How lists become a ranking of pages: pure rules."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retrieval.fusion import BONUS, REFERENCE, Images, PageList, fuse_pages, fuse_passages
from retrieval.schema import DENSE, LEXICAL, PAGE_LEXICAL, PATCHES

KEYS = st.sampled_from(["p1", "p2", "p3", "p4"])
LEXICAL_LIST = st.lists(st.tuples(KEYS, st.floats(0, 50)), max_size=8)
COSINES = st.lists(st.tuples(KEYS, st.floats(-1, 1)), max_size=8)


def test_pages_are_ranked_by_their_shares_of_each_lists_range() -> None:
    lists: dict[str, PageList] = {
        DENSE: [("p1", 0.9), ("p2", 0.7), ("p1", 0.6), ("p3", 0.5)],
        LEXICAL: [("p2", 8.0), ("p3", 4.0)],
        PAGE_LEXICAL: [("p3", 5.0)],
    }
    # Cosines run from 0.5 to 0.9, lexical scores from 0 to 8 and to 5.
    keys, scores = zip(*fuse_pages(lists), strict=True)
    assert keys == ("p2", "p3", "p1")
    assert scores == pytest.approx((0.5 + 1.0, 0.0 + 0.5 + 1.0, 1.0))


@given(COSINES, LEXICAL_LIST, LEXICAL_LIST)
def test_every_page_of_every_list_is_ranked_once_best_first(dense: PageList, words: PageList, pages: PageList) -> None:
    ranked = fuse_pages({DENSE: dense, LEXICAL: words, PAGE_LEXICAL: pages})
    assert sorted(key for key, _ in ranked) == sorted({key for found in (dense, words, pages) for key, _ in found})
    scores = [score for _, score in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 3 + 1e-9 for score in scores)


def test_page_images_count_what_is_set_and_all_lists_together_still_give_three() -> None:
    words: dict[str, PageList] = {
        DENSE: [("p1", 0.9), ("p2", 0.5)],
        LEXICAL: [("p1", 8.0)],
        PAGE_LEXICAL: [("p1", 5.0)],
    }
    seen: PageList = [("p2", 14.0), ("p3", 13.0), ("p1", 12.0)]
    scores = dict(fuse_pages({**words, PATCHES: seen}, images=Images(1.0)))
    # Of 4 shares, words give page 1 all three of theirs; of 12 to 14, 13 is half way.
    assert scores == pytest.approx({"p1": 3 * 3 / 4, "p2": 3 * 1 / 4, "p3": 3 * 0.5 / 4})
    assert dict(fuse_pages({**words, PATCHES: seen}, images=Images(3.0))) == pytest.approx(
        {"p1": 1.5, "p2": 1.5, "p3": 0.75}
    )
    assert fuse_pages({**words, PATCHES: []}, images=Images(3.0)) == fuse_pages(words), (
        "nothing is lost where nothing is seen"
    )
    # Where they have a zero, 14, 13 and 12 are nearly alike.
    from_zero = dict(fuse_pages({PATCHES: seen}, images=Images(1.0, top=14.0)))
    assert from_zero == pytest.approx({"p2": 3 / 4, "p3": 3 / 4 * 13 / 14, "p1": 3 / 4 * 12 / 14})


def test_a_page_without_words_may_lead_those_with_them_by_its_image() -> None:
    words: dict[str, PageList] = {LEXICAL: [("p1", 8.0), ("p2", 4.0)]}
    seen: PageList = [("scan", 0.6), ("p1", 0.3), ("other", 0.2)]
    scores = dict(fuse_pages({**words, PATCHES: seen}, images=Images(1.0, 0.6, 2.0, {"scan", "other"})))
    assert scores == pytest.approx({"scan": 2.0, "p1": 0.75 * 1.5, "other": 2 / 3, "p2": 0.75 * 0.5})
    only_scans = dict(fuse_pages({**words, PATCHES: seen[::2]}, images=Images(1.0, 0.6, 2.0, {"scan", "other"})))
    assert only_scans == pytest.approx({"scan": 2.0, "p1": 1.0, "other": 2 / 3, "p2": 0.5}), "nothing to share with"
    without_rule = dict(fuse_pages({**words, PATCHES: seen}, images=Images(1.0, None, 2.0, {"scan", "other"})))
    assert without_rule == pytest.approx(dict(fuse_pages({**words, PATCHES: seen}, images=Images(1.0))))


@given(COSINES, LEXICAL_LIST, LEXICAL_LIST, KEYS)
def test_a_page_that_is_named_leads_whatever_the_lists_say(
    dense: PageList, words: PageList, pages: PageList, key: str
) -> None:
    ranked = fuse_pages({DENSE: dense, LEXICAL: words, PAGE_LEXICAL: pages}, {REFERENCE: {key: 1.0}})
    assert ranked[0][0] == key


def test_signals_add_their_points_and_bring_pages_that_no_list_has() -> None:
    for name, points in BONUS.items():
        found = dict(fuse_pages({LEXICAL: [("p1", 2.0)]}, {name: {"p1": 0.5, "p9": 1.0}}))
        assert found == pytest.approx({"p1": 1.0 + points / 2, "p9": points})
    assert fuse_pages({}, {}) == []


@given(LEXICAL_LIST, st.floats(0.01, 100))
def test_the_scale_of_a_list_does_not_matter(found: PageList, factor: float) -> None:
    assume(all(score == 0 or abs(score) > 1e-100 for _, score in found))  # smaller ones vanish when scaled
    scaled = [(key, score * factor) for key, score in found]
    one, other = dict(fuse_pages({LEXICAL: found})), dict(fuse_pages({LEXICAL: scaled}))
    assert one == pytest.approx(other, abs=1e-9)


def test_a_passage_in_both_lists_comes_before_one_that_leads_a_single_list() -> None:
    scores = fuse_passages([["a", "b"], ["c", "b"]])
    assert scores["b"] == pytest.approx(2 / 62)
    assert scores["a"] == scores["c"] == pytest.approx(1 / 61)
    assert fuse_passages([]) == {}
