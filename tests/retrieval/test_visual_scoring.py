"""Exact late interaction and similarity maps, against their definitions."""

import io
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from retrieval import InvalidVector
from retrieval.visual import WHOLE_PAGE, PageVectors, maxsim, maxsim_many, overlay, similarity_map

Half = npt.NDArray[np.float16]


def unit(rows: int, dimension: int, seed: int) -> Half:
    noise = np.random.default_rng(seed).normal(size=(rows, dimension))
    vectors: Half = (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float16)
    return vectors


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.lists(st.integers(1, 12), min_size=1, max_size=3),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_maxsim_is_the_sum_of_the_best_cosines(pages: list[int], queries: list[int], seed: int) -> None:
    stored = [unit(count, 16, seed + index) for index, count in enumerate(pages)]
    asked = [unit(count, 16, seed + 50 + index).astype(np.float32) for index, count in enumerate(queries)]
    scores = maxsim_many(asked, stored)
    for q, question in enumerate(asked):
        for p, page in enumerate(stored):
            plain = sum(max(float(t @ v) for v in page.astype(np.float64)) for t in question.astype(np.float64))
            assert scores[q, p] == pytest.approx(plain, abs=1e-4)
        np.testing.assert_allclose(maxsim(question, stored), scores[q], atol=1e-5)


def test_every_half_precision_value_counts_as_it_is() -> None:
    """All finite float16 values, one to a page; also the least, which are stored without an exponent."""
    values = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = values[np.isfinite(values)]
    scores = maxsim(np.ones((1, 1), dtype=np.float32), list(finite.reshape(-1, 1, 1)))
    np.testing.assert_array_equal(scores, finite.astype(np.float32))


def test_pages_in_single_precision_score_the_same() -> None:
    stored, question = [unit(9, 16, 1), unit(4, 16, 2)], unit(5, 16, 3).astype(np.float32)
    np.testing.assert_allclose(
        maxsim(question, [page.astype(np.float32) for page in stored]), maxsim(question, stored), atol=1e-6
    )


def test_blocks_do_not_show() -> None:
    """More vectors than one product takes, a page longer than it, and short ones after."""
    stored = [unit(count, 8, count) for count in (5000, 5000, 9000, 3, 1, 8192, 2)]
    question = unit(5, 8, 1).astype(np.float32)
    expected = [float((question @ page.astype(np.float32).T).max(axis=1).sum()) for page in stored]
    np.testing.assert_allclose(maxsim(question, stored), expected, atol=1e-5)


@pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed")
def test_maxsim_is_the_processors_score() -> None:
    import torch

    from retrieval.visual.families import FAMILIES

    stored = [unit(300 + 7 * index, 128, index) for index in range(20)]
    asked = [unit(12 + index, 128, 90 + index).astype(np.float32) for index in range(3)]
    reference = (
        FAMILIES[0]
        .processor_class()
        .score_multi_vector(
            [torch.from_numpy(question) for question in asked],
            [torch.from_numpy(page.astype(np.float32)) for page in stored],
            device="cpu",
        )
    )
    np.testing.assert_allclose(maxsim_many(asked, stored), reference.numpy(), atol=1e-3)


def test_nothing_to_score() -> None:
    question = unit(3, 8, 0)
    assert maxsim(question, []).shape == (0,)
    assert maxsim_many([], [question]).shape == (0, 1)


@pytest.mark.parametrize("page", [np.zeros((0, 8)), np.zeros((3, 9)), np.zeros(8)])
def test_pages_that_cannot_be_compared_are_refused(page: npt.NDArray[np.floating]) -> None:
    with pytest.raises(InvalidVector, match=r"arrays \(n, 8\)"):
        maxsim(unit(3, 8, 0), [unit(2, 8, 1), page])


def test_a_map_shows_where_each_token_matches() -> None:
    """Tile order, with a thumbnail that must not be drawn."""
    vectors = np.eye(8, dtype=np.float16)
    cells = np.array([0, 1, 3, 4, 2, 5, WHOLE_PAGE, WHOLE_PAGE], dtype=np.int32)
    page = PageVectors(vectors, 2, 3, cells)
    found = similarity_map(vectors[[4, 3, 7]].astype(np.float32), page)
    assert found.tokens.shape == (3, 2, 3)
    np.testing.assert_array_equal(found.tokens[0], [[0, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(found.tokens[1], [[0, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(found.tokens[2], np.zeros((2, 3)))
    np.testing.assert_allclose(found.total, found.tokens.sum(axis=0) / 3)


def test_the_best_cell_of_a_map_is_what_maxsim_counts() -> None:
    page = PageVectors(unit(12, 16, 1), 3, 4, np.random.default_rng(2).permutation(12).astype(np.int32))
    question = unit(6, 16, 3).astype(np.float32)
    best = similarity_map(question, page).tokens.reshape(6, -1).max(axis=1).sum()
    assert best == pytest.approx(float(maxsim(question, [page.vectors])[0]), abs=1e-4)


@pytest.mark.parametrize("question", [np.zeros((2, 9)), np.zeros((0, 9)), np.zeros(16)])
def test_a_question_of_another_model_has_no_map(question: npt.NDArray[np.floating]) -> None:
    page = PageVectors(unit(4, 16, 1), 2, 2, np.arange(4, dtype=np.int32))
    with pytest.raises(InvalidVector, match="16 values"):
        similarity_map(question, page)


def test_a_question_without_vectors_matches_nowhere() -> None:
    page = PageVectors(unit(4, 16, 1), 2, 2, np.arange(4, dtype=np.int32))
    found = similarity_map(np.zeros((0, 16)), page)
    assert found.tokens.shape == (0, 2, 2)
    assert found.total.tolist() == [[0, 0], [0, 0]]


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def drawn(image: Image.Image, heat: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    result = Image.open(io.BytesIO(overlay(png(image), heat)))
    assert (result.format, result.mode, result.size) == ("PNG", "RGB", image.size)
    return np.asarray(result, dtype=np.float32)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1"])
def test_overlay_colours_the_page_where_the_map_is_high(mode: str) -> None:
    page = Image.new("RGB", (90, 60), "white").convert(mode)
    heat = np.zeros((2, 3), dtype=np.float32)
    heat[1, 2] = 0.4
    change = np.abs(drawn(page, heat) - 255).sum(axis=2)
    assert change[55, 85] > 100
    assert change[5, 5] == 0
    assert change[50:, 80:].mean() > 20 * change[:30, :45].mean() + 1


def test_overlay_of_an_even_map_leaves_the_page() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(drawn(Image.fromarray(noise), np.full((4, 3), 0.2, dtype=np.float32)), noise)


@pytest.mark.parametrize("heat", [np.zeros((2, 2, 2)), np.zeros((0, 3)), np.array([[np.nan, 1.0]])])
def test_overlay_of_what_is_no_map_is_refused(heat: npt.NDArray[np.floating]) -> None:
    with pytest.raises(ValueError, match="finite array"):
        overlay(png(Image.new("RGB", (4, 4))), heat.astype(np.float32))
