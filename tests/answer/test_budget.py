"""A model's context shared out among pages: by rank, within bounds, and with what was cut told."""

import asyncio

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from answer import Budget, ContextExceeded, ImagePart, TextPart
from answer.budget import Sheet, cut, share_out
from answer.reader import Capacity, estimated_tokens, qwen_image_tokens
from tests.answer.asking import Images, answerer
from tests.answer.pages import Shelf, evidence, page
from tests.answer.scripted import ScriptedReader, pictures_of, says, text_of

A4 = (595.0, 842.0, 1.0)
WIDE = Capacity(1_000_000)


def pixels(sizes: tuple[tuple[int, int], ...]) -> int:
    return sum(width * height for width, height in sizes)


def test_the_best_pages_get_most() -> None:
    shares = share_out([Sheet((A4,), 500)] * 8, 100_000, WIDE, Budget(pages=8, pixels=10_000_000))
    sizes = [pixels(share.sizes) for share in shares]
    assert sizes[0] == sizes[1] == pytest.approx(1_000_000, rel=0.01)
    assert sizes[2:5] == [pytest.approx(250_000, rel=0.01)] * 3
    assert sizes[5:] == [pytest.approx(62_500, rel=0.02)] * 3
    assert all(share.text_tokens == 500 for share in shares)


def test_all_shrink_alike_where_they_pass_the_whole() -> None:
    whole, scarce = (share_out([Sheet((A4,), 0)] * 2, 100_000, WIDE, Budget(pixels=p)) for p in (2_000_000, 1_000_000))
    assert [pixels(s.sizes) for s in scarce] == pytest.approx([pixels(w.sizes) / 2 for w in whole], rel=0.01)


def test_a_page_too_small_to_read_comes_as_words() -> None:
    shares = share_out([Sheet((A4,), 20)] * 5, 700, WIDE, Budget())
    drawn = [bool(share.sizes) for share in shares]
    assert drawn[0]
    assert drawn == sorted(drawn, reverse=True)
    assert all(pixels(share.sizes) >= 49_000 for share in shares if share.sizes)
    assert not all(drawn)


def test_a_model_that_does_not_see_gets_words() -> None:
    shares = share_out([Sheet((A4,), 900)] * 3, 2_000, Capacity(8_000, images=False), Budget())
    assert not any(share.sizes for share in shares)
    assert sum(share.text_tokens for share in shares) <= 2_000
    assert shares[0].text_tokens > shares[2].text_tokens > 0


def test_a_model_that_makes_all_images_one_size_gets_fewer() -> None:
    fixed = Capacity(100_000, image_tokens=lambda width, height: 1000)
    shares = share_out([Sheet((A4,), 0)] * 5, 3_500, fixed, Budget())
    assert [bool(share.sizes) for share in shares] == [True, True, True, False, False]
    assert pixels(shares[0].sizes) > 500_000


def test_crops_are_no_larger_than_on_the_whole_page() -> None:
    (share,) = share_out([Sheet(((200.0, 100.0, 0.04), (300.0, 300.0, 0.18)), 10)], 50_000, WIDE, Budget(view="crops"))
    assert [pixels((size,)) for size in share.sizes] == pytest.approx([40_000, 180_000], rel=0.02)
    assert share.sizes[0][0] / share.sizes[0][1] == pytest.approx(2.0, rel=0.02)


sheets = st.lists(
    st.builds(
        Sheet,
        st.lists(
            st.tuples(st.floats(20, 3000), st.floats(20, 3000), st.floats(0.001, 1.0)), min_size=0, max_size=4
        ).map(tuple),
        st.integers(0, 20_000),
    ),
    max_size=12,
)


@example([Sheet(((20.0, 20.0, 1.0),) * 3 + ((20.0, 2058.0, 1.0),), 0)], 115, 1, 50_000)
@given(sheets, st.integers(0, 40_000), st.integers(1, 12), st.integers(10_000, 5_000_000))
def test_shares_never_exceed_room_nor_pixels(given_sheets: list[Sheet], room: int, pages: int, whole: int) -> None:
    budget = Budget(pages=pages, pixels=whole)
    shares = share_out(given_sheets, room, WIDE, budget)
    assert len(shares) == len(given_sheets)
    spent = sum(qwen_image_tokens(*size) for share in shares for size in share.sizes)
    assert spent + sum(share.text_tokens for share in shares) <= room
    assert sum(pixels(share.sizes) for share in shares) <= whole * 1.02 + 16 * 16 * 48
    assert sum(bool(share.sizes) for share in shares) <= pages
    assert all(share.text_tokens <= sheet.text_tokens for share, sheet in zip(shares, given_sheets, strict=True))


@given(st.text(max_size=300), st.integers(0, 100))
def test_cut_text_fits_and_is_a_beginning(text: str, tokens: int) -> None:
    part, shortened = cut(text, tokens, estimated_tokens)
    assert estimated_tokens(part) <= tokens
    assert text.startswith(part)
    assert shortened == (part != text)


def _long(number: int) -> list[str]:
    return [f"Paragraph {k} of page {number} says that fund {k} held {number * k} units." for k in range(40)]


LONG = {"book": [page(number, *_long(number)) for number in range(1, 9)]}


def spoken(context: int, **budget: object) -> tuple[ScriptedReader, tuple[str, ...]]:
    reply = says("80 units", ("T1", "Paragraph 0 of page 1"))
    seen = says("80 units", ("P1", "Paragraph 0 of page 1"))
    reader = ScriptedReader([reply], [seen], context=context)
    asked = answerer(reader, budget=Budget(**budget))  # type: ignore[arg-type]
    run = asked.answer(evidence("How many?", LONG), Shelf(LONG), answer_id="a", searched=["book"])
    return reader, asyncio.run(run).notes


def prompt_tokens(reader: ScriptedReader, stage: str, sizes: list[int]) -> int:
    (request,) = reader.asked[stage]
    return estimated_tokens(text_of(request)) + sum(sizes)


@pytest.mark.parametrize("context", [4_000, 8_000, 16_000, 64_000])
def test_a_prompt_never_exceeds_the_context_and_cuts_are_told(context: int) -> None:
    reader, notes = spoken(context)
    images = [qwen_image_tokens(1000, 1000)] * 2 + [qwen_image_tokens(500, 500)] * 3
    shown = len(pictures_of(reader.asked["visual"][0]))
    assert prompt_tokens(reader, "textual", []) + 1024 <= context
    assert prompt_tokens(reader, "visual", []) + 1024 <= context
    if context == 64_000:
        assert shown == 5
        assert prompt_tokens(reader, "visual", images) + 1024 <= context
        assert notes == ()
    else:
        assert any("was cut to fit" in note or "were cut to fit" in note or "left out" in note for note in notes)


def test_a_context_too_small_for_the_question_is_an_error() -> None:
    with pytest.raises(ContextExceeded, match=r"context of 1,500"):
        spoken(1_500)


def test_the_index_line_stands_before_the_image_and_the_words_after_it() -> None:
    reader, _ = spoken(64_000)
    parts = reader.asked["visual"][0].messages[1].parts
    at = next(n for n, part in enumerate(parts) if isinstance(part, ImagePart))
    before, after = parts[at - 2], parts[at + 1]
    assert isinstance(before, TextPart)
    assert isinstance(after, TextPart)
    assert before.text.startswith("Page P1: document 'book.pdf', page 1")
    assert "Paragraph 0 of page 1" in after.text


def test_a_server_that_counts_more_gets_a_smaller_prompt_once() -> None:
    reply, seen = says("80 units", ("T1", "Paragraph 0 of page 1")), says("80 units", ("P1", "Paragraph 0 of page 1"))
    reader = ScriptedReader([ContextExceeded("32,001 tokens"), reply], [seen], context=8_000)
    run = answerer(reader).answer(evidence("How many?", LONG), Shelf(LONG), answer_id="a", searched=["book"])
    answer = asyncio.run(run)
    first, second = (text_of(request) for request in reader.asked["textual"])
    assert len(second) < 0.75 * len(first)
    assert any("60% of the evidence's room: 32,001 tokens" in note for note in answer.notes)


def test_images_are_asked_for_in_the_sizes_of_their_rank() -> None:
    images = Images()
    reader = ScriptedReader([says("a", ("T1", "Paragraph 0 of page 1"))], [says("a", ("P1", "Paragraph 0 of page 1"))])
    run = answerer(reader, images).answer(evidence("How many?", LONG), Shelf(LONG), answer_id="a", searched=["book"])
    asyncio.run(run)
    widths = [width for _, width, _ in sorted(images.asked)]
    assert [number for number, _, _ in sorted(images.asked)] == [1, 2, 3, 4, 5]
    assert widths[0] == widths[1] == pytest.approx(2 * widths[2], abs=2)


def test_a_small_model_gets_crops() -> None:
    images = Images()
    reader = ScriptedReader([says("1", ("T1", "Revenue"))], [says("1", ("P1R1", "Revenue"))])
    table = page(1, "Some words about it.", [["€ million", "2023"], ["Revenue", "1"]])
    asked = answerer(reader, images, Budget(view="crops"))
    run = asked.answer(evidence("Revenue?", {"r": [table]}), Shelf({"r": [table]}), answer_id="a", searched=["r"])
    asyncio.run(run)
    ((number, _, crop),) = images.asked
    assert (number, crop) == (1, table.blocks[1].box)
    assert "Image of P1R1:" in text_of(reader.asked["visual"][0])
