"""Financial measures that reports are asked for by a name that stands in none of their lines: what each is made of, as
textbooks define it, and under which labels the lines stand in statements."""

import re
from typing import TypeAlias

from msgspec import Struct


def _labels(text: str) -> tuple[str, ...]:
    return tuple(label.strip() for label in text.split(";"))


LINES: dict[str, tuple[str, ...]] = {
    "revenue": _labels(
        "total revenue; total revenues; total net revenue; net revenues; net revenue; revenues; revenue; "
        "total net sales; net sales; total sales; sales; turnover"
    ),
    "cost of revenue": _labels(
        "total cost of revenue; cost of revenues; cost of revenue; cost of goods sold; cost of sales; merchandise costs"
    ),
    "gross profit": _labels("gross profit; gross margin"),
    "operating income": _labels(
        "operating income; income from operations; operating profit; total operating income; operating income "
        "loss; income loss from operations; profit from operations; operating earnings; ebit"
    ),
    "depreciation": _labels(
        "depreciation and amortization; depreciation amortization and accretion; depreciation and "
        "amortisation; depreciation depletion and amortization; depreciation"
    ),
    "net income": _labels(
        "net income; net earnings; net income loss; profit for the year; net profit; net income attributable"
    ),
    "pre-tax income": _labels(
        "income before income taxes; income before provision for income taxes; earnings before income taxes; "
        "profit before tax"
    ),
    "income taxes": _labels("provision for income taxes; income tax expense; income taxes; provision for taxes"),
    "interest expense": _labels("interest expense; interest and other expense; finance costs"),
    "total assets": _labels("total assets"),
    "current assets": _labels("total current assets; current assets"),
    "inventories": _labels("merchandise inventories; inventories; inventory; inventories net"),
    "receivables": _labels(
        "accounts receivable net; trade receivables net; receivables net; accounts receivable; trade receivables"
    ),
    "total liabilities": _labels("total liabilities"),
    "current liabilities": _labels("total current liabilities; current liabilities"),
    "equity": _labels(
        "total equity; total stockholders equity; total shareholders equity; total shareowners equity; "
        "stockholders equity; shareholders equity; total common equity"
    ),
    "long-term debt": _labels(
        "long term debt excluding current portion; total long term debt; long term debt net; long term debt; "
        "long term debt net of current portion; debt and capital lease obligations; debt"
    ),
    "current debt": _labels(
        "current portion of long term debt; current maturities of long term debt; short term debt; short term "
        "borrowings"
    ),
    "operating cash flow": _labels(
        "net cash provided by operating activities; net cash provided by used in operating activities; net "
        "cash from operating activities; cash flows from operating activities; net cash generated from "
        "operating activities; cash provided by operating activities; net cash flows from operating "
        "activities"
    ),
    "capital expenditure": _labels(
        "additions to property and equipment; purchases of property and equipment; purchases of property "
        "plant and equipment; additions to property plant and equipment; capital expenditures; purchase of "
        "property and equipment"
    ),
    "dividends": _labels("cash dividend payments; dividends paid; payment of dividends; cash dividends paid"),
    "research": _labels("research and development; research and development expenses; product development"),
    "working capital": _labels("working capital; net working capital"),
    "free cash flow": _labels("free cash flow"),
    "ebitda": _labels("ebitda; adjusted ebitda"),
    "total debt": _labels("total debt; total borrowings"),
}
"""Labels of lines, the best first."""

LOOK_UP = "?"
"""Begins a node that is no line of a statement but words to look up anywhere."""

Node: TypeAlias = "str | tuple[Node, str, Node]"
"""A line's name, or two nodes with `+`, `-`, `/`, `and` (the second counts if there is one) or `else` (the second stands in
for the first)."""
_EBITDA: Node = ("ebitda", "else", ("operating income", "+", "depreciation"))
_DEBT: Node = ("total debt", "else", ("long-term debt", "and", "current debt"))
_WORKING: Node = ("working capital", "else", ("current assets", "-", "current liabilities"))
_HOLDERS = r"(?:(?:stock|share)(?:holder|owner)s?['’]?s? )?"

MEASURES: tuple[tuple[str, Node], ...] = (
    (r"(?:unadjusted |adjusted )?ebitda(?: %)? margins?", (_EBITDA, "/", "revenue")),
    (r"ebitda", _EBITDA),
    (r"gross (?:profit )?margins?", ("gross profit", "/", "revenue")),
    (r"operating (?:profit |income )?margins?", ("operating income", "/", "revenue")),
    (r"(?:net )?(?:profit|income) margins?", ("net income", "/", "revenue")),
    (r"roa|return on (?:total )?assets", ("net income", "/", "total assets")),
    (rf"roe|return on (?:total )?{_HOLDERS}equity", ("net income", "/", "equity")),
    (r"(?:net )?working capital", _WORKING),
    (r"current ratio", ("current assets", "/", "current liabilities")),
    (r"(?:quick|acid[- ]test) ratio", (("current assets", "-", "inventories"), "/", "current liabilities")),
    (r"(?:operating )?cash flow ratio", ("operating cash flow", "/", "current liabilities")),
    (r"free cash flow|fcf", ("free cash flow", "else", ("operating cash flow", "-", "capital expenditure"))),
    (r"asset turnover", ("revenue", "/", "total assets")),
    (r"inventory turnover", ("cost of revenue", "/", "inventories")),
    (r"interest cover(?:age)?(?: ratio)?|times interest earned", ("operating income", "/", "interest expense")),
    (r"(?:effective )?tax rate", ("income taxes", "/", "pre-tax income")),
    (r"(?:dividend )?pay-?out ratio", ("dividends", "/", "net income")),
    (r"debt ratio", ("total liabilities", "/", "total assets")),
    (r"(?:total )?(?:long[- ]term|non-?current) liabilities", ("total liabilities", "-", "current liabilities")),
    (r"total debt", _DEBT),
    (r"long[- ]term debt", "long-term debt"),
    (rf"(?:total )?(?:common )?{_HOLDERS}equity", "equity"),
    (r"(?:net )?(?:operating )?cash flows?(?: from operat\w+)?|ocf", "operating cash flow"),
    (r"(?:total )?current liabilities", "current liabilities"),
    (r"(?:total )?current assets", "current assets"),
    (r"total liabilities", "total liabilities"),
    (r"total assets", "total assets"),
    (r"(?:total )?(?:net )?(?:sales|revenues?)", "revenue"),
    (r"cost of (?:goods sold|sales|revenues?)|cogs", "cost of revenue"),
    (r"gross profit", "gross profit"),
    (r"operating (?:income|profit)|ebit", "operating income"),
    (r"net (?:income|earnings|profit)", "net income"),
    (r"inventor(?:y|ies)", "inventories"),
    (r"interest expenses?", "interest expense"),
    (r"cap(?:ital )?ex(?:penditures?)?", "capital expenditure"),
    (r"depreciation(?: and amorti[sz]ation)?", "depreciation"),
    (r"research and development expenses?|r&d expenses?", "research"),
)
"""What a question calls a measure, and what it is made of; longer names first."""

_COMPILED = tuple((re.compile(rf"(?<![\w-])(?:{name})(?![\w-])", re.I), node) for name, node in MEASURES)
_RATIO = re.compile(r"(?P<over>.+?)(?:\s(?:to|over|divided by)\s|/)(?P<under>.+)", re.I)
_LEAD = re.compile(r"^.*?\b(?:what|calculate|compute|find|determine)\b(?:\s(?:is|was|were|are|the))*\s?", re.I)
_SAID = re.compile(r"\bratio\b", re.I)
_OF = re.compile(r"\bratio (?:of|between)\s(?P<over>.+?)\s(?:to|and|over)\s(?P<under>.+)", re.I)


class Measured(Struct, frozen=True):
    """A measure that a question names: what it is made of, and its `name` as the question writes it. `made`: it is made of
    more than one line."""

    node: Node
    name: str

    @property
    def made(self) -> bool:
        return not isinstance(self.node, str)

    @property
    def ratio(self) -> bool:
        """Whether it is one value over another."""
        return not isinstance(self.node, str) and self.node[1] == "/"


def measured(text: str) -> Measured | None:
    """The measure that a question asks for: a ratio of two, or one by name; None where it names none."""
    split = _OF.search(text) or _RATIO.search(text)
    if split is not None:
        over, under = _last(split["over"]), _first(split["under"])
        if over is None and under is not None and _SAID.search(text):
            words = _LEAD.sub("", split["over"]).strip()
            over = Measured(f"{LOOK_UP}{words}", words) if words else None
        if over is not None and under is not None:
            return Measured((over.node, "/", under.node), f"{over.name} to {under.name}")
    return _first(text)


def _first(text: str) -> Measured | None:
    """The measure that stands first; of those that begin at one place the longest."""
    found = [(m.start(), -len(m[0]), n) for n, (name, _) in enumerate(_COMPILED) if (m := name.search(text))]
    if not found:
        return None
    start, length, n = min(found)
    return Measured(_COMPILED[n][1], text[start : start - length])


def _last(text: str) -> Measured | None:
    """The measure that ends last: what stands before it ("what is", a firm) is no part of it."""
    found = [(m.end(), m.end() - m.start(), n) for n, (name, _) in enumerate(_COMPILED) for m in name.finditer(text)]
    if not found:
        return None
    end, length, n = max(found)
    return Measured(_COMPILED[n][1], text[end - length : end])
