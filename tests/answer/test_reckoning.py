"""The reader without a model where words of one place do not do: sums, comparisons, measures of statements, charts, labels,
conflicts; what is found by the textual chain and what by the visual one."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer import Answer, Outcome, TextualChain, Verdict, VisualChain
from answer.extractive.amounts import Amount, amount, brought_together, plain
from answer.extractive.labelled import long_form
from answer.extractive.plan import Op, plan
from answer.extractive.question import analyse
from answer.extractive.series import aligned
from ingest import Block, BlockKind, Box, Cell, FigureKind, Page, Table, Word
from tests.answer.pages import asked_of, page

OUTPUT = "the annual output of {} was {} tonnes."
TEXT = {
    "report": [
        page(1, f"In 2019 {OUTPUT.format('Karvik Mill', '4,210')} In 2020 {OUTPUT.format('Karvik Mill', '9,999')}"),
        page(
            2, f"In 2019 {OUTPUT.format('Hals Depot', '1,300')}", "The working group met twice and said so in a letter."
        ),
        page(3, f"(1) In 2019 {OUTPUT.format('Brim Works', '2,500')}", (BlockKind.PAGE_NUMBER, "3")),
        page(4, f"In 2019 {OUTPUT.format('Ott Quarry East', '7,700')}"),
    ]
}


def ask(question: str, documents: dict[str, list[Page]] = TEXT, *chains: TextualChain | VisualChain) -> Answer:
    return asked_of(documents, question, *chains)


@pytest.mark.parametrize(
    ("question", "text", "pages"),
    [
        (
            "What is the sum of the annual output of Karvik Mill, Hals Depot and Brim Works in 2019, in tonnes?",
            "8010 tonnes",
            [1, 2, 3],
        ),
        ("Which had the higher annual output in 2019, Karvik Mill or Hals Depot?", "Karvik Mill", [1, 2]),
        (
            "Of Karvik Mill, Hals Depot and Brim Works, which had the second highest annual output in 2019?",
            "Brim Works",
            None,
        ),
        ("What is the difference in annual output between Karvik Mill and Hals Depot in 2019?", "2910", [1, 2]),
    ],
)
def test_what_is_worked_out_cites_every_value(question: str, text: str, pages: list[int] | None) -> None:
    answer = ask(question)
    assert answer.text == text
    assert all(citation.verdict is Verdict.VERIFIED for citation in answer.citations)
    assert pages is None or sorted(citation.page for citation in answer.citations) == pages


def test_a_value_that_is_missing_is_not_reckoned_without() -> None:
    answer = ask("What is the sum of the annual output of Karvik Mill and Nord Yard in 2019, in tonnes?")
    assert answer.outcome is Outcome.NOT_IN_DOCUMENTS


@pytest.mark.parametrize(
    "question",
    [
        "What was the annual output of Hals Depot in 2020, in tonnes?",
        "What was the annual output of Ott Quarry in 2019, in tonnes?",
    ],
)
def test_another_year_and_a_longer_name_are_not_meant(question: str) -> None:
    assert ask(question).outcome is Outcome.NOT_IN_DOCUMENTS


def test_neither_the_mark_of_a_note_nor_a_page_number_is_a_value() -> None:
    assert ask("What was the annual output of Brim Works in 2019, in tonnes?").text == "2,500 tonnes"


def bars(number: int, title: str, values: dict[str, str]) -> Page:
    """A page with a bar chart: values above years, the title above both."""
    head = [Word(word, Box(72 + 40 * n, 70, 108 + 40 * n, 80)) for n, word in enumerate(title.split())]
    drawn = [Word(v, Box(90 + 70 * n, 120 + 9 * n, 115 + 70 * n, 130 + 9 * n)) for n, v in enumerate(values.values())]
    years = [Word(y, Box(93 + 70 * n, 190, 112 + 70 * n, 200)) for n, y in enumerate(values)]
    words = (*head, *drawn, *years)
    blocks = (
        Block(BlockKind.TITLE, title, Box(72, 70, 500, 80), 0, len(head)),
        Block(
            BlockKind.FIGURE,
            "\n".join([*values.values(), *values]),
            Box(80, 95, 420, 210),
            len(head),
            len(words),
            figure=FigureKind.CHART,
        ),
    )
    return Page(number, 595.0, 842.0, words=words, blocks=blocks)


CHART = {"report": [bars(1, "Annual output of Karvik Mill (tonnes)", {"2017": "310", "2018": "455", "2021": "128"})]}


def test_a_bar_is_named_by_what_stands_below_it_and_the_chart_by_its_title() -> None:
    answer = ask("What was the annual output of Karvik Mill in 2018, in tonnes?", CHART)
    assert answer.text.startswith("455")
    assert answer.agreement.followed == "visual"
    assert [citation.quote for citation in answer.citations] == ["455"]


def test_each_chain_reads_its_own_evidence() -> None:
    question = "What was the annual output of Karvik Mill in 2018, in tonnes?"
    assert ask(question, CHART, TextualChain()).outcome is Outcome.NOT_IN_DOCUMENTS
    assert ask(question, CHART, VisualChain(None)).outcome is Outcome.ANSWERED
    question = "What was the annual output of Karvik Mill in 2019, in tonnes?"
    assert ask(question, TEXT, TextualChain()).outcome is Outcome.ANSWERED
    assert ask(question, TEXT, VisualChain(None)).outcome is Outcome.NOT_IN_DOCUMENTS


def test_text_and_chart_that_differ_are_a_conflict_with_both_cited() -> None:
    said = page(2, "In 2018 the annual output of Karvik Mill was 500 tonnes.")
    answer = ask("What was the annual output of Karvik Mill in 2018, in tonnes?", {"report": [*CHART["report"], said]})
    assert answer.outcome is Outcome.CONFLICTING
    assert {citation.page for citation in answer.citations} == {1, 2}
    assert "455" in answer.text
    assert "500" in answer.text


def statement(number: int, rows: list[tuple[str, str, str]], unit: str) -> Page:
    """A page whose table ingest has marked, with two years as headers."""
    made = page(
        number, (BlockKind.TITLE, f"Consolidated balance sheets ({unit})"), [["", "2021", "2020"], *map(list, rows)]
    )
    block = made.blocks[1]
    cells, at = [], block.first_word
    for row, texts in enumerate([("", "2021", "2020"), *rows]):
        for column, text in enumerate(texts):
            count = len(text.split())
            box = made.words[at].box if count else block.box
            cells.append(Cell(row, column, text, box, at, at + count, header=row == 0))
            at += count
    table = Table(len(rows) + 1, 3, tuple(cell for cell in cells if cell.text), header_rows=1)
    return msgspec.structs.replace(made, blocks=(made.blocks[0], msgspec.structs.replace(block, table=table)))


BALANCE = {
    "firm": [
        statement(
            1,
            [
                ("Total current assets", "900", "700"),
                ("Total assets", "2,000", "1,500"),
                ("Total current liabilities", "400", "350"),
                ("Total liabilities", "1,000", "950"),
            ],
            "in millions",
        )
    ]
}


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the total liabilities of Firm in 2021?", "1,000 (in millions)"),
        ("What is the working capital of Firm in FY2020?", "350 (in millions)"),
        ("What is the current ratio of Firm in FY2021? Round your answer to two decimal places.", "2.25"),
        ("What is total liabilities to total assets of Firm in FY2021? Round to three decimal places.", "0.500"),
    ],
)
def test_measures_are_made_of_the_lines_of_statements(question: str, text: str) -> None:
    assert ask(question, BALANCE).text == text


def test_what_has_a_value_is_listed() -> None:
    pages = [
        page(n, f"In 2014 the permit code of {site} was 25B3-47DE.")
        for n, site in enumerate(("Karvik Mill", "Hals Depot"), 1)
    ]
    answer = ask("List all sites whose permit code in 2014 was 25B3-47DE.", {"report": pages})
    assert answer.text == "Karvik Mill, Hals Depot"


def test_labels_are_read() -> None:
    pages = [
        page(
            1,
            (BlockKind.CAPTION, "Figure 2: Diagram of the northern harbour"),
            "The National Data Centre (NDC) keeps it.",
        ),
        page(2, (BlockKind.CAPTION, "Figure 3: Sluice gates")),
    ]
    assert ask("What is the title of Figure 2?", {"d": pages}).text == "Diagram of the northern harbour"
    assert ask("What does NDC stand for?", {"d": pages}).text == "National Data Centre"
    assert ask("How many figures are in this paper from page 1 to page 2?", {"d": pages}).text == "2"


@pytest.mark.parametrize(
    ("question", "op", "count"),
    [
        ("How many more Tweets came from Aron than Belt?", Op.DIFFERENCE, 2),
        ("How many Tweets came from Aron, Belt, and Cole in total?", Op.SUM, 3),
        ("By how much did revenue grow from 2014 to 2015?", Op.DIFFERENCE, 2),
        ("By what percentage did revenue grow from 2014 to 2015?", Op.CHANGE, 2),
        ("What is the average of the fees of Aron and Belt?", Op.AVERAGE, 2),
    ],
)
def test_what_has_to_be_worked_out_is_seen(question: str, op: Op, count: int) -> None:
    planned = plan(question)
    assert planned is not None
    assert (planned.op, len(planned.questions)) == (op, count)
    assert all(name in asked for name, asked in zip(planned.names, planned.questions, strict=True))


@given(st.text(max_size=300))
def test_any_question_can_be_planned(text: str) -> None:
    planned = plan(text)
    assert planned is None or len(planned.names) == len(planned.questions)


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["", " thousand", " million", " billion"]))
def test_a_figure_is_read_as_it_is_written(value: Decimal, scale: str) -> None:
    read = amount(f"{value:,.2f}{scale}")
    assert read is not None
    assert read.value == value
    assert read.scale == {"": 0, " thousand": 3, " million": 6, " billion": 9}[scale]
    assert amount(f"({value:,.2f})") == Amount(-value, 0, False, False)
    assert Decimal(plain(value)) == value


@given(st.lists(st.sampled_from([0, 3, 6]), min_size=1, max_size=4))
def test_amounts_without_a_scale_take_the_only_one_told(scales: list[int]) -> None:
    made = brought_together([Amount(Decimal(1), scale, told=bool(scale)) for scale in scales])
    told = {scale for scale in scales if scale}
    assert [one.scale for one in made] == ([scale or max(told) for scale in scales] if len(told) == 1 else scales)


def test_values_in_a_row_belong_to_years_in_a_row() -> None:
    told = "Expenses were $714.3 million, $533.1 million and $404.0 million in 2015, 2014 and 2013, respectively."
    assert aligned(told, analyse("What were the expenses in 2014?")) == "$533.1 million"
    assert aligned(told, analyse("What were the expenses in 2012?")) is None
    assert aligned("Expenses were $714.3 million in 2015.", analyse("What were the expenses in 2015?")) is None


@pytest.mark.parametrize(
    ("short", "text", "form"),
    [
        ("NDC", "The National Data Centre (NDC) keeps it.", "National Data Centre"),
        ("WHO", "WHO (World Health Organization) said so.", "World Health Organization"),
        ("NDC", "The harbour (NDC) keeps it.", None),
    ],
)
def test_the_long_form_spells_the_short_one(short: str, text: str, form: str | None) -> None:
    assert long_form(short, text) == form
