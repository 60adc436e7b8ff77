"""The two chains (VisDoMRAG, arXiv 2412.10704): one over passages, one over the images of pages."""

import asyncio

import msgspec

from answer.budget import Budget
from answer.chain import ChainResult, Task, keep_supplied, report
from answer.citations import check
from answer.errors import ContextExceeded
from answer.exchange import Prompt, Reply, ask
from answer.parsing import parse_reply
from answer.prompts import fence_mark, textual_messages, visual_messages
from answer.reader import Capacity, EvidenceItem, Message, Reader, ReadRequest, TextPart
from answer.regions import page_items
from answer.reply import ChainReply
from answer.sheets import PageImages, page_parts, views

_BESIDE_ITEM = 24
"""Tokens around an item's own words: its fence and line breaks."""


class TextualChain:
    """Works on passages: the words of the pages."""

    name = "textual"

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()

    async def run(self, reader: Reader, task: Task) -> ChainResult:
        """Raises `ReaderError` where the reader fails or its reply is not what was asked for."""
        capacity = await reader.capacity()

        async def compose(share: float) -> Prompt:
            return self._prompt(task, capacity, share)

        reply = await ask(reader, _request(self.name, task, self._budget), compose, parse_reply)
        return await _concluded(self.name, reply, task, writes=capacity is not None)

    def _prompt(self, task: Task, capacity: Capacity | None, share: float) -> Prompt:
        if capacity is None:
            return Prompt(textual_messages(task.question, task.items, task.names), task.items)
        room = self._budget.room(capacity, share=share)
        room = _left(room, textual_messages(task.question, (), task.names), capacity)
        items = _seated(task, room, capacity)
        aliases = {item.id: f"T{n}" for n, item in enumerate(items, 1)}
        notes = tuple(
            f"A passage of page {item.page} of {task.names.get(item.document, item.document)} was left out: no room in "
            "the context."
            for item in task.items
            if item.id not in aliases and item.text.strip()
        )
        messages = textual_messages(task.question, items, task.names, aliases)
        return Prompt(messages, items, {alias: id for id, alias in aliases.items()}, notes)


class VisualChain:
    """Works on images of pages, with their words beside them. `images` renders; without it, or with a model that does
    not see, it reads whole pages of words, where the textual chain reads passages. A reader without a model reads tables,
    figures and their captions, where the textual chain reads running text."""

    name = "visual"

    def __init__(self, images: PageImages | None, budget: Budget | None = None) -> None:
        self._images = images
        self._budget = budget or Budget()

    async def run(self, reader: Reader, task: Task) -> ChainResult:
        """Raises `ReaderError` where the reader fails or its reply is not what was asked for."""
        capacity = await reader.capacity()

        async def compose(share: float) -> Prompt:
            return _regions(task) if capacity is None else await self._prompt(task, capacity, share)

        reply = await ask(reader, _request(self.name, task, self._budget), compose, parse_reply)
        return await _concluded(self.name, reply, task, writes=capacity is not None)

    async def _prompt(self, task: Task, capacity: Capacity, share: float) -> Prompt:
        room = _left(self._budget.room(capacity, share=share), visual_messages(task.question, ()), capacity)
        readable = [(document, page) for (document, _), page in task.pages.items() if page.error is None]
        shown = views(readable, dict(task.names), self._budget)
        mark = fence_mark(task.question, *(page.text for _, page in readable))
        parts, notes = await page_parts(shown, room, capacity, self._budget, self._images, mark)
        items = tuple(item for view in shown for item in view.items)
        ids = {alias: id for view in shown for id, alias in view.aliases.items()}
        return Prompt(visual_messages(task.question, parts), items, ids, notes)


def _regions(task: Task) -> Prompt:
    """What a reader without a model may cite: pages, and the tables and figures on them."""
    readable = [(document, page) for (document, _), page in task.pages.items() if page.error is None]
    return Prompt((), tuple(item for document, page in readable for item in page_items(document, page)))


def _request(chain: str, task: Task, budget: Budget) -> ReadRequest:
    return ReadRequest(
        chain=chain,
        question=task.question,
        messages=(),
        pages=task.pages,
        names=task.names,
        reply=ChainReply,
        max_tokens=budget.reply_tokens,
    )


def _left(room: int, messages: tuple[Message, ...], capacity: Capacity) -> int:
    """Room left for evidence beside what is said in any case."""
    fixed = tokens_of(messages, capacity)
    if room <= fixed:
        raise ContextExceeded(
            f"The question and the instructions take {fixed:,} tokens, and the model's context of {capacity.context:,} "
            f"leaves {max(0, room):,} for a prompt."
        )
    return room - fixed


def tokens_of(messages: tuple[Message, ...], capacity: Capacity) -> int:
    """Tokens of the words of messages, with some for each turn's frame."""
    words = sum(
        capacity.text_tokens(part.text) for turn in messages for part in turn.parts if isinstance(part, TextPart)
    )
    return words + 12 * len(messages)


def _seated(task: Task, room: int, capacity: Capacity) -> tuple[EvidenceItem, ...]:
    """The items that fit, best pages first; one that is too long leaves its place to shorter ones."""
    items: list[EvidenceItem] = []
    for item in task.items:
        if not item.text.strip():
            continue  # a page found by its image: there are no words to give
        head = textual_messages("", (item,), task.names)[1].parts[0]
        tokens = (capacity.text_tokens(head.text) if isinstance(head, TextPart) else 0) + _BESIDE_ITEM
        if tokens <= room:
            items.append(item)
            room -= tokens
    return tuple(items)


async def _concluded(name: str, reply: Reply[ChainReply], task: Task, *, writes: bool) -> ChainResult:
    """The reply with its ids and quotes checked. `writes`: whether a model wrote it."""
    items = reply.prompt.items
    kept, notes = keep_supplied(reply.value, items)
    claims = await asyncio.to_thread(lambda: tuple(check(claim, items, task.pages) for claim in kept.claims))
    if kept.answer is not None and writes and claims:
        # Models are not asked how sure they are, since what they say of it is worth little: what was found stands for it.
        kept = msgspec.structs.replace(kept, support=round(sum(claim.supported for claim in claims) / len(claims), 3))
    return ChainResult(report(name, kept, items), kept, claims, reply.usage, (*reply.notes, *notes), items)
