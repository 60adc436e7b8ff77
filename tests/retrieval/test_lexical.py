"""One tokenizer for both ends: what must meet meets, whatever comes in gives tokens and never an error."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import Bm25, question_weights, tokens
from retrieval.store import Sparse

BM25 = Bm25(k1=1.5, b=0.75, average=100)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,234.5", "1234.5"),
        ("$1,234,567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("Revenues", "revenue"),
        ("the company's", "The company’s"),
        ("companies", "company"),
        ("ﬁnancial", "financial"),
        ("ＡＢＣ１２３", "abc123"),
        ("STRASSE", "straße"),
        ("cafe\u0301", "café"),
        ("AB\u201112", "AB-12"),
    ],
)
def test_spellings_of_one_thing_give_the_same_tokens(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Part AB-12/3.", ["part", "ab-12/3", "ab", "12", "3"]),
        ("long-term", ["long-term", "long", "term"]),
        ("v1.2.3", ["v1.2.3", "v1", "2", "3"]),
        ("12.5% of 3", ["12.5", "of", "3"]),
        ("10-K, 2015", ["10-k", "10", "k", "2015"]),
        ("1,234km", ["1234", "km"]),
        ("snake_case", ["snake_case", "snake", "case"]),
        ("日本語", ["日本", "本語"]),
        ("字", ["字"]),
        ("GPU的速度", ["gpu", "的速", "速度"]),
        ("наука", ["наука"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ไทย", ["ไท", "ทย"]),
        ("", []),
        (" ,;!? — … ", []),
    ],
)
def test_numbers_and_codes_stay_whole_and_codes_also_come_in_parts(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@given(st.text())
def test_any_text_gives_clean_tokens(text: str) -> None:
    for token in tokens(text):
        assert token
        assert not any(character.isspace() for character in token)
        # A letter or digit; also one that this Python's Unicode tables don't know yet.
        assert unicodedata.category(token[0])[0] in "LN" or unicodedata.category(token[0]) == "Cn"


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_does_not_matter_in_ascii(text: str) -> None:
    assert tokens(text.upper()) == tokens(text.lower())


@given(st.text())
def test_the_unicode_form_does_not_matter(text: str) -> None:
    assert tokens(unicodedata.normalize("NFD", text)) == tokens(unicodedata.normalize("NFC", text))


@given(st.integers(min_value=0, max_value=10**15), st.integers(min_value=0, max_value=99))
def test_numbers_meet_with_and_without_separators(whole: int, cents: int) -> None:
    assert tokens(f"{whole:,}.{cents:02d}") == tokens(f"{whole}.{cents:02d}") == [f"{whole}.{cents:02d}"]


@given(st.lists(st.sampled_from(["alpha", "beta", "12,000", "AB-1", "日本"]), max_size=20))
def test_text_side_by_side_gives_tokens_side_by_side(parts: list[str]) -> None:
    assert tokens(" ".join(parts)) == [token for part in parts for token in tokens(part)]


@given(st.text())
def test_weights_are_a_well_formed_sparse_vector(text: str) -> None:
    for found in (BM25.weights(text), question_weights(text)):
        assert found.indices.dtype == np.uint32
        assert found.values.dtype == np.float32
        assert np.all(np.diff(found.indices.astype(np.int64)) > 0)
        assert np.all(found.values > 0)
        assert len(found.indices) <= len(set(tokens(text)))


def test_weights_follow_the_formula_of_bm25() -> None:
    """tf 3 and 1 in a text of 4 tokens, average 8: norm = 1.5 * (0.25 + 0.75 / 2) = 0.9375."""
    found = Bm25(k1=1.5, b=0.75, average=8).weights("tide tide tide moon")
    expected = {3 * 2.5 / 3.9375, 1 * 2.5 / 1.9375}
    assert sorted(found.values.tolist()) == pytest.approx(sorted(expected), rel=1e-6)


def test_a_text_scores_by_what_it_shares_with_the_question() -> None:
    question = question_weights("Which tide follows the moon?")
    near, far = BM25.weights("the moon and its tides"), BM25.weights("quarterly earnings")
    assert _dot(question, near) > 1.0
    assert _dot(question, far) == 0.0


def test_function_words_of_a_question_count_only_where_there_is_nothing_else() -> None:
    text = BM25.weights("what is the who of it")
    assert _dot(question_weights("What is the tide of it?"), text) == 0.0
    assert _dot(question_weights("the who"), text) > 0.0


def test_longer_texts_weigh_a_word_less() -> None:
    short, long = BM25.weights("tide"), BM25.weights("tide " + "filler words follow here " * 50)
    question = question_weights("tide")
    assert _dot(question, short) > 1.5 * _dot(question, long) > 0


def test_threads_agree() -> None:
    text = "running companies studies relational organisations " * 50
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(tokens, [text] * 40))
    assert all(one == found[0] for one in found)
    assert found[0][:2] == ["run", "compani"]


def _dot(one: Sparse, other: Sparse) -> float:
    _, left, right = np.intersect1d(one.indices, other.indices, return_indices=True)
    return float(np.dot(one.values[left], other.values[right]))
