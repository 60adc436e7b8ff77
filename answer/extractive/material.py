"""The evidence of one question, taken apart once: sentences and cells, and what each page says."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from itertools import pairwise
from threading import Lock

from msgspec import Struct, structs

from answer.extractive.candidates import Candidate
from answer.extractive.cells import crossings
from answer.extractive.fit import stems_of
from answer.extractive.grid import Cell
from answer.extractive.items import leads
from answer.extractive.sentences import sentences
from answer.extractive.terms import Weights, stems
from answer.reader import ReadRequest
from ingest import BlockKind, Page

PageKey = tuple[str, int]

_CONTENTS = re.compile(r"(?:table of )?contents?\b|inhalt|index$", re.I)
_DOTS = re.compile(r"(?:\s?[.…·_�]){4,}\s*\d{1,4}$")
_PAGE_AT_END = re.compile(r"(?:(?:\s?[.…·_�]){2,}\s*|(?<![\d,.])\s+)(\d{1,3})$")
_HEAD = 4
_LISTED = 5
_GROWING = 0.8
"""Blocks among which a page says that it is a table of contents; lines that end in a page number, from which it is one, and
share of them that give no lower number than the one before."""

_ASIDE = re.compile(r"\([^()]*\)")
_SEEN = frozenset({BlockKind.TABLE, BlockKind.FIGURE})
_BOTH = frozenset({BlockKind.CAPTION})


class Material(Struct, frozen=True):
    """`candidates` in the order of the pages, best first; `said` maps a page to the stems of all that stands on it, its
    document's name included; `everything` is what any page says."""

    pages: Mapping[PageKey, Page]
    candidates: tuple[Candidate, ...]
    said: Mapping[PageKey, frozenset[str]]
    everything: frozenset[str]
    weights: Weights


class Taken(Struct, frozen=True):
    """A page taken apart."""

    page: Page
    said: frozenset[str]
    sentences: tuple[tuple[BlockKind, Candidate], ...]
    cells: tuple[Candidate, ...]


class Shelf:
    """Pages taken apart, kept for a while: both chains of a question read the same ones, and so do most questions that
    follow. Safe to use from several threads."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[int, str, str], Taken] = OrderedDict()
        self._lock = Lock()

    def take(self, key: PageKey, page: Page, name: str) -> Taken:
        """The page apart. Pages are told by identity: comparing them word by word takes as long as the work."""
        place = id(page), key[0], name
        with self._lock:
            kept = self._kept.get(place)
            if kept is not None and kept.page is page:
                self._kept.move_to_end(place)
                return kept
        taken = _apart(key, page, name)
        with self._lock:
            self._kept[place] = taken
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return taken


def prepare(request: ReadRequest, shelf: Shelf | None = None) -> Material:
    """What the chain that asks may read: the textual one running text, the visual one tables, figures, captions and what
    is set like a table; all of it where no chain is named. Of a page without an item of evidence nothing could be cited."""
    shelf = shelf or Shelf()
    citable = {(item.document, item.page) for item in request.evidence}
    pages = {key: page for key, page in request.pages.items() if key in citable}
    taken = {key: shelf.take(key, page, request.names.get(key[0], "")) for key, page in pages.items()}
    said = {key: one.said for key, one in taken.items()}
    plain = [pair for one in taken.values() for pair in one.sentences]
    weights = Weights(candidate.stems for _, candidate in plain)
    kept = [candidate for kind, candidate in plain if _read(kind, request.chain)]
    if request.chain != "textual":
        kept += [cell for one in taken.values() for cell in one.cells]
    return Material(pages, tuple(kept), said, frozenset().union(*said.values()), weights)


def _apart(key: PageKey, page: Page, name: str) -> Taken:
    said = _said(page) | frozenset(stems(name))
    if _is_contents(page):
        told = (
            (kind, structs.replace(one, text=_PAGE_AT_END.sub("", one.text)))
            for kind, one in _sentences(key, page, said)
        )
        return Taken(page, said, tuple(pair for pair in told if pair[1].text), ())
    return Taken(page, said, tuple(_sentences(key, page, said)), tuple(_cells(key, page, said)))


def _is_contents(page: Page) -> bool:
    """Whether a page lists what stands on which page, so that its numbers are values of nothing: its lines end in numbers
    that grow, and it is called so or leads to them by dots."""
    lines = [line.strip() for block in page.blocks for line in block.text.splitlines()]
    numbers = [int(found[1]) for line in lines if (found := _PAGE_AT_END.search(line))]
    growing = sum(a <= b for a, b in pairwise(numbers))
    dotted = sum(bool(_DOTS.search(line)) for line in lines)
    named = any(_CONTENTS.match(block.text.strip()) for block in page.blocks[:_HEAD])
    return len(numbers) >= _LISTED and growing >= _GROWING * (len(numbers) - 1) and (named or dotted >= _LISTED)


def _read(kind: BlockKind, chain: str) -> bool:
    if not chain or kind in _BOTH:
        return True
    return (kind in _SEEN) == (chain == "visual")


def _said(page: Page) -> frozenset[str]:
    """Stems of all that stands on a page, running headers and titles above it included."""
    return frozenset(stems(" ".join([*(word.text for word in page.words), *page.section])))


def _sentences(key: PageKey, page: Page, said: frozenset[str]) -> list[tuple[BlockKind, Candidate]]:
    all_ = sentences(page)
    return [
        (
            sentence.kind,
            Candidate(
                document=key[0],
                page=key[1],
                text=sentence.text,
                quote=sentence.text,
                words=tuple(range(sentence.first, sentence.last)),
                stems=sentence.stems,
                near=sentence.context,
                page_stems=said,
                tabular=sentence.kind is BlockKind.TABLE,
                leads=leads(at, all_),
            ),
        )
        for at, sentence in enumerate(all_)
        if sentence.stems
    ]


def _cells(key: PageKey, page: Page, said: frozenset[str]) -> list[Candidate]:
    """A candidate for each value that has a label or a header."""
    found: list[Candidate] = []
    for crossing in crossings(page):
        value = crossing.value.figure if crossing.value.is_value else crossing.value.text
        names = [" ".join(c.text for c in crossing.label), " ".join(c.text for c in reversed(crossing.headers))]
        unit = f" ({crossing.unit})" if crossing.unit else ""
        label, headers = stems_of(crossing.label), stems_of(crossing.headers)
        found.append(
            Candidate(
                document=key[0],
                page=key[1],
                text=f"{', '.join(name for name in names if name)}: {value}{unit}",
                quote=" ".join(page.words[word].text for word in crossing.run),
                words=crossing.run,
                stems=label | headers | stems_of(crossing.groups),
                near=frozenset(stem for title in crossing.titles for stem in stems(title)),
                page_stems=said,
                value=f"{value}{unit}",
                label=_bare(crossing.label) or label or headers,
                crossing=crossing,
                tabular=True,
                title=next((title for title in crossing.titles if any(char.isalpha() for char in title)), ""),
            )
        )
    return found


def _bare(label: tuple[Cell, ...]) -> frozenset[str]:
    """What a label says outside brackets."""
    return frozenset(stem for cell in label for stem in stems(_ASIDE.sub(" ", cell.text)))
