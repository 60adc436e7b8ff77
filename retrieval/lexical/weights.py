"""Tokens to sparse vectors. A token's place in the vector is its CRC-32, so there is no vocabulary to keep; among
100,000 words one pair is expected to collide."""

import zlib
from collections import Counter
from functools import cache

import numpy as np
from msgspec import Struct

from retrieval.lexical.languages import ENGLISH, function_words, language_of, stem
from retrieval.lexical.tokenizing import question_tokens, tokens
from retrieval.store.contract import Sparse

_MOST_ASKED = 512
"""Different tokens of a question that are searched for, the first."""


class Bm25(Struct, frozen=True):
    """BM25's constants (Robertson and Zaragoza, 2009). `average` is the length in tokens that counts as usual: fixed,
    because a weight is computed once, when the text comes in, and the lengths that will stand beside it are not known
    yet."""

    k1: float
    b: float
    average: float

    def weights(self, text: str, language: str | None = None) -> Sparse:
        """A text's weights: tf saturated and normalised by length. The IDF is the engine's part, at query time.
        `language`: of the document, where it is known."""
        counts = Counter(tokens(text, language))
        norm = self.k1 * (1 - self.b + self.b * counts.total() / self.average)
        return _sparse({token: tf * (self.k1 + 1) / (tf + norm) for token, tf in counts.items()})


def question_weights(text: str, stressed: tuple[str, ...] = (), stress: float = 1.0, implied: str = "") -> Sparse:
    """A question's weights: how often each token occurs in it, function words left out unless there is nothing else.
    Tokens of the `stressed` words count `stress` times, those of `implied` words that it does not have itself half."""
    found = question_tokens(text)
    shed = _shed(language_of(text, least=2) or ENGLISH)
    telling = [forms for forms in found if forms[0] not in shed] or found
    loud = {token for word in stressed for forms in question_tokens(word) for token in forms}
    counts: dict[str, float] = {}
    for forms in telling:
        for token in forms:
            if token in counts or len(counts) < _MOST_ASKED:
                counts[token] = counts.get(token, 0.0) + (stress if token in loud else 1.0)
    for token in (token for forms in question_tokens(implied) if forms[0] not in shed for token in forms):
        if len(counts) < _MOST_ASKED:
            counts.setdefault(token, _IMPLIED)
    return _sparse(counts)


_IMPLIED = 0.5
"""With 0, 0.25, 0.5 and 1, R@5 of all questions is 81.0, 81.1, 81.9 and 82.0 (R@10 88.1, 88.5, 89.3 and 89.5), where 18 of 247
imply something: the question's own words should lead."""

_FUNCTION_WORDS = """
a an the and or but nor of to in on at by for from with without as into onto over under between among about against
during before after above below up down out off than then so such that this these those there here it its he she they
them his her hers we us our ours you your yours i me my mine is are was were be been being am do does did doing have
has had having will would shall should can could may might must not no if which what who whom whose when where why how
many much please give tell show list according following
"""
"""English words that ask or connect rather than name. Left out of questions only: texts keep them, so the list may
change without a new index. Within one document IDF doesn't weigh them down enough: BM25 over pages gains 3.3 points of
R@5 without them, over passages 6 (benchmarks/page_recall.py's data, text layer, N = 247; a list half as long gains
less)."""


@cache
def _shed(language: str) -> frozenset[str]:
    """Function words of a question in this language, and their English stems, by which they are known."""
    words = [*_FUNCTION_WORDS.split(), *(function_words(language) if language != ENGLISH else ())]
    return frozenset(words) | {stem(word, ENGLISH) for word in words}


def _sparse(weights: dict[str, float]) -> Sparse:
    summed: dict[int, float] = {}
    for token, weight in weights.items():
        place = zlib.crc32(token.encode("utf-8", "replace"))
        summed[place] = summed.get(place, 0.0) + weight
    places = sorted(summed)
    return Sparse(np.array(places, dtype=np.uint32), np.array([summed[p] for p in places], dtype=np.float32))
