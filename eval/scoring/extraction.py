"""Free-form answer to short answer: the stage between a reader's words and the scoring rules.

By rules (`extract`, the default: no model, the same every time, blind to the gold answer and its format) or by any
model with the benchmark's few-shot protocol (`ReaderExtraction`). Both give what MMLongBench-Doc expects: "Not
answerable" where the answer says that the documents lack it, "Fail to answer" where the reader could not read.
"""

import re
from typing import Protocol

from msgspec import Struct

NOT_ANSWERABLE = "Not answerable"
FAIL_TO_ANSWER = "Fail to answer"

_REFUSALS = re.compile(
    r"\bnot answerable\b|\b(?:not|n't|nothing|no information|none of the (?:pages|documents))\b[^.]{0,60}\b(?:documents?|"
    r"pages?|report|context|evidence|text)\b[^.]{0,40}\b(?:mention|hold|contain|provide|say|answer|state|match)|"
    r"\b(?:documents?|pages?|report|context|evidence|text)\b[^.]{0,40}\b(?:do|does|did)(?: not|n't) (?:mention|hold|contain|"
    r"provide|say|answer|state|specify|include)|\bcan(?:not|'t) be (?:answered|determined|found)\b|"
    r"\bno (?:information|answer|mention)\b",
    re.IGNORECASE,
)
_UNREADABLE = re.compile(
    r"\b(?:can(?:not|'t)|unable to|not able to) (?:read|see|view|access|process)\b[^.]{0,40}"
    r"\b(?:images?|pages?|documents?|figures?)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^(?:so,?\s+|therefore,?\s+)?(?:the\s+)?(?:final\s+)?answer(?:\s+is)?\s*:?\s+", re.IGNORECASE)
_MARKS = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]|\*\*|`")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?!\w)")
_COUNT = re.compile(
    r"\bin int(?:eger)? format\b|\bhow many\b|\bnumber of\b|\bwh(?:at|ich) year\b|\bcount\b", re.IGNORECASE
)
_AMOUNT = re.compile(
    r"\bin float format\b|\bper ?cent(?:age)?\b|\bratio\b|\bproportion\b|\baverage\b|\bhow much\b", re.IGNORECASE
)
_YES_NO = re.compile(
    r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b|\byes or no\b", re.IGNORECASE
)
_SEVERAL = re.compile(
    r"\bin list format\b|\blist\b|\benumerate\b|\bname (?:all|the)\b|^(?:what|which|who)\s+(?:are|were)\b|"
    r"\bwhich (?:two|three|four|five|(?!was\b|is\b|has\b|does\b)\w+s)\b",
    re.IGNORECASE,
)
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_WORD_NUMBER = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
_FIGURE = re.compile(
    r"[\s(\[]*(?:[A-Z]{0,3}\s?[$€£¥₹]|EUR|USD|GBP|CHF|Rs\.?)?\s*([-−]?\d[\d,]*(?:\.\d+)?)\s?(%|per ?cent)?"
    r"(?:\s*\(?(?:in\s)?(?:thousands?|millions?|billions?|mn|bn|Rs\.?|EUR|USD|GBP|CHF|euros?|dollars?|pounds?|[$€£¥₹])\)?)*[\s).]*",
    re.IGNORECASE,
)
_BARE = re.compile(r"\W*-?\d[\d,]*(?:\.\d+)?\W*(?:[a-zA-Z]+\W*){0,4}")
_SENTENCE = re.compile(r"(?P<subject>[^.;:?!]{3,200}?)\s+(?:is|was|are|were)\s+(?P<said>(?:(?!\.\s).)+)", re.DOTALL)
_UNIT = re.compile(r"\bin ([a-z][a-z ]{1,30})\?$", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_CUT = re.compile(r"\s*(?:;|\n+[-*•]?|,(?!\d{3}\b)(?:\s+and\b)?|\s+and\s+)\s*")
_CUT_PLAINLY = re.compile(r"\s*(?:;|\n+[-*•]?)\s*")


LONGEST_ITEM = 8
"""Words of an item of a list: what is longer is a piece of a sentence that has commas in it."""


SAME_SUBJECT = 0.8
"""Share of a sentence's words before its verb that the question must have, for the rest of it to be the answer."""


class Extracted(Struct, frozen=True):
    """What is scored. `format`: Integer, Float, String, List or None, as guessed; `rule`: what decided."""

    answer: str
    format: str
    rule: str


class Completer(Protocol):
    """Anything that completes a prompt: what extraction and judging by a model need of a reader."""

    @property
    def name(self) -> str: ...

    async def complete(self, prompt: str) -> str: ...


def extract(question: str, text: str, *, declined: bool = False) -> Extracted:
    """The short answer in `text`, by rules on the question and the text alone; `declined`: the answer's typed outcome
    says that the documents do not hold it."""
    if declined:
        return Extracted(NOT_ANSWERABLE, "None", "outcome")
    plain = _MARKS.sub("", text).strip()
    plain = _LEAD.sub("", plain).strip()
    if not plain:
        return Extracted(FAIL_TO_ANSWER, "None", "empty")
    if _UNREADABLE.search(plain):
        return Extracted(FAIL_TO_ANSWER, "None", "unreadable")
    # A long answer may well mention in passing what the documents lack.
    if len(plain) < 400 and _REFUSALS.search(plain):
        return Extracted(NOT_ANSWERABLE, "None", "refusal")
    if (said := _yes_no(question.strip(), plain)) is not None:
        return said
    if (both := _either(plain)) is not None:
        return both
    told = _predicate(question, plain)
    for rule in (_in_unit, _count, _amount, _several, _figure):
        if (found := rule(question.strip(), told or plain)) is not None:
            return found
    return Extracted(_trim(told or plain) or plain, "String", "predicate" if told else "whole")


def _either(text: str) -> Extracted | None:
    """Two figures that the documents give for one thing, told as "10,581 / 30,349"."""
    sides = [_NUMBER.search(side) for side in text.split(" / ")]
    if len(sides) != 2 or not all(_BARE.fullmatch(side) for side in text.split(" / ")):
        return None
    return Extracted(repr([side.group().replace(",", "") for side in sides if side]), "List", "both values")


def _predicate(question: str, text: str) -> str | None:
    """What a sentence says of that which the question asks about: "The capital of Norway is Oslo." says Oslo."""
    found = _SENTENCE.fullmatch(text)
    if found is None:
        return None
    asked = set(_WORD.findall(question.lower()))
    subject = [word for word in _WORD.findall(found["subject"].lower()) if word not in ("a", "an", "the")]
    same = sum(word in asked for word in subject)
    return found["said"] if subject and same >= SAME_SUBJECT * len(subject) else None


def _in_unit(question: str, text: str) -> Extracted | None:
    """The number before the unit that the question ends in: "..., in tonnes?"."""
    if (unit := _UNIT.search(question)) is None:
        return None
    found = re.search(rf"({_NUMBER.pattern})\s*{re.escape(unit[1])}\b", text, re.IGNORECASE)
    return Extracted(found[1].replace(",", ""), "Float", "unit") if found else None


def _yes_no(question: str, text: str) -> Extracted | None:
    said = re.match(r"(yes|no)\b", text, re.IGNORECASE)
    if said is None or not _YES_NO.search(question):
        return None
    return Extracted(said.group(1).capitalize(), "String", "yes or no")


def _count(question: str, text: str) -> Extracted | None:
    if not _COUNT.search(question):
        return None
    if (digits := _NUMBER.search(text)) is not None:
        return Extracted(digits.group().replace(",", ""), "Integer", "count")
    word = _WORD_NUMBER.search(text)
    return Extracted(str(_WORDS.index(word.group(1).lower())), "Integer", "count") if word else None


def _amount(question: str, text: str) -> Extracted | None:
    digits = _NUMBER.search(text) if _AMOUNT.search(question) else None
    return Extracted(digits.group().replace(",", ""), "Float", "amount") if digits else None


def _figure(question: str, text: str) -> Extracted | None:
    """A figure with no more than a currency or a scale: the question says those where they matter."""
    figure = _FIGURE.fullmatch(text)
    if figure is None:
        return None
    return Extracted(f"{figure[1].replace(',', '').replace('−', '-')}{'%' if figure[2] else ''}", "Float", "figure")


def _several(question: str, text: str) -> Extracted | None:
    if not _SEVERAL.search(question):
        return None
    tail = text.rsplit(":", 1)[-1] if ":" in text else text
    cut = _CUT_PLAINLY if ";" in tail else _CUT  # "and" and commas are then part of items
    parts = [_trim(part) for part in cut.split(tail.strip(" -*•\n")) if _trim(part)]
    # Items are short; a sentence with commas in it is no list.
    if len(parts) < 2 or max(len(part.split()) for part in parts) > LONGEST_ITEM:
        return None
    return Extracted(repr(parts), "List", "list")


def _trim(text: str) -> str:
    return text.strip().strip("\"'").strip().removesuffix(".").strip()


PROMPT = """You are given a question about a document and a free-form answer to it. Write down the short answer in it.

- If the answer says that the document does not hold the information, the short answer is: Not answerable
- If the answer says that images or pages could not be read, the short answer is: Fail to answer
- Otherwise the short answer is one of: an integer, a float, a string, or a list such as ['a', 'b'].
- Take it from the answer only. Add nothing, and leave out units where the question names them.

Reply with two lines:
Extracted answer: <the short answer>
Answer format: <Integer, Float, String, List or None>

Question: In which month were most bicycles sold?
Answer: According to the bar chart, sales peaked in July, with 310 bicycles.
Extracted answer: July
Answer format: String

Question: How many depots have a workshop?
Answer: The table marks four depots with a workshop: Arn, Bel, Cole and Dunt.
Extracted answer: 4
Answer format: Integer

Question: Which materials were tested?
Answer: Oak, ash and willow were tested.
Extracted answer: ['Oak', 'ash', 'willow']
Answer format: List

Question: Who signed the annex?
Answer: The pages provided do not mention an annex.
Extracted answer: Not answerable
Answer format: None

Question: {question}
Answer: {answer}
"""


class ReaderExtraction:
    """Extraction by a model. `prompt` may be the benchmark's own text; `{question}` and `{answer}` are filled in."""

    def __init__(self, reader: Completer, prompt: str = PROMPT) -> None:
        self._reader = reader
        self._prompt = prompt

    async def extract(self, question: str, text: str) -> Extracted:
        """What the model wrote between the two markers. Without them it is "Fail to answer", and the rule says so: the
        release ends the whole run there."""
        filled = self._prompt.replace("{question}", question).replace("{answer}", text)
        return parse_extraction(await self._reader.complete(filled))


def parse_extraction(reply: str) -> Extracted:
    """The two marked lines of a model's reply."""
    marked = re.search(r"Extracted answer:(.*?)(?:Answer format:(.*))?$", reply, re.DOTALL | re.IGNORECASE)
    if marked is None or not marked.group(1).strip():
        return Extracted(FAIL_TO_ANSWER, "None", "no marker in the model's reply")
    return Extracted(marked.group(1).strip(), (marked.group(2) or "").strip().split("\n")[0] or "String", "model")
