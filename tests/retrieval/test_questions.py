"""What a question names, and that the pages it names are found: by number, label, caption, title and quotation."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ingest import Block, BlockKind, Box, FigureKind, Page, TextSource, Word
from retrieval import Retriever, Scope
from retrieval.anchors import anchors
from retrieval.fusion import COUNTED, SHOWN
from retrieval.questions import Place, breadth, title_key, understand
from retrieval.resolving import around

Open = Callable[[], AbstractAsyncContextManager[Retriever]]


def named(text: str) -> list[tuple[str, str]]:
    return [(reference.place.value, reference.name) for reference in understand(text).references]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is on page 12?", [("page", "12")]),
        ("see p. 12 and p. 14", [("page", "12"), ("page", "14")]),
        ("p12", [("page", "12")]),
        ("page no. 7", [("page", "7")]),
        ("pages 3, 5 and 7", [("page", "3"), ("page", "5"), ("page", "7")]),
        ("pp. 3–5", [("page", "3"), ("page", "4"), ("page", "5")]),
        ("from Page 3 to Page 5", [("page", "3"), ("page", "4"), ("page", "5")]),
        ("slide seven", [("page", "7")]),
        ("Table 3 of the report", [("table", "3")]),
        ("Table II", [("table", "ii")]),
        ("Figure 4(b)", [("figure", "4b")]),
        ("Fig. 2's axis", [("figure", "2")]),
        ("figures 1 and 2", [("figure", "1"), ("figure", "2")]),
        ("section 2.1", [("section", "2.1")]),
        ("§ 2.1", [("section", "2.1")]),
        ("Appendix B", [("appendix", "b")]),
        ("the tables in the appendix", [("appendix", "")]),
        ("How many appendices appear in the document?", [("appendix", "")]),
        ("Exhibit P-10", [("exhibit", "p-10")]),
        ("Item 1A", [("item", "1a")]),
        ("on the cover", [("start", "1")]),
        ("the title page", [("start", "1")]),
        ("the first page", [("start", "1")]),
        ("the 3rd slide", [("start", "3")]),
        ("first two pages", [("start", "1"), ("start", "2")]),
        ("the last page", [("end", "1")]),
        ("second to last page", [("end", "2")]),
        ("the penultimate slide", [("end", "2")]),
        ("the conclusion section", [("title", "conclusion")]),
        ("Was steht auf Seite 12 in Abbildung 3?", [("page", "12"), ("figure", "3")]),
        ("第12页的表3", [("page", "12"), ("table", "3")]),
        ("Does the report cover 2019?", []),
        ("Which part of the group sold 3 items to 5 people?", []),
        ("table 5% of them", [("table", "5")]),
        ("figure 3 and 2019 revenue", [("figure", "3")]),
        ("the cover letter ratio", []),
        ("How did the S&P 500 do?", []),
        ("", []),
    ],
)
def test_references(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(named(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ('What does "Levels of Analytics," show?', ("levels of analytics",)),
        ("the “net   debt” of ‘Group A’", ("net debt", "group a")),
        ("the company's and the group's share", ()),
        ('as a list, e.g. ["1","2"]', ()),
        ("«résultat net»", ("résultat net",)),
    ],
)
def test_quotations_are_phrases_and_apostrophes_are_not(text: str, phrases: tuple[str, ...]) -> None:
    assert understand(text).phrases == phrases


def test_periods_and_breadth() -> None:
    question = understand("How many charts in the report compare Q3 2019 with FY21 and 2018?")
    assert set(question.periods) == {"Q3", "2019", "21", "2018"}
    assert question.wide
    assert understand("Which pages mention tides? List all of them.").wide
    assert not understand("How much did revenue grow in 2019?").wide
    assert understand("It costs 2019.50 or 12019").periods == ()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("What is the EBITDA of Nordwind in 2023?", {"depreciation", "amortization", "operating"}),
        ("working capital ratio", {"current", "assets", "liabilities", "balance"}),
        ("What was the shareholders' equity?", {"equity", "balance"}),
        ("debt/equity, and long-term debt to total liabilities", {"debt", "liabilities"}),
        ("sales to net working capital", {"revenues", "current"}),
        ("the ROA for FY2015", {"income", "assets"}),
        ("free cash flow", {"operating", "activities"}),
    ],
)
def test_measures_imply_the_lines_they_are_worked_out_from(text: str, lines: set[str]) -> None:
    assert lines <= set(understand(text).made_of.split())


@pytest.mark.parametrize(
    "text", ["Which assets to protect?", "sales to Asia", "Who sat in the ROAring crowd?", "profit", ""]
)
def test_other_questions_imply_nothing(text: str) -> None:
    assert understand(text).made_of == ""


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("How high is the tide?", 10),
        ("How many times does the report mention tides?", 20),
        ("Who is shown on pages 30-42?", 20),
        ("Who is shown on pages 30-35?", 10),
    ],
)
def test_questions_about_many_places_bring_twice_the_pages(text: str, pages: int) -> None:
    assert breadth(text, 10) == pages


def test_pages_with_what_is_counted_are_wanted_once_more() -> None:
    likely = [("p1", 2.0), ("p2", 1.0), ("p3", 0.5)]
    about = {
        key: {"document": "d", "page": n, "shows": ["chart"] if n == 2 else []} for n, (key, _) in enumerate(likely, 1)
    }
    found = [
        around(understand(text), likely, about).strengths
        for text in ("How many charts are in the report?", "What does the chart of tides show?")
    ]
    assert [set(strengths[SHOWN]) for strengths in found] == [{"p2"}, {"p2"}]
    assert [strengths[COUNTED] for strengths in found] == [found[0][SHOWN], {}]


@given(st.text() | st.text(alphabet="page figure 12-–,()\"'“” tocover§第页表", max_size=200))
def test_any_question_is_understood_within_bounds(text: str) -> None:
    question = understand(text)
    assert question.text == text
    assert len(question.references) <= 64
    assert len(question.phrases) <= 8
    assert len(question.titles) <= 80 * 8


@given(st.integers(1, 9999), st.sampled_from(["page {}", "on p. {}?", "Slide {}:", "(page {})", "PAGE {}."]))
def test_every_page_number_is_read(number: int, form: str) -> None:
    assert named(form.format(number)) == [("page", str(number))]


@given(st.integers(1, 500), st.integers(1, 60))
def test_a_range_is_each_of_its_pages(first: int, length: int) -> None:
    found = {name for _, name in named(f"pages {first}-{first + length}")}
    assert {str(n) for n in range(first, first + length + 1)} <= found


def page(number: int, *blocks: tuple[BlockKind, str], label: str | None = None, section: tuple[str, ...] = ()) -> Page:
    words: list[Word] = []
    made: list[Block] = []
    for row, (kind, text) in enumerate(blocks):
        first = len(words)
        words += [Word(w, Box(x, 20 * row, x + 1, 20 * row + 10)) for x, w in enumerate(text.split())]
        made.append(Block(kind, text, Box(0, 20 * row, 100, 20 * row + 10), first, len(words)))
    return Page(number, 600, 800, label, TextSource.TEXT_LAYER, tuple(words), tuple(made), section)


def test_a_page_is_called_by_its_numbers_captions_and_titles() -> None:
    found = anchors(
        page(
            12,
            (BlockKind.TITLE, "2.1 Our Method"),
            (BlockKind.CAPTION, "Figure 4(b): Growth of tides"),
            (BlockKind.TEXT, "Table 3. Results of the group\nTable 5 shows what follows"),
            (BlockKind.TITLE, "Appendix C"),
            label="iv",
            section=("2 Approach",),
        )
    )
    assert set(found) == {
        "page:12", "label:iv", "section:2.1", "title:our method", "figure:4b", "figure:4", "table:3", "appendix:c",
        "appendix:", "title:appendix c", "in/section:2", "in/title:approach",
    }  # fmt: skip


@given(st.text(max_size=300), st.sampled_from(list(BlockKind)))
def test_any_page_has_its_number_among_a_bounded_list(text: str, kind: BlockKind) -> None:
    found = anchors(page(3, (kind, text)))
    assert found[0] == "page:3"
    assert len(found) == len(set(found)) <= 200


@given(st.text(max_size=60))
def test_the_key_of_a_title_is_stable(title: str) -> None:
    key = title_key(title)
    assert key == " ".join(key.split())
    assert title_key(title.upper()) == title_key(title.upper().lower().upper())


TEXTS = [
    "Tides follow the moon along every coast of the sea.",
    "Bread is kneaded for ten minutes and rises overnight.",
    "Revenue of the group grew in every region of the country.",
    "Trains run late whenever snow covers the tracks at night.",
    "Gardens need water in summer and mulch before the winter.",
    "Engines are tested for an hour with the valves closed.",
]


async def _filled(room: Retriever) -> None:
    pages = [
        page(
            n,
            *([(BlockKind.CAPTION, "Figure 2: Overview")] if n == 4 else []),
            *([(BlockKind.TITLE, "3.2 Warnings and cautions")] if n == 5 else []),
            (BlockKind.TEXT, text),
            label=str(n - 2) if n > 2 else None,
        )
        for n, text in enumerate(TEXTS, start=1)
    ]
    await room.add_pages("c", "d", "r1", pages, visible=True)
    await room.add_pages("c", "other", "r1", [page(1, (BlockKind.TEXT, "Nothing of the kind."))], visible=True)


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("What is said of bread on page 3?", [5, 3]),
        ("What is said of bread on page 6?", [6]),
        ("Which engine is in Figure 2?", [4]),
        ("Describe the tides in section 3.2", [5]),
        ("What does 'valves closed' stand for on the coast?", [6]),
        ("What about bread is on the first page?", [1]),
        ("What of tides is on the last page?", [6]),
        ("What of tides is on the second to last page?", [5]),
    ],
)
def test_the_page_that_a_question_names_leads_and_says_why(retriever: Open, question: str, numbers: list[int]) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await _filled(room)
            evidence = await room.search(question, Scope("c", ("d",)), pages=3)
        assert [found.number for found in evidence.pages][: len(numbers)] == numbers
        assert all(found.reasons for found in evidence.pages[: len(numbers)])

    asyncio.run(scenario())


def test_reasons_are_words_and_only_where_something_is_named(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await _filled(room)
            named = await room.search("bread on page 3, Figure 2", Scope("c", ("d",)))
            plain = await room.search("bread", Scope("c", ("d",)))
            beyond = await room.search("bread on page 77", Scope("c", ("d",)))
        assert {found.number: found.reasons for found in named.pages if found.reasons} == {
            3: ("page 3",),
            5: ("printed page 3",),
            4: ("figure 2",),
        }
        assert not any(found.reasons for found in [*plain.pages, *beyond.pages])
        assert plain.pages[0].number == beyond.pages[0].number == 2

    asyncio.run(scenario())


def test_pages_that_show_what_is_asked_for_come_before_their_like(retriever: Open) -> None:
    def seen(number: int, kind: BlockKind, figure: FigureKind | None = None) -> Page:
        made = page(number, (BlockKind.TEXT, TEXTS[0]), (kind, ""))
        last = structs.replace(made.blocks[-1], figure=figure)
        return structs.replace(made, blocks=(*made.blocks[:-1], last))

    async def scenario() -> None:
        async with retriever() as room:
            kinds = [
                (1, BlockKind.TEXT, None),
                (3, BlockKind.FIGURE, FigureKind.DECORATION),
                (5, BlockKind.TABLE, None),
            ]
            pages = [seen(*one) for one in [*kinds, (7, BlockKind.FIGURE, FigureKind.CHART)]]
            await room.add_pages("c", "d", "r1", pages, visible=True)
            asked = ("Tides in the chart", "Tides in the table", "Tides in the figure")
            first = [(await room.search(question, Scope("c"))).pages[0].number for question in asked]
        assert first == [7, 5, 7]

    asyncio.run(scenario())


def test_of_two_alike_the_one_beside_a_good_page_leads(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            texts = {2: TEXTS[1], 6: TEXTS[1], 7: TEXTS[0]}
            await room.add_pages("c", "d", "r1", [page(n, (BlockKind.TEXT, t)) for n, t in texts.items()], visible=True)
            found = await room.search("tides and bread", Scope("c"))
        assert [one.number for one in found.pages].index(6) < [one.number for one in found.pages].index(2)

    asyncio.run(scenario())


def test_a_question_about_many_places_brings_more_pages_unless_told(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            pages = [page(n, (BlockKind.TEXT, f"{TEXTS[0]} {n}")) for n in range(1, 31)]
            await room.add_pages("c", "d", "r1", pages, visible=True)
            wide = "How many times does the report mention tides?"
            counts = [len((await room.search(asked, Scope("c"))).pages) for asked in ("What are tides?", wide)]
            told = len((await room.search(wide, Scope("c"), pages=4)).pages)
        assert (*counts, told) == (10, 20, 4)

    asyncio.run(scenario())


def test_over_a_collection_the_page_named_is_one_of_the_document_that_fits(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await _filled(room)
            found = (await room.search("What is said of tides on page 6?", Scope("c"), pages=3)).pages
        assert (found[0].document, found[0].number) == ("d", 6)

    asyncio.run(scenario())


def test_what_is_not_published_is_not_named(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await _filled(room)
            await room.add_pages("c", "d", "r2", [page(9, (BlockKind.TEXT, "Hidden tides."))])
            last = await room.search("the last page", Scope("c", ("d",)))
            hidden = await room.search("page 9", Scope("c", ("d",)))
        assert last.pages[0].number == 6
        assert 9 not in {found.number for found in hidden.pages}

    asyncio.run(scenario())


def test_places_are_stored_by_these_words() -> None:
    """They are part of every index: changing one needs a new version of the lexical identity."""
    assert {place.value for place in Place} == {
        "page", "label", "start", "end", "figure", "table", "chart", "map", "box", "exhibit", "equation", "algorithm",
        "section", "chapter", "part", "item", "note", "appendix", "title",
    }  # fmt: skip
