"""Which language a text is in, by its function words, and the stems of its words."""

import threading
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import regex  # type: ignore[import-untyped]
import Stemmer

ENGLISH = "english"
"""Assumed where nothing else is clear."""

_FUNCTION_WORDS = {
    ENGLISH: "the of and to in that is was for it with as his on be at by had not are but from or have an they which you were",
    "german": "der die das und ist von den mit zu des im dem nicht ein eine als auch für auf werden wird sind wie bei oder aus"
    " wurde welche welcher wieviel wer wo hoch",
    "french": "le la les des et est une du dans que qui pour pas sur par au avec sont ce plus cette aux ont été quel quelle quels"
    " combien comment où",
    "spanish": "el la los las de y que en un una por con para se del es lo como más su fue son cuál cuáles cuántos qué quién al",
    "italian": "il lo la gli le di e che è un una per con del della dei delle non sono nel alla quale quali quanti come più anche",
    "portuguese": "o a os as de e que em um uma por com para não do da dos das é se na no ao qual quais quantos foi são mais",
    "dutch": "de het een en van is dat op te zijn met voor niet aan er door bij naar ook uit wordt welke hoeveel wat wie werd om",
    "swedish": "och att det som en på är av för med den till inte om ett har de var från vid eller vilka hur många",
    "danish": "og at det som en på er af for med den til ikke om et har de var fra ved eller hvilke hvor mange blev der",
    "norwegian": "og at det som en på er av for med den til ikke om et har de var fra ved eller hvilke hvor mange ble ikkje",
    "finnish": "ja on ei että se oli hän mutta ovat tai kuin joka myös sekä mikä mitkä kuinka ole olla sen",
    "polish": "i w na z do się nie jest to że o jak po co od za przez dla oraz są był które który ile jaki jakie",
    "czech": "a v na se je že z do o s k i za pro od jako po by ale které který jsou byl kolik jaký jaké při",
    "hungarian": "a az és hogy nem is egy ez van volt meg de csak mint vagy azt ki mi hány melyik milyen ezt",
    "romanian": "și de în la cu pe nu este un o din care pentru ce mai sunt al ale fost prin câte câți cum sau",
    "turkish": "ve bir bu da de için ile olarak çok daha en gibi olan ne kadar mi mı değil var kaç hangi nedir",
    "catalan": "el la els les de i que en un una per amb és del al no es són dels més quin quina quants com",
    "indonesian": "yang dan di dari untuk dengan pada ini itu adalah dalam tidak akan ke oleh sebagai berapa apa telah",
}
"""Words that a text in the language can't do without; some belong to several."""

_BY_WORD: dict[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _FUNCTION_WORDS.items() if word in words.split())
    for word in {word for words in _FUNCTION_WORDS.values() for word in words.split()}
}
_LEAST_SHARE = 0.12
"""Of words: running text of these languages has 25 % and more, tables of another language next to none."""
_LEAD = 1.3
_LOOKED_AT = 400
"""Words that decide."""

_SCRIPTS = (
    ("greek", regex.compile(r"\p{Greek}")),
    ("russian", regex.compile(r"\p{Cyrillic}")),
    ("arabic", regex.compile(r"\p{Arabic}")),
    ("hindi", regex.compile(r"\p{Devanagari}")),
    ("armenian", regex.compile(r"\p{Armenian}")),
    ("tamil", regex.compile(r"\p{Tamil}")),
)
"""Languages that stand for their script: only Snowball's are there, and Bulgarian stemmed as Russian meets itself."""
_WORDS = regex.compile(r"\p{L}[\p{L}\p{M}]*")


def language_of(text: str, *, least: int = 4) -> str | None:
    """The Snowball name of the language of a text in Latin letters, if `least` function words tell it clearly; else
    None."""
    words = _WORDS.findall(text[: _LOOKED_AT * 12].casefold())[:_LOOKED_AT]
    hits = Counter(language for word in words for language in _BY_WORD.get(word, ()))
    if not hits:
        return None
    (best, most), *others = hits.most_common(2)
    runner_up = others[0][1] if others else 0
    # Danish and Norwegian share most of these words; their stems are alike too, so either will do.
    near = bool(others) and {best, others[0][0]} <= {"danish", "norwegian"}
    if most < least or most < _LEAST_SHARE * len(words) or (most < _LEAD * runner_up and not near):
        return None
    return best


def function_words(language: str) -> Sequence[str]:
    """Words of the language that connect rather than name."""
    return _FUNCTION_WORDS.get(language, "").split()


def script_language(word: str) -> str | None:
    """The language that stands for the script of a word in other letters than Latin; None without a stemmer."""
    return next((language for language, script in _SCRIPTS if script.match(word)), None)


_local = threading.local()


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """The word's stem in a language that Snowball knows."""
    # A Snowball stemmer keeps state while it works: one for each thread and language.
    stemmers: dict[str, Stemmer.Stemmer] | None = getattr(_local, "stemmers", None)
    if stemmers is None:
        stemmers = _local.stemmers = {}
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(language)
    return str(stemmers[language].stemWord(word)) or word
