"""The second step of finding a quote: the same words with the errors that OCR makes. The rules are told in
`answer.locate`."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from answer.folding import Stream

BAR = 0.9
"""Share of the quote's characters that must be found; the one bar, see `answer.locate`."""

_ALIKE_COST = 0.25
_WORD_SHARE = 0.2
_WORD_MOST = 1.5
"""A word bears errors up to a fifth of its length, and never two full ones: `increase` is not `decrease`."""

_ATTEMPTS = 4
"""Places tried: the closest may fail on a digit where a near-identical sentence elsewhere on the page passes."""

_GROUPS = ("0oq", "1li|", "5s", "8b", "6b", "2z", "9gq", "ce", "uv")
_ALIKE = frozenset((a, b) for group in _GROUPS for a in group for b in group if a != b)
_CLASSES = str.maketrans("0q9g1i|586zev", "oooolllsbb2cu")
"""One stand-in for characters that look alike, for the search only; what it finds is judged by the characters
themselves."""

_JOINED = {"rn": "m", "vv": "w"}
_STRICT = frozenset("%-.,'")
"""With digits and currency signs: what makes a number what it is."""


class Place(Struct, frozen=True):
    """Characters `begin` to `end` (half-open) of the page's stream, and the share of the quote found there."""

    begin: int
    end: int
    match: float


def closest(wanted: Stream, stream: Stream, by_ocr: Sequence[bool]) -> Place | None:
    """The place that repeats the quote within the bar, or None. `by_ocr[i]`: word `i` of the stream was read by OCR."""
    quote, _ = _soften(wanted)
    page, back = _soften(stream)
    needle, hay = quote.text.translate(_CLASSES), page.text.translate(_CLASSES)
    # A third of the characters may look alike and none differ; below that no place can pass the bar.
    for _ in range(_ATTEMPTS if len(needle) <= len(hay) / BAR else 0):
        found = fuzz.partial_ratio_alignment(needle, hay, score_cutoff=80)
        if found is None or found.dest_end <= found.dest_start:
            return None
        begin, end = _snap(needle, hay, page, found.dest_start, found.dest_end)
        match = _judge(quote, page, begin, end, by_ocr)
        if match is not None:
            return Place(back[begin], back[end], match)
        hay = hay[:begin] + "\0" * (end - begin) + hay[end:]
    return None


def _soften(stream: Stream) -> tuple[Stream, tuple[int, ...]]:
    """The stream with letter pairs that OCR takes for one letter as that letter, and each character's place in the
    original."""
    text, words, starts, back = [], [], [], []
    place = 0
    while place < len(stream.text):
        pair = stream.text[place : place + 2]
        joined = _JOINED.get(pair) if len(pair) == 2 and not stream.starts[place + 1] else None
        text.append(joined or stream.text[place])
        words.append(stream.words[place])
        starts.append(stream.starts[place])
        back.append(place)
        place += 2 if joined else 1
    back.append(len(stream.text))
    joined_text = "".join(text)
    return Stream(joined_text, joined_text, tuple(words), tuple(starts)), tuple(back)


def _snap(needle: str, hay: str, page: Stream, begin: int, end: int) -> tuple[int, int]:
    """The token-aligned part nearest to the needle around a place that the search found."""
    size = len(page.text)
    begins = [at for at in range(max(0, begin - 12), min(size, begin + 13)) if page.starts[at]] or [begin]
    ends = [at for at in range(max(1, end - 12), min(size, end + 12) + 1) if at == size or page.starts[at]] or [end]
    pairs = [(b, e) for b in begins for e in ends if b < e] or [(begin, end)]
    return min(pairs, key=lambda pair: Levenshtein.distance(needle, hay[pair[0] : pair[1]]))


def _judge(quote: Stream, page: Stream, begin: int, end: int, by_ocr: Sequence[bool]) -> float | None:
    """The share of the quote found there, or None where a word, a digit or the whole departs too far."""
    part = page.text[begin:end]
    errors: dict[tuple[str, int], float] = {}
    total = 0.0
    for edit in Levenshtein.editops(quote.text, part):
        kind, at, there = edit.tag, edit.src_pos, edit.dest_pos
        a = quote.text[at] if kind != "insert" else ""
        b = part[there] if kind != "delete" else ""
        ocr = bool(b) and by_ocr[page.words[begin + there]]
        cost = _cost(a, b, ocr)
        first = (not a and page.starts[begin + there]) or (not b and quote.starts[at])
        if cost is None or first:
            return None
        total += cost
        for key in [("quote", quote.words[at])] * bool(a) + [("page", page.words[min(begin + there, end - 1)])] * bool(
            b
        ):
            errors[key] = errors.get(key, 0.0) + cost
    lengths = _lengths("quote", quote.words) | _lengths("page", page.words[begin:end])
    if any(cost > min(_WORD_MOST, _WORD_SHARE * lengths[key]) for key, cost in errors.items()):
        return None
    match = 1.0 - total / len(quote.text)
    return match if match >= BAR and _same_numbers(quote, page, begin, part) else None


def _cost(a: str, b: str, ocr: bool) -> float | None:
    """Cost of taking `b` (page) for `a` (quote); one is empty where a character is added or missing. None: never."""
    strict = any(char.isdigit() or char in _STRICT or not char.isalpha() for char in (a, b) if char)
    if (a, b) in _ALIKE:
        return _ALIKE_COST if ocr or not strict else None
    return None if strict else 1.0


def _lengths(side: str, words: Iterable[int]) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for word in words:
        found[side, word] = found.get((side, word), 0) + 1
    return found


def _same_numbers(quote: Stream, page: Stream, begin: int, part: str) -> bool:
    """Whether numbers begin at the same characters on both sides; the characters themselves are judged already."""
    for block in Levenshtein.opcodes(quote.text, part):
        if block.tag == "insert" or block.tag == "delete":
            continue
        for step in range(block.src_end - block.src_start):
            at, there = block.src_start + step, block.dest_start + step
            inside = at > 0 and quote.text[at - 1].isdigit() and quote.text[at].isdigit()
            if inside and quote.starts[at] != page.starts[begin + there]:
                return False
    return True
