"""An answer in normal form, as a key: numbers with their scale, percentages, case, articles, list order. Whether two
answers say the same is asked of `answer.compare`, which also knows units, dates and names."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_SCALES = {"thousand": 3, "k": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9, "b": 9, "trillion": 12}
_NUMBER = re.compile(
    r"^(?P<sign>[-−(]?)\s*(?P<currency>[$€£¥]|usd|eur|gbp)?\s*(?P<digits>\d[\d,' \u00a0\u202f]*(?:\.\d+)?|\.\d+)\s*"
    r"(?P<scale>thousand|million|billion|trillion|k|mn|bn|m|b)?\s*(?P<percent>%|percent|per cent)?\s*"
    r"(?P<currency_after>[$€£¥]|usd|eur|gbp|dollars|euros)?\)?$"
)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normal(answer: str) -> str:
    """The normal form of an answer: a number as plain digits (with `%` where it is one), a list sorted, words
    folded."""
    text = unicodedata.normalize("NFKC", answer).casefold().strip().strip(".;:\"'“”‘’ ")
    value = _number(text)
    if value is not None:
        return value
    parts = [part for part in re.split(r";|\n|,(?!\d)| and ", text) if part.strip()]
    if len(parts) > 1:
        return "; ".join(sorted(normal(part) for part in parts))
    return " ".join(re.sub(r"[^\w%$€£¥.]+", " ", _ARTICLES.sub(" ", text)).split())


def _number(text: str) -> str | None:
    match = _NUMBER.match(text)
    if match is None:
        return None
    try:
        value = Decimal(re.sub(r"[,' \u00a0\u202f]", "", match["digits"]))
    except InvalidOperation:
        return None
    value = value.scaleb(_SCALES.get(match["scale"] or "", 0)) * (-1 if match["sign"] else 1)
    return f"{value.normalize():f}{'%' if match['percent'] else ''}"
