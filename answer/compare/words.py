"""Answers as plain words: folded, without articles, courtesies and titles; numbers spelt out as digits."""

import re
import unicodedata

_ARTICLES = frozenset(("a", "an", "the"))
_TITLES = frozenset("mr mrs ms miss dr prof professor sir dame lord lady".split())
_FIRMS = frozenset("inc ltd plc llc corp corporation co gmbh ag sa nv bv company limited incorporated".split())
_NOT = frozenset("not no never none neither nor without cannot nobody nothing".split())
_YES = frozenset(("yes", "true", "correct"))
_NO = frozenset(("no", "false", "incorrect"))
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
SPELT = {word: number for number, word in enumerate(_SMALL)} | {
    word: 10 * (place + 3) for place, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split())
}
_TOKEN = re.compile(r"\d+(?:[.,'’]\d+)*|[^\W_]+(?:['’][^\W_]+)*|[%$€£¥]|(?<![\w])[-−](?=\d)")


def folded(text: str) -> str:
    """Compatibility forms resolved, case folded, accents off letters, edges without quotes and full stops."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return " ".join(bare.split()).strip(".;:,!\"'“”‘’`*_ ")


def tokens(text: str) -> tuple[str, ...]:
    """Words, numbers and signs in order, without articles; numbers without separators between thousands."""
    found = (_plain(token) for token in _TOKEN.findall(folded(text)))
    return tuple(token for token in found if token not in _ARTICLES)


def _plain(token: str) -> str:
    if token in SPELT:
        return str(SPELT[token])
    if not token[0].isdigit():
        return token.replace("’", "'")
    if re.fullmatch(r"\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?", token):
        token = re.sub(r"[,'’]", "", token)
    return token.rstrip("0").rstrip(".") if "." in token and token.count(".") == 1 else token


def verdict(text: str) -> bool | None:
    """What an answer that begins with yes or no says; None where it begins otherwise."""
    first = re.match(r"[^\W\d_]+", folded(text))
    # "No revenue was reported" begins with the word and is no plain "no"; after the latter comes a pause or the end.
    if first is None or not re.match(r"\s*(?:$|[,.;:!–—-])", folded(text)[first.end() :]):
        return None
    return True if first[0] in _YES else False if first[0] in _NO else None


def negations(words: tuple[str, ...]) -> int:
    """Words that turn a statement round."""
    return sum(word in _NOT or word.endswith("n't") for word in words)


def name(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name without titles before it and the firm's form after it."""
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _FIRMS:
        words = words[:-1]
    return words


def turned(text: str) -> tuple[str, ...] | None:
    """The words of "Family, Given" in the order of "Given Family"; None for anything else. Two places, or any two
    words, have that form too: it is one more way to be the same, never a reason to differ."""
    parts = [part.split() for part in folded(text).split(",")]
    if len(parts) != 2 or len(parts[0]) != 1 or not 1 <= len(parts[1]) <= 2:
        return None
    return (*parts[1], *parts[0]) if all(word.isalpha() for part in parts for word in part) else None
