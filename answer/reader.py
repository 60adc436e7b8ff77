"""The interface of a reader: messages and evidence in, a stream of text and usage out.

A request carries the same evidence twice: rendered in `messages` (text and images, what a model reads) and as
`evidence` and `pages` (what the extractive reader reads). So both kinds of reader stand behind one interface, and
neither has to parse the other's form. Where `reply` names a type, the text that a reader streams is one JSON object of
that type.
"""

from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from ingest import Box, Page


class TextPart(Struct, frozen=True, tag="text"):
    """Words of a message."""

    text: str


class ImagePart(Struct, frozen=True, tag="image"):
    """An encoded image of a message, such as a page or a crop of one."""

    data: bytes
    media_type: str = "image/png"


class Message(Struct, frozen=True):
    """One turn of the conversation given to a reader."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[TextPart | ImagePart, ...]


class EvidenceKind(StrEnum):
    """What an item of evidence is: words of the page, or a region of its image that has no words to check."""

    TEXT = "text"
    IMAGE = "image"


class EvidenceItem(Struct, frozen=True):
    """One item that a chain may cite. `id` is `document:page:ordinal`; boxes are in points of that page; `score`
    and `dense` come from the search (comparable within one search; `dense` is a cosine, None where that list lacked
    the passage)."""

    id: str
    document: str
    page: int
    text: str
    boxes: tuple[Box, ...]
    kind: EvidenceKind = EvidenceKind.TEXT
    section: tuple[str, ...] = ()
    label: str | None = None
    score: float = 0.0
    dense: float | None = None


class ReadRequest(Struct, frozen=True):
    """What a reader is asked. `pages` holds the stored pages of the evidence, by (document, page number); `names`
    the documents' names; `reply` the type that the streamed JSON has to have (None: free text); `max_tokens` bounds
    a model's output."""

    question: str
    messages: tuple[Message, ...]
    evidence: tuple[EvidenceItem, ...] = ()
    pages: Mapping[tuple[str, int], Page] = {}
    names: Mapping[str, str] = {}
    reply: type[Struct] | None = None
    max_tokens: int = 1024

    def schema(self) -> dict[str, Any] | None:
        """JSON Schema of the reply, for servers that take one; None where free text is wanted."""
        return None if self.reply is None else msgspec.json.schema(self.reply)


class TextDelta(Struct, frozen=True, tag="delta"):
    """The next piece of the reply."""

    text: str


class Usage(Struct, frozen=True, tag="usage"):
    """What the call took; the last event of a stream. `model_calls` counts calls of a generative model (extractive:
    0)."""

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0


class Reader(Protocol):
    """Whatever turns evidence into an answer. Implementations run heavy work off the event loop and raise
    `ReaderError`."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that take part, for the answer's cost."""
        ...

    def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        """Stream the reply; at least one `TextDelta`, then exactly one `Usage`."""
        ...
