"""Words as hashed features: characters by their place, pairs of characters, and n-grams of three to five.

After PHOC (Almazán et al., "Word Spotting and Recognition with Embedded Attributes", PAMI 2014) and fastText (Bojanowski
et al., 2017). Places tell 1,234 from 1,243, which hold the same n-grams but one; they are few, so every one of them is
learnt well and an unseen word is at least the sum of its characters. Each kind has buckets of its own, lest rare
n-grams disturb them.
"""

from functools import lru_cache
from zlib import crc32

PLACES, PAIRS, GRAMS = 4096, 8192, 20480
"""Buckets of each kind of feature."""

_FROM_ENDS = 8
_LEVELS = (1, 2, 3, 4)


@lru_cache(maxsize=200_000)
def features(word: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Buckets of a folded word's places, pairs and longer n-grams; none of the three is empty. ValueError for ""."""
    if not word:
        raise ValueError("A word has at least one character.")
    marked = f"^{word}$"
    return (
        tuple(sorted(_bucket(name, PLACES) for name in _places(word))),
        tuple(sorted(_bucket(name, PAIRS) for name in _pairs(marked))),
        tuple(sorted(_bucket(name, GRAMS) for name in _grams(marked))),
    )


def _bucket(name: str, count: int) -> int:
    return crc32(name.encode()) % count


def _places(word: str) -> set[str]:
    length = len(word)
    names = {f"n{min(length, 16)}"}
    for index, sign in enumerate(word):
        for level in _LEVELS:
            names.add(f"{level}.{(2 * index + 1) * level // (2 * length)}{sign}")
        if index < _FROM_ENDS:
            names.add(f"<{index}{sign}")
        if length - 1 - index < _FROM_ENDS:
            names.add(f">{length - 1 - index}{sign}")
    return names


def _pairs(marked: str) -> set[str]:
    last = max(1, len(marked) - 1)
    pairs = [(index, marked[index : index + 2]) for index in range(len(marked) - 1)]
    return {pair for _, pair in pairs} | {f"{3 * index // last}.{pair}" for index, pair in pairs}


def _grams(marked: str) -> set[str]:
    return {marked[start : start + size] for size in (3, 4, 5) for start in range(max(1, len(marked) - size + 1))}
