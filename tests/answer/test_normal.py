"""Answers in normal form, for the comparison of chains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.compare import same_answer
from answer.normal import normal


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1,234", "1234"),
        ("1 234.50", "1234.5"),
        ("$5 million", "5,000,000"),
        ("€ 1.2bn", "1200 million"),
        ("12.5 %", "12.5 percent"),
        ("(120)", "-120"),
        ("The Board", "board."),
        ("Oslo, Bergen and Tromsø", "Tromsø; Bergen; Oslo"),
        ("YES.", "yes"),
    ],
)
def test_the_same_in_other_words(a: str, b: str) -> None:
    assert same_answer(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [("12", "13"), ("12", "12 %"), ("5 million", "5 billion"), ("yes", "no"), ("-3", "3"), ("Oslo", "Bergen")],
)
def test_not_the_same(a: str, b: str) -> None:
    assert not same_answer(a, b)


@given(st.text(max_size=60), st.text(max_size=60))
def test_symmetric_and_reflexive(a: str, b: str) -> None:
    assert same_answer(a, a)
    assert same_answer(a, b) == same_answer(b, a)


@given(st.integers(0, 10**12))
def test_thousands_separators_do_not_matter(number: int) -> None:
    assert normal(f"{number:,}") == normal(str(number)) == str(number)
