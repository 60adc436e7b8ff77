"""Text to tokens."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import regex  # type: ignore[import-untyped]  # knows scripts and marks, which `re` does not

from retrieval.lexical.languages import ENGLISH, language_of, script_language, stem
from retrieval.lexical.numbers import NUMBER, numbers, spaced

LONGEST = 64
"""Characters of a token; what is longer is cut."""
_MOST_PARTS = 24
"""Parts of one joined token that are looked at."""

# Scripts whose words are not set apart by spaces (Korean sets phrases apart, so pairs serve it better too).
_PAIRED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
_CLUSTERED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"[\p{{L}}\p{{N}}--[{_PAIRED}{_CLUSTERED}]]"
# Vowel signs and other marks belong to the letter before them.
_RUN = rf"(?:{_LETTER}\p{{M}}*)+"
_SIGNS = {"%": "percent", "‰": "permille", "$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr", "₽": "rub"}
_TOKEN = regex.compile(
    rf"(?P<paired>(?:[[\p{{L}}\p{{N}}]&&[{_PAIRED}]]\p{{M}}*)+)"
    rf"|(?P<clustered>(?:[[\p{{L}}\p{{N}}]&&[{_CLUSTERED}]][\p{{M}}\p{{Lm}}]*)+)"
    rf"|{NUMBER}"
    rf"|(?P<word>{_RUN}(?:['’]{_RUN})?(?:[-/._‐‑@]{_RUN})*)"
    r"|(?P<sign>[%‰$€£¥₹₽])",
    regex.V1,
)
_INVISIBLE = regex.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff\u0640]")
_JOINT = regex.compile(r"[-/._‐‑@]")
_HYPHENS = regex.compile(r"[-‐‑]")
_LARGE_JOINT = regex.compile(r"[/@]")
_POSSESSIVE = regex.compile(r"['’]s?$|['’](?=s)")
_CASES = regex.compile(r"(?<=\p{Ll})(?=\p{Lu}\p{Ll})|(?<=\p{L}{2})(?=\d{2})|(?<=\d{2})(?=\p{L}{2})")
"""Where a word is sewn together: camelCase, and two letters and more beside two digits and more."""
_MARKS = regex.compile(r"(?<=[\p{Latin}\p{Greek}]\p{M}*)\p{M}")
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})
_PERCENT = regex.compile(r"\s?(?:%|percent\b|per cent\b|pct\b)", regex.I)


def encodable(text: str) -> str:
    """Lone surrogates, which some PDFs and JSON bodies hold, replaced: neither tokenizers nor engines take them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def tokens(text: str, language: str | None = None) -> list[str]:
    """Tokens of a passage or page in order of appearance, parts of a compound right after it. `language`: of the
    document, for texts too short to tell; what a text tells clearly goes before it."""
    found = language_of(text) or language or ENGLISH
    kept: list[str] = []
    for has_stem, piece in _pieces(text):
        kept += _stored_forms(piece, found) if has_stem else (piece[:LONGEST],)
    return kept


def question_tokens(text: str) -> list[tuple[str, ...]]:
    """Tokens of a question, for each what it may be called in a text: the word as it stands, its stem in English and in
    the question's language; the first is the one that English texts have."""
    language = language_of(text, least=2) or ENGLISH
    return [
        _forms(piece, (ENGLISH, language), plain=True) if has_stem else (piece[:LONGEST],)
        for has_stem, piece in _pieces(text)
    ]


@lru_cache(maxsize=100_000)
def _stored_forms(word: str, language: str) -> tuple[str, ...]:
    return _forms(word, (language,), plain=language != ENGLISH)


def _forms(word: str, languages: tuple[str, ...], *, plain: bool) -> tuple[str, ...]:
    """Stems of a folded word, and the word itself where asked for or where there is no stemmer; each once."""
    bare = _unaccented(word)[:LONGEST]
    if not bare[0].isascii():
        other = script_language(bare)
        return (bare,) if other is None else tuple(dict.fromkeys((stem(bare, other), bare)))
    if any(character.isdigit() for character in bare):
        return (bare,)
    # English has no accents, and knows none; other stemmers need theirs.
    stems = [_unaccented(stem(bare if one == ENGLISH else word, one)) or bare for one in languages]
    return tuple(dict.fromkeys([*stems, bare] if plain else stems))


def _unaccented(word: str) -> str:
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", word))).translate(_PLAIN)


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """What a text consists of, folded; True beside words, which have stems."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    for match in _TOKEN.finditer(plain):
        kind, found = match.lastgroup, match.group()
        if kind == "word":
            yield from _word(found)
            if found.isdigit() and _PERCENT.match(plain, match.end()):
                yield False, _digits(found) + "%"
            continue
        yield from ((False, token) for token in _OF_KIND[kind](_digits(found.casefold())))
        if kind == "number" and _PERCENT.match(plain, match.end()):
            yield False, next(numbers(_digits(found))) + "%"


def _pairs(run: str) -> Iterator[str]:
    yield from (run[at : at + 2] for at in range(len(run) - 1))
    yield from run


def _clusters(run: str) -> Iterator[str]:
    seen = regex.findall(r"\X", run)
    yield from ("".join(seen[at : at + n]) for n in (2, 3) for at in range(len(seen) - n + 1))
    if len(seen) < 2:
        yield run


def _sign(found: str) -> Iterator[str]:
    yield _SIGNS[found]


_OF_KIND = {"paired": _pairs, "clustered": _clusters, "number": numbers, "spaced": spaced, "sign": _sign}


@lru_cache(maxsize=100_000)
def _word(found: str) -> tuple[tuple[bool, str], ...]:
    return tuple(_parts(found))


def _parts(found: str) -> Iterator[tuple[bool, str]]:
    parts = _JOINT.split(found)[:_MOST_PARTS]
    if len(parts) > 1:
        yield from ((whole.isalpha(), _digits(whole.casefold())) for whole in _wholes(found, parts))
    for part in parts:
        yield from _simple(part)


def _wholes(found: str, parts: list[str]) -> Iterator[str]:
    """What is joined, as one: two words that a hyphen joins are one word, for some write it so; anything else stays as
    written. Then what a slash or an @ sets apart, if it is joined itself."""
    if len(parts) == 2 and _HYPHENS.search(found) and not (parts[0].isdigit() and parts[1].isdigit()):
        yield "".join(parts)
    else:
        yield _HYPHENS.sub("-", found)
    larger = _LARGE_JOINT.split(found)[:_MOST_PARTS]
    if len(larger) > 1:
        yield from (_HYPHENS.sub("-", part.removeprefix("www.")) for part in larger if _JOINT.search(part))


def _simple(part: str) -> Iterator[tuple[bool, str]]:
    folded = _digits(_POSSESSIVE.sub("", part.casefold()))
    yield True, folded
    sewn = [piece for piece in _CASES.split(part) if piece][:_MOST_PARTS]
    if len(sewn) > 1:
        yield from ((True, _digits(_POSSESSIVE.sub("", piece.casefold()))) for piece in sewn)


def _digits(text: str) -> str:
    """Decimal digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text)
