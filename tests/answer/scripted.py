"""A reader with queued replies, as a model might give them: in pieces, malformed, late, or broken off."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import Struct

from answer import (
    Capacity,
    ChainReply,
    Curated,
    ImagePart,
    Quote,
    ReaderError,
    ReadRequest,
    Ruling,
    Side,
    StatedClaim,
    Step,
    TextDelta,
    TextPart,
    Usage,
)

Said = Struct | str | Exception | float
"""A reply in its type, a text as it is, a failure, or a pause in seconds before the next one."""


class ScriptedReader:
    """Replies by stage (`textual`, `visual`, `adjudication`), each from its own queue, since chains run at once."""

    models = ("scripted",)

    def __init__(
        self,
        textual: Sequence[Said] = (),
        visual: Sequence[Said] = (),
        adjudication: Sequence[Said] = (),
        *,
        context: int = 32_000,
        images: bool = True,
        seconds: float = 0.0,
    ) -> None:
        self._queues = {"textual": deque(textual), "visual": deque(visual), "adjudication": deque(adjudication)}
        self._capacity = Capacity(context, images)
        self._seconds = seconds
        self.asked: dict[str, list[ReadRequest]] = defaultdict(list)

    async def capacity(self) -> Capacity:
        return self._capacity

    async def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        stage = stage_of(request)
        self.asked[stage].append(request)
        await asyncio.sleep(self._seconds)
        said = self._queues[stage].popleft()
        while isinstance(said, float):
            await asyncio.sleep(said)
            said = self._queues[stage].popleft()
        if isinstance(said, Exception):
            raise said
        text = said if isinstance(said, str) else msgspec.json.encode(said).decode()
        for at in range(0, len(text), 50):
            yield TextDelta(text[at : at + 50])
        if text.endswith("…"):
            raise ReaderError("scripted broke off in mid-stream")
        yield Usage(input_tokens=1000, output_tokens=100, model_calls=1)


def stage_of(request: ReadRequest) -> str:
    """Which call a request is, by what it is told to do."""
    if request.reply is Ruling:
        return "adjudication"
    system = text_of(request).splitlines()[0]
    return "visual" if "images of pages" in system else "textual"


def text_of(request: ReadRequest) -> str:
    """All words of a request."""
    return "\n".join(part.text for turn in request.messages for part in turn.parts if isinstance(part, TextPart))


def pictures_of(request: ReadRequest) -> list[ImagePart]:
    """All images of a request, in order."""
    return [part for turn in request.messages for part in turn.parts if isinstance(part, ImagePart)]


def says(answer: str, *quotes: tuple[str, str], claim: str | None = None, **more: object) -> ChainReply:
    """A chain's reply with one claim for each quote (item, words)."""
    claims = tuple(StatedClaim(claim or f"{answer}.", (Quote(item, words),)) for item, words in quotes)
    evidence = tuple(Curated(item, words) for item, words in quotes)
    steps = (Step("It stands there.", tuple(item for item, _ in quotes)),)
    return msgspec.structs.replace(ChainReply(evidence, steps, claims, answer, support=0.8), **more)


def declines(reason: str) -> ChainReply:
    return ChainReply(refusal=reason)


def rules(follow: Side, answer: str | None = None, *quotes: tuple[str, str], **more: object) -> Ruling:
    claims = tuple(StatedClaim(f"{answer}.", (Quote(item, words),)) for item, words in quotes)
    return msgspec.structs.replace(Ruling("One of them misread the page.", follow, claims, answer), **more)
