"""One chain of reasoning over its own evidence: ask the reader, parse what it replies, refuse ids that were not
supplied."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from answer.answer import ChainReport
from answer.citations import CheckedClaim, check
from answer.errors import MalformedReply
from answer.prompts import textual_messages
from answer.reader import EvidenceItem, Reader, ReadRequest, TextDelta, Usage
from answer.reply import ChainReply, Quote, StatedClaim
from ingest import Page


class Task(Struct, frozen=True):
    """What every chain of one question works on. `pages` by (document, page number); `names` by document."""

    question: str
    items: tuple[EvidenceItem, ...]
    pages: Mapping[tuple[str, int], Page]
    names: Mapping[str, str]


class ChainResult(Struct, frozen=True):
    """What a chain found, with its quotes looked up on their pages. `notes` say what was refused."""

    report: ChainReport
    reply: ChainReply
    claims: tuple[CheckedClaim, ...]
    usage: Usage
    notes: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether it answered and at least one of its claims stands on a page."""
        return self.report.answer is not None and any(claim.supported for claim in self.claims)


class Chain(Protocol):
    """A way from evidence to a checked reply; all chains of a question run at the same time."""

    @property
    def name(self) -> str: ...

    async def run(self, reader: Reader, task: Task) -> ChainResult: ...


class TextualChain:
    """Works on passages: the words of the pages."""

    name = "textual"

    async def run(self, reader: Reader, task: Task) -> ChainResult:
        """Raises `ReaderError` where the reader fails or its reply is not what was asked for."""
        request = ReadRequest(
            question=task.question,
            messages=textual_messages(task.question, task.items, task.names),
            evidence=task.items,
            pages=task.pages,
            names=task.names,
            reply=ChainReply,
        )
        text, usage = await collect(reader, request)
        reply, notes = keep_supplied(parse(text), task.items)
        claims = await asyncio.to_thread(lambda: tuple(check(claim, task.items, task.pages) for claim in reply.claims))
        return ChainResult(report(self.name, reply), reply, claims, usage, notes)


async def collect(reader: Reader, request: ReadRequest) -> tuple[str, Usage]:
    """The whole reply as text, and what it took."""
    text: list[str] = []
    usage = Usage()
    async for event in reader.read(request):
        if isinstance(event, TextDelta):
            text.append(event.text)
        else:
            usage = event
    return "".join(text), usage


def parse(text: str) -> ChainReply:
    """The reply in its type; raises `MalformedReply` saying where it departs from it."""
    try:
        reply = msgspec.json.decode(text, type=ChainReply)
    except msgspec.DecodeError as error:
        raise MalformedReply(
            f"The reader's reply is not in the form asked for: {error}. It begins: {text[:80]!r}"
        ) from error
    if reply.answer is not None and not reply.answer.strip():
        raise MalformedReply(
            "The reader's reply has an empty answer; an answer or a refusal with its reason was asked for."
        )
    if reply.answer is None and not (reply.refusal or "").strip():
        raise MalformedReply("The reader's reply has neither an answer nor the reason of a refusal.")
    return reply


def keep_supplied(reply: ChainReply, items: Sequence[EvidenceItem]) -> tuple[ChainReply, tuple[str, ...]]:
    """The reply without what cites evidence that was not supplied, and notes that say what that was."""
    supplied = {item.id for item in items}
    cited = [quote.evidence for quote in reply.evidence] + [
        quote.evidence for claim in reply.claims for quote in claim.quotes
    ]
    cited += [evidence for step in reply.steps for evidence in step.evidence]
    invented = sorted(set(cited) - supplied)
    if not invented:
        return reply, ()

    def known(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
        return tuple(quote for quote in quotes if quote.evidence in supplied)

    kept = msgspec.structs.replace(
        reply,
        evidence=known(reply.evidence),
        steps=tuple(
            msgspec.structs.replace(step, evidence=tuple(i for i in step.evidence if i in supplied))
            for step in reply.steps
        ),
        claims=tuple(StatedClaim(claim.text, known(claim.quotes)) for claim in reply.claims),
    )
    return kept, (f"Rejected: evidence that was not supplied was cited ({', '.join(invented)}).",)


def report(name: str, reply: ChainReply) -> ChainReport:
    """The chain's reply as it is told to the caller."""
    used = [quote.evidence for quote in reply.evidence] + [
        quote.evidence for claim in reply.claims for quote in claim.quotes
    ]
    reasoning = tuple(
        f"{step.text} [{', '.join(step.evidence)}]" if step.evidence else step.text for step in reply.steps
    )
    refusal = None if reply.answer is not None else reply.refusal
    return ChainReport(name, reply.answer, refusal, tuple(dict.fromkeys(used)), reasoning, reply.support)
