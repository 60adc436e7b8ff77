"""Words that carry meaning, as stems. Question and evidence go through the same function, or they could not be
compared."""

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from math import log

import Stemmer

_TOKEN = re.compile(r"\d+(?:[.,'’]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\W_]+")
_LOCAL = threading.local()
_POSSESSIVE = re.compile(r"['’]s?$")

_STOP = """
fy a about above according across after again all along also am among an and any are as at be been before being
below between both but by can could did do does doing done during each either else for from further had has have
having he her here hers him his how i if in into is it its itself just let many may me might more most much must
my neither no nor not of off on once only or other our out over own per please s same shall she should since so
some such t than that the their them then there these they this those through to too under until up us very was
we were what when where which while who whom whose why will with within would yet you your
"""
REFERENCE = re.compile(
    r"\b(figure|fig|table|chart|appendix|section|chapter|exhibit)\.?\s+(\d+(?:\.\d+)*|[A-Z])\b", re.I
)
STOP = frozenset(_STOP.split())


def words(text: str) -> list[str]:
    """Lower-case words and numbers of a text, in order. Thousands separators are dropped from numbers: `1,234` is
    `1234`."""
    found: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).replace("\u00ad", "")):
        if token[0].isdigit() and not token.isalnum():
            token = re.sub(r"(?<=\d)[,'’](?=\d{3}(?!\d))", "", token)
        found.append(_POSSESSIVE.sub("", token).casefold())
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of a lower-case word; numbers stay as they are."""
    if any(char.isdigit() for char in word):
        return word
    word = _IRREGULAR.get(word, word)
    # A stemmer keeps state while it works, so each thread has its own.
    if not hasattr(_LOCAL, "stemmer"):
        _LOCAL.stemmer = Stemmer.Stemmer("english")
    return str(_LOCAL.stemmer.stemWord(word))


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, repeats kept; then references (`Figure 4`) as one term each."""
    return [stem(word) for word in words(text) if word not in STOP] + [
        f"{stem(kind.lower())}#{number.lower()}" for kind, number in REFERENCE.findall(text)
    ]


_FORMS = """
took taken take; held hold; paid pay; spent spend; sold sell; made make; gave given give; grew grown grow; rose risen rise;
fell fallen fall; led lead; built build; bought buy; lost lose; won win; met meet; began begun begin; chose chosen choose;
drew drawn draw; drove driven drive; wrote write; became become; came come; went gone go; saw seen see; sent send;
kept keep; knew known know; stood stand; brought bring; thought think; taught teach; worn wore wear; ran run; left leave;
heard hear; broke broken break; spoke spoken speak; lent lend; laid lay; employee employees employ; women woman; men man;
children child; people person
"""
_IRREGULAR = {form: forms.split()[-1] for forms in _FORMS.split(";") for form in forms.split()[:-1]}
"""Forms that no stemmer brings together, of words that reports are full of."""


class Weights:
    """How much each stem tells: inverse frequency over the pieces of the evidence itself (BM25's idf), so that what
    stands on every page of a report weighs little and what stands nowhere weighs most."""

    def __init__(self, pieces: Iterable[frozenset[str]]) -> None:
        self._counts: dict[str, int] = {}
        self._pieces = 0
        for piece in pieces:
            self._pieces += 1
            for term in piece:
                self._counts[term] = self._counts.get(term, 0) + 1

    def __getitem__(self, term: str) -> float:
        count = self._counts.get(term, 0)
        return log(1.0 + (self._pieces - count + 0.5) / (count + 0.5))

    def known(self, term: str) -> bool:
        """Whether any piece has the term."""
        return term in self._counts
