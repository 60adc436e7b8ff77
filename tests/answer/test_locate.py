"""Quotes are found where they stand, whatever form they come in; what is not there is never found."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from answer import locate
from ingest import BlockKind, Page
from tests.answer.pages import page

TEXT = """The efficient offshore turbine park was finished in 2021, two years later than planned. Its final cost was 418.6
million euros, of which the bank lent 60 % at a fixed rate. The officers of the company affirm that 1,204 people worked on
it, and that none of the 37 vessels was lost. In the fifth year the flow meters will be read again; until then the figures
of the 2019 survey, made by Dr Ilse Karmann, are final. Nothing in this letter binds the former owners."""

TABLE = [["€ million", "2023", "2022"], ["Revenue", "1,234", "1,097"], ["Operating profit", "210", "185"]]
PAGE = page(1, (BlockKind.TITLE, "Letter of the board"), TEXT, TABLE)
WORDS = [word.text for word in PAGE.words]
RUNNING = len([*TEXT.split()]) + 4

runs = st.tuples(st.integers(0, RUNNING - 2), st.integers(3, 25)).map(lambda at: (at[0], min(at[0] + at[1], RUNNING)))


def scan_of(source: Page, swaps: dict[int, tuple[str, str]]) -> Page:
    """The page as OCR might read it: in word i, the first of two strings read as the second."""
    kinds = [(block.kind, block.first_word, block.last_word) for block in source.blocks]
    words = [w.text.replace(*swaps[i], 1) if i in swaps else w.text for i, w in enumerate(source.words)]
    return page(1, *((kind, " ".join(words[a:b])) for kind, a, b in kinds), ocr=True)


@given(runs)
def test_any_run_of_words_is_found_at_its_place(run: tuple[int, int]) -> None:
    found = locate(" ".join(WORDS[slice(*run)]), PAGE)
    assert found is not None
    assert found.match == 1.0
    assert [WORDS[word] for word in found.words] == WORDS[slice(*run)]
    assert all(
        any(box.x0 <= PAGE.words[w].box.x0 and box.x1 >= PAGE.words[w].box.x1 for box in found.boxes)
        for w in found.words
    )


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, tuple[int, int]]:
    """A run of words with hyphens put in, ligatures, other quotes and dashes, soft hyphens and other white space."""
    run = draw(runs)
    told: list[str] = []
    for word in WORDS[slice(*run)]:
        changed = word
        for plain, ligature in (("ffi", "ﬃ"), ("fi", "ﬁ"), ("fl", "ﬂ"), ("ff", "ﬀ")):
            if draw(st.booleans()):
                changed = changed.replace(plain, ligature)
        if word.isalpha() and len(word) > 5:
            at = draw(st.integers(2, len(word) - 2))
            if len(changed) == len(word):
                changed = changed[:at] + draw(st.sampled_from(["", "-", "\u00ad", "-\n", "\u200b"])) + changed[at:]
        told.append(changed)
    return draw(st.sampled_from([" ", "  ", "\n", "\u00a0", "\t "])).join(told), run


@given(disguised())
def test_form_does_not_matter(quote: tuple[str, tuple[int, int]]) -> None:
    found = locate(quote[0], PAGE)
    assert found is not None
    assert [WORDS[word] for word in found.words] == WORDS[slice(*quote[1])]


@given(runs, st.integers(0, 10**6), st.sampled_from(string.digits))
def test_a_quote_with_another_digit_is_never_found(run: tuple[int, int], which: int, digit: str) -> None:
    quote = " ".join(WORDS[slice(*run)])
    digits = [at for at, char in enumerate(quote) if char.isdigit()]
    assume(digits)
    at = digits[which % len(digits)]
    assume(quote[at] != digit)
    altered = quote[:at] + digit + quote[at + 1 :]
    assert locate(altered, PAGE) is None
    assert locate(altered, scan_of(PAGE, {})) is None


@given(runs, st.integers(0, 10**6))
def test_a_quote_without_one_of_its_numbers_digits_is_never_found(run: tuple[int, int], which: int) -> None:
    quote = " ".join(WORDS[slice(*run)])
    digits = [at for at, char in enumerate(quote) if char.isdigit()]
    assume(digits)
    at = digits[which % len(digits)]
    shorter = quote[:at] + quote[at + 1 :]
    assume(shorter.strip(" ,.") and not set(shorter.split()) <= set(WORDS))
    assert locate(shorter, PAGE) is None


@given(st.text(alphabet=string.ascii_letters + string.digits + " ", min_size=4, max_size=120))
def test_other_text_is_never_found(text: str) -> None:
    known = {word.strip(".,;%").casefold() for word in WORDS}
    assume(text.split() and not {word.casefold() for word in text.split()} & known)
    assume(text.replace(" ", "").casefold() not in "".join(WORDS).casefold())
    assert locate(text, PAGE) is None


CONFUSED = [
    ("rn", "m"),
    ("m", "rn"),
    ("l", "1"),
    ("o", "0"),
    ("I", "l"),
    ("5", "S"),
    ("1", "l"),
    ("0", "O"),
    ("e", "c"),
    ("s", "5"),
]


@given(runs, st.data())
def test_words_that_ocr_misread_are_found_and_the_share_says_so(run: tuple[int, int], data: st.DataObject) -> None:
    """One word in five of the quote misread by one character: what a poor scan gives."""
    first, last = run
    assume(last - first >= 5)
    able = [i for i in range(first, last) if any(a in WORDS[i] for a, _ in CONFUSED)]
    chosen = data.draw(st.lists(st.sampled_from(able), unique=True, max_size=(last - first) // 5)) if able else []
    swaps = {i: data.draw(st.sampled_from([pair for pair in CONFUSED if pair[0] in WORDS[i]])) for i in chosen}
    scan = scan_of(PAGE, swaps)
    found = locate(" ".join(WORDS[first:last]), scan)
    assert found is not None
    assert found.words == tuple(range(first, last))
    assert 0.9 <= found.match <= 1.0


@pytest.mark.parametrize(
    "quote",
    [
        "none of the 37 vessels was found",
        "Its final cost was 418.6 million dollars",
        "that all of the 37 vessels was lost",
        "the bank lent 60 % at a rate",
        "the bank lent 60 % at a very fixed rate",
        "Nothing in this letter unbinds the former owners",
        "204 people worked",
        "8.6 million euros",
        "60 people worked on it",
        "ship park was finished",
        "",
        " … ",
    ],
)
def test_a_word_put_in_left_out_or_changed_is_not_found(quote: str) -> None:
    assert locate(quote, PAGE) is None
    assert locate(quote, scan_of(PAGE, {})) is None


def test_a_sign_belongs_to_its_number() -> None:
    losses = page(1, "Result -12 and (34) in 2015–2016, growth 5% on $7.")
    assert locate("12", losses) is None
    assert locate("-12", losses) is not None
    assert all(locate(quote, losses) is not None for quote in ("34", "2015-2016", "2016", "5 %", "5", "$7"))


def test_digits_stand_for_letters_only_where_ocr_read_them() -> None:
    assert locate("in 2021", page(1, "finished in 2O21 at last", ocr=True)) is not None
    assert locate("in 2021", page(1, "finished in 2O21 at last")) is None


def test_a_row_of_a_table_is_found_along_its_line_whatever_the_order_in_the_file() -> None:
    by_column = page(1, "Revenue Profit", "12 34", "56 78")
    table = [["Revenue", "12", "56"], ["Profit", "34", "78"]]
    drawn = page(1, table)
    order = [0, 3, 1, 4, 2, 5]
    shuffled = Page(1, 595.0, 842.0, source=drawn.source, words=tuple(drawn.words[i] for i in order))
    found = locate("Profit 34 78", shuffled)
    assert found is not None
    assert len(found.boxes) == 1
    assert locate("Profit 34 78", by_column) is None


def test_the_place_hoped_for_is_preferred() -> None:
    twice = page(1, "Total cost 12", "Something else", "Total cost 12")
    first, last = locate("Total cost 12", twice), locate("Total cost 12", twice, near=(twice.blocks[2].box,))
    assert first is not None
    assert last is not None
    assert first.boxes[0].y0 < last.boxes[0].y0 == twice.blocks[2].box.y0


def test_boxes_are_one_a_line() -> None:
    found = locate(" ".join(TEXT.split()[:30]), PAGE)
    assert found is not None
    assert len(found.boxes) == len({PAGE.words[word].box.y0 for word in found.words}) > 1


def test_a_page_without_words_has_no_quotes() -> None:
    assert locate("anything", Page(1, 595.0, 842.0)) is None
