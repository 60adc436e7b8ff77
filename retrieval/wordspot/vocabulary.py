"""Words to print: from texts and word lists, and made up ones, numbers, dates, codes and addresses."""

import re
from bisect import bisect
from collections import Counter
from itertools import accumulate
from pathlib import Path
from random import Random
from zlib import crc32

from retrieval.wordspot.alphabet import fold
from retrieval.wordspot.figures import code, figure

_TOKEN = re.compile(r"[^\W\d_]{2,24}(?:['’][^\W\d_]{1,3})?")
_TAG = re.compile(r"<[^>]*>|&\w+;")
_LEAST_COUNT = 2
_OTHER_LANGUAGES = 30_000
"""Words of each language but English: enough for its letters and endings."""

_HELD_OUT_SHARE = 16


def is_held_out(word: str) -> bool:
    """One folded word in sixteen, always the same ones: never printed in training."""
    return crc32(b"word " + word.encode()) % _HELD_OUT_SHARE == 0


class Vocabulary:
    """Words from the packages under a folder, drawn by how often they come up, flattened; and a model of their letters."""

    def __init__(self, common: dict[str, int], lists: list[list[str]]) -> None:
        """`common`: words and their counts; `lists`: words of equal standing, English ones first."""
        self._common = list(common)
        self._steps = list(accumulate(count**0.5 for count in common.values()))
        self._lists = lists
        self._next: dict[str, list[str]] = {}
        sample = Random(0).sample(lists[0], min(20_000, len(lists[0])))
        for word in sample:
            marked = f"^^{word.lower()}$"
            for start in range(len(marked) - 2):
                self._next.setdefault(marked[start : start + 2], []).append(marked[start + 2])

    def word(self, random: Random) -> str:
        """A word as it may stand in a text, unfolded, whatever its kind."""
        kind = random.random()
        if kind < 0.45:
            return self._common[bisect(self._steps, random.random() * self._steps[-1])]
        if kind < 0.66:
            return random.choice(self._lists[0])
        if kind < 0.75:
            return random.choice(random.choice(self._lists[1:] or self._lists))
        if kind < 0.81:
            return self._made_up(random)
        return figure(random) if kind < 0.96 else code(random)

    def folded(self, random: Random) -> str:
        """A word as `word`, folded."""
        return fold(self.word(random)) or "a"

    def _made_up(self, random: Random) -> str:
        word = "^^"
        while len(word) < 16:
            sign = random.choice(self._next[word[-2:]])
            if sign == "$":
                break
            word += sign
        return word[2:] or "a"


def load(folder: Path) -> Vocabulary:
    """The vocabulary of the packages that `retrieval.wordspot.fonts` unpacked. FileNotFoundError where they are not."""
    share = folder / "usr" / "share"
    dictionaries = share / "dict"
    english = _listed(dictionaries / "american-english-large") + _listed(dictionaries / "british-english")
    others = [
        _thinned(_listed(dictionaries / name))
        for name in ("french", "ngerman", "spanish", "italian", "portuguese", "dutch", "swedish", "danish")
    ]
    counts: Counter[str] = Counter()
    for text in _texts(share):
        counts.update(_TOKEN.findall(_TAG.sub(" ", text)))
    common = {word: count for word, count in counts.items() if count >= _LEAST_COUNT and fold(word)}
    return Vocabulary(common, [english, *others])


def _texts(share: Path) -> list[str]:
    files = [
        *sorted((share / "doc" / "anarchism").rglob("*.html")),
        *sorted((share / "games" / "fortunes").glob("*")),
        *sorted((share / "wordnet").glob("data.*")),
        *sorted((share / "misc").glob("*")),
    ]
    return [path.read_text("utf-8", "ignore") for path in files if path.is_file() and path.suffix != ".dat"]


def _listed(path: Path) -> list[str]:
    return [word for word in path.read_text("utf-8", "ignore").split() if 1 < len(word) <= 24 and fold(word)]


def _thinned(words: list[str]) -> list[str]:
    return words[:: max(1, len(words) // _OTHER_LANGUAGES)]
