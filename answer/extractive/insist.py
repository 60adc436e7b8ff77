"""What a question insists on, held against all that the evidence says: slips of spelling put right, what is absent
named."""

import re
from collections.abc import Mapping

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import OSA

from answer.extractive.question import Question
from answer.extractive.terms import stems
from ingest import Page

_WORD = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*")

_SHORTEST = 5
"""Letters from which a word may differ by one letter, or have two in the wrong order, and still be meant: shorter ones
would meet another word."""


def spelled(question: Question, said: frozenset[str]) -> Question:
    """The question with terms that the evidence lacks replaced by the one that differs in one letter, where there
    is one."""
    lacking = {term for term in question.terms if term not in said and term.isalpha() and len(term) >= _SHORTEST}
    near = {term: _nearest(term, said) for term in sorted(lacking)}
    if not any(near.values()):
        return question

    def right(terms: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(near.get(term) or term for term in terms)

    return msgspec.structs.replace(
        question,
        terms=tuple(dict.fromkeys(right(question.terms))),
        focus=right(question.focus),
        names=tuple(right(name) for name in question.names),
    )


def _nearest(term: str, said: frozenset[str]) -> str | None:
    alike = [other for other in said if other[:1] == term[:1] and abs(len(other) - len(term)) <= 1 and other.isalpha()]
    found = process.extractOne(term, sorted(alike), scorer=OSA.distance, score_cutoff=1)
    return str(found[0]) if found is not None else None


def absent(question: Question, said: frozenset[str], pages: Mapping[tuple[str, int], Page]) -> tuple[str, ...]:
    """Years, quoted words and names that stand nowhere in the evidence. A name is absent if most of its words are:
    its other words (`Corp`, `University`) may well be there by chance."""
    years = [year for year in question.years if not any(year in term for term in said)]
    names = [as_said(n, question.text) for n in question.names if 2 * sum(term not in said for term in n) > len(n)]
    quoted = [f"“{words}”" for words in question.quoted if not _stands(words, said, pages)]
    return tuple(dict.fromkeys([*years, *quoted, *names]))


def as_said(name: tuple[str, ...], text: str) -> str:
    """A name, which is kept as stems, in the question's own words."""
    kept = [word for word in _WORD.findall(text) if not word.islower() and set(stems(word)) & set(name)]
    return " ".join(dict.fromkeys(kept)) or " ".join(name).title()


def _stands(words: str, said: frozenset[str], pages: Mapping[tuple[str, int], Page]) -> bool:
    """Whether quoted words are there: most of their stems, or, where they have none, the characters."""
    terms = [term for term in stems(words) if "#" not in term]
    if terms:
        return 2 * sum(term in said for term in terms) > len(terms)
    return any(words.casefold() in " ".join(word.text for word in page.words).casefold() for page in pages.values())
