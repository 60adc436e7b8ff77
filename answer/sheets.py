"""Pages as a model is given them: an index line, the image or crops within the budget, the words beside it."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from answer.budget import Budget, Share, Sheet, cut, share_out
from answer.errors import ImageMissing
from answer.prompts import fenced, place, region_line
from answer.reader import Capacity, EvidenceItem, ImagePart, TextPart
from answer.regions import crops, page_items, region_kind
from ingest import Box, Page


class PageImages(Protocol):
    """Renders pages; `ImageMissing` says why one can't be had."""

    async def __call__(self, document: str, number: int, *, width: int, crop: Box | None = None) -> bytes:
        """PNG of the page `width` pixels wide, or of the part of it in `crop` (points)."""
        ...


class PageView(Struct, frozen=True):
    """A page to be shown: its items with their short names, what is drawn of it (None: the whole), and how large."""

    document: str
    name: str
    page: Page
    items: tuple[EvidenceItem, ...]
    aliases: dict[str, str]
    targets: tuple[tuple[EvidenceItem, Box | None], ...]

    def sheet(self, capacity: Capacity) -> Sheet:
        """What it would like to have."""
        whole = self.page.width * self.page.height
        sizes = []
        for _, box in self.targets:
            across = (box.x1 - box.x0, box.y1 - box.y0) if box else (self.page.width, self.page.height)
            sizes.append((*across, min(1.0, across[0] * across[1] / max(whole, 1e-6))))
        return Sheet(tuple(sizes), capacity.text_tokens(self.page.text) if self.page.words else 0)

    def frame(self) -> str:
        """All that is said of it but for its words."""
        where = place(self.name, self.page.number, self.page.label)
        head = f"Page {self.aliases[self.items[0].id]}: {where}"
        return "\n".join([head, *(self._region(item) for item in self.items[1:])])

    def _region(self, item: EvidenceItem) -> str:
        kind = region_kind(self.page, item)
        return region_line(self.aliases[item.id], item, kind, self.page.width, self.page.height)


def views(pages: Sequence[tuple[str, Page]], names: dict[str, str], budget: Budget) -> tuple[PageView, ...]:
    """Views of pages (document, page), best first. Short names are P1, P2, … and P1R1, … for regions."""
    made: list[PageView] = []
    for rank, (document, page) in enumerate(pages, 1):
        items = page_items(document, page)
        aliases = {item.id: f"P{rank}R{n}" if n else f"P{rank}" for n, item in enumerate(items)}
        shown = crops(page, items) if budget.view == "crops" else ((items[0], None),)
        made.append(PageView(document, names.get(document, document), page, items, aliases, shown))
    return tuple(made)


async def page_parts(
    shown: Sequence[PageView], room: int, capacity: Capacity, budget: Budget, images: PageImages | None, mark: str
) -> tuple[tuple[TextPart | ImagePart, ...], tuple[str, ...]]:
    """The pages as parts of a message within `room` tokens, and notes on what was cut."""
    if images is None:
        capacity = Capacity(capacity.context, False, capacity.text_tokens, capacity.image_tokens)
    shown, frames, notes = _seated(shown, room, capacity, mark)
    shares = share_out([view.sheet(capacity) for view in shown], room - frames, capacity, budget)
    drawn = await asyncio.gather(*(_images(view, share, images) for view, share in zip(shown, shares, strict=True)))
    parts: list[TextPart | ImagePart] = []
    for rank, (view, share, (pictures, missing)) in enumerate(zip(shown, shares, drawn, strict=True)):
        text, shortened = (
            cut(view.page.text, share.text_tokens, capacity.text_tokens) if view.page.words else ("", False)
        )
        parts += [TextPart(view.frame()), *pictures, TextPart(_words(text, shortened, mark))]
        notes += missing
        wanted_image = capacity.images and rank < budget.pages and view.targets
        if wanted_image and not share.sizes:
            notes.append(f"Page {view.page.number} of {view.name} was read without its image: no room in the context.")
        if shortened:
            notes.append(f"Words of page {view.page.number} of {view.name} were cut to fit the model's context.")
    return tuple(parts), tuple(notes)


def _seated(
    shown: Sequence[PageView], room: int, capacity: Capacity, mark: str
) -> tuple[list[PageView], int, list[str]]:
    """The pages whose frames leave at least half of the room for what is in them, the tokens of the frames, and notes."""
    seated: list[PageView] = []
    frames = 0
    for view in shown:
        tokens = capacity.text_tokens(view.frame()) + capacity.text_tokens(_words("\n", True, mark)) + 40
        if frames + tokens > room / 2 and seated:
            break
        seated.append(view)
        frames += tokens
    left = [
        f"Page {view.page.number} of {view.name} was left out: no room in the context." for view in shown[len(seated) :]
    ]
    return seated, frames, left


def _words(text: str, shortened: bool, mark: str) -> str:
    if not text:
        return "(no words of this page are given)"
    return f"Words of this page{' (cut)' if shortened else ''}:\n{fenced(text, mark)}"


async def _images(
    view: PageView, share: Share, images: PageImages | None
) -> tuple[list[TextPart | ImagePart], list[str]]:
    parts: list[TextPart | ImagePart] = []
    if images is None:
        return parts, []
    for (item, crop), (width, _) in zip(view.targets, share.sizes, strict=False):
        try:
            data = await images(view.document, view.page.number, width=width, crop=crop)
        except ImageMissing as error:
            return parts, [f"Page {view.page.number} of {view.name} was read without its image: {error}"]
        parts += [TextPart(f"Image of {view.aliases[item.id]}:"), ImagePart(data)]
    return parts, []
