"""What manuals and papers are asked for: cells with a unit, labels that deny, versions, options, paths, chapters, entries."""

import asyncio

import msgspec
import pytest

from answer import ChainReply, EvidenceItem, ExtractiveReader, ReadRequest
from answer.extractive.cells import crossings
from answer.extractive.sentences import sentences
from answer.reader import TextDelta
from ingest import BlockKind
from tests.answer.pages import Trigrams, asked_of, page

BOATS = page(
    1,
    (BlockKind.CAPTION, "Table 2 Boats of the yard"),
    [
        ["Kind of boat", "Mast", "Ballast"],
        ["No keel", "7 metres", "90 lbs"],
        ["With keel", "11 metres", "800 lbs"],
    ],
)
TIMES = page(1, [["Loan", "6 months", "2 years"], ["Rate", "3.1%", "4.2%"]])


def test_a_figure_with_its_unit_in_letters_is_a_value() -> None:
    found = {crossing.value.text for crossing in crossings(BOATS) if crossing.value.is_value}
    assert found == {"7 metres", "90 lbs", "11 metres", "800 lbs"}


def test_lengths_of_time_head_columns() -> None:
    headers = {x.value.text: [cell.text for cell in x.headers] for x in crossings(TIMES) if x.value.is_value}
    assert headers == {"3.1%": ["6 months"], "4.2%": ["2 years"]}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much ballast does a boat with a keel take?", "800 lbs"),
        ("How much ballast does a boat without a keel take?", "90 lbs"),
    ],
)
def test_a_label_that_denies_is_told_from_one_that_does_not(question: str, value: str) -> None:
    answer = asked_of({"yard": [BOATS]}, question)
    assert answer.text == value, answer.chains


MANUAL = page(
    1,
    "The relay of 2021 comes with Harbour 12, and with it ships the pilot daemon, version 3.1.6, which 40 ports use.",
    "The daemon looks for its charts in /srv/charts/local unless it was told otherwise.",
    "To have it listen on another port, start the daemon with --listen-port=4080 on the command line.",
)
"""Numbers, names and capitals stand beside what is asked for."""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which version of the pilot daemon ships with Harbour 12?", "3.1.6"),
        ("In which directory does the daemon look for its charts unless it is told otherwise?", "/srv/charts/local"),
        ("Which command line option has the daemon listen on another port?", "--listen-port=4080"),
    ],
)
def test_versions_paths_and_options(question: str, said: str) -> None:
    assert asked_of({"manual": [MANUAL]}, question).text == said


def test_a_decimal_is_no_version() -> None:
    scores = page(
        1, "The larger version of the model scored 0.85 where the smaller version scored 0.79 on the same task."
    )
    assert asked_of({"paper": [scores]}, "Which version of the model scored best on the task?").text not in (
        "0.85",
        "0.79",
    )


BOOK = {
    "book": [
        page(
            4,
            (BlockKind.TITLE, "Chapter 4"),
            (BlockKind.TITLE, "Winter quarters"),
            "The crew left in May of that year.",
        ),
        page(
            5, (BlockKind.TITLE, "4.1 Stores and fuel"), "Coal for 3.4 months was kept in the forward hold of the ship."
        ),
    ]
}


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is the title of Chapter 4?", "Winter quarters"),
        ("What is section 4.1 called?", "Stores and fuel"),
    ],
)
def test_chapters_and_sections_by_their_number(question: str, title: str) -> None:
    assert asked_of(BOOK, question).text == title


def test_the_number_of_a_section_that_is_not_there_is_no_value() -> None:
    assert asked_of(BOOK, "What is the title of section 3.4?").outcome == "not_in_documents"


def test_a_decline_names_what_is_missing_in_the_words_of_the_question() -> None:
    answer = asked_of(BOOK, "In which year did the Kvitøya of the Bärenland Company sail?")
    assert answer.outcome == "not_in_documents"
    assert "Bärenland Company" in answer.text


def test_abbreviations_before_a_number_end_no_sentence() -> None:
    entries = [
        "[2] Handbook of Sails Third Edition, Orlop Press, Reading, 1999.",
        "[3] Pilot Reference Sixth Edition Ver. 1.7, Orlop Press, (www.orlop.example), Nov. 2006.",
    ]
    works = page(9, *((BlockKind.LIST, entry) for entry in entries))
    assert [sentence.text for sentence in sentences(works)] == entries


def test_a_page_without_an_item_of_evidence_is_not_answered_from() -> None:
    """A page that shows nothing but a running header has no passage to cite."""
    request = ReadRequest(
        "What was the toll of the lock?",
        (),
        (EvidenceItem("d:2:0", "d", 2, "Rowing boats pass free.", ()),),
        {("d", 1): page(1, "The toll of the lock was 12 pence."), ("d", 2): page(2, "Rowing boats pass free.")},
        reply=ChainReply,
    )

    async def told() -> str:
        return "".join([e.text async for e in ExtractiveReader(Trigrams()).read(request) if isinstance(e, TextDelta)])

    assert msgspec.json.decode(asyncio.run(told()), type=ChainReply).refusal


def test_a_heading_says_neither_yes_nor_no() -> None:
    holdings = page(1, (BlockKind.TITLE, "Size of holding and shares held by the company"), [["Up to 100", "412"]])
    letter = page(2, "The company holds none of its own shares.")
    answer = asked_of({"report": [holdings, letter]}, "Does the company hold any of its own shares?")
    assert answer.text.startswith("No: The company holds none")
