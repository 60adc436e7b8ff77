"""Whether a grid is a table, or running text, a list or a frame that only looks like one."""

from collections.abc import Sequence
from statistics import median

from ingest.document import Word
from ingest.tables.grid import Grid, text_of
from ingest.tables.wording import is_blank, is_bullet, is_figure, is_leader

# More words than this in the middle one of its cells is running text set in boxes or columns.
_PROSE = 45
# A ruled grid with fewer of its cells filled is a form, a drawing or a chart's gridlines.
_FILLED = 0.25
_FILLED_IN_PICTURE = 0.6


def is_table(grid: Grid, words: Sequence[Word], in_picture: bool = False) -> bool:
    """Rules, each with its reason:

    - at least two rows and two columns with words, and two rows with words in two columns: less is a list or a paragraph;
    - the median cell has no more than 45 words: else columns of running text, or boxes around them;
    - no cell has seven tenths of all words and more than 135: that is a page in a frame;
    - a first column of bullets or numerals before one other column is a list;
    - a ruled grid is filled to a quarter, in a picture to six tenths: gridlines of charts, maps and empty forms are not.
    """
    filled = [s for s in grid.slots if s.words]
    wide_rows = sum(len({s.column for s in filled if s.row == r}) > 1 for r in range(grid.rows))
    if len({s.row for s in filled}) < 2 or len({s.column for s in filled}) < 2 or wide_rows < 2:
        return False
    if median(len(s.words) for s in filled) > _PROSE:
        return False
    if max(len(s.words) for s in filled) > max(3 * _PROSE, 0.7 * sum(len(s.words) for s in filled)):
        return False
    if not grid.wired:
        return not _is_list(grid, words) and not _is_columns(grid, words)
    return len(filled) >= (_FILLED_IN_PICTURE if in_picture else _FILLED) * len(grid.slots)


def _is_list(grid: Grid, words: Sequence[Word]) -> bool:
    if grid.columns != 2:
        return False
    first = [t for s in grid.slots if s.column == 0 and (t := text_of(s, words) or "•")]
    second = [t for s in grid.slots if s.column == 1 and (t := text_of(s, words))]
    figures = sum(is_figure(t) or is_blank(t) for t in second)
    return all(is_bullet(t) for t in first) and figures * 2 < len(second)


def _is_columns(grid: Grid, words: Sequence[Word]) -> bool:
    """Running text in columns: two or three of them, nearly all lines full, no figures, sentences that run on from row to row."""
    if grid.columns > 3:
        return False
    texts = [text_of(s, words) for s in grid.slots]
    told = [t for t in texts if t and not is_leader(t)]
    if not told or any(is_figure(t) for t in told):
        return False
    running = sum(t[0].islower() for t in told)
    long = sum(len(t.split()) >= 4 for t in told)
    return running >= 0.5 * len(told) and long >= 0.6 * len(told)
