"""Passages: nothing lost, nothing too long, boxes around what they hold."""

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ingest import Block, BlockKind, Box, Page, PassageBudget, Word, make_passages
from ingest.text.wording import compact, join_lines, plain

WORD = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
END = st.sampled_from(["", "", "", "", ".", "?", ","])
KINDS = st.sampled_from([k for k in BlockKind if k not in (BlockKind.HEADER, BlockKind.FOOTER)])


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


BUDGETS = st.builds(PassageBudget, words=st.integers(5, 60))


@given(pages(), BUDGETS)
def test_no_word_is_lost_or_repeated(page: Page, budget: PassageBudget) -> None:
    passages = make_passages(page, budget)
    assert " ".join(p.text for p in passages).split() == " ".join(b.text for b in page.blocks).split()


@given(pages(), BUDGETS, st.integers(1, 20))
def test_overlap_repeats_and_loses_nothing(page: Page, budget: PassageBudget, overlap: int) -> None:
    passages = make_passages(page, PassageBudget(budget.words, overlap))
    kept = Counter(" ".join(p.text for p in passages).split())
    assert not Counter(" ".join(b.text for b in page.blocks).split()) - kept


@given(pages(st.just(BlockKind.TEXT)), BUDGETS)
def test_no_passage_of_text_is_over_the_budget(page: Page, budget: PassageBudget) -> None:
    assert all(len(p.text.split()) <= budget.words for p in make_passages(page, budget))


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
    passages = make_passages(page, PassageBudget(words=30))
    assert [len(p.text.split()) for p in passages] == [30, 30]
    assert [len(p.boxes) for p in passages] == [3, 3]


def test_a_heading_goes_with_what_follows() -> None:
    text, title = (BlockKind.TEXT, ["word"] * 20), (BlockKind.TITLE, ["Cranes", "and", "docks"])
    passages = make_passages(page_of([text, title, text]), PassageBudget(words=30))
    assert [p.text.split()[0] for p in passages] == ["word", "Cranes"]
    assert len(passages[1].text.split()) == 23


def test_a_long_block_is_cut_at_sentence_ends_with_its_own_boxes() -> None:
    sentence = ["Nine", "words", "stand", "in", "each", "of", "these", "short", "sentences."]
    passages = make_passages(page_of([(BlockKind.TEXT, sentence * 5)]), PassageBudget(words=20))
    assert [len(p.text.split()) for p in passages] == [18, 18, 9]
    assert all(p.text.endswith("sentences.") for p in passages)
    # Ten words a line of twelve points: words 0 to 17, 18 to 35, 36 to 44.
    assert [(p.boxes[0].y0, p.boxes[0].y1) for p in passages] == [(0, 22), (12, 46), (36, 58)]


def test_a_long_sentence_is_cut_between_words() -> None:
    passages = make_passages(page_of([(BlockKind.TEXT, ["on"] * 50)]), PassageBudget(words=20))
    assert [len(p.text.split()) for p in passages] == [20, 20, 10]


def test_rows_of_a_table_are_not_cut() -> None:
    page = page_of([(BlockKind.TABLE, ["cell"] * 40)])
    rows = "\n".join("\t".join(["cell"] * 4) for _ in range(10))
    block = page.blocks[0]
    table = Block(block.kind, rows, block.box, block.first_word, block.last_word)
    passages = make_passages(Page(1, 595, 842, words=page.words, blocks=(table,)), PassageBudget(words=15))
    assert [p.text.count("cell") for p in passages] == [12, 12, 12, 4]
    assert [len(p.text.split("\n")) for p in passages] == [3, 3, 3, 1]


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
