"""Words as a stream of comparable characters, so that a quote and a page can differ in form but not in substance.

Folded away: white space, case, ligatures and width (NFKC), soft hyphens, hyphens between letters (also those that
break a word at the end of a line), kinds of dashes, and punctuation. Kept: letters, digits, signs and separators
inside numbers, `%` and currency signs, since those change what is said.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

_DASHES = frozenset("-‐‑‒–—―−﹣-")
_FIGURE = "lIOoSBZ|"
_MISREAD = re.compile(rf"[(]?(?=.*\d)[\d{_FIGURE}.,]+[).,;%]*")
"""A number in which OCR read letters for digits (`l,204`): its separators are still those of a number."""

_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


class Stream(Struct, frozen=True):
    """Folded words. `words[i]` is the index of the word that character `i` comes from; `starts[i]` tells whether a
    token starts there, so that `12` is not found inside `112` nor `cat` inside `concatenate`; `cased` is the same
    text before case folding."""

    text: str
    cased: str
    words: tuple[int, ...]
    starts: tuple[bool, ...]

    def whole(self, begin: int, end: int) -> bool:
        """Whether characters `begin` to `end` (half-open) begin and end where tokens do."""
        return self.starts[begin] and (end == len(self.text) or self.starts[end])


def fold(words: Sequence[str]) -> Stream:
    """Fold words, in the order given, to one stream without white space."""
    text: list[str] = []
    cased: list[str] = []
    index: list[int] = []
    starts: list[bool] = []
    for number, word in enumerate(words):
        for char, original, start in _fold_word(word):
            text.append(char)
            cased.append(original)
            index.append(number)
            starts.append(start)
    return Stream("".join(text), "".join(cased), tuple(index), tuple(starts))


@lru_cache(maxsize=16384)
def _fold_word(word: str) -> tuple[tuple[str, str, bool], ...]:
    chars = [char for char in unicodedata.normalize("NFKC", word) if char not in _INVISIBLE]
    folded: list[tuple[str, str, bool]] = []
    figure = _FIGURE if _MISREAD.fullmatch(word) else ""
    start = True
    for place, char in enumerate(chars):
        before = chars[place - 1] if place else ""
        after = chars[place + 1] if place + 1 < len(chars) else ""
        kept, opens, closes = _role(char, before, after, figure)
        if kept:
            folded += [(part, char, (start or opens) and not at) for at, part in enumerate(kept)]
            start = closes
        else:
            start = True
    return tuple(folded)


def _role(char: str, before: str, after: str, figure: str) -> tuple[str, bool, bool]:
    """What is kept of a character, whether it starts a token, and whether the next one does. `figure`: letters that
    count as digits here."""
    if char.isalnum() or unicodedata.combining(char):
        return char.casefold(), False, False
    if char == "%" or unicodedata.category(char) == "Sc":
        return char, True, True
    if char in _DASHES and after.isdigit() and not before.isalpha():
        # Between digits it separates (2015-2016: both stand there); before a digit alone it is a number's sign.
        return "-", True, before.isdigit()
    if char in ".,'’" and all(side.isdigit() or (side and side in figure) for side in (before, after)):
        return "'" if char == "’" else char, False, False
    return "", False, False


def numbers(stream: Stream, begin: int = 0, end: int | None = None) -> tuple[str, ...]:
    """The tokens with a digit in a part of a stream (half-open), so that `2012 34` and `20 1234` differ though
    their characters do not."""
    tokens: list[str] = []
    for place in range(begin, len(stream.text) if end is None else end):
        if place == begin or stream.starts[place]:
            tokens.append("")
        tokens[-1] += stream.text[place]
    return tuple(token for token in tokens if any(char.isdigit() for char in token))
