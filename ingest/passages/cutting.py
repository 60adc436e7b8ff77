"""Where long texts are cut: at sentence ends and rows, and between words only where a sentence is too long."""

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.passages.budget import Measure, PassageBudget

_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9À-ÞΑ-ΩА-Я])|\n+")
_TOKEN = re.compile(r"\S+")


def cuts(text: str, budget: PassageBudget, measure: Measure) -> Iterator[tuple[int, int]]:
    """Ranges of a long text: whole sentences (or rows) up to the budget."""
    start, size = 0, 0
    last = (0, 0)
    for low, high in _sentences(text, budget.size, measure):
        count = measure(text[low:high])
        if size and size + count > budget.size:
            yield start, low
            repeated = measure(text[last[0] : last[1]])
            start, size = (last[0], repeated) if repeated <= min(budget.overlap, budget.size - count) else (low, 0)
        size += count
        last = (low, high)
    if text[start:].strip():
        yield start, len(text)


def _sentences(text: str, limit: int, measure: Measure) -> Iterator[tuple[int, int]]:
    """Ranges of sentences and rows; one longer than the limit is cut between words."""
    ends = [match.end() for match in _SENTENCE.finditer(text)] + [len(text)]
    for low, high in pairwise([0, *ends]):
        if measure(text[low:high]) <= limit:
            if text[low:high].strip():
                yield low, high
        else:
            yield from _between_words(text, low, high, limit, measure)


def _between_words(text: str, low: int, high: int, limit: int, measure: Measure) -> Iterator[tuple[int, int]]:
    tokens = [match.start() for match in _TOKEN.finditer(text, low, high)]
    first = 0
    while first < len(tokens):
        last = _reach(text, [*tokens[first:], high], limit, measure)
        yield tokens[first], [*tokens, high][first + last]
        first += last


def _reach(text: str, starts: list[int], limit: int, measure: Measure) -> int:
    """How many words from the first of `starts` on fit into the limit, at least one. Halves the doubt at each step, since a measure
    may be a tokeniser."""
    low, high = 1, min(len(starts) - 1, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[starts[0] : starts[middle]]) <= limit:
            low = middle
        else:
            high = middle - 1
    return max(1, low)
