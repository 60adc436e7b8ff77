"""Numbers with their scale and unit. Values are exact decimals: what was rounded is not the same."""

import re
from decimal import Decimal

from msgspec import Struct

from answer.compare.words import SPELT, folded

_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "tsd": 3, "million": 6, "millions": 6, "mio": 6, "mn": 6, "mm": 6, "m": 6,
    "billion": 9, "billions": 9, "bn": 9, "mrd": 9, "b": 9, "trillion": 12, "tn": 12,
}  # fmt: skip
_CURRENCIES = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR",
    "euros": "EUR", "£": "GBP", "gbp": "GBP", "pounds sterling": "GBP", "¥": "JPY", "jpy": "JPY", "yen": "JPY",
    "chf": "CHF", "inr": "INR", "₹": "INR", "rs": "INR",
}  # fmt: skip
_UNITS: dict[str, tuple[str, str]] = {
    word: (unit, factor)
    for unit, factor, words in (
        ("m", "0.001", "millimetre millimetres millimeter millimeters"),
        ("m", "0.01", "cm centimetre centimetres centimeter centimeters"),
        ("m", "1", "metre metres meter meters"),
        ("m", "1000", "km kilometre kilometres kilometer kilometers"),
        ("m", "1609.344", "mi mile miles"),
        ("m", "0.3048", "ft foot feet"),
        ("m", "0.9144", "yd yard yards"),
        ("m", "0.0254", "inch inches"),
        ("g", "0.001", "mg milligram milligrams"),
        ("g", "1", "g gram grams gramme grammes"),
        ("g", "1000", "kg kilogram kilograms kilo kilos"),
        ("g", "1000000", "t tonne tonnes"),
        ("g", "453.59237", "lb lbs"),
        ("g", "28.349523125", "oz ounce ounces"),
        ("s", "0.001", "ms millisecond milliseconds"),
        ("s", "1", "s sec secs second seconds"),
        ("s", "60", "min mins minute minutes"),
        ("s", "3600", "h hr hrs hour hours"),
        ("s", "86400", "day days"),
        ("s", "604800", "week weeks"),
        ("month", "1", "month months"),
        ("month", "12", "year years yr yrs"),
        ("W", "1", "w watt watts"),
        ("W", "1000", "kw kilowatt kilowatts"),
        ("W", "1000000", "mw megawatt megawatts"),
        ("W", "1000000000", "gw gigawatt gigawatts"),
        ("Wh", "1000", "kwh"),
        ("Wh", "1000000", "mwh"),
        ("Wh", "1000000000", "gwh"),
        ("byte", "1", "byte bytes"),
        ("byte", "1000", "kb kilobyte kilobytes"),
        ("byte", "1000000", "mb megabyte megabytes"),
        ("byte", "1000000000", "gb gigabyte gigabytes"),
        ("byte", "1000000000000", "tb terabyte terabytes"),
        ("Hz", "1", "hz hertz"),
        ("Hz", "1000", "khz kilohertz"),
        ("Hz", "1000000", "mhz megahertz"),
        ("Hz", "1000000000", "ghz gigahertz"),
        ("V", "1", "v volt volts"),
        ("V", "1000", "kv kilovolt kilovolts"),
        ("mAh", "1", "mah"),
        ("l", "0.001", "ml millilitre millilitres milliliter milliliters"),
        ("l", "1", "l litre litres liter liters"),
        ("%", "1", "% percent pct"),
        ("point", "1", "pp"),
        ("point", "0.01", "bp bps"),
    )
    for word in words.split()
}
_PHRASES = (
    ("per cent", "%"),
    ("percentage points", "pp"),
    ("percentage point", "pp"),
    ("basis points", "bps"),
    ("basis point", "bps"),
)
_ABOUT = re.compile(r"^(?:approximately|approx\.?|about|around|roughly|circa|ca\.?|some|nearly|~|≈)\s*")
_MONEY = "|".join(sorted((re.escape(c) for c in _CURRENCIES), key=len, reverse=True))
_DIGITS = r"\d+(?:[.,'’ \u00a0\u202f]\d+)*|[.,]\d+"
_QUANTITY = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-−–+])?\s*(?P<before>{_MONEY})?\s*(?P<minus>[-−–])?\s*"
    rf"(?P<digits>{_DIGITS}|{'|'.join(sorted(SPELT, key=len, reverse=True))}\b)"
    rf"(?P<close>\))?\s*(?P<rest>[^\d]*)$"
)


class Quantity(Struct, frozen=True):
    """`value` in `unit` (a base unit such as `m`, `%` or `USD`; a plain noun as it stands; "" for none)."""

    value: Decimal
    unit: str = ""

    def same(self, other: "Quantity") -> bool:
        """Equal values, and units that do not differ: one that is left out differs from none, but for `%`."""
        strict = {"%", "point"} & {self.unit, other.unit}
        return self.value == other.value and (self.unit == other.unit or (not strict and "" in (self.unit, other.unit)))


def is_unit(word: str) -> bool:
    """Whether a word, in any case, is a unit, a currency or a scale: `gigabytes`, `kWh`, `million`."""
    plain = folded(word)
    return plain in _UNITS or plain in _CURRENCIES or plain in _SCALES


def quantity(text: str) -> Quantity | None:
    """The quantity that an answer is; None where it is anything else, such as a sentence with a number in it."""
    plain = _ABOUT.sub("", folded(text))
    for phrase, short in _PHRASES:
        plain = plain.replace(phrase, short)
    match = _QUANTITY.fullmatch(plain)
    if match is None:
        return None
    value = decimal(match["digits"])
    tail = _tail(match["rest"], match["before"])
    if value is None or tail is None:
        return None
    scale, unit, factor = tail
    bracketed = match["open"] is not None and (match["close"] is not None or match["rest"].rstrip().endswith(")"))
    negative = bracketed or (match["sign"] or match["minus"] or "+") != "+"
    return Quantity((value * factor).scaleb(scale).normalize() * (-1 if negative else 1), unit)


def _tail(rest: str, before: str | None) -> tuple[int, str, Decimal] | None:
    """Power of ten, unit and its factor from what follows the digits; None where that is more than a unit."""
    words = re.findall(r"[%€$£¥₹]|[^\W\d_]+", rest)
    scale, unit, factor = 0, _CURRENCIES.get(before or "", ""), Decimal(1)
    for word in words:
        if word in _SCALES and not scale:
            scale = _SCALES[word]
        elif word in _CURRENCIES and unit in ("", _CURRENCIES[word]):
            unit = _CURRENCIES[word]
        elif word in _UNITS and not unit:
            unit, factor = _UNITS[word][0], Decimal(_UNITS[word][1])
        elif not unit and word not in ("of", "in", "per", "to"):
            unit = word.removesuffix("s") if len(word) > 3 else word
        else:
            return None
    return scale, unit, factor


def decimal(digits: str) -> Decimal | None:
    """The value of digits with the separators of any locale. Where both a point and a comma stand, the last is the
    decimal one; a comma or a space before exactly three digits separates thousands, a single point does not."""
    if digits in SPELT:
        return Decimal(SPELT[digits])
    text = re.sub(r"['’ \u00a0\u202f]", "", digits) if _grouped(digits, r"['’ \u00a0\u202f]") else digits
    if re.search(r"['’ \u00a0\u202f]", text):
        return None
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        mark, other = (".", ",") if point > comma else (",", ".")
        whole, _, part = text.rpartition(mark)
        return Decimal(f"{whole.replace(other, '')}.{part}") if mark not in whole and _groups(whole, other) else None
    if comma >= 0:
        return Decimal(text.replace(",", "")) if _groups(text, ",") and text[0] != "0" else _single(text, ",")
    if text.count(".") > 1:
        return Decimal(text.replace(".", "")) if _groups(text, ".") else None
    return Decimal(text)


def _groups(text: str, mark: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+|\d+", text) is not None


def _grouped(text: str, marks: str) -> bool:
    return re.fullmatch(rf"\d{{1,3}}(?:{marks}\d{{3}})+(?:[.,]\d+)?|[\d.,]+", text) is not None


def _single(text: str, mark: str) -> Decimal | None:
    return Decimal(text.replace(mark, ".")) if text.count(mark) == 1 else None
