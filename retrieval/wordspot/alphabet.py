"""Words as the encoder knows them: folded to the letters and figures that it tells apart, and split where a question
would name the parts."""

import re
import unicodedata

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
INNER = ".,-/:'&@_+%#"
"""Signs that stay inside a word ("1,234.5", "o'neill", "a@b.org"); at its ends they belong to the sentence."""

LONGEST = 32
"""Characters of a word that count: a longer one (an address, a hash) is what it begins with."""

_SPELT = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("‘’‚‛′`´", "'")
)
_KEPT = frozenset(LETTERS + INNER)
_OUTER = INNER + '$€£¥()[]{}<>"“”„«»!?;*=|~^•…'
_PARTS = re.compile(r"(?<=[^\W\d_]{2})[-/–—](?=[^\W\d_]{2})|(?<=\b\d{4})[-/–—](?=\d{4}\b)")
"""Between two words ("long-term", "and/or") and between two years; not within codes, dates and amounts."""


def fold(token: str) -> str:
    """A token without case, accents and the marks around it; "" if no letter or figure of the alphabet is left.

    Idempotent. Ligatures and full-width forms become plain letters (NFKC)."""
    plain = unicodedata.normalize("NFKC", token).casefold().translate(_SPELT)
    letters = (sign for sign in unicodedata.normalize("NFD", plain) if sign in _KEPT)
    # The cut may leave a mark at the end, so strip after it.
    word = "".join(letters).strip(_OUTER)[:LONGEST].strip(_OUTER)
    return word if any(sign in LETTERS for sign in word) else ""


def parts(token: str) -> list[str]:
    """A token as printed, cut into the words that are looked for one by one: "long-term" is two."""
    return _PARTS.split(token)


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order, repeated ones too."""
    found = (fold(part) for token in text.split() for part in parts(token))
    return [word for word in found if word]
