"""One tokenizer for both ends: what must meet meets, whatever comes in gives tokens and never an error."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import Bm25, language_of, question_tokens, question_weights, tokens
from retrieval.store import Sparse

BM25 = Bm25(k1=1.5, b=0.75, average=100)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,234.5", "1234.5"),
        ("$1,234,567", "$1234567"),
        ("1.234.567,8", "1234567.8"),
        ("12.500,00", "12,500"),
        ("12'500.50", "12500.5"),
        ("12,34,567", "1234567"),
        ("3,5", "3.50"),
        ("EUR", "€"),
        ("45.0 %", "45%"),
        ("٣٤", "34"),
        ("Revenues", "revenue"),
        ("the company's", "The company’s"),
        ("companies", "company"),
        ("ﬁnancial", "financial"),
        ("ＡＢＣ１２３", "abc123"),
        ("STRASSE", "straße"),
        ("cafe\u0301", "cafe"),
        ("Łódź Müller", "lodz muller"),
        ("infor\u00admation", "information"),
        ("AB\u201112", "AB-12"),
    ],
)
def test_spellings_of_one_thing_give_the_same_tokens(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Part AB-12/3.", ["part", "ab-12/3", "ab-12", "ab", "12", "3"]),
        ("long-term", ["longterm", "long", "term"]),
        ("v1.2.3", ["v1.2.3", "v1", "2", "3"]),
        ("12.5% of 3", ["12.5", "12.5%", "percent", "of", "3"]),
        ("45 percent", ["45", "45%", "percent"]),
        ("€ 7", ["eur", "7"]),
        ("10-K, 2015", ["10k", "10", "k", "2015"]),
        ("1,234km", ["1234", "km"]),
        ("1.234", ["1.234", "1234"]),
        ("12 500 km", ["12500", "12", "500", "km"]),
        ("31.12.2020", ["31.12.2020", "2020"]),
        ("snake_case", ["snake_case", "snake", "case"]),
        ("CamelCase FY2020", ["camelcas", "camel", "case", "fy2020", "fy", "2020"]),
        ("me@mail.org", ["me@mail.org", "mail.org", "me", "mail", "org"]),
        ("日本語", ["日本", "本語", "日", "本", "語"]),
        ("字", ["字"]),
        ("GPU的速", ["gpu", "的速", "的", "速"]),
        ("наука", ["наук", "наука"]),
        ("ไทย", ["ไท", "ทย", "ไทย"]),
        ("x" * 300, ["x" * 64]),
        ("", []),
        (" ,;!? — … ", []),
    ],
)
def test_numbers_and_codes_stay_whole_and_come_in_parts(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Umsatzerlöse der Gesellschaft sind im Jahr 2020 gestiegen, und die Kosten wurden gesenkt.", "german"),
        ("Le chiffre d'affaires du groupe est en hausse, et les coûts ont été réduits dans la région.", "french"),
        ("Los ingresos de la empresa y el beneficio por acción son más altos que en el año anterior.", "spanish"),
        ("The revenue of the company was higher than in the year before, and costs were lower.", "english"),
        ("Umsatz 2020 2019 Kosten", None),
        ("", None),
    ],
)
def test_the_language_is_told_by_function_words_or_not_at_all(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "Wie hoch waren die Umsätze der Gesellschaft?",
            "Der Umsatz der Gesellschaft ist im Jahr 2020 mit der Zeit gestiegen.",
        ),
        ("Umsatzerlöse 2020", "Die Umsatzerlöse sind im Jahr 2020 und auch in den Jahren zuvor gestiegen."),
        ("Quelles sont les régions du groupe ?", "Le groupe est dans une région que les coûts ont été réduits."),
    ],
)
def test_other_languages_meet_by_stem_or_as_written(question: str, text: str) -> None:
    assert language_of(text) not in (None, "english")
    assert _dot(question_weights(question), BM25.weights(text)) > 1.0


def test_a_table_takes_the_language_of_its_document() -> None:
    assert tokens("Kosten", "german") == ["kost", "kosten"]
    assert tokens("Kosten") == ["kosten"]


@given(st.text())
def test_any_text_gives_clean_tokens_of_bounded_length_and_number(text: str) -> None:
    found = tokens(text)
    for token in found:
        assert 0 < len(token) <= 64
        assert not any(character.isspace() for character in token)
        # A letter or digit; also one that this Python's Unicode tables don't know yet.
        assert unicodedata.category(token[0])[0] in "LN" or unicodedata.category(token[0]) == "Cn"
    # Whole and parts, stems and forms; compatibility forms may be many letters in one.
    assert len(found) <= 8 * len(unicodedata.normalize("NFKC", text)) + 8


@given(st.text() | st.text(alphabet="aZ0 .,-/@%€'’ß字ไทย\u0301", max_size=80))
def test_a_question_finds_every_word_of_the_same_text(text: str) -> None:
    asked = {token for forms in question_tokens(text) for token in forms}
    assert set(tokens(text)) <= asked


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_does_not_matter_in_ascii(text: str) -> None:
    assert tokens(text.upper()) == tokens(text.lower())


@given(st.text())
def test_the_unicode_form_does_not_matter(text: str) -> None:
    assert tokens(unicodedata.normalize("NFD", text)) == tokens(unicodedata.normalize("NFC", text))


@given(st.integers(min_value=1000, max_value=10**12), st.integers(min_value=1, max_value=99))
def test_numbers_meet_whatever_their_separators(whole: int, cents: int) -> None:
    canonical = f"{whole}.{cents:02d}".rstrip("0")
    grouped = f"{whole:,}"
    for written in (
        f"{whole}.{cents:02d}",
        f"{whole},{cents:02d}",
        f"{grouped}.{cents:02d}",
        f"{grouped.replace(',', '.')},{cents:02d}",
        f"{grouped.replace(',', chr(39))}.{cents:02d}",
    ):
        assert tokens(written) == [canonical]
    for written in (grouped, grouped.replace(",", "’"), grouped.replace(",", "."), f"{whole}.00"):
        assert str(whole) in tokens(written)


@given(st.integers(min_value=1000, max_value=10**12 - 1))
def test_groups_apart_by_a_space_are_one_number_and_several(number: int) -> None:
    groups = f"{number:,}".split(",")
    assert tokens("\u202f".join(groups)) == [str(number), *groups]


@given(st.text(alphabet="日本語字漢ひカ한", min_size=2, max_size=12))
def test_every_pair_and_every_character_of_cjk_text_is_found(text: str) -> None:
    found = tokens(text)
    plain = unicodedata.normalize("NFKC", text)
    assert sorted(found) == sorted([*plain, *(plain[i : i + 2] for i in range(len(plain) - 1))])


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
        assert len(found.indices) <= len({token for forms in question_tokens(text) for token in forms})


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


def test_stressed_words_count_more() -> None:
    text = BM25.weights("profit in 2019")
    plain, loud = question_weights("profit 2019"), question_weights("profit 2019", ("2019",), 3.0)
    assert _dot(loud, text) == pytest.approx(2 * _dot(plain, text))


def test_implied_words_count_half_and_never_more_than_those_that_are_asked() -> None:
    plain, implied = (
        question_weights("profit margin"),
        question_weights("profit margin", implied="the profit and revenues"),
    )
    weights = dict(zip(implied.indices.tolist(), implied.values.tolist(), strict=True))
    asked = dict(zip(plain.indices.tolist(), plain.values.tolist(), strict=True))
    assert {place: weights[place] for place in asked} == asked
    added = question_weights("revenues")
    assert {place: weight for place, weight in weights.items() if place not in asked} == dict.fromkeys(
        added.indices.tolist(), 0.5
    )


def test_a_question_of_many_words_is_searched_by_its_first() -> None:
    words = " ".join(f"word{n}" for n in range(5000))
    assert len(question_weights(words).indices) <= 512
    assert len(question_weights(words, implied=words + " more").indices) <= 512


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
