"""Passages: nothing lost, nothing too long, boxes around what they hold."""

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ingest import Block, BlockKind, Box, Cell, FigureKind, Page, PassageBudget, Table, Word, make_passages
from ingest.text.wording import compact, join_lines, plain

WORD = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
END = st.sampled_from(["", "", "", "", ".", "?", ","])
KINDS = st.sampled_from([k for k in BlockKind if k not in (BlockKind.HEADER, BlockKind.FOOTER, BlockKind.PAGE_NUMBER)])


def page_of(blocks: list[tuple[BlockKind, list[str]]]) -> Page:
    """A page with a word every ten points, ten words a line, blocks one below the other."""
    words: list[Word] = []
    made = []
    for kind, texts in blocks:
        first = len(words)
        for text in texts:
            x, y = 10 * (len(words) % 10), 12 * (len(words) // 10)
            words.append(Word(text, Box(x, y, x + 9, y + 10)))
        boxes = [w.box for w in words[first:]]
        around = Box(
            min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
        )
        made.append(Block(kind, join_lines([texts]), around, first, len(words)))
    return Page(3, 595, 842, label="iii", words=tuple(words), blocks=tuple(made), section=("One", "Two"))


@st.composite
def pages(draw: st.DrawFn, kinds: st.SearchStrategy[BlockKind] = KINDS) -> Page:
    texts = st.lists(st.builds(str.__add__, WORD, END), min_size=1, max_size=60)
    return page_of(draw(st.lists(st.tuples(kinds, texts), min_size=0, max_size=12)))


BUDGETS = st.builds(PassageBudget, size=st.integers(5, 60))


@given(pages(), BUDGETS)
def test_no_word_is_lost_or_repeated(page: Page, budget: PassageBudget) -> None:
    passages = make_passages(page, budget)
    assert " ".join(p.text for p in passages).split() == " ".join(b.text for b in page.blocks).split()


@given(pages(), BUDGETS, st.integers(1, 20))
def test_overlap_repeats_and_loses_nothing(page: Page, budget: PassageBudget, overlap: int) -> None:
    passages = make_passages(page, PassageBudget(budget.size, overlap))
    kept = Counter(" ".join(p.text for p in passages).split())
    assert not Counter(" ".join(b.text for b in page.blocks).split()) - kept


@given(pages(st.just(BlockKind.TEXT)), BUDGETS)
def test_no_passage_of_text_is_over_the_budget(page: Page, budget: PassageBudget) -> None:
    assert all(len(p.text.split()) <= budget.size for p in make_passages(page, budget))


@given(pages(), BUDGETS)
def test_boxes_hold_the_words_of_the_passage(page: Page, budget: PassageBudget) -> None:
    for passage in make_passages(page, budget):
        held = [
            plain(w.text)
            for w in page.words
            if any(
                b.x0 <= w.box.x0 and b.y0 <= w.box.y0 and w.box.x1 <= b.x1 and w.box.y1 <= b.y1 for b in passage.boxes
            )
        ]
        assert not Counter(passage.text.split()) - Counter(held)


@given(pages(), BUDGETS)
def test_passages_are_numbered_and_carry_where_they_stand(page: Page, budget: PassageBudget) -> None:
    passages = make_passages(page, budget)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert all((p.page, p.label, p.section) == (3, "iii", ("One", "Two")) and p.boxes for p in passages)


def test_running_headers_and_footers_are_left_out() -> None:
    page = page_of([(BlockKind.HEADER, ["Report"]), (BlockKind.TEXT, ["Words."]), (BlockKind.FOOTER, ["7"])])
    assert [p.text for p in make_passages(page)] == ["Words."]


def test_small_neighbours_are_merged() -> None:
    page = page_of([(BlockKind.TEXT, ["small"] * 10)] * 6)
    passages = make_passages(page, PassageBudget(size=30))
    assert [len(p.text.split()) for p in passages] == [30, 30]
    assert [len(p.boxes) for p in passages] == [3, 3]


def test_a_heading_goes_with_what_follows() -> None:
    text, title = (BlockKind.TEXT, ["word"] * 20), (BlockKind.TITLE, ["Cranes", "and", "docks"])
    passages = make_passages(page_of([text, title, text]), PassageBudget(size=30))
    assert [p.text.split()[0] for p in passages] == ["word", "Cranes"]
    assert len(passages[1].text.split()) == 23


def test_a_long_block_is_cut_at_sentence_ends_with_its_own_boxes() -> None:
    sentence = ["Nine", "words", "stand", "in", "each", "of", "these", "short", "sentences."]
    passages = make_passages(page_of([(BlockKind.TEXT, sentence * 5)]), PassageBudget(size=20))
    assert [len(p.text.split()) for p in passages] == [18, 18, 9]
    assert all(p.text.endswith("sentences.") for p in passages)
    # Ten words a line of twelve points: words 0 to 17, 18 to 35, 36 to 44.
    assert [(p.boxes[0].y0, p.boxes[0].y1) for p in passages] == [(0, 22), (12, 46), (36, 58)]


def test_a_long_sentence_is_cut_between_words() -> None:
    passages = make_passages(page_of([(BlockKind.TEXT, ["on"] * 50)]), PassageBudget(size=20))
    assert [len(p.text.split()) for p in passages] == [20, 20, 10]


def test_rows_of_a_table_are_not_cut() -> None:
    page = page_of([(BlockKind.TABLE, ["cell"] * 40)])
    rows = "\n".join("\t".join(["cell"] * 4) for _ in range(10))
    block = page.blocks[0]
    table = Block(block.kind, rows, block.box, block.first_word, block.last_word)
    passages = make_passages(Page(1, 595, 842, words=page.words, blocks=(table,)), PassageBudget(size=15))
    assert [p.text.count("cell") for p in passages] == [12, 12, 12, 4]
    assert [len(p.text.split("\n")) for p in passages] == [3, 3, 3, 1]


def table_page(rows: int, *, inherited: bool = False) -> Page:
    """A page with a caption and a table of three columns under one header row."""
    texts = [["Quay", "Depth", "Cranes"], *([f"Berth {n}", f"{n}.5 m", str(n)] for n in range(1, rows + 1))]
    words = [Word(w, Box(0, 0, 9, 9)) for w in ("Table", "4:", "Berths")]
    cells = []
    for r, row in enumerate(texts):
        for c, text in enumerate(row):
            first = len(words)
            words += [Word(w, Box(100 * c, 12 * r + 20, 100 * c + 50, 12 * r + 30)) for w in text.split()]
            box = Box(100 * c, 12 * r + 20, 100 * c + 50, 12 * r + 30)
            cells.append(Cell(r, c, text, box, first, len(words), header=r == 0))
    head, body = tuple(cells[:3]), tuple(cells[3:])
    table = Table(rows + 1, 3, (*head, *body), header_rows=1)
    if inherited:
        table = Table(rows + 1, 3, body, continues=1, inherited=head)
    around = Box(0, 20, 250, 12 * rows + 30)
    text = "\n".join("\t".join(row) for row in texts[1 if inherited else 0 :])
    blocks = (
        Block(BlockKind.CAPTION, "Table 4: Berths", Box(0, 0, 40, 9), 0, 3),
        Block(BlockKind.TABLE, text, around, 3, len(words), caption=0, table=table),
        Block(BlockKind.TEXT, "Ships wait outside.", Box(0, 700, 90, 710), len(words), len(words)),
    )
    return Page(2, 595, 842, words=tuple(words), blocks=blocks)


def test_a_small_table_is_one_passage_with_its_caption() -> None:
    first, second = make_passages(table_page(2))
    assert first.text.splitlines()[:2] == ["Table 4: Berths", "Quay\tDepth\tCranes"]
    assert (first.kinds, second.kinds) == ((BlockKind.TABLE,), (BlockKind.TEXT,))
    assert [cell.text for cell in first.cells][:4] == ["Quay", "Depth", "Cranes", "Berth 1"]
    assert len(first.boxes) == 2


def test_a_long_table_repeats_its_caption_and_header_on_every_part() -> None:
    parts = [p for p in make_passages(table_page(30), PassageBudget(size=40)) if BlockKind.TABLE in p.kinds]
    assert len(parts) > 3
    assert all(p.text.startswith("Table 4: Berths\nQuay\tDepth\tCranes\nBerth ") for p in parts)
    assert [c.text for p in parts for c in p.cells if not c.header][::3] == [f"Berth {n}" for n in range(1, 31)]
    assert all(p.boxes[-1].y1 - p.boxes[-1].y0 < 400 for p in parts)


def test_a_continued_table_stands_under_the_header_of_the_page_before() -> None:
    parts = [p for p in make_passages(table_page(30, inherited=True), PassageBudget(size=40)) if p.cells]
    assert all("Quay\tDepth\tCranes\nBerth " in p.text for p in parts)
    # Their boxes are on the other page.
    assert all(box.y0 >= 30 for p in parts for box in p.boxes[1:])


@given(st.integers(1, 60), st.integers(5, 60))
def test_every_cell_of_a_table_is_in_a_passage(rows: int, size: int) -> None:
    page = table_page(rows)
    kept = Counter(w for p in make_passages(page, PassageBudget(size=size)) for w in p.text.split())
    assert not Counter(word.text for word in page.words) - kept


def test_a_list_stays_with_its_lead_in_and_decorations_are_left_out() -> None:
    text = (BlockKind.TEXT, ["word"] * 20)
    lead = (BlockKind.TEXT, ["The", "fees", "are:"])
    page = page_of([text, lead, (BlockKind.LIST, ["item"] * 15), (BlockKind.FIGURE, ["ornament"])])
    ornament = Block(
        **{**{f: getattr(page.blocks[3], f) for f in page.blocks[3].__struct_fields__}, "figure": FigureKind.DECORATION}
    )
    page = Page(1, 595, 842, words=page.words, blocks=(*page.blocks[:3], ornament))
    passages = make_passages(page, PassageBudget(size=24))
    assert [p.text.split()[0] for p in passages] == ["word", "The"]
    assert "ornament" not in " ".join(p.text for p in passages)


def test_passages_carry_the_section_that_they_stand_in() -> None:
    page = page_of([(BlockKind.TEXT, ["above"] * 20), (BlockKind.TITLE, ["Cranes"]), (BlockKind.TEXT, ["below"] * 20)])
    title = Block(
        BlockKind.TITLE, "Cranes", page.blocks[1].box, page.blocks[1].first_word, page.blocks[1].last_word, level=2
    )
    page = Page(
        1, 595, 842, words=page.words, blocks=(page.blocks[0], title, page.blocks[2]), section=("Port", "Ships", "Tugs")
    )
    assert [p.section for p in make_passages(page, PassageBudget(size=25))] == [
        ("Port", "Ships", "Tugs"),
        ("Port", "Cranes"),
    ]


@given(pages(), st.integers(8, 60))
def test_sizes_are_counted_as_the_encoder_counts(page: Page, size: int) -> None:
    def letters(text: str) -> int:
        return len("".join(text.split()))

    long = [p for p in make_passages(page, PassageBudget(size=size), letters) if letters(p.text) > size]
    # A title and what follows may be over together, and so may a single word.
    assert all(len(p.text.split()) == 1 or BlockKind.TITLE in p.kinds or BlockKind.TABLE in p.kinds for p in long)


def test_a_page_that_failed_or_is_blank_has_no_passage() -> None:
    assert make_passages(Page(1, 0, 0, error="The page could not be read")) == ()
    assert make_passages(Page(1, 595, 842)) == ()


@given(
    st.lists(st.lists(st.builds(str.__add__, WORD, st.sampled_from(["", "-", "\u00ad", "."])), max_size=6), max_size=6)
)
def test_joined_lines_keep_every_letter(lines: list[list[str]]) -> None:
    joined = join_lines(lines)
    assert compact(joined) == compact(" ".join(" ".join(line) for line in lines))
    assert not re.search(r"\s\s", joined)
