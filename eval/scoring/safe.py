"""MMLongBench-Doc's scoring with its faults mended: it never raises, and a gold answer always meets itself.

What differs from `official`, all of it:

- Int: thousands' commas are read; 12.7 is not 12; a gold that is no integer ("21%", "14:04 CET") is compared as a string.
- Float: thousands' commas are read; a gold that is no number is compared as a string.
- Str, None: full stops at the end and repeated spaces don't cost anything.
- List: a list that is no Python literal is cut at commas, semicolons and line breaks; numbers in lists compare as
  numbers ("1.0" is "1"); two empty lists are alike.

The tolerances (1 %, a hundredfold, ANLS above 0.5, the worst pair of a list) are those of the benchmark.
"""

import ast
import math
import re

from eval.scoring.rules import anls, clean, same_number, wants_exact_match

_COMMAS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SEPARATORS = re.compile(r"[;\n]|,(?!\d{3}(?!\d))")


def safe(gold: str, prediction: str, answer_format: str) -> float:
    """The score from 0 to 1 by the format of the gold answer. Never raises."""
    if clean(gold) == clean(prediction):
        return 1.0
    match answer_format:
        case "Int":
            return _integers(gold, prediction)
        case "Float":
            return _floats(gold, prediction)
        case "Str" | "None":
            return _strings(gold, prediction)
    return _lists(items(gold), items(prediction))


def number(text: str) -> float | None:
    """The number that the whole text is, commas of thousands, $ and % aside; None where it is none."""
    try:
        value = float(_COMMAS.sub("", clean(text)))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def items(text: str) -> list[str]:
    """A list's items as strings: of a Python literal, else cut at separators. A text without any is one item."""
    stripped = text.strip()
    if stripped.startswith("["):
        try:
            value = ast.literal_eval(stripped)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            stripped = stripped.removeprefix("[").removesuffix("]")
        else:
            return [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return [part.strip() for part in _SEPARATORS.split(stripped) if part.strip()]


def _integers(gold: str, prediction: str) -> float:
    wanted = number(gold)
    if wanted is None or not wanted.is_integer() or "%" in gold:
        return _strings(gold, prediction)
    return float(wanted == number(prediction))


def _floats(gold: str, prediction: str) -> float:
    wanted, given = number(gold), number(prediction)
    if wanted is None:
        return _strings(gold, prediction)
    return float(given is not None and _same(wanted, given))


def _same(gold: float, prediction: float) -> bool:
    try:
        return same_number(gold, prediction)
    except (ValueError, OverflowError):  # beyond what floats can hold
        return False


def _strings(gold: str, prediction: str) -> float:
    wanted, given = _plain(gold), _plain(prediction)
    return float(wanted == given) if wants_exact_match(wanted) else anls(wanted, given)


def _plain(text: str) -> str:
    return " ".join(clean(text).rstrip(".").split())


def _lists(gold: list[str], prediction: list[str]) -> float:
    if len(gold) != len(prediction):
        return 0.0
    wanted, given = sorted(map(_item, gold)), sorted(map(_item, prediction))
    if not wanted or wanted == given:
        return 1.0
    if number(wanted[0]) is not None or wants_exact_match(wanted[0]):
        return 0.0
    return min(anls(one, other) for one, other in zip(wanted, given, strict=True))


def _item(text: str) -> str:
    value = number(text)
    if value is None:
        return _plain(text)
    return str(int(value)) if value.is_integer() else repr(value)
