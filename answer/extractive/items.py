"""Items of a list: bullets and titles under a line that announces them, and things told one after the other in a sentence."""

import re
from collections.abc import Sequence

from answer.compare.words import SPELT
from answer.extractive.question import Question
from answer.extractive.sentences import BULLETS, Sentence
from answer.extractive.terms import STOP, stem, words
from ingest import BlockKind

_MOST = 20
_LONG = 12
_NAME = 8
"""Items of a list; words of a line that is not taken for an item unless it is marked as one; words of an item's name."""

_MARK = re.compile(rf"^\s*(?:[{re.escape(''.join(BULLETS))}-]|\(?(?:\d{{1,2}}|[a-z]|[ivx]{{1,4}})[.)])\s*", re.I)
_NAMED = re.compile(r"^(?P<name>[^:–—.]{2,70}?)\s?(?::\s|\s[–—-]\s)(?=\S)")
_COUNT = re.compile(rf"\b(?P<number>\d{{1,2}}|{'|'.join(SPELT)})\s(?:\w+\s){{0,3}}?\w+s\b", re.I)
_LAST = re.compile(r"^(?:and|or|as well as|&)\s")
_AND = re.compile(r"\s(?:and|or|as well as|&)\s")
_ASIDE = re.compile(r"(?:as|which|who|whose|that|because|if|when|where|while|but|although|however|it|we|they)\b", re.I)
_BEFORE = re.compile(
    r"^.*?\b(?:such as|including|includes?|included|namely|like|e\.g\.|consists? of|comprises?|contains?|are|were|in|on|for|with"
    r"|from|of|by|to|between|across|use[sd]?|through)\s(?=\S)",
    re.I,
)


def items(at: int, all_: Sequence[Sentence]) -> tuple[tuple[str, ...], tuple[Sentence, ...]] | None:
    """What a line announces: the items, named where all of them have a name, and the sentences they stand in. `at`: the
    line's place among a page's sentences."""
    lead = all_[at]
    found = _marked(all_[at + 1 :]) or (_titles(lead, all_[at + 1 :]) if lead.text.endswith(":") else ())
    told = _count(lead.text)
    if len(found) < 2 or (told is not None and told != len(found)):
        return None
    bare = tuple(_MARK.sub("", item.text).rstrip(" .;,") for item in found)
    names = [_NAMED.match(item) for item in bare]
    named = tuple(name["name"].strip() for name in names if name is not None and len(name["name"].split()) <= _NAME)
    return (named if len(named) == len(bare) else bare), found


def leads(at: int, all_: Sequence[Sentence]) -> bool:
    """Whether a line announces items: it ends in a colon, or marked items follow, and it is none itself."""
    if _is_item(all_[at]) or at + 1 >= len(all_):
        return False
    return all_[at].text.endswith(":") or (len(_marked(all_[at + 1 : at + 4])) > 1)


def _marked(after: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Items that follow at once. Where items have bullets, a sentence without one goes on with its item."""
    found: list[Sentence] = []
    bulleted = bool(after) and _MARK.match(after[0].text) is not None
    for sentence in after:
        if len(found) >= _MOST or not (_is_item(sentence) or (not found and _short(sentence))):
            break
        if not bulleted or _MARK.match(sentence.text):
            found.append(sentence)
    return tuple(found) if found and _is_item(found[0]) else ()


def _is_item(sentence: Sentence) -> bool:
    return sentence.kind is BlockKind.LIST or sentence.text[:1] in BULLETS


def _short(sentence: Sentence) -> bool:
    return sentence.last - sentence.first <= _LONG


def _titles(lead: Sentence, after: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Titles under a line that announces so many of them, the first of them right under it."""
    told = _count(lead.text)
    if told is None or not after or after[0].kind is not BlockKind.TITLE:
        return ()
    return tuple(sentence for sentence in after if sentence.kind is BlockKind.TITLE)[:told]


def _count(lead: str) -> int | None:
    """How many items a line announces ("across 4 areas:")."""
    found = _COUNT.search(lead) if lead.endswith(":") else None
    if found is None:
        return None
    number = found["number"].lower()
    return int(number) if number.isdigit() else SPELT[number]


def enumerated(text: str, question: Question) -> tuple[str, ...]:
    """Three or more short things told one after the other in a sentence; none where there is no such run."""
    clauses = (
        _told(re.split(r";\s" if clause.count("; ") > 1 else r",\s", clause), question) for clause in _clauses(text)
    )
    return max(clauses, key=len, default=())


def _clauses(text: str) -> list[str]:
    """The sentence in pieces at brackets, and what stands behind a colon alone."""
    behind = text.split(": ", 1)[-1]
    return [piece.strip(" .") for piece in re.split(r"[()]", behind) if piece.strip(" .")]


def _told(parts: Sequence[str], question: Question) -> tuple[str, ...]:
    """The things among the parts of a clause: from the part that speaks of the question most to the one after `and`."""
    begin = max(range(len(parts)), key=lambda n: (len(_terms(parts[n]) & {*question.terms}), -n))
    run = [part.strip(" .,") for part in parts[begin:]]
    last = next((n for n, part in enumerate(run) if _LAST.match(part)), None)
    if last is not None:
        run = [*run[:last], _LAST.sub("", run[last])]
    elif run:
        run = [*run[:-1], *_AND.split(run[-1], maxsplit=1)]
    run = [_first(run[0], question), *run[1:]] if run else []
    sound = len(run) > 2 and all(0 < len(part.split()) <= _NAME and not _ASIDE.match(part) for part in run)
    return tuple(run) if sound else ()


def _terms(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word not in STOP}


def _first(part: str, question: Question) -> str:
    """The first thing without what leads to it: the words up to the last that the question has, or that announces."""
    tokens = part.split()
    asked = [
        n for n, token in enumerate(tokens) if {stem(w) for w in words(token) if w not in STOP} & {*question.terms}
    ]
    rest = " ".join(tokens[asked[-1] + 1 :] if asked and asked[-1] + 1 < len(tokens) else tokens)
    while len(rest.split()) > 1 and (cut := _BEFORE.match(rest)) is not None:
        rest = rest[cut.end() :]
    return rest
