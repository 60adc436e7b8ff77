"""What the reader without a model reads off small documents of many kinds: cells, columns, lists, labels, addresses, codes that
lead to another page."""

import pytest

from answer import Answer, Outcome, Verdict
from answer.extractive.amounts import amount, asked_places
from answer.extractive.items import enumerated
from answer.extractive.question import Kind, analyse, parts
from answer.extractive.spans import best_span
from ingest import BlockKind
from tests.answer.pages import asked_of, marked, page

BIRDS = marked(
    4,
    "Seabirds counted on the islands of Veyra, 2021",
    [
        ["Island", "Puffins", "Guillemots", "Change since 2011"],
        ["Storholm", "412", "2,950", "12"],
        ["Litleholm", "1,208", "310", "44"],
        ["Grasoy", "97", "1,077", "9"],
        ["Skarv", "655", "86", "61"],
        ["All islands", "2,372", "4,423", "126"],
    ],
)
MODELS = marked(
    2,
    "Table 3: Accuracy of the taggers",
    [
        ["Tagger", "Newswire", "Letters"],
        ["Brill", "91.4% (0.3%)", "78.0% (1.2%)"],
        ["Brill + Lexicon", "93.9% (0.2%)", "81.5% (0.9%)"],
        ["Perceptron (ours)", "95.1% (0.1%)", "86.2% (0.7%)"],
    ],
)
GUIDE = [
    page(
        1,
        (BlockKind.TITLE, "Contents"),
        (BlockKind.LIST, "Opening the case 3"),
        (BlockKind.LIST, "Changing the filter 9"),
        (BlockKind.LIST, "Days in the field 14"),
        (BlockKind.LIST, "Cleaning 21"),
        (BlockKind.LIST, "Warranty 30"),
    ),
    page(
        2,
        (BlockKind.TITLE, "Your field kit"),
        "The kit supports three tasks:",
        (BlockKind.LIST, "• Sampling: draw water from the tap."),
        (BlockKind.LIST, "• Filtering: pass it through the filter."),
        (BlockKind.LIST, "• Reading: hold the strip against the chart."),
        "Spare parts are sold in Bergen, Oslo, Narvik and Molde.",
    ),
    page(
        3,
        (BlockKind.TITLE, "Help"),
        "Office Bergen: Mona Lunde, m.lunde@fieldkit.example.com. Telephone: 555 410 2233. Fax: 555 410 2299.",
        "Office Narvik: Ivar Strand, i.strand@fieldkit.example.com. Telephone: 555 730 1144.",
    ),
    page(4, "Seal strength is described in Table 4 and came to 18 newtons.", "The tank holds twelve litres."),
]
THREAD = [
    page(1, "The draught of the barge Elin in 2016 is recorded under K-77B12.", "Nothing else was noted that year."),
    page(2, "The entry K-77B12 has been moved to K-0914C."),
    page(3, "The entry K-0914C reads 2.45 metres."),
    page(4, "The draught of the barge Sonja in 2016 is recorded under K-5510D."),
]
OUTPUT = [
    page(1, "In 2019 the annual output of Karvik Mill was 4,210 tonnes."),
    page(2, "In 2020 the annual output of Karvik Mill was 4,999 tonnes."),
    page(3, "In 2019 the annual output of Brim Works was 2,500 tonnes."),
]
DOCUMENTS = {"output": OUTPUT, "birds": [BIRDS], "taggers": [MODELS], "guide": GUIDE, "barges": THREAD}


def ask(document: str, question: str) -> Answer:
    """The answer over one of the documents, whose verified quotes all stand."""
    answer = asked_of({document: DOCUMENTS[document]}, question)
    assert all(citation.verdict is Verdict.VERIFIED for citation in answer.citations)
    return answer


@pytest.mark.parametrize(
    ("document", "question", "text"),
    [
        ("birds", "Which island has the highest number of puffins?", "Litleholm"),
        ("birds", "Which island had the second highest number of guillemots in 2021?", "Grasoy"),
        ("birds", "What is the lowest number of guillemots?", "86"),
        ("birds", "How many islands have more than 400 puffins?", "3"),
        ("birds", "How many guillemots were counted on Grasoy?", "1,077"),
        ("taggers", "What accuracy does Brill + Lexicon reach on Letters?", "81.5%"),
        ("taggers", "What is the accuracy of the Perceptron on Newswire?", "95.1%"),
        ("taggers", "How much higher is the accuracy of Brill + Lexicon than Brill on Newswire?", "2.5%"),
        ("output", "Did the annual output of Karvik Mill increase from 2019 to 2020?", "Yes"),
        ("output", "Did the annual output of Karvik Mill fall from 2019 to 2020?", "No"),
        ("output", "Which works had a higher annual output in 2019: Karvik Mill or Brim Works?", "Karvik Mill"),
        ("output", "How much more annual output did Karvik Mill have than Brim Works in 2019?", "1710"),
        ("guide", "What is the e-mail address of Ivar Strand?", "i.strand@fieldkit.example.com"),
        ("guide", "What is the fax number of the office in Bergen?", "555 410 2299"),
        ("guide", "What is the title of the page on page 2?", "Your field kit"),
        ("guide", "What are the three tasks that the kit supports?", "Sampling; Filtering; Reading"),
        ("guide", "List the places where spare parts are sold.", "Bergen; Oslo; Narvik; Molde"),
        ("barges", "What was the draught of the barge Elin in 2016, in metres?", "2.45 metres"),
    ],
)
def test_what_is_read(document: str, question: str, text: str) -> None:
    assert ask(document, question).text.rstrip(".") == text


def test_every_page_of_a_thread_is_cited() -> None:
    answer = ask("barges", "What was the draught of the barge Elin in 2016, in metres?")
    assert [citation.page for citation in answer.citations] == [1, 2, 3]


def test_a_thread_that_ends_off_the_pages_is_declined_with_what_it_points_to() -> None:
    answer = ask("barges", "What was the draught of the barge Sonja in 2016, in metres?")
    assert answer.outcome is Outcome.NOT_IN_DOCUMENTS
    assert any("K-5510D" in (chain.refusal or "") for chain in answer.chains)


@pytest.mark.parametrize(
    ("document", "question"),
    [
        ("guide", "How many days in the field are planned?"),
        ("birds", "Which island has the highest number of razorbills?"),
        ("birds", "How many guillemots were counted on Grasoy in 1998?"),
    ],
)
def test_what_is_not_there_is_declined(document: str, question: str) -> None:
    assert ask(document, question).outcome is Outcome.NOT_IN_DOCUMENTS


def test_the_number_of_a_table_is_no_value() -> None:
    span = best_span(
        "Seal strength is described in Table 4 and came to 18 newtons.", analyse("How high is the seal strength?")
    )
    assert span is not None
    assert span.text.startswith("18")
    assert best_span("Figure 2 and Section 5.1 describe it.", analyse("How many pumps are there?")) is None


@pytest.mark.parametrize("word", ["high", "large", "big", "great"])
def test_how_high_asks_for_a_number_and_the_adjective_need_not_stand_there(word: str) -> None:
    question = analyse(f"How {word} is the tower of Lund?")
    assert question.kind is Kind.NUMBER
    assert word not in question.terms


@pytest.mark.parametrize(
    ("sentence", "text"),
    [("Twelve ships lay there.", "Twelve ships"), ("In all ninety ships lay there.", "ninety ships")],
)
def test_numbers_in_words_are_found_wherever_they_stand(sentence: str, text: str) -> None:
    span = best_span(sentence, analyse("How many ships were seen?"))
    assert span is not None
    assert span.text == text
    found = amount(text)
    assert found is not None
    assert found.value in (12, 90)


def test_decimals_may_be_asked_for_in_words() -> None:
    assert [asked_places(f"Round it to {word} decimal places.") for word in ("six", "Two", "3")] == [6, 2, 3]


@pytest.mark.parametrize("code", ["R-3A4B6", "R-46242", "COVID-19", "25B3-47DE"])
def test_the_digits_of_a_code_are_no_number(code: str) -> None:
    assert best_span(f"It is recorded under {code}.", analyse("How many people were there?")) is None


def test_alternatives_behind_a_question_mark_belong_to_the_question() -> None:
    assert len(parts("Which is larger? The eastern hall, or the western hall?")) == 1
    assert len(parts("Who leads it? Is it a firm or a fund?")) == 2


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("The partners were: Alpha Ltd; Beta and Sons; Gamma Inc.", ("Alpha Ltd", "Beta and Sons", "Gamma Inc")),
        ("The kit contains a hammer, two saws and a drill (see p. 3).", ("a hammer", "two saws", "a drill")),
        ("We believe this, as was said before, to be true.", ()),
    ],
)
def test_things_told_one_after_the_other(text: str, things: tuple[str, ...]) -> None:
    assert enumerated(text, analyse("What are the partners or tools in the kit?")) == things
