"""The reader without a model: the best-supported words of the evidence, or a refusal that says what is missing."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from answer.extractive.encoder import Encoder
from answer.extractive.extremes import extreme
from answer.extractive.find import find
from answer.extractive.labelled import labelled
from answer.extractive.material import Material, Shelf, prepare
from answer.extractive.question import parts
from answer.extractive.reckon import reckon
from answer.extractive.reverse import holders
from answer.extractive.say import Told, say
from answer.extractive.threads import followed
from answer.extractive.titles import titled
from answer.reader import ReadRequest, TextDelta, Usage
from answer.reply import ChainReply


class ExtractiveReader:
    """Implements `answer.reader.Reader`. It writes no sentence of its own: answers are words of the page, claims
    the sentence or cell they stand in. `encoder` is sync and thread-safe; work runs in a thread. It counts no model
    calls, since it makes none of a generative model."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._shelf = Shelf()

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
        material = prepare(request, self._shelf)
        whole = material if not request.chain else prepare(msgspec.structs.replace(request, chain=""), self._shelf)
        found = [(part, self.part(part, request, material, whole)) for part in parts(request.question)]
        return say(request, found, whole)

    def part(self, part: str, request: ReadRequest, material: Material, whole: Material) -> Told:
        """What is worked out goes before what is found. Values of one kind of evidence go before a mixture, which is left
        to the chain that sees whole pages."""
        reckoned = reckon(part, material)
        if reckoned is None and request.chain == "visual":
            reckoned = reckon(part, whole)
        told = (
            reckoned
            or extreme(part, material)
            or labelled(part, material)
            or titled(part, material)
            or holders(part, material)
        )
        if told is not None:
            return told
        found = find(part, material, self._encoder)
        return followed(found, material) or found
