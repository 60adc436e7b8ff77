"""The words of an answer: a span, a cell, one or more sentences, a list. Nothing is said that does not stand on the
page."""

from msgspec import Struct

from answer.extractive.candidates import Candidate, Support
from answer.extractive.find import Found
from answer.extractive.items import enumerated, items
from answer.extractive.question import Kind, Question
from answer.extractive.sentences import Sentence, sentences
from answer.extractive.series import aligned
from answer.extractive.spans import best_span
from answer.extractive.terms import words
from ingest import BlockKind, Page

_MOST_WORDS = 80
_REACH = 2
"""Words of a passage that answers; sentences around the best that may belong to it."""

_SURE = 0.6
"""Share of the question's words a sentence must have itself before it is taken for a plain yes or no."""

_NEGATIONS = (
    "no not none never neither nor nobody nothing without cannot can't don't doesn't didn't isn't aren't wasn't"
)
_NOT = frozenset(_NEGATIONS.split())


class Phrase(Struct, frozen=True):
    """An answer, and the statements that carry it: each a text for people, what to quote, and the words quoted
    (indexes)."""

    answer: str
    statements: tuple[tuple[str, str, tuple[int, ...]], ...]


def phrase(best: Candidate, support: Support, found: Found, page: Page) -> Phrase:
    """Say what the best candidate says, in the form that the question asks for."""
    own = (best.text, best.quote, best.words)
    if best.value is not None:
        return Phrase(best.value, (own,))
    question = found.question
    if question.kind is Kind.YES_NO:
        return Phrase(_yes_or_no(best.text, support, question), (own,))
    if question.kind is Kind.LIST:
        return _list(best, question, sentences(page)) or Phrase(best.text, (own,))
    if question.kind is Kind.PASSAGE:
        return _passage(best, question, sentences(page))
    told = aligned(best.text, question)
    if told is not None and question.kind in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT):
        return Phrase(told, (own,))
    span = best_span(best.text, question)
    return Phrase(span.text if span is not None else best.text, (own,))


def _yes_or_no(text: str, support: Support, question: Question) -> str:
    if support.own < _SURE:
        return text
    negative = bool(_NOT & set(words(text))) != bool(_NOT & set(words(question.text)))
    return f"{'No' if negative else 'Yes'}: {text}"


def _passage(best: Candidate, question: Question, all_: tuple[Sentence, ...]) -> Phrase:
    """The best sentence, with those next to it that hold words of the question which it lacks."""
    at = next(n for n, sentence in enumerate(all_) if sentence.first == best.words[0])
    lacking = {term for term in question.terms if term not in best.stems and not term.isdigit()}
    first = last = at
    for other in range(max(0, at - _REACH), min(len(all_), at + _REACH + 1)):
        near = all_[min(other, first) : max(other, last) + 1]
        apart = any(sentence.kind is BlockKind.TITLE for sentence in near)
        if lacking & all_[other].stems and not apart and sum(s.last - s.first for s in near) <= _MOST_WORDS:
            first, last = min(first, other), max(last, other)
            lacking -= all_[other].stems
    return _phrase(all_[first : last + 1])


def _list(best: Candidate, question: Question, all_: tuple[Sentence, ...]) -> Phrase | None:
    """The items that a sentence announces, or tells itself one after the other."""
    at = next((n for n, sentence in enumerate(all_) if sentence.first == best.words[0]), None)
    announced = items(at, all_) if at is not None else None
    if at is not None and announced is not None:
        told, its = announced
        return Phrase("; ".join(told), _phrase((all_[at], *its)).statements)
    run = enumerated(best.text, question)
    return Phrase("; ".join(run), ((best.text, best.quote, best.words),)) if run else None


def _phrase(run: tuple[Sentence, ...]) -> Phrase:
    statements = tuple((s.text, s.text, tuple(range(s.first, s.last))) for s in run)
    return Phrase(" ".join(text for text, _, _ in statements), statements)
