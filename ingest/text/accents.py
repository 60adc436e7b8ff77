"""Letters with accents that a page prints as two signs, one over the other, as TeX does with its older fonts: put together."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pymupdf

_COMBINING = {
    "\u00a8": "\u0308", "\u00b4": "\u0301", "\u02cb": "\u0300", "\u0060": "\u0300", "\u02c6": "\u0302", "\u005e": "\u0302",
    "\u02dc": "\u0303", "\u007e": "\u0303", "\u00af": "\u0304", "\u02d8": "\u0306", "\u02d9": "\u0307", "\u00b8": "\u0327",
    "\u02db": "\u0328", "\u02dd": "\u030b", "\u02c7": "\u030c", "\u02da": "\u030a",
}  # fmt: skip
"""Accents that stand by themselves, and the same as marks of a letter."""

_TELLING = re.compile(r"[\u00a8\u00b4\u02cb\u02c6\u02dc\u00af\u02d8\u02d9\u00b8\u02db\u02dd\u02c7\u02da]")
"""What is rare enough in other text to look closer at a page for; where there are grave accents, there are others too."""

_OVER = 0.5
"""Share of an accent's width that lies over its letter."""

_DOTLESS = {"\u0131": "i", "\u0237": "j"}


def overprinted(textpage: pymupdf.TextPage, texts: Iterable[str]) -> dict[str, str]:
    """Pairs of signs that the page prints one over the other, and the letter that each makes. `texts`: the page's words.

    An accent is no part of a letter where it stands beside it: an acute as apostrophe ("it´s") stays one.
    """
    if not any(_TELLING.search(text) for text in texts):
        return {}
    found = {}
    for block in textpage.extractRAWDICT()["blocks"]:
        for line in block.get("lines", ()):
            signs = [sign for span in line["spans"] for sign in span["chars"]]
            for first, second in pairwise(signs):
                letter = _letter(first, second)
                if letter is not None:
                    found[first["c"] + second["c"]] = letter
    return found


def composed(word: str, pairs: dict[str, str]) -> str:
    """The word with its pairs put together."""
    for pair, letter in pairs.items():
        word = word.replace(pair, letter)
    return word


def _letter(first: dict[str, Any], second: dict[str, Any]) -> str | None:
    accent, base = (first, second) if first["c"] in _COMBINING else (second, first)
    if accent["c"] not in _COMBINING or not base["c"].isalpha() or not _lies_over(accent["bbox"], base["bbox"]):
        return None
    plain = _DOTLESS.get(base["c"], base["c"])
    letter = unicodedata.normalize("NFC", plain + _COMBINING[accent["c"]])
    return letter if len(letter) == 1 else None


def _lies_over(accent: tuple[float, ...], base: tuple[float, ...]) -> bool:
    shared = min(accent[2], base[2]) - max(accent[0], base[0])
    return shared > _OVER * (accent[2] - accent[0]) > 0
