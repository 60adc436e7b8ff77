"""Pooling of a page's vectors, and the limits of a multivector: against plain definitions and colpali-engine's pooler."""

from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import InvalidVector
from retrieval.torchvision_ops import declare_missing_operators
from retrieval.visual import (
    WHOLE_PAGE,
    PageVectors,
    check_multivector,
    pool_columns,
    pool_hierarchically,
    pool_rows,
)

Half = npt.NDArray[np.float16]


def unit(rows: int, dimension: int, seed: int = 0) -> Half:
    noise = np.random.default_rng(seed).normal(size=(rows, dimension))
    vectors: Half = (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float16)
    return vectors


def page_of(rows: int, columns: int, *, thumbnail: int = 0, dimension: int = 16, seed: int = 0) -> PageVectors:
    """A page whose vectors come in another order than its cells, as tiles do."""
    order = np.random.default_rng(seed).permutation(rows * columns)
    cells = np.concatenate([order, np.full(thumbnail, WHOLE_PAGE)]).astype(np.int32)
    return PageVectors(unit(len(cells), dimension, seed), rows, columns, cells)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 4]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_rows_and_columns_are_means_of_their_cells(rows: int, columns: int, thumbnail: int, seed: int) -> None:
    page = page_of(rows, columns, thumbnail=thumbnail, seed=seed)
    by_row, by_column = pool_rows(page), pool_columns(page)
    extra = 1 if thumbnail else 0
    assert by_row.shape == (rows + extra, 16)
    assert by_column.shape == (columns + extra, 16)
    lines = np.where(page.cells >= 0, page.cells // columns, -1), np.where(page.cells >= 0, page.cells % columns, -1)
    for pooled, line, count in zip((by_row, by_column), lines, (rows, columns), strict=True):
        for index in range(count):
            mean = page.vectors[line == index].astype(np.float64).mean(axis=0)
            np.testing.assert_allclose(pooled[index], mean / np.linalg.norm(mean), atol=2e-3)
    if thumbnail:
        mean = page.vectors[-thumbnail:].astype(np.float64).mean(axis=0)
        np.testing.assert_allclose(by_row[-1], mean / np.linalg.norm(mean), atol=2e-3)
        assert (by_row[-1] == by_column[-1]).all()


def test_a_page_with_a_cell_without_vector_is_refused() -> None:
    page = page_of(3, 4)
    with pytest.raises(InvalidVector, match=r"3 rows and 4 columns needs 12 .* 11"):
        pool_rows(PageVectors(page.vectors[:-1], 3, 4, page.cells[:-1]))


@pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed")
@pytest.mark.parametrize("factor", [1, 2, 3, 5])
@pytest.mark.parametrize(("count", "clustered"), [(2, False), (41, False), (150, True)])
def test_hierarchical_pooling_is_colpali_engines(factor: int, count: int, clustered: bool) -> None:
    declare_missing_operators()
    import torch
    from colpali_engine.compression.token_pooling import HierarchicalTokenPooler

    vectors = unit(count, 32, seed=count)
    if clustered:
        centres = unit(20, 32, seed=1).astype(np.float32)[np.arange(count) % 20]
        vectors = (centres + 0.1 * vectors.astype(np.float32)).astype(np.float16)
        vectors = (vectors / np.linalg.norm(vectors.astype(np.float32), axis=1, keepdims=True)).astype(np.float16)
    ours, labels = pool_hierarchically(vectors, factor)
    (theirs,) = HierarchicalTokenPooler().pool_embeddings(
        [torch.from_numpy(vectors.astype(np.float32))], pool_factor=factor
    )
    assert ours.shape == tuple(theirs.shape)
    assert len(ours) <= max(count // factor, 1)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=2e-3)
    assert labels.shape == (count,)
    assert set(labels) == set(range(len(ours)))


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_hierarchical_pooling_gives_the_means_of_its_clusters(count: int, factor: int, seed: int) -> None:
    vectors = unit(count, 8, seed)
    pooled, labels = pool_hierarchically(vectors, factor)
    assert 1 <= len(pooled) <= max(count // factor, 1)
    for index, vector in enumerate(pooled):
        mean = vectors[labels == index].astype(np.float64).mean(axis=0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=2e-3)


def test_equal_vectors_become_one_and_none_is_lost() -> None:
    vectors = np.repeat(unit(4, 16), 6, axis=0)
    pooled, labels = pool_hierarchically(vectors, 6)
    assert [len(set(labels[start : start + 6])) for start in (0, 6, 12, 18)] == [1, 1, 1, 1]
    np.testing.assert_allclose(sorted(pooled.tolist()), sorted(unit(4, 16).tolist()), atol=2e-3)


def test_hierarchical_pooling_brings_a_page_under_the_limit() -> None:
    vectors = unit(900, 2048)
    with pytest.raises(InvalidVector, match=r"900 vectors of 2048 values is over the limit of 512 .* factor of 2"):
        check_multivector(vectors)
    check_multivector(pool_hierarchically(vectors, 2)[0])


@pytest.mark.parametrize("factor", [0, -1])
def test_a_factor_under_one_is_refused(factor: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        pool_hierarchically(unit(4, 8), factor)


def test_limits_of_a_multivector() -> None:
    check_multivector(np.ones((8192, 128), dtype=np.float16))
    with pytest.raises(InvalidVector, match="8193 vectors of 128 values is over the limit of 8192"):
        check_multivector(np.ones((8193, 128), dtype=np.float16))
    with pytest.raises(InvalidVector, match="limit of 8192 vectors"):
        check_multivector(np.ones((8193, 8), dtype=np.float16))
    check_multivector(np.ones((3276, 320), dtype=np.float16))
    with pytest.raises(InvalidVector, match="limit of 3276 vectors"):
        check_multivector(np.ones((3277, 320), dtype=np.float16))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused_everywhere(bad: float) -> None:
    vectors = unit(600, 16)
    vectors[413, 3] = bad
    with pytest.raises(InvalidVector, match=r"1 of 600 .* number 413"):
        check_multivector(vectors)
    with pytest.raises(InvalidVector, match="NaN or infinity"):
        pool_hierarchically(vectors, 2)
    with pytest.raises(InvalidVector, match="NaN or infinity"):
        pool_rows(PageVectors(vectors, 20, 30, np.arange(600, dtype=np.int32)))


@pytest.mark.parametrize("shape", [(0, 128), (128,), (3, 0), (2, 3, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidVector, match=r"array \(n, d\)"):
        check_multivector(np.zeros(shape, dtype=np.float16))
    with pytest.raises(InvalidVector, match=r"array \(n, d\)"):
        pool_hierarchically(np.zeros(shape, dtype=np.float16), 2)
