"""Figures as exact numbers: digits, sign and scale of a cell or a span, and the way back to words."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct, structs

from answer.compare.quantities import decimal
from answer.compare.words import SPELT

_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9, "m": 6, "k": 3, "b": 9}
_SCALE = re.compile(r"(?<![A-Za-z])(thousand|million|billion|trillion|mn|bn)s?\b|(?<=\d)\s?(m|k|b)\b", re.I)
_DIGITS = re.compile(
    r"(?P<minus>[-−–(]\s?)?[$€£¥₹]?\s?(?P<minus2>[-−–]\s?)?(?P<digits>\d+(?:[.,'’]\d+)*|\.\d+)(?P<close>\s?\))?"
)
_SPELT = re.compile(rf"\b({'|'.join(SPELT)})\b", re.I)
_PERCENT = re.compile(r"%|\bper\s?cent", re.I)
_ASKED_SCALE = re.compile(
    r"\b(?:answer|anwser|express\w*|give)\b[^.?]{0,20}\bin (?:\w+ )?(thousand|million|billion)s?\b"
    r"|\bin (thousand|million|billion)s?\b",
    re.I,
)
_PLACES = re.compile(rf"\b({'|'.join(SPELT)}|\d) decimals?\b", re.I)


class Amount(Struct, frozen=True):
    """`value` counts units of 10 ** `scale`; `told`: a scale is told, or none can be meant; `percent`: it is a share of a
    hundred."""

    value: Decimal
    scale: int = 0
    percent: bool = False
    told: bool = True

    @property
    def whole(self) -> Decimal:
        """The value in ones."""
        return self.value.scaleb(self.scale)


def amount(text: str, unit: str = "", above: tuple[str, ...] = ()) -> Amount | None:
    """The figure in a text; `unit` and the lines `above` tell the scale where the text does not. None without digits."""
    found = _DIGITS.search(text)
    if found is None:
        word = _SPELT.search(text)
        return Amount(Decimal(SPELT[word[1].lower()])) if word is not None else None
    value = decimal(found["digits"])
    if value is None:
        return None
    bracketed = (found["minus"] or "").startswith("(") and found["close"] is not None
    dash = (found["minus"] or found["minus2"] or "").strip() in ("-", "−", "–")
    percent = bool(_PERCENT.search(text)) or bool(_PERCENT.search(unit))
    scales = (scale_of(part) for part in (text[found.end() :], unit, *above))
    scale = 0 if percent else next((scale for scale in scales if scale), 0)
    return Amount(-value if bracketed or dash else value, scale, percent, bool(scale) or percent)


def brought_together(amounts: Sequence[Amount]) -> tuple[Amount, ...]:
    """Amounts of one reckoning: where some tell a scale and others do not, those are taken to be of the same. A table
    tells its scale once, and not always on the page that is read."""
    told = {one.scale for one in amounts if one.told and not one.percent}
    scale = told.pop() if len(told) == 1 else 0
    return tuple(one if one.told else structs.replace(one, scale=scale) for one in amounts)


def scale_of(text: str) -> int:
    """The power of ten that a text names; 0 where it names none."""
    found = _SCALE.search(text)
    return _SCALES[(found[1] or found[2]).lower()] if found else 0


def asked_scale(question: str) -> int | None:
    """The scale that a question wants its answer in, or None."""
    found = _ASKED_SCALE.search(question)
    return _SCALES[(found[1] or found[2]).lower()] if found else None


def asked_places(question: str) -> int | None:
    """How many decimals a question wants, or None."""
    found = _PLACES.search(question)
    if found is None:
        return None
    told = found[1].lower()
    return int(told) if told.isdigit() else SPELT[told]


def plain(value: Decimal, places: int | None = None) -> str:
    """Digits with at most so many decimals (all there are, where None)."""
    if places is not None:
        value = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        return f"{value:f}"
    return f"{value.normalize():f}"
