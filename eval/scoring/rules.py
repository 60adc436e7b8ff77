"""The pieces of MMLongBench-Doc's published scoring rules (arXiv 2407.01523; release of 2025-09-24), quirks included.

Every quirk that changes a score is kept here, on purpose, and named where it happens; `official` puts the pieces
together, `safe` mends what it does not want.
"""

import math
import re

from rapidfuzz.distance import Levenshtein

ANLS_THRESHOLD = 0.5
"""A likeness of this or less counts as none."""
RELATIVE_TOLERANCE = 0.01

_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_OUTER_QUOTE = re.compile(r"^['\"]|['\"]$")
_EXACT = tuple(
    re.compile(pattern)
    for pattern in (
        r"\d+(-\d+|\s\d+)?",  # bare digits, "12-34", "12 34": the rule means telephone numbers, and takes every integer
        r"\d{4}[-\s]\d{2}[-\s]\d{2}",
        r"\d{4}[-\s]\d{2}",
        r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}",
    )
)


def clean(value: object) -> str:
    """Lower case, without parenthesised parts, one outer quote on each side, leading $ and trailing %.

    The rules as released also look for a trailing "mile", "miles" and "million", and throw away what they cut: units
    of words stay.
    """
    text = _PARENTHESES.sub("", str(value).lower().strip()).strip()
    text = _OUTER_QUOTE.sub("", text).strip()
    text = text.lstrip("$").strip()
    return text.rstrip("%").strip()


def wants_exact_match(cleaned_gold: str) -> bool:
    """Whether a gold answer is of a kind that earns all or nothing: addresses, file names, pages, digits, times."""
    return (
        "https://" in cleaned_gold
        or cleaned_gold.endswith((".py", "ipynb"))
        or cleaned_gold.startswith("page")
        or "a.m." in cleaned_gold
        or "p.m." in cleaned_gold
        or any(pattern.fullmatch(cleaned_gold) for pattern in _EXACT)
    )


def anls(gold: str, prediction: str) -> float:
    """1 minus the edit distance over the longer length, 0 where that is 0.5 or less. Two empty strings are alike."""
    longest = max(len(gold), len(prediction))
    likeness = 1.0 - (Levenshtein.distance(gold, prediction) / longest if longest else 0.0)
    return likeness if likeness > ANLS_THRESHOLD else 0.0


def same_number(gold: float, prediction: float) -> bool:
    """Whether the prediction is the gold, a hundredth or a hundredfold of it: within 1 %, or equal after rounding to
    the shorter's decimals (at least 2)."""
    return any(_near(wanted, prediction) for wanted in (gold / 100, gold, gold * 100))


def _near(wanted: float, prediction: float) -> bool:
    if math.isclose(wanted, prediction, rel_tol=RELATIVE_TOLERANCE):
        return True
    places = max(min(_decimals(prediction), _decimals(wanted)), 2)
    return round(prediction, places) == round(wanted, places)


def _decimals(value: float) -> int:
    """As the rules count them: what follows the point in Python's writing of the number, an exponent included."""
    written = str(value)
    return len(written.split(".")[-1]) if "." in written else 3


def is_number(text: str) -> bool:
    """Whether Python reads the text as a float, "nan", "inf" and "1_000" included."""
    try:
        float(text)
    except ValueError:
        return False
    return True
