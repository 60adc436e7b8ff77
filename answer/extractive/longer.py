"""Names that are part of a longer one: what is said of Halden Marine Services is not said of Halden Marine."""

import re

from answer.extractive.question import Question
from answer.extractive.terms import STOP, stem

_TOKEN = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*|[,;:.!?()|/]")
_RUN = re.compile(r"[A-Z][\w'’&-]+(?:\s[A-Z][\w'’&-]+)+")
_SHORTEST = 2
"""Words of a name from which it is told apart: firms and countries are often named by their first word alone."""


def longer(name: tuple[str, ...], text: str, question: Question) -> bool:
    """Whether `text` has the name (stems, in order) nowhere but as the beginning of a longer one, whose next word the
    question does not have."""
    if len(name) < _SHORTEST:
        return False
    tokens = _TOKEN.findall(text)
    said = [stem(token.casefold()) for token in tokens]
    places = [at for at in range(len(said) - len(name) + 1) if tuple(said[at : at + len(name)]) == name]
    after = [tokens[at + len(name)] for at in places if at + len(name) < len(tokens)]
    return bool(places) and len(after) == len(places) and all(_goes_on(token, question) for token in after)


def _goes_on(token: str, question: Question) -> bool:
    return token[0].isupper() and token.casefold() not in STOP and stem(token.casefold()) not in question.terms


def names_another(text: str, question: Question) -> bool:
    """Whether `text` has a name of several words that the question does not have."""
    runs = (re.split(r"\s", run) for run in _RUN.findall(text))
    return any(any(w.casefold() not in STOP and stem(w.casefold()) not in question.terms for w in run) for run in runs)
