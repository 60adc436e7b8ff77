"""Names that callers give."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import InvalidInput
from api.names import collection_name, document_name, suffix


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ('he said "no" 🙂.pdf', 'he said "no" 🙂.pdf'),
        ("a\r\nb\x00.pdf", "a  b .pdf"),
        ("", "unnamed"),
        ("///", "unnamed"),
        ("cafe\u0301.pdf", "café.pdf"),
    ],
)
def test_shows_the_last_part_of_a_name_without_control_characters(given_name: str, shown: str) -> None:
    assert document_name(given_name, 255) == shown


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_name_becomes_one_safe_component(name: str) -> None:
    shown = document_name(name, 255)
    assert shown
    assert not set(shown) & set("/\\")
    assert not any(unicodedata.category(char) == "Cc" for char in shown)
    assert document_name(shown, 255) == shown


def test_a_name_over_the_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(InvalidInput, match="2,000 characters; the limit is 255"):
        document_name("x" * 2000, 255)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not valid Unicode"):
        document_name("a\ud800.pdf", 255)


@pytest.mark.parametrize(
    ("name", "found"),
    [("a.PDF", ".pdf"), ("a", ""), (".pdf", ""), ("a.tar.gz", ".gz"), ("a.p/df", ""), ("a.verylongsuffix", "")],
)
def test_suffix_is_one_that_can_stand_in_a_file_name(name: str, found: str) -> None:
    assert suffix(name) == found


@pytest.mark.parametrize("name", ["default", "a", "team-1.reports_2024", "0" * 63])
def test_a_good_collection_name_stays(name: str) -> None:
    assert collection_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a/b", "..", "a b", "é", "0" * 64, "a\n"])
def test_a_bad_collection_name_is_refused_with_what_is_accepted(name: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 63 lower-case letters"):
        collection_name(name)
