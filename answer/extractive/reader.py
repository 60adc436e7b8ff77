"""The reader without a model: the best-supported words of the evidence, or a refusal that says what is missing."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from answer.extractive.encoder import Encoder
from answer.extractive.find import find
from answer.extractive.question import parts
from answer.extractive.say import say
from answer.reader import ReadRequest, TextDelta, Usage
from answer.reply import ChainReply


class ExtractiveReader:
    """Implements `answer.reader.Reader`. It writes no sentence of its own: answers are words of the page, claims
    the sentence or cell they stand in. `encoder` is sync and thread-safe; work runs in a thread. It counts no model
    calls, since it makes none of a generative model."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def models(self) -> tuple[str, ...]:
        """The encoder's name, if it has one."""
        identity = getattr(self._encoder, "identity", None)
        return ("extractive", str(getattr(identity, "name", identity))) if identity is not None else ("extractive",)

    async def capacity(self) -> None:
        """None: it reads evidence and pages, not messages."""

    async def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        """Stream the reply in one piece. Free text is the answer or the refusal alone."""
        reply = await asyncio.to_thread(self._reply, request)
        yield TextDelta(msgspec.json.encode(reply).decode() if request.reply else reply.answer or reply.refusal or "")
        yield Usage()

    def _reply(self, request: ReadRequest) -> ChainReply:
        asked = parts(request.question)
        return say(request, [(part, find(part, request, self._encoder)) for part in asked])
