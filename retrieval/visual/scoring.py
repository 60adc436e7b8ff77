"""Exact late interaction (MaxSim; Khattab and Zaharia, ColBERT, SIGIR 2020): for each vector of the question the best
cosine with any vector of the page, summed. Blocked matrix products on the CPU."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from retrieval.errors import InvalidVector

Floats = npt.NDArray[np.float32]
Any2d = npt.NDArray[np.floating]

_BLOCK = 2048
"""Vectors of pages in one product: with 128 values each 1 MB in float32, which stays in the processor's cache. On one
core, 1,252 pages of 300 vectors and 20 of the question: 57 ms, of which the product alone 33."""

_SCALE = np.float32(2.0**112)
"""Between a float16's bits, put where a float32 has them, and its value: the exponents' offsets differ by 112."""


def maxsim(query: Any2d, pages: Sequence[Any2d]) -> Floats:
    """The scores of `pages`, each (n, d), for one question (m, d): float32 (len(pages),), higher is better.

    Equal to the processors' `score_multi_vector` with one page at a time. Of several pages that pads shorter ones with
    zeros, so there a vector of the question that is dissimilar to all of a page counts 0; here its true, negative cosine.
    """
    scores: Floats = maxsim_many([query], pages)[0]
    return scores


def maxsim_many(queries: Sequence[Any2d], pages: Sequence[Any2d]) -> Floats:
    """The scores of every page for every question: float32 (len(queries), len(pages)). InvalidVector if a question or
    page has no vectors, or another dimension than the rest."""
    scores = np.zeros((len(queries), len(pages)), dtype=np.float32)
    if not queries or not pages:
        return scores
    _check(queries, pages)
    stacked = np.concatenate([query.astype(np.float32, copy=False) for query in queries]).T
    scaled = stacked * _SCALE
    starts = _starts(queries)
    for first, last in _blocks(pages):
        block = np.concatenate(pages[first:last])
        half = block.dtype == np.float16
        products = _placed(block) @ scaled if half else block.astype(np.float32, copy=False) @ stacked
        best = np.maximum.reduceat(products, _starts(pages[first:last]), axis=0)
        scores[:, first:last] = np.add.reduceat(best, starts, axis=1).T
    return scores


def _placed(block: Any2d) -> Floats:
    """float16 values as float32 ones divided by _SCALE, exactly: the sign, exponent and fraction moved to their places.

    numpy converts one value at a time, which took longer than the product itself (85 ms of 175). Infinity and NaN,
    which no stored vector holds, would become numbers.
    """
    bits = block.view(np.int16).astype(np.int32)
    bits <<= 13
    # The sign came along three places too often.
    bits &= np.int32(-0x70002000)
    placed: Floats = bits.view(np.float32)
    return placed


def _starts(parts: Sequence[Any2d]) -> npt.NDArray[np.int64]:
    return np.cumsum([0, *(len(part) for part in parts[:-1])])


def _blocks(pages: Sequence[Any2d]) -> Iterator[tuple[int, int]]:
    first = held = 0
    for index, page in enumerate(pages):
        if held and held + len(page) > _BLOCK:
            yield first, index
            first, held = index, 0
        held += len(page)
    yield first, len(pages)


def _check(queries: Sequence[Any2d], pages: Sequence[Any2d]) -> None:
    dimension = queries[0].shape[-1]
    for what, part in [*(("question", query) for query in queries), *(("page", page) for page in pages)]:
        if part.ndim != 2 or len(part) == 0 or part.shape[1] != dimension:
            raise InvalidVector(f"MaxSim takes arrays (n, {dimension}) with n at least 1; a {what} is {part.shape}.")
