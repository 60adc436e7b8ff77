"""The words of a page as rows of cells, by where they stand. Works on text layers and OCR alike, with or without
rules drawn around a table: what makes a cell is the white space on both sides of it."""

import re
from functools import cached_property

from answer.compare.quantities import is_unit
from answer.lines import rows, union
from ingest import BlockKind, Box, Page

_GAP = 0.75
"""White space between two cells, in heights of the line: justified text stretches its spaces to half of one at most."""

_RUNNING = frozenset({BlockKind.TEXT, BlockKind.LIST, BlockKind.FOOTNOTE})
_MARGIN = frozenset({BlockKind.HEADER, BlockKind.FOOTER, BlockKind.PAGE_NUMBER})
_LONG = 25
_FIGURES = 0.25
"""Words of a block, and share of figures in it, beyond which and below which it is running text."""

_VALUE = re.compile(
    r"^[(\[]?[-−–+<>~≈]?\s?(?:[A-Z]{0,3}\s?[$€£¥₹]|EUR|USD|GBP|CHF|Rs\.?)?\s?[-−–]?\d[\d,.'’\s]*"
    r"(?:%(?:\s[a-z]+)?|[a-z]{1,3}\b|million|billion)?\s?[)\]]?[*†‡¹²³a-d]?$"
)
_MEASURED = re.compile(r"^[(\[]?[-−–+<>~≈≤≥]?\s?\d[\d,.'’]*\s?(?P<unit>[^\W\d_]{2,}(?:\s[^\W\d_]{2,})?)[)\]]?[*†‡]?$")
_PERIOD = re.compile(r"(?:day|week|month|quarter|year|hour)s?\b", re.I)
"""A figure with its unit in letters; those of time head columns ("12 months") as often as they are values."""

_SPREAD = re.compile(r"(?<=[\d%])\s?(?:±\s?\d[\d.,]*\s?%?|\(\s?±?\s?\d[\d.,]*\s?%?\s?\))$")
"""What follows a measured value: its deviation, or a second figure in brackets."""

_YEAR = re.compile(r"^(?:FY\s?|Q[1-4]\s?|H[12]\s?)?(?:19|20)\d\d(?:[/–-]\d{2,4})?(?:\s?[AEF])?[*†]?$")


class Cell:
    """Words of one row that stand together. `row` is the row's place from the top of the page (of a marked table: from
    the top of the table); `prose`: they are of running text."""

    def __init__(self, row: int, words: tuple[int, ...], text: str, box: Box, prose: bool = False) -> None:
        self.row = row
        self.prose = prose
        self.words = words
        self.text = text
        self.box = box

    @classmethod
    def of(cls, page: Page, row: int, words: tuple[int, ...], prose: bool = False) -> "Cell":
        """The cell that these words of a page make."""
        box = union(page.words[word].box for word in words)
        return cls(row, words, " ".join(page.words[word].text for word in words), box, prose)

    @cached_property
    def is_year(self) -> bool:
        """Whether it is a year or a period, so that it can head a column."""
        return bool(_YEAR.match(self.text))

    @cached_property
    def is_value(self) -> bool:
        """Whether it is a figure with at most a sign, a currency or a unit around it."""
        return (bool(_VALUE.match(self.figure)) or self._is_measured) and not self.is_year and not self.prose

    @property
    def _is_measured(self) -> bool:
        found = _MEASURED.match(self.text)
        return found is not None and not _PERIOD.match(found["unit"]) and all(map(is_unit, found["unit"].split()))

    @cached_property
    def figure(self) -> str:
        """The text without a deviation behind it: `73.2% (1.9%)` is 73.2%."""
        return _SPREAD.sub("", self.text)

    @cached_property
    def is_header(self) -> bool:
        """Whether it can head a column: words, or a year."""
        return not self.prose and (self.is_year or (not self.is_value and any(char.isalpha() for char in self.text)))


def grid(page: Page) -> list[list[Cell]]:
    """Rows of cells, top to bottom, each left to right; without running heads, feet and page numbers."""
    prose = _prose(page)
    apart = {
        word for block in page.blocks if block.kind in _MARGIN for word in range(block.first_word, block.last_word)
    }
    kept = ([word for word in row if word not in apart] for row in rows(page.words))
    return [_cells(page, number, row, prose) for number, row in enumerate(row for row in kept if row)]


def _prose(page: Page) -> frozenset[int]:
    """Words of running text, which neither heads a table nor labels its rows: long blocks of text with few figures."""
    found: set[int] = set()
    for block in page.blocks:
        its = range(block.first_word, block.last_word)
        figures = sum(any(char.isdigit() for char in page.words[word].text) for word in its)
        long = len(its) > _LONG or page.words[its[-1]].text.endswith((".", ";", ":")) if its else False
        if block.kind in _RUNNING and long and figures < _FIGURES * len(its):
            found.update(its)
    return frozenset(found)


def _cells(page: Page, number: int, row: list[int], prose: frozenset[int]) -> list[Cell]:
    runs: list[list[int]] = []
    edge = 0.0
    for word in row:
        box = page.words[word].box
        if runs and box.x0 - edge <= _GAP * (box.y1 - box.y0):
            runs[-1].append(word)
        else:
            runs.append([word])
        edge = max(edge, box.x1) if len(runs[-1]) > 1 else box.x1
    return [Cell.of(page, number, tuple(run), run[0] in prose) for run in runs]
