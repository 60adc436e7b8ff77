"""What a question asks for: the type of its answer, the words that matter, and what must be met (years, names,
quoted words)."""

import calendar
import re
from enum import StrEnum

from msgspec import Struct

from answer.compare.words import SPELT
from answer.extractive.terms import REFERENCE, STOP, stem, stems, words


class Kind(StrEnum):
    """Types of answer."""

    NUMBER = "number"
    PERCENT = "percentage"
    MONEY = "amount of money"
    DATE = "date"
    EMAIL = "e-mail address"
    PHONE = "telephone number"
    LINK = "web address"
    VERSION = "version"
    CODE = "option, path or other name in code"
    NAME = "name"
    LIST = "list"
    YES_NO = "yes or no"
    PASSAGE = "passage"


CONTACTS = (Kind.EMAIL, Kind.PHONE, Kind.LINK)
FIGURES = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)


class Question(Struct, frozen=True):
    """A question taken apart. `terms` are stems that matter, without repeats, with references such as `Figure 3` as
    one term each; `focus` those that name what is counted or asked for (`how many EMPLOYEES`); `names` are runs of
    capitalised words as stems; `pages` are pages asked for by number; `beyond` says why words of one place can't
    answer it, or is None."""

    text: str
    kind: Kind
    terms: tuple[str, ...]
    focus: tuple[str, ...]
    years: tuple[str, ...]
    numbers: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    quoted: tuple[str, ...]
    pages: tuple[int, ...]
    beyond: str | None


_MOST_TERMS = 64
"""A question of thousands of characters is searched by its first words that matter; more would only blur the match."""

_INSTRUCTION = re.compile(
    r"^(please|answers?|directly|write|give|express|format|round|keep|return|use|you (should|may|can)|your|the answer"
    r"|enumerate|output|do not|in (int|integer|string|list|float)|save|present|make sure|for example"
    r"|e\.g\.|report your|represent)\b",
    re.I,
)
_FRAMING = """
percent percentage proportion million millions thousand thousands billion billions according answer author based
describe document documents explain find following give given list located mention mentioned name page pages paper pdf
please provide provided question refer report said say show showed shown shows slide state stated tell text use used
using value write written integer int float string format decimal decimals places round
"""
_FRAME = frozenset(stem(word) for word in _FRAMING.split())
_YEAR = re.compile(r"(?:(?<=\b)|(?<=FY)|(?<=fy))((?:19|20)\d\d)\b")
_QUOTED = re.compile(r"[\"“”`]([^\"“”`]{2,120})[\"“”`]|(?<!\w)['‘]([^'‘’]{2,120})['’](?!\w)")
PAGE_NAMED = re.compile(
    rf"\b(?:page|slide|p\.)\s*(?:no\.?|number(?:ed)?)?\s*(\d{{1,4}}|{'|'.join(SPELT)})\b"
    r"|\b(?:the )?(?:(?:first|cover|title|front) (?:page|slide)|cover(?= of\b|\?|$))",
    re.I,
)
"""A page by its number, in figures or words, or the first."""

_BEYOND = {
    "the answer has to be worked out from several figures, and this reader only repeats what stands there": re.compile(
        r"\b(difference (in|of|between)|sum of|ratio|combined|on average|average of|averaged|in total|altogether|percentage points?"
        r"|how (many|much) (more|less|fewer|higher|lower|larger|greater|further|longer)|times (more|as|higher|larger)"
        r"|(highest|lowest|largest|smallest|most|least|fewest|greatest) number of|assume|suppose|calculate|compute)\b",
        re.I,
    ),
    "it asks what can be seen on the pages, and this reader only reads words": re.compile(
        r"\bcolou?r(s|ed)?\b|\b(logo|icon|symbol|photo|picture|photograph|drawing)s?\b|\bshown in the image\b"
        r"|\bhow many (\w+ ){0,3}(figures|charts|tables|graphs|images|diagrams|maps|plots|slides|pages|columns|rows|lines|bars"
        r"|chapters|sections|appendices|subfigures|references)\b",
        re.I,
    ),
}
"""Questions that words of one place can't answer, and what is said of them."""

_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        Kind.EMAIL,
        r"\b(what|which|whose|give|find|provide)\b.*\be-?mail\b(?! (campaign|marketing|service|client|server|program))",
    ),
    (
        Kind.PHONE,
        r"\b(what|which|give|find|provide)\b.*\b((tele)?phone|fax|mobile|toll[- ]free|contact|hotline|helpline)( \w+)?"
        r" (no|numbers?)\b",
    ),
    (
        Kind.LINK,
        r"\b(what|which|give|find|provide)\b.*\b(urls?|web ?site (address|link)|web address|web link)\b|^what is the web ?site\b",
    ),
    (
        Kind.VERSION,
        r"\b(what|which) ([\w.-]+ ){0,2}?(version|revision)\b|\bwhich release\b(?! date)"
        r"|\bwhat (is|was) the ([\w.-]+ ){0,3}?(version|revision)( number)?\b",
    ),
    (
        Kind.CODE,
        r"\b(what|which) ([\w.-]+ ){0,2}?(command[- ]line (option|flag|switch|parameter|argument)s?|director(y|ies)|folder"
        r"|file ?names?|environment variables?|(shell )?command(?! of| over)"
        r"|config\w* (option|parameter|file|variable)s?|file extension)\b",
    ),
    (Kind.LIST, r"\b(list|enumerate|name (all|the|two|three|four|five)|what are|which (are|were) |who are|who were)\b"),
    (Kind.PERCENT, r"\b(percent|percentages?|per cent|proportion|what share|share of|%|rate)\b"),
    (
        Kind.MONEY,
        r"\bhow much\b.*\b(costs?|spen[dt]|pa(y|id)|earn(ed)?|invest(ed)?|worth|money|budget|tax)\b"
        r"|\b(price|cost|revenue|sales|income|profit|debt|expenses?|assets|earnings|cash|dividend|turnover|ebitda?"
        r"|capital|equity|liabilit(y|ies)|salary|salaries|wages?|rents?|bonus|fees?|premium|loan|dollars?|euros?|amount)\b",
    ),
    (
        Kind.NUMBER,
        r"\b(how many|how much|number of|how (large|big|great|long|high|far|old|fast|heavy|deep|wide|tall)"
        r"|what (number|size|value)|count)\b",
    ),
    (
        Kind.DATE,
        r"^\W*(\w+ ){0,2}when\b|\b(what (year|date|day|month|time)|which (year|date|month|quarter|day)|since when)\b",
    ),
    (
        Kind.NAME,
        r"^\W*(in |on |at |by |to |from |for |of )?(who|whom|whose|where|which|what is the (name|title))\b|\bname of\b",
    ),
    (Kind.YES_NO, r"^\W*(is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"),
)
_TYPE_WORDS = "percent percentage share proportion rate number amount value total level year date month day time name"
_TYPES = frozenset(stem(word) for word in _TYPE_WORDS.split())
_CALENDAR = frozenset(
    [*calendar.month_name, *calendar.month_abbr, *calendar.day_name, "Q1", "Q2", "Q3", "Q4", "FY", "H1", "H2"]
)
_MEASURED = re.compile(r"\bhow (?:high|large|big|great)\b(?! (?:is|are|was|were) (?:it|they)\b)", re.I)
"""Ways to ask for a number, which need not stand where it does."""
_COMPOUND = re.compile(r"\w,? and (who|whom|whose|what|when|where|which|how|why)\b")
_IN_UNIT = re.compile(
    r"(?<! is)(?<! are)(?<! was)(?<! were),? in (?P<unit>(?!general|total|detail|full|order|short|particular|this|that|which|what)"
    r"(?!(?:the|an?|its|their|our|all|each|any|both|these|those)\b)[a-z][a-zA-Z ]{1,30})\?$"
)
_UNIT_AT_END = re.compile(r",\sin\s(?:[a-z]+\s)?[A-Z][a-z]+\?\s*$")
"""A unit with a capital letter (", in degrees Celsius?") is no name."""

_ASKS = re.compile(
    r"\W*(?:(?:in|on|at|by|to|from|for|of|and|but|or)\s)?(?:who|whom|whose|what|when|where|which|how|why|is|are|was|were|do|does|did"
    r"|has|have|had|can|could|will|would|should)\b",
    re.I,
)
_PERCENT = re.compile(r"^(percent|per cent|percentage)\b")
_PLAIN = re.compile(
    r"^\W*(why|how (do|does|did|is|are|was|were|can|should)|what (does|do|did|is meant)|describe|explain)\b", re.I
)


def analyse(text: str) -> Question:
    """Take a question apart."""
    asked = _asked(text)
    years = tuple(dict.fromkeys(_YEAR.findall(asked)))
    references = [term for term in stems(asked) if "#" in term]
    plain = _MEASURED.sub("how", REFERENCE.sub(" ", PAGE_NAMED.sub(" ", asked)))
    found = [term for term in dict.fromkeys([*stems(plain), *references]) if term not in _FRAME]
    return Question(
        text=text,
        kind=_kind(asked),
        terms=tuple(found[:_MOST_TERMS]),
        focus=_focus(asked),
        years=years,
        numbers=tuple(w for w in words(plain) if w[0].isdigit() and w not in years),
        names=_names(_UNIT_AT_END.sub("?", plain)),
        quoted=tuple((a or b).strip() for a, b in _QUOTED.findall(asked)),
        pages=tuple(_number(number) for number in PAGE_NAMED.findall(asked)),
        beyond=next((reason for reason, pattern in _BEYOND.items() if pattern.search(asked)), None),
    )


def parts(text: str) -> tuple[str, ...]:
    """The questions that a question is made of: one, or several that each end with a question mark."""
    asked = [part.strip() for part in re.findall(r"[^?]+\?", text)]
    if len(asked) == 2 and not _ASKS.match(asked[1]) and re.search(r"\bor\b", asked[1]):
        return (text,)  # "Which is larger? Oslo, or Bergen?"
    whole = [part for part in asked if any(term not in _FRAME for term in stems(part))]
    return tuple(whole) if len(whole) > 1 and len(whole) == len(asked) else (text,)


def _number(page: str) -> int:
    return int(page) if page.isdigit() else SPELT.get(page.lower(), 1)


def _asked(text: str) -> str:
    """The question without what it says about the form of the answer."""
    sentences = re.split(r"(?<=[.!])\s+(?=[A-Z(])|(?<=\?)\s*|\n+", text.strip())
    kept = [sentence for sentence in sentences if not _INSTRUCTION.match(sentence.strip(" ("))]
    return " ".join(kept) or text


def _kind(text: str) -> Kind:
    lowered = " ".join(text.lower().split())
    if _COMPOUND.search(lowered):
        return Kind.PASSAGE
    if (unit := _IN_UNIT.search(" ".join(text.split()))) and re.match(r"^\W*(what|how)\b", lowered):
        return Kind.PERCENT if _PERCENT.match(unit["unit"]) else Kind.NUMBER
    if _PLAIN.match(lowered) and not re.match(r"^\W*what (is|are) ", lowered):
        return Kind.PASSAGE
    if re.search(_KINDS[-1][1], lowered):
        return Kind.YES_NO
    for kind, pattern in _KINDS[:-1]:
        if kind is Kind.MONEY and re.search(
            r"\bhow many\b|\bwh(o|en|ere|ich)\b|\bwhat (years?|percent(age)?)\b", lowered
        ):
            continue
        if kind is Kind.PERCENT and re.search(r"\b(how many(?! per ?cent)|who|when|which)\b", lowered):
            continue
        if re.search(pattern, lowered):
            return kind
    return Kind.PASSAGE


def _focus(text: str) -> tuple[str, ...]:
    """Stems of the noun that the question word asks about: up to three words that matter after `how many`, `which`,
    `number of`."""
    match = re.search(
        r"\b(?:how many|how much|which|what|number of|percentage of)\s+((?:[\w'’-]+\s*){1,6})", text, re.I
    )
    if match is None:
        return ()
    run: list[str] = []
    for word in words(match[1]):
        if word in STOP:
            if run:
                break
            continue
        if stem(word) not in _TYPES:
            run.append(stem(word))
    return tuple(run[:3])


def _names(text: str) -> tuple[tuple[str, ...], ...]:
    """Runs of capitalised words that do not merely begin the sentence. A question in capitals throughout has none."""
    tokens = re.findall(r"[^\W_]+(?:['’&.-][^\W_]+)*|[?.!:]", text)
    wordy = [token for token in tokens if token[0].isalpha() and token.lower() not in STOP]
    shouted = sum(char.isupper() for char in text) > sum(char.islower() for char in text)
    if not wordy or shouted or sum(token[0].isupper() for token in wordy) > 0.7 * len(wordy) > 2:
        return ()
    runs: list[list[str]] = [[]]
    begins = True
    for token in tokens:
        proper = token[0].isupper() and token.lower() not in STOP and (not begins or token[1:].lower() != token[1:])
        if proper and token not in _CALENDAR:
            runs[-1] += [term for term in stems(token) if term not in _FRAME and not term[0].isdigit()]
        elif runs[-1]:
            runs.append([])
        begins = token in "?.!:"
    return tuple(dict.fromkeys(tuple(run) for run in runs if run))
