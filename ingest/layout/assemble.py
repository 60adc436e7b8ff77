"""Words, the model's boxes, tables and figures into parts in reading order. Every word of a line ends up in exactly one part."""

from collections.abc import Sequence
from itertools import pairwise

from ingest.document import BlockKind, Box, FigureKind, Word
from ingest.figures import Figure
from ingest.geometry import area, centre, enclose, holds
from ingest.layout.columns import row_by_row
from ingest.layout.geometric import Region, arrange, kind_of, rows_of
from ingest.layout.model import LayoutBox
from ingest.layout.order import reading_order
from ingest.layout.parts import Part, of_figure, of_region
from ingest.tables.found import FoundTable
from ingest.text.lines import Line

_FIRST = (BlockKind.HEADER,)
_LAST = (BlockKind.FOOTNOTE, BlockKind.FOOTER, BlockKind.PAGE_NUMBER)
_GROUND = 0.6
"""A photograph over more than this share of the page is the ground that text stands on; a map or a diagram has labels."""
_RUNNING_WORDS = 7
_SLACK = 1.0
"""Points by which a word's middle may lie outside its box: the model's boxes are not exact."""


def assemble(
    lines: Sequence[Line],
    boxes: Sequence[LayoutBox],
    tables: Sequence[FoundTable],
    figures: Sequence[Figure],
    body: float,
    page_area: float,
) -> list[Part]:
    """The page's parts. `tables` claim words by their index in all words of `lines`, one line after the other; `body` is the size
    of running text in points, `page_area` in square points. Empty boxes make no part; figures always do."""
    claimed = frozenset(index for table in tables for index in table.words)
    free = _without(lines, claimed)
    texts = [box for box in boxes if box.kind not in (BlockKind.TABLE, BlockKind.FIGURE)]
    in_boxes, left = _into(free, [box.box for box in texts])
    parts = [_text_part(box.kind, found, body) for box, found in zip(texts, in_boxes, strict=True) if found]
    parts += [Part(BlockKind.TABLE, table.box, table=table) for table in tables]
    in_figures, left = _into(left, [figure.box for figure in figures])
    for figure, inside in zip(figures, in_figures, strict=True):
        labels = inside if _is_labels(figure, inside, page_area) else []
        parts.append(of_figure(figure, _sorted(labels)))
        left = [*left, *(line for line in inside if not labels)]
    # What no box holds is arranged by rules, in the order of the page's content.
    stray = sorted(left, key=lambda line: line.place)
    parts += [of_region(region) for region in arrange(stray, body)]
    return _in_order(parts)


def _without(lines: Sequence[Line], claimed: frozenset[int]) -> list[Line]:
    out, index = [], 0
    for place, line in enumerate(lines):
        kept = [word for number, word in enumerate(line.words, start=index) if number not in claimed]
        index += len(line.words)
        if kept:
            out.append(_part_of(line, kept, place))
    return out


def _part_of(line: Line, words: Sequence[Word], place: int) -> Line:
    box = line.box if len(words) == len(line.words) else enclose([word.box for word in words])
    return Line(list(words), box, line.size, line.bold, line.group, line.upright, line.inked, place)


def _into(lines: Sequence[Line], boxes: Sequence[Box]) -> tuple[list[list[Line]], list[Line]]:
    """Lines, cut where they pass from one box into another, by box, and what is in none. The smallest box that holds a word's
    middle has it."""
    found: list[list[Line]] = [[] for _ in boxes]
    left: list[Line] = []
    by_size = sorted(range(len(boxes)), key=lambda i: area(boxes[i]))
    for line in lines:
        homes: dict[int, list[Word]] = {}
        for word in line.words:
            middle = centre(word.box)
            home = next((i for i in by_size if holds(boxes[i], middle, _SLACK)), -1)
            homes.setdefault(home, []).append(word)
        for home, words in homes.items():
            (found[home] if home >= 0 else left).append(_part_of(line, words, line.place))
    return found, left


def _text_part(kind: BlockKind, lines: Sequence[Line], body: float) -> Part:
    region = Region(list(rows_of(_sorted(lines))), kind)
    if kind is BlockKind.TEXT:
        told = kind_of(region, body)
        region.kind = told if told in (BlockKind.CAPTION, BlockKind.LIST) else kind
    return of_region(region)


def _sorted(lines: Sequence[Line]) -> list[Line]:
    """The order of the content, unless that jumps about: then row by row."""
    jumps = any(lower.box.y1 < upper.box.y0 for upper, lower in pairwise(lines) if upper.upright and lower.upright)
    return list(row_by_row(lines)) if jumps else list(lines)


def _is_labels(figure: Figure, inside: Sequence[Line], page_area: float) -> bool:
    """Whether the text in a figure belongs to it, as against text that is printed over a picture."""
    drawn = figure.kind in (FigureKind.CHART, FigureKind.DIAGRAM)
    if figure.kind is FigureKind.DECORATION or (not drawn and area(figure.box) > _GROUND * page_area):
        return False
    running = sum(len(line.words) for line in inside if len(line.words) >= _RUNNING_WORDS)
    return running <= 0.5 * sum(len(line.words) for line in inside)


def _in_order(parts: Sequence[Part]) -> list[Part]:
    first: list[Part] = []
    main: list[Part] = []
    last: list[Part] = []
    for part in parts:
        late = part.kind in _LAST or _is_turned(part)
        (last if late else first if part.kind in _FIRST else main).append(part)
    ordered = [main[i] for i in reading_order([part.box for part in main])]
    top_down = [sorted(group, key=lambda p: (p.box.y0, p.box.x0)) for group in (first, last)]
    return _joined([*top_down[0], *ordered, *top_down[1]])


def _is_turned(part: Part) -> bool:
    """Text that runs up or down the margin says nothing that its neighbours go on with."""
    return part.region is not None and not any(line.upright for line in part.region.lines)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Items of one list, which the model sees one by one, as one list."""
    out: list[Part] = []
    for part in parts:
        above = out[-1] if out else None
        if above is not None and _same_list(above, part):
            assert above.region is not None
            assert part.region is not None
            starts = above.region.items or [0]
            shift = len(above.region.rows)
            above.region.items = [*starts, *(shift + start for start in part.region.items or [0])]
            above.region.rows.extend(part.region.rows)
            above.box = enclose([above.box, part.box])
        else:
            out.append(part)
    return out


def _same_list(above: Part, below: Part) -> bool:
    if above.kind is not BlockKind.LIST or below.kind is not BlockKind.LIST or not above.region or not below.region:
        return False
    height = below.region.rows[0][0].height
    gap = below.box.y0 - above.box.y1
    beside = below.box.x0 > above.box.x1 or below.box.x1 < above.box.x0
    return not beside and -0.5 * height <= gap <= 2.5 * height
