"""What stands behind a label: the title of Figure 2, the topic of Unit 14, what an abbreviation is short for, how many
figures there are."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from answer.extractive.candidates import Candidate
from answer.extractive.material import Material
from answer.extractive.terms import STOP

_KIND = (
    r"figure|fig\.?|table|chart|exhibit|unit|chapter|section|appendix|part|lesson|module|step|lecture|session|week|annex"
    r"|algorithm|goal"
)
_LABEL = re.compile(rf"\b(?P<kind>{_KIND})[\s-]*(?P<number>\d+(?:\.\d+)*|[A-Z])\b", re.I)
_ASKED = re.compile(
    r"\b(?:what(?:['’]s| is| are| was)?|which|give|name|find|tell)\b"
    r".*\b(?:titles?|topics?|names?|captions?|headings?|subjects?)\s(?:of|for)\b|\bcalled\b",
    re.I,
)
_SHORT = re.compile(
    r"\b[Ww](?:hat|HAT)\b.*?\b(?P<short>[A-Z][A-Z0-9&-]{1,9})\b.*\b(?:stands? for|short for|full (?:form|name))\b"
)
_COUNT = re.compile(
    r"\bhow many (?P<kind>figures|tables|charts|chapters|appendices|exhibits|algorithms|units|lessons|modules)\b"
    r"(?! (?:show|compare|contain|with|that|which|relat|illust|have|has))[^?]*\b(?:are|does|is|in)\b",
    re.I,
)
_PAGES = re.compile(r"\bpages?\s(?P<a>\d{1,4})\s?(?:to|-|–|through|and)\s?(?:page\s)?(?P<b>\d{1,4})\b", re.I)
_ONE = {"figures": "figure|fig", "tables": "table", "charts": "chart", "chapters": "chapter", "appendices": "appendix",
        "exhibits": "exhibit", "algorithms": "algorithm", "units": "unit", "lessons": "lesson", "modules": "module"}  # fmt: skip
_FEWEST = 2
"""Labels that have to be seen before their highest number is taken for their count."""

_LEADERS = re.compile(r"(?:\s?[.…·_]){3,}\s*\d*\s*$|\s{2,}\d+$")
_LONGEST = 30


class Labelled(Struct, frozen=True):
    """An answer read off labels, where it stands, and `how`. `bearing`: "title", "short form" or "count"."""

    answer: str
    places: tuple[Candidate, ...]
    how: str
    bearing: str


def labelled(text: str, material: Material) -> Labelled | None:
    """The answer to a question about labels; None for other questions, and where the labels are not found."""
    return _long_form(text, material) or _titles(text, material) or _counted(text, material)


def _titles(text: str, material: Material) -> Labelled | None:
    labels = list(dict.fromkeys((m["kind"].lower().rstrip("."), m["number"]) for m in _LABEL.finditer(text)))
    if not labels or len(labels) > 4 or not _ASKED.search(text):
        return None
    found = [next(_behind(kind, number, material), None) for kind, number in labels]
    told = [pair for pair in found if pair is not None]
    if len(told) < len(labels):
        return None
    answer = ", ".join(title for title, _ in told)
    return Labelled(answer, tuple(place for _, place in told), f"what stands behind {labels}", "title")


def _behind(kind: str, number: str, material: Material) -> Iterator[tuple[str, Candidate]]:
    """What follows the label on lines that begin with it. Lines of a table of contents come last."""
    begins = re.compile(
        rf"^\W*{kind[:3]}\w*\.?[\s-]*{re.escape(number)}(?![\d.]*\d)\s*[:.,|–—-]?\s*(?P<rest>.+)$", re.I | re.S
    )
    late: list[tuple[str, Candidate]] = []
    for candidate in material.candidates:
        match = begins.match(candidate.text) if candidate.crossing is None else None
        if match is None or not match["rest"].strip(" .:"):
            continue
        rest = _LEADERS.sub("", match["rest"]).strip()
        title = re.split(r"(?<=[a-z)])\.\s", rest)[0].strip(" .:")
        if len(title.split()) > _LONGEST or not title[:1].isalnum() or title[:1].islower():
            continue
        if rest != match["rest"].strip():
            late.append((title, candidate))
        else:
            yield title, candidate
    yield from late


def _long_form(text: str, material: Material) -> Labelled | None:
    asked = _SHORT.search(text)
    if asked is None:
        return None
    short = asked["short"]
    for candidate in material.candidates:
        if candidate.crossing is None and (form := long_form(short, candidate.text)):
            return Labelled(form, (candidate,), f"{short} stands behind its long form", "short form")
    return None


def long_form(short: str, text: str) -> str | None:
    """The words before `(SHORT)`, or in brackets or behind a dash or colon after it, whose initials it is made of."""
    mark = re.search(rf"\(\s*{re.escape(short)}s?\s*\)", text)
    if mark is not None:
        return _spelt(short, text[: mark.start()].split())
    after = re.search(rf"\b{re.escape(short)}\b\s*(?:\(|[-–—:=]|stands for|means)\s*(?P<words>[^().;:]+)", text)
    if after is None:
        return None
    words = after["words"].split()
    for count in range(2, min(len(words), len(short) * 2) + 1):
        if (form := _spelt(short, words[:count])) is not None and form == " ".join(words[:count]):
            return form
    return None


def _spelt(short: str, words: Sequence[str]) -> str | None:
    """The last of some words whose initials spell the short form, little words aside."""
    letters = [char for char in short.casefold() if char.isalnum()]
    for begin in range(len(words) - 1, max(-1, len(words) - 2 * len(letters) - 3), -1):
        run = words[begin:]
        initials = [w.lstrip("(“\"'")[:1].casefold() for w in run if w.casefold() not in STOP]
        parts = [p[:1].casefold() for w in run for p in re.split(r"[-/]", w) if p and w.casefold() not in STOP]
        everything = [w[:1].casefold() for w in run]
        if letters in (initials, parts, everything):
            return " ".join(run)
    return None


def _counted(text: str, material: Material) -> Labelled | None:
    asked = _COUNT.search(text)
    if asked is None:
        return None
    kind = _ONE[asked["kind"].lower()]
    between = _PAGES.search(text)
    begins = re.compile(rf"^\W*(?:{kind})\.?[\s-]*(?P<number>\d+|[A-Z])\b(?!\.\d)", re.I)
    seen: dict[str, Candidate] = {}
    for candidate in material.candidates:
        match = begins.match(candidate.text) if candidate.crossing is None else None
        if match is not None and (between is None or int(between["a"]) <= candidate.page <= int(between["b"])):
            seen.setdefault(match["number"].upper(), candidate)
    if len(seen) < _FEWEST:
        return None
    highest = max((int(number) for number in seen if number.isdigit()), default=0)
    count = len(seen) if between is not None or not highest else highest
    return Labelled(str(count), tuple(seen.values()), f"{len(seen)} labels of {asked['kind']} seen", "count")
