"""How words become running text: ligatures, hyphens at line ends, soft hyphens, odd spaces."""

import re
from collections.abc import Iterable, Sequence

_LIGATURES = str.maketrans({
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
    "\u00a0": " ", "\u2007": " ", "\u202f": " ",
})  # fmt: skip
_SOFT_HYPHEN = "\u00ad"
_BROKEN = re.compile(r"[^\W\d_][-\u2010\u00ad]$")
_DROPPED = re.compile(r"[\s\-\u2010\u00ad._·…]+")
_LEADERS = re.compile(r"(?:[._·…] ?){4,}")


def plain(text: str) -> str:
    """Text with ligatures spelt out and special spaces made plain."""
    return text.translate(_LIGATURES)


def compact(text: str) -> str:
    """What remains of a text whatever was done to its spaces, hyphens and leaders; joined text and its words agree in it."""
    return _DROPPED.sub("", plain(text))


def without_leaders(text: str) -> str:
    """Text without the dots that lead the eye to a number: an encoder spends a word piece on each."""
    return "\n".join(_LEADERS.sub(" ", line).strip(" ") for line in text.split("\n"))


def join_lines(lines: Iterable[Sequence[str]], known: frozenset[str] = frozenset()) -> str:
    """Words of lines as one running text. A word broken at a line's end is joined: "infor-" and "mation" give "information".

    `known` holds words of the page in lower case: where the page itself writes "long-term", a break after "long-" keeps its hyphen.
    """
    out: list[str] = []
    for line in lines:
        words = [plain(w) for w in line]
        if out and words and _BROKEN.search(out[-1]) and words[0][:1].islower():
            first = out.pop()
            hyphened = first[:-1] + "-" + words[0]
            keeps = first[-1] != _SOFT_HYPHEN and hyphened.lower().strip(".,;:()") in known
            words[0] = hyphened if keeps else first[:-1] + words[0]
        out.extend(words)
    return " ".join(out).replace(_SOFT_HYPHEN, "")
