"""Whether two answers say the same: by type, by words, and by what they say beyond the question."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.compare import same_answer
from answer.compare.quantities import quantity

WHO = "Who is the chief executive of Halden Marine?"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.234,56", "1,234.56"),
        ("1.234.567", "1234567"),
        ("1'234.50", "1 234.5"),
        ("3,5 %", "3.5 percent"),
        ("12 km", "12,000 metres"),
        ("1.5 hours", "90 minutes"),
        ("2.5 kg", "2500 g"),
        ("€1.2bn", "1,200 million euros"),
        ("US$ 5", "5 dollars"),
        ("4,210 employees", "4210"),
        ("approximately 40 %", "40 per cent"),
        ("25 basis points", "0.25 percentage points"),
        ("seven", "7"),
        ("($120)", "-120 dollars"),
        ("31 March 2018", "2018-03-31"),
        ("March 31st, 2018", "31.03.2018"),
        ("31/03/2018", "Mar 31 2018"),
        ("Q3 2021", "the third quarter of 2021"),
        ("March 2018", "in March, 2018"),
        ("Dr Ada Brenner", "Brenner, Ada"),
        ("Müller GmbH", "Muller"),
        ("Yes, since the fund was closed.", "yes"),
        ("1. Oslo 2. Bergen", "1) Oslo\n2) Bergen"),
        ("- Oslo\n- Bergen\n- Bodø", "Bodø, Oslo and Bergen"),
        ("3 kg and 2 kg", "2,000 g; 3000 g"),
    ],
)
def test_the_same_in_another_form(a: str, b: str) -> None:
    assert same_answer(a, b)
    assert same_answer(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("$5", "€5"),
        ("12 km", "12 kg"),
        ("12 %", "12 percentage points"),
        ("1.234", "1,234"),
        ("1.2 million", "1,234,567"),
        ("5 kW", "5 MW"),
        ("31 March 2018", "31 March 2019"),
        ("31 March 2018", "March 2018"),
        ("03/04/2018", "04/03/2018"),
        ("Q3 2021", "Q4 2021"),
        ("Ada Brenner", "Ada Brunner"),
        ("No", "Yes"),
        ("No revenue was reported", "No"),
        ("1. Oslo 2. Bergen", "1. Bergen 2. Oslo"),
        ("Oslo, Bergen", "Oslo, Bergen, Bodø"),
        ("-", ""),
        ("Nothing", "0"),
    ],
)
def test_not_the_same(a: str, b: str) -> None:
    assert not same_answer(a, b)
    assert not same_answer(b, a)


def test_the_order_of_a_list_counts_where_it_is_asked_for() -> None:
    assert same_answer("Oslo, Bergen and Bodø", "Bergen, Bodø, Oslo")
    assert not same_answer("Oslo, Bergen and Bodø", "Bergen, Bodø, Oslo", ordered=True)
    assert same_answer(
        "Oslo; 12 km; 2018-03-31", "Oslo; 12,000 m; 31 March 2018".replace(" m;", " metres;"), ordered=True
    )


@pytest.mark.parametrize(
    ("a", "b", "question"),
    [
        ("The chief executive is Dr Ada Brenner.", "Ada Brenner", WHO),
        ("Revenue was 1,234 in 2023.", "1234", "What was revenue in 2023?"),
        ("The fund was closed on 31 March 2018.", "2018-03-31", "When was the fund closed?"),
    ],
)
def test_a_sentence_is_what_it_says_beyond_the_question(a: str, b: str, question: str) -> None:
    assert same_answer(a, b, question=question)
    assert same_answer(b, a, question=question)
    assert not same_answer(a, b)


@pytest.mark.parametrize(
    ("a", "b", "question"),
    [
        ("The chief executive is not Ada Brenner.", "Ada Brenner", WHO),
        ("5 is larger", "7 is larger", "Which is larger, 5 or 7?"),
        ("The chief executive is Ada Brenner, since 2019.", "Ada Brenner", WHO),
        ("Revenue was 1,234 in 2022.", "1234", "What was revenue in 2023?"),
    ],
)
def test_what_turns_or_adds_to_a_statement_is_seen(a: str, b: str, question: str) -> None:
    assert not same_answer(a, b, question=question)
    assert not same_answer(b, a, question=question)


ANSWERS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789.,'% €$kmbn()-/ and;\n", max_size=20),
    st.lists(st.sampled_from(["Oslo", "3 km", "1. ", "and", ";", ",", "2018", "March", "no", "the"]), max_size=8).map(
        " ".join
    ),
)


@given(ANSWERS, ANSWERS, st.booleans(), st.sampled_from(["", WHO]))
def test_symmetric_and_reflexive(a: str, b: str, ordered: bool, question: str) -> None:
    assert same_answer(a, a, ordered=ordered, question=question)
    assert same_answer(a, b, ordered=ordered, question=question) == same_answer(
        b, a, ordered=ordered, question=question
    )


@given(st.decimals(-(10**9), 10**9, places=2))
def test_a_number_is_the_same_in_every_locale(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert same_answer(english, german)
    assert same_answer(english, english.replace(",", "\u202f"))
    assert same_answer(english, f"{value}")
    found = quantity(english)
    assert found is not None
    assert found.value == value


@given(st.integers(1, 10**6), st.sampled_from([("km", "1000", "metres"), ("kg", "1000", "g"), ("h", "60", "min")]))
def test_units_are_the_same_by_their_factor_only(count: int, unit: tuple[str, str, str]) -> None:
    big, factor, small = unit
    assert same_answer(f"{count} {big}", f"{count * int(factor)} {small}")
    assert not same_answer(f"{count} {big}", f"{count * int(factor) + 1} {small}")


@given(st.dates(datetime.date(1000, 1, 1)))
def test_a_date_is_the_same_in_every_form(day: datetime.date) -> None:
    forms = [f"{day:%d %B %Y}", f"{day:%B %d, %Y}", day.isoformat(), f"{day:%d.%m.%Y}", f"{day:%b %d %Y}"]
    assert all(same_answer(form, other) for form in forms for other in forms)
    after = day + datetime.timedelta(days=1) if day < datetime.date.max else day - datetime.timedelta(days=1)
    assert not any(same_answer(form, after.isoformat()) for form in forms)


@given(st.permutations(["Oslo", "12 km", "31 March 2018", "Ada Brenner"]))
def test_a_list_is_the_same_in_every_order(items: list[str]) -> None:
    assert same_answer("; ".join(items), "Ada Brenner; 2018-03-31; 12000 metres; Oslo")
