"""Text to tokens to BM25 weights: one tokenizer for questions, passages and pages, whatever the engine.

Tokens, after NFKC and casefolding:
- words, stemmed (Snowball, English by default), without a possessive 's;
- numbers whole, thousands separators removed: '1,234.5', '1234.5' and '1.234.567,8' without theirs;
- joined codes and compounds whole and in parts: 'AB-12/3' gives 'ab-12/3', 'ab', '12', '3';
- scripts without spaces between words (Chinese, Japanese, Thai and others) as overlapping pairs of characters, a lone
  character as itself.

A token's place in the sparse vector is its CRC-32, so there is no vocabulary to keep; among 100,000 words one pair is
expected to collide.
"""

import threading
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np
import regex  # type: ignore[import-untyped]  # knows scripts and marks, which `re` does not
import Stemmer
from msgspec import Struct

from retrieval.store.contract import Sparse

# Scripts whose words are not set apart by spaces (Korean sets phrases apart, so pairs serve it better too).
_GAPLESS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"[\p{{L}}\p{{N}}--[{_GAPLESS}]]"
# Vowel signs and other marks belong to the letter before them.
_RUN = rf"(?:{_LETTER}\p{{M}}*)+"
_TOKEN = regex.compile(
    rf"(?P<gapless>(?:[[\p{{L}}\p{{N}}]&&[{_GAPLESS}]]\p{{M}}*)+)"
    r"|(?P<number>\d+(?:[.,]\d+)+)"
    rf"|(?P<word>{_RUN}(?:['’]{_RUN})?(?:[-/._‐‑]{_RUN})*)",
    regex.V1,
)
_JOINT = regex.compile(r"[-/._‐‑]")
_COMMA_GROUPS = regex.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POINT_GROUPS = regex.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
_POSSESSIVE = regex.compile(r"['’]s?$|['’](?=s)")


class Bm25(Struct, frozen=True):
    """BM25's constants (Robertson and Zaragoza, 2009). `average` is the length in tokens that counts as usual: fixed,
    because a weight is computed once, when the text comes in, and the lengths that will stand beside it are not known
    yet."""

    k1: float
    b: float
    average: float

    def weights(self, text: str) -> Sparse:
        """A text's weights: tf saturated and normalised by length. The IDF is the engine's part, at query time."""
        counts = Counter(tokens(text))
        norm = self.k1 * (1 - self.b + self.b * counts.total() / self.average)
        return _sparse({token: tf * (self.k1 + 1) / (tf + norm) for token, tf in counts.items()})


def question_weights(text: str) -> Sparse:
    """A question's weights: how often each token occurs in it, function words left out unless there is nothing else."""
    found = tokens(text)
    telling = [token for token in found if token not in _function_words()]
    return _sparse(dict(Counter(telling or found)))


def encodable(text: str) -> str:
    """Lone surrogates, which some PDFs and JSON bodies hold, replaced: neither tokenizers nor engines take them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def tokens(text: str) -> list[str]:
    """Tokens in order of appearance, parts of a compound right after it."""
    return list(_tokens(unicodedata.normalize("NFKC", text).casefold()))


def _tokens(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup, match.group()
        if kind == "gapless":
            yield from _pairs(found)
        elif kind == "number":
            yield _number(found)
        else:
            yield from _word(found)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _number(found: str) -> str:
    if _COMMA_GROUPS.fullmatch(found):
        return found.replace(",", "")
    if _POINT_GROUPS.fullmatch(found):
        return found.replace(".", "").replace(",", ".")
    return found


def _word(found: str) -> Iterator[str]:
    parts = _JOINT.split(found)
    if len(parts) > 1:
        yield _JOINT.sub(lambda joint: "-" if joint.group() in "‐‑" else joint.group(), found)
    for part in parts:
        yield stem(_POSSESSIVE.sub("", part))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The word's stem; words with digits and words of other scripts as they are."""
    return str(_stemmer().stemWord(word)) if word.isascii() and word.isalpha() else word


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
def _function_words() -> frozenset[str]:
    words = _FUNCTION_WORDS.split()
    return frozenset(words) | frozenset(map(stem, words))


_local = threading.local()


def _stemmer() -> "Stemmer.Stemmer":
    # A Snowball stemmer keeps state while it works: one for each thread.
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    found: Stemmer.Stemmer = _local.stemmer
    return found


def _sparse(weights: dict[str, float] | dict[str, int]) -> Sparse:
    summed: dict[int, float] = {}
    for token, weight in weights.items():
        place = zlib.crc32(token.encode())
        summed[place] = summed.get(place, 0.0) + weight
    places = sorted(summed)
    return Sparse(np.array(places, dtype=np.uint32), np.array([summed[p] for p in places], dtype=np.float32))
