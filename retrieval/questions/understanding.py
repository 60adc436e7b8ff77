"""A question taken apart for search."""

import regex  # type: ignore[import-untyped]
from msgspec import Struct

from retrieval.questions.measures import made_of
from retrieval.questions.naming import Place, folded, title_key
from retrieval.questions.references import Reference, references


class Question(Struct, frozen=True):
    """`references`: places that it names. `phrases`: quoted words, folded. `periods`: years, quarters and fiscal years
    as they stand there. `titles`: every run of its words that could be a title, as `title_key` writes it. `shows`: what
    it wants looked at ("chart", "table", "photo", "diagram", "figure" for any of them but tables). `wide`: it asks about
    many places at once (counts, lists, which pages). `made_of`: words of the lines that a financial measure it asks for
    is worked out from."""

    text: str
    references: tuple[Reference, ...] = ()
    phrases: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    wide: bool = False
    made_of: str = ""


_LONGEST = 4000
"""Characters that are looked at: a question is a sentence or a few, and what comes after is data."""

_QUOTED = regex.compile(
    r"[\"“”„«»「」『』]([^\"“”„«»「」『』]{2,200})[\"“”«»「」『』]|``([^`']{2,200})''|`([^`]{2,200})`"
    r"|(?<![\p{L}\p{N}])['‘‚]([^'‘’]{2,200})['’](?![\p{L}\p{N}])"
)
_ANSWER_FORM = regex.compile(r"\[[^\]]*\]")
"""Examples of the form of the answer, such as ["1","2"]: quoted, but no words of the document."""
_PERIOD = regex.compile(
    r"(?<![\p{L}\p{N}.,])(?:(?:FY|CY)[\s'’-]?)?((?:19|20)\d\d)(?![\p{L}\p{N}]|[.,]\d)|\b([QH][1-4])\b|\bFY[\s'’-]?(\d\d)\b"
)
_WIDE = regex.compile(
    r"\bhow many\b.{0,80}\b(?:in|of|throughout|across|within|does|are there in)\b.{0,20}"
    r"\b(?:document|report|paper|slides?|deck|presentation|book|guidebook|guide|manual|brochure|file|text|article|pdf)\b"
    r"|\b(?:list|enumerate|name|identify) (?:all|every|each|the pages?)\b|\b(?:which|what) pages\b|\blist all\b"
    r"|\b(?:all|every|each) (?:of )?(?:the )?(?:pages?|slides?|figures?|tables?|charts?|chapters?|sections?)\b"
    r"|\bhow many (?:\p{L}+ ){0,3}(?:pages|slides|figures|tables|charts|graphs|diagrams|maps|pictures|images|photos"
    r"|chapters|sections|times)\b|\bin total\b|\bthroughout\b|\bthe whole (?:document|report|paper|book|file)\b",
    regex.I,
)
_SHOWS = {
    "chart": r"charts?|graphs?|plots?|bars?|pie|curves?|ax[ie]s|legends?|histograms?|trend ?lines?",
    "diagram": r"diagrams?|flow ?charts?|workflows?|arrows?|architecture|framework",
    "photo": r"photos?|photographs?|pictures?|images?|cartoons?|people|persons?|m[ae]n|wom[ae]n|wearing|colou?rs?|logos?|icons?",
    "table": r"tables?|columns?|rows?",
    "figure": r"figures?|sub-?figures?|screenshots?|illustrations?|graphics?|infographics?|maps?",
}
_SHOWN = {kind: regex.compile(rf"\b(?:{words})\b", regex.I) for kind, words in _SHOWS.items()}
_TITLE_WORDS = 8


WIDER = 2
"""How many times the usual number of pages a wide question brings."""


def breadth(text: str, pages: int) -> int:
    """How many pages to bring for a question where nobody said, and `pages` are usual: twice as many where it asks about
    many places ("how many ... in the report", "list all", "pages 30 to 42")."""
    question = understand(text)
    named = sum(one.place in (Place.PAGE, Place.FROM_START, Place.FROM_END) for one in question.references)
    return pages * (WIDER if question.wide or named >= pages else 1)


def understand(text: str) -> Question:
    """Take a question apart. Never fails: what is not recognised is not there."""
    asked = _ANSWER_FORM.sub(" ", text[:_LONGEST])
    return Question(
        text=text,
        references=references(asked),
        phrases=_phrases(asked),
        periods=tuple(dict.fromkeys(part for found in _PERIOD.findall(asked) for part in found if part)),
        titles=_titles(asked),
        shows=tuple(kind for kind, words in _SHOWN.items() if words.search(asked)),
        wide=_WIDE.search(asked) is not None,
        made_of=made_of(asked),
    )


def _phrases(text: str) -> tuple[str, ...]:
    """Quoted words, without the punctuation that American usage puts inside the quotes."""
    quoted = (folded("".join(found)).strip(" .,;:?!") for found in _QUOTED.findall(text))
    return tuple(dict.fromkeys(phrase for phrase in quoted if len(phrase) > 1))[:8]


def _titles(text: str) -> tuple[str, ...]:
    words = title_key("x " + text).split()[1:][:80] if text.strip() else []
    runs = (
        " ".join(words[start : start + length])
        for length in range(2, _TITLE_WORDS + 1)
        for start in range(len(words) - length + 1)
    )
    return tuple(dict.fromkeys(runs))
