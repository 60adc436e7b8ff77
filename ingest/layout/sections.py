"""Section paths: from the outline where a file has one, else from titles as they are set on this page and the pages before."""

from collections.abc import Sequence

from ingest.document import BlockKind
from ingest.layout.glance import Heading, glance, heading
from ingest.layout.parts import Part
from ingest.sources.opening import Source

# A section longer than this many pages without any title of its own is rare, and each page looked at costs some milliseconds.
_BACK = 30
_DEPTH = 6
_ALIKE = 0.25
"""Points by which the size of titles of one rank may differ."""


def sections(source: Source, number: int, parts: Sequence[Part]) -> tuple[str, ...]:
    """Titles that the page stands under, outermost first; gives the page's own titles their level."""
    if source.outline:
        return _by_outline(source, number, parts)
    stack: list[Heading] = []
    for before in range(max(1, number - _BACK), number):
        for found in glance(source, before).headings:
            _enter(stack, found)
    path = tuple(found.text for found in stack)
    for part in parts:
        if part.kind is BlockKind.TITLE and part.region is not None:
            _enter(stack, heading(part.region.lines))
            part.level = len(stack)
    return path


def _enter(stack: list[Heading], found: Heading) -> None:
    """Puts a title in its place below those that outrank it. One that is repeated (at the head of each page) stands where it
    stood."""
    again = next((i for i, known in enumerate(stack) if known.text.casefold() == found.text.casefold()), None)
    if again is not None:
        del stack[again + 1 :]
        return
    while stack and not _outranks(stack[-1], found):
        stack.pop()
    if len(stack) == _DEPTH:
        stack.pop()
    stack.append(found)


def _outranks(upper: Heading, lower: Heading) -> bool:
    if upper.depth is not None and lower.depth is not None:
        return upper.depth < lower.depth
    if abs(upper.size - lower.size) > _ALIKE:
        return upper.size > lower.size
    return upper.bold and not lower.bold


def _by_outline(source: Source, number: int, parts: Sequence[Part]) -> tuple[str, ...]:
    """The path above the page's first title of the outline, or of its first bookmark where no title is like one."""
    _level_by_outline(source, number, parts)
    known = [part for part in parts if part.level is not None]
    if not known:
        return source.section(number)
    path = source.section_before(number)
    body = next((part for part in parts if part.kind not in (BlockKind.HEADER, BlockKind.FIGURE)), None)
    if body is known[0] and body.region is not None:
        return (*path[: (body.level or 1) - 1], body.region.text())
    return path


def _level_by_outline(source: Source, number: int, parts: Sequence[Part]) -> None:
    here = {_letters(entry.title): entry.level for entry in source.outline if entry.page == number}
    for part in parts:
        if part.kind is BlockKind.TITLE and part.region is not None:
            text = _letters(part.region.text())
            part.level = here.get(text) or next(
                (level for title, level in here.items() if _same_title(title, text)), None
            )


def _same_title(entry: str, printed: str) -> bool:
    """Outlines often leave out the number of a section, or its last words."""
    short, long = sorted((entry, printed), key=len)
    return len(short) >= 4 and len(short) >= 0.6 * len(long) and (long.endswith(short) or long.startswith(short))


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
