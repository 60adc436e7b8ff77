"""Exact late interaction (MaxSim; Khattab and Zaharia, ColBERT, SIGIR 2020): for each vector of the question the best
cosine with any vector of the page, summed. Blocked matrix products on the CPU."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from retrieval.errors import InvalidVector

Floats = npt.NDArray[np.float32]
Any2d = npt.NDArray[np.floating]

_BLOCK = 8192
"""Vectors of pages in one product: with 128 values each, 4 MB in float32, which stays near the processor."""


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
    stacked = np.concatenate([query.astype(np.float32, copy=False) for query in queries])
    starts = _starts(queries)
    for first, last in _blocks(pages):
        block = np.concatenate([page.astype(np.float32, copy=False) for page in pages[first:last]])
        best = np.maximum.reduceat(stacked @ block.T, _starts(pages[first:last]), axis=1)
        scores[:, first:last] = np.add.reduceat(best, starts, axis=0)
    return scores


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
