"""Numbers however they are grouped."""

from collections.abc import Iterator

import regex  # type: ignore[import-untyped]

_END = r"(?![.,'’]?\d)"
NUMBER = (
    # Groups of three apart by a space, which may as well be two numbers side by side; four groups at most.
    rf"(?P<spaced>(?<![\d.,'’])(?<!\d\ )\d{{1,3}}(?:\ \d{{3}}){{1,3}}(?!\d)(?:[.,]\d{{1,2}}(?!\d))?(?![.,]\d|\ \d))"
    rf"|(?P<number>\d+(?:[.,]\d+)+|\d{{1,3}}(?:['’]\d{{3}})+(?:[.,]\d+)?{_END})"
)
"""A number with separators (a pattern with the groups `spaced` and `number`); a plain one is a word."""

_GROUPED = tuple(
    regex.compile(pattern)
    for pattern in (
        r"(?P<whole>\d{1,3}(?:,\d{3})+)(?:\.(?P<rest>\d+))?",
        r"(?P<whole>\d{1,3}(?:\.\d{3})+),(?P<rest>\d+)",
        r"(?P<whole>\d{1,3}(?:\.\d{3}){2,})",
        r"(?P<whole>\d{1,3}(?:['’]\d{3})+)(?:[.,](?P<rest>\d+))?",
        r"(?P<whole>\d{1,2}(?:,\d{2})+,\d{3})(?:\.(?P<rest>\d+))?",  # lakhs and crores
        r"(?P<whole>\d+)[.,](?P<rest>\d+)",
    )
)
_THOUSANDS = regex.compile(r"[1-9]\d{0,2}\.\d{3}")


def numbers(found: str) -> Iterator[str]:
    """The number without separators of thousands, its decimals after a point, without zeros at its end; 1.234 both as
    it is and as a thousand and more. What is no number (a date, a version) as it is, then its years."""
    for pattern in _GROUPED:
        if match := pattern.fullmatch(found):
            groups = match.groupdict()
            yield _canonical(regex.sub(r"\D", "", groups["whole"]), groups.get("rest") or "")
            if _THOUSANDS.fullmatch(found):
                yield found.replace(".", "")
            return
    yield found
    yield from (part for part in regex.split("[.,]", found) if len(part) == 4)


def spaced(found: str) -> Iterator[str]:
    """The number as one, then what its groups are apart."""
    groups = found.split(" ")
    last, _, rest = groups[-1].replace(",", ".").partition(".")
    yield _canonical("".join([*groups[:-1], last]), rest)
    yield from groups[:-1]
    yield _canonical(last, rest)


def _canonical(whole: str, rest: str) -> str:
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole
