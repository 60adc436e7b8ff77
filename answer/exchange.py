"""One question to a reader until its reply can be used: a prompt within the context, a reply of the right type, one
more try where it is not. Short names of evidence become ids again."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from answer.errors import ContextExceeded, MalformedReply
from answer.prompts import repair_messages
from answer.reader import EvidenceItem, Message, Reader, ReadRequest, TextDelta, TextPart, Usage
from answer.reply import ChainReply, Curated, Quote, Ruling, StatedClaim, Step

T = TypeVar("T", ChainReply, Ruling)

_SMALLER = 0.6
"""Share of the context for the second try, where a server counts more tokens than we estimated."""


class Prompt(Struct, frozen=True):
    """What is sent: messages, the items that may be cited, their ids by short name, and notes on what was cut."""

    messages: tuple[Message, ...]
    items: tuple[EvidenceItem, ...]
    ids: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()


class Reply(Struct, Generic[T], frozen=True):
    """A reply that can be used, with the prompt that led to it and what both took."""

    value: T
    prompt: Prompt
    usage: Usage
    notes: tuple[str, ...]


async def ask(
    reader: Reader,
    base: ReadRequest,
    compose: Callable[[float], Awaitable[Prompt]],
    parse: Callable[[str], T],
) -> Reply[T]:
    """Ask until the reply parses: once more with a smaller prompt where the context is exceeded, once more with what
    is wrong where the reply is malformed. `compose` makes the prompt for a share of the context. Raises `ReaderError`."""
    prompt: Prompt = await compose(1.0)
    try:
        return await _read(reader, base, prompt, parse)
    except ContextExceeded as error:
        prompt = await compose(_SMALLER)
        note = f"Asked again with {_SMALLER:.0%} of the evidence's room: {error}"
        prompt = msgspec.structs.replace(prompt, notes=(*prompt.notes, note))
        return await _read(reader, base, prompt, parse)


async def _read(
    reader: Reader,
    base: ReadRequest,
    prompt: Prompt,
    parse: Callable[[str], T],
) -> Reply[T]:
    request = msgspec.structs.replace(base, messages=prompt.messages, evidence=prompt.items)
    text, usage = await collect(reader, request)
    try:
        return Reply(named(parse(text), prompt.ids), prompt, usage, prompt.notes)
    except MalformedReply as error:
        if await reader.capacity() is None:
            raise  # what is no model replies the same when asked again
        problem = f"{error} (It was cut off: it has to be shorter.)" if usage.cut else str(error)
    again = msgspec.structs.replace(request, messages=repair_messages(prompt.messages, text, problem))
    text, more = await collect(reader, again)
    try:
        value = named(parse(text), prompt.ids)
    except MalformedReply as error:
        raise MalformedReply(f"{', '.join(reader.models)} was asked twice. {error}") from error
    return Reply(value, prompt, added(usage, more), (*prompt.notes, f"Asked once more for a reply in form: {problem}"))


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


async def complete(reader: Reader, prompt: str, *, max_tokens: int = 1024) -> str:
    """What a model says to a prompt, as it stands: no evidence, no schema, no checks. Raises `ReaderError`."""
    text, _ = await collect(reader, ReadRequest(prompt, (Message("user", (TextPart(prompt),)),), max_tokens=max_tokens))
    return text


def added(*usages: Usage) -> Usage:
    """What several calls took together."""
    return Usage(
        sum(usage.input_tokens for usage in usages),
        sum(usage.output_tokens for usage in usages),
        sum(usage.model_calls for usage in usages),
        any(usage.cut for usage in usages),
    )


def named(reply: T, ids: Mapping[str, str]) -> T:
    """The reply with ids for short names, however they are set (`[t1]`, `T1`); what is no short name stays."""
    if not ids:
        return reply

    def known(name: str) -> str:
        short = re.sub(r"[\[\]()\s]", "", name).upper()
        return ids.get(short, name.strip())

    claims = tuple(
        StatedClaim(claim.text, tuple(Quote(known(quote.evidence), quote.words) for quote in claim.quotes))
        for claim in reply.claims
    )
    if isinstance(reply, Ruling):
        return msgspec.structs.replace(reply, claims=claims)
    return msgspec.structs.replace(
        reply,
        claims=claims,
        evidence=tuple(Curated(known(e.evidence), e.words, e.kind, e.shows) for e in reply.evidence),
        steps=tuple(Step(step.text, tuple(known(each) for each in step.evidence)) for step in reply.steps),
    )
