"""What a question asks for, and which words, sentences and cells answer it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer.extractive.cells import crossings
from answer.extractive.question import Kind, analyse, parts
from answer.extractive.sentences import sentences
from answer.extractive.spans import best_span
from answer.extractive.terms import Weights, stems
from ingest import BlockKind
from tests.answer.pages import page


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many employees does it have?", Kind.NUMBER),
        ("By what percentage did sales rise?", Kind.PERCENT),
        ("What was the operating profit in 2022?", Kind.MONEY),
        ("How much did the company spend on ships?", Kind.MONEY),
        ("What yearly rent was agreed?", Kind.MONEY),
        ("When was the fund closed?", Kind.DATE),
        ("In which year did she join?", Kind.DATE),
        ("Who is the chief executive?", Kind.NAME),
        ("What is the name of the chief executive in the report?", Kind.NAME),
        ("Which version of the driver does it need?", Kind.VERSION),
        ("What is the release date of the driver?", Kind.PASSAGE),
        ("Which directory holds the logs?", Kind.CODE),
        ("Which command line option sets the port?", Kind.CODE),
        ("Which investment option was chosen?", Kind.NAME),
        ("What are the three strategic goals?", Kind.LIST),
        ("Is the pension fund open to new members?", Kind.YES_NO),
        ("Why was the fund closed?", Kind.PASSAGE),
        ("What had happened when the crew heard a knock?", Kind.PASSAGE),
        ("Which director retires, and who takes his place?", Kind.PASSAGE),
    ],
)
def test_type_of_answer(question: str, kind: Kind) -> None:
    assert analyse(question).kind is kind


def test_what_a_question_insists_on() -> None:
    asked = analyse(
        'According to page 12, what did Halden Marine call "blue growth" in FY2021 (see Figure 4)? Answer in millions.'
    )
    assert asked.years == ("2021",)
    assert asked.names == (("halden", "marin"),)
    assert asked.quoted == ("blue growth",)
    assert asked.pages == (12,)
    assert "figur#4" in asked.terms
    assert not {"million", "12", "4", "page", "answer"} & set(asked.terms)


def test_months_and_a_capital_at_the_start_are_no_names() -> None:
    assert analyse("Revenue in March rose how much?").names == ()
    assert analyse("WHAT IS THE NAME OF THE SHIP?").names == ()


@pytest.mark.parametrize(
    "question",
    [
        "How many charts are in the report?",
        "What is the colour of the logo?",
        "What is the difference between revenue in 2022 and 2023?",
        "How many more ships were sold than bought?",
    ],
)
def test_what_words_cannot_answer_is_known(question: str) -> None:
    assert analyse(question).beyond


@given(st.text(max_size=5000))
def test_any_question_can_be_taken_apart(text: str) -> None:
    assert all(part in text for part in parts(text))
    asked = analyse(text)
    assert len(asked.terms) <= 64
    assert asked.text == text


def test_several_questions_are_told_apart() -> None:
    assert parts("Who leads the board? When did she join it?") == ("Who leads the board?", "When did she join it?")
    assert parts("Who leads the board, and since when?") == ("Who leads the board, and since when?",)


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "In 2023 the 12 ships carried 4,210 passengers.",
            "How many passengers were carried in 2023?",
            "4,210 passengers",
        ),
        ("The row was turned by four degrees in April.", "By how many degrees was the row turned?", "four degrees"),
        ("Revenue rose by 12.5 % to € 1,234 million.", "By what percentage did revenue rise?", "12.5 %"),
        ("Revenue rose by 12.5 % to € 1,234 million.", "How much revenue did they earn?", "€ 1,234 million"),
        ("Rent is 12,750 pounds, due in May.", "What rent was agreed?", "12,750 pounds"),
        ("The fund was closed on 31 March 2018.", "When was the fund closed?", "31 March 2018"),
        ("The chief executive is Dr Ada Brenner, who joined in 2019.", "Who is the chief executive?", "Dr Ada Brenner"),
    ],
)
def test_span(sentence: str, question: str, answer: str) -> None:
    span = best_span(sentence, analyse(question))
    assert span is not None
    assert span.text == answer
    assert sentence[span.begin : span.end] == answer


@given(
    st.text(max_size=300),
    st.sampled_from(["How many ships?", "Who is it?", "When was it?", "What percentage?", "What cost?"]),
)
def test_a_span_is_always_words_of_the_sentence(sentence: str, question: str) -> None:
    span = best_span(sentence, analyse(question))
    if span is not None:
        assert sentence[span.begin : span.end] == span.text
        assert 0.0 <= span.fit <= 1.0


def test_sentences_end_where_they_end() -> None:
    text = "Dr. Brenner paid approx. 3.5 million for No. 7. She was glad! (1) It was cheap. 2. The term is 9 years."
    found = [sentence.text for sentence in sentences(page(1, text))]
    assert found == [
        "Dr. Brenner paid approx. 3.5 million for No. 7.",
        "She was glad!",
        "(1) It was cheap.",
        "2. The term is 9 years.",
    ]


@given(st.lists(st.text(alphabet=string.ascii_letters + ".!?,-1", min_size=1, max_size=9), min_size=1, max_size=200))
def test_sentences_cover_every_word_once(words: list[str]) -> None:
    made = page(1, " ".join(words))
    found = sentences(made)
    assert [i for s in found for i in range(s.first, s.last)] == list(range(len(made.words)))


def test_words_broken_at_a_line_end_are_joined_and_running_heads_left_out() -> None:
    text = f"{'word ' * 16}impor- tant and long- term"
    made = page(1, (BlockKind.HEADER, "Annual report"), text, (BlockKind.FOOTER, "12"))
    (sentence,) = sentences(made)
    assert "important" in sentence.text
    assert "long- term" in sentence.text


TABLE = [
    ["£ million", "2023", "2022"],
    ["Revenue", "1,234", "1,097"],
    ["Cost of revenue", "(801)", "(720)"],
    ["Margin", "35.1%", "34.4%"],
    ["Operating profit", "210", "–"],
]


def test_a_value_is_named_by_its_row_and_column() -> None:
    found = {
        (" ".join(c.text for c in x.label), " ".join(c.text for c in x.headers)): (x.value.text, x.unit)
        for x in crossings(page(1, (BlockKind.CAPTION, "Group results"), TABLE))
    }
    assert found["Revenue", "2023"] == ("1,234", "£ million")
    assert found["Cost of revenue", "2022"] == ("(720)", "£ million")
    assert found["Margin", "2022"] == ("34.4%", "")
    assert ("Operating profit", "2022") not in found


def test_a_spanning_header_heads_all_its_columns() -> None:
    table = [["", "", "Capital", ""], ["£m", "Revenue", "Spent", "Assets"], ["Ferries", "63.7", "15.8", "96.8"]]
    made = page(1, table)
    moved = tuple(
        type(w)(w.text, type(w.box)(w.box.x0 + 39, w.box.y0, w.box.x1 + 39, w.box.y1)) if w.text == "Capital" else w
        for w in made.words
    )
    seen = crossings(type(made)(1, 595.0, 842.0, words=moved))
    found = {x.value.text: [c.text for c in x.headers] for x in seen if x.value.is_value}
    assert found == {"63.7": ["Revenue"], "15.8": ["Spent", "Capital"], "96.8": ["Assets", "Capital"]}


def test_a_label_that_wraps_is_found_above_its_values() -> None:
    table = [["", "2023"], ["Profit for the year", ""], ["", "77"]]
    (crossing,) = crossings(page(1, table))
    assert [cell.text for cell in crossing.label] == ["Profit for the year"]


def test_irregular_forms_and_numbers_meet() -> None:
    assert stems("taken")[0] == stems("takes")[0] == stems("took")[0]
    assert stems("1,234.5 ships") == ["1234.5", "ship"]
    assert stems("Company's") == stems("company")


@given(st.sets(st.text(alphabet="abc", min_size=1, max_size=3), min_size=1), st.text(alphabet="xyz", min_size=1))
def test_what_stands_nowhere_weighs_most(terms: set[str], other: str) -> None:
    weights = Weights([frozenset(terms)] * 3)
    assert all(weights[other] > weights[term] > 0 for term in terms)
