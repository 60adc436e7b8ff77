"""What single texts in tables are: figures, years, currency signs, leaders, marks of footnotes, bullets."""

import re

_LEADER = re.compile(r"[.·․…_‥]{2,}$|[.·․…]$")
_TRAIL = re.compile(r"(?<=[^.·․…_])[.·․…_]{4,}$|^[.·․…_]{4,}")
CURRENCY = r"(?:US\$|A\$|C\$|HK\$|S\$|R\$|[$€£¥₹₩₽]|USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|Rs\.?)"
_SIGN = re.compile(rf"\(?{CURRENCY}\(?$")
_FIGURE = re.compile(
    rf"[(\[<>~≈±+\-–−—]*\s*{CURRENCY}?\s*[(+\-–−]?\s*(?:\d[\d.,'’   ]*|[.,]\d+)\s*"
    r"(?:%|‰|pp|pts?|bps|bn|mn|[kKmM]|x|°C?|kg|g|km|cm|mm|ms|s|h|t|GB|MB|[A-Za-z]{0,3}\.?)?\s*[)\]]?\s*%?\s*"
    r"(?:\(?[a-z\d*†‡§]{1,2}\)|[*†‡§¹²³ᵃᵇ]+|[a-e])?$"
)
_RANGE = re.compile(r"\s*(?:[-–—−~]|to|±|\+/-)\s*")
_BLANK = re.compile(rf"{CURRENCY}?\s*(?:[-–—−‐·.]+|\*+|n/?a\.?|n\.?m\.?|nil|N/?A)\s*%?$")
_YEAR = re.compile(r"(?:FY|Q[1-4]\s|H[12]\s)?'?(?:19|20)\d\d(?:[-/–]\d{2,4})?(?:\s?[A-Z]{1,2}|\s?\(?[a-z\d*†‡]\)?)?$")
_TAIL = re.compile(r"(?:\)?\s?%|‰|\)|\]|pp|bps|[*†‡§]+|\((?:[a-z]|\d{1,2})\)|\)\s?(?:\((?:[a-z]|\d)\)|%))$")
_BULLET = re.compile(r"(?:[•◦▪▫■□●○‣⁃∙·*–—\-✓✔➢❖]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])$")


def is_leader(text: str) -> bool:
    """Dots that lead the eye to the next column."""
    return bool(_LEADER.match(text))


def without_leader(text: str) -> str:
    """A word without the dots printed on to it."""
    return _TRAIL.sub("", text)


def is_currency(text: str) -> bool:
    """A currency sign alone, perhaps with an opening bracket."""
    return bool(_SIGN.match(text))


def is_figure(text: str) -> bool:
    """A number, or a range of two, with signs, units and footnote marks; no year."""
    if is_year(text) or not any(c.isdigit() for c in text):
        return False
    if _FIGURE.match(text):
        return True
    parts = [p for p in _RANGE.split(text, maxsplit=1) if p]
    return len(parts) == 2 and all(_FIGURE.match(p) for p in parts)


def is_blank(text: str) -> bool:
    """What stands for no figure: a dash, n/a."""
    return bool(_BLANK.match(text))


def is_year(text: str) -> bool:
    """A year or a range of them, as it names a column."""
    return bool(_YEAR.match(text))


def is_tail(text: str) -> bool:
    """What belongs to the figure before it: a closing bracket, a per cent sign, a mark of a footnote."""
    return bool(_TAIL.match(text))


def is_bullet(text: str) -> bool:
    """What an entry of a list begins with."""
    return bool(_BULLET.match(text))
