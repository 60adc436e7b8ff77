"""The interface of a reader: messages and evidence in, a stream of text and usage out.

A request carries the same evidence twice: rendered in `messages` (text and images, what a model reads) and as
`evidence` and `pages` (what the extractive reader reads). So both kinds of reader stand behind one interface, and
neither has to parse the other's form. Where `reply` names a type, the text that a reader streams is one JSON object of
that type.
"""

from collections.abc import AsyncIterator, Callable, Mapping
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


def estimated_tokens(text: str) -> int:
    """Tokens of a text for a tokenizer that is not known, rather too many than too few: a digit is one (as in Qwen's
    and Llama's), three bytes of UTF-8 another (measured on English prose: four letters; on Chinese: about one sign)."""
    digits = sum(char.isdigit() for char in text)
    return digits + -(-(len(text.encode()) - digits) // 3)


QWEN_PATCH = 28
"""Side in pixels of what Qwen2-VL and Qwen2.5-VL make one token of; Qwen3-VL has 32, and so fewer tokens."""


def qwen_image_tokens(width: int, height: int) -> int:
    """Tokens of an image for a Qwen2.5-VL, with those that stand around it."""
    return max(1, round(width / QWEN_PATCH)) * max(1, round(height / QWEN_PATCH)) + 2


class Capacity(Struct, frozen=True):
    """What a model takes. `context`: tokens of prompt and reply together; `images`: whether it sees; the others count
    tokens, exactly or rather too many: of a text, and of an image by its width and height in pixels."""

    context: int
    images: bool = True
    text_tokens: Callable[[str], int] = estimated_tokens
    image_tokens: Callable[[int, int], int] = qwen_image_tokens


class ReadRequest(Struct, frozen=True):
    """What a reader is asked. `pages` holds the stored pages of the evidence, by (document, page number); `names`
    the documents' names; `reply` the type that the streamed JSON has to have (None: free text); `max_tokens` bounds
    a model's output. `chain` is the name of the chain that asks: what a reader without a model reads depends on it (empty:
    all there is)."""

    question: str
    messages: tuple[Message, ...]
    evidence: tuple[EvidenceItem, ...] = ()
    pages: Mapping[tuple[str, int], Page] = {}
    names: Mapping[str, str] = {}
    reply: type[Struct] | None = None
    max_tokens: int = 1024
    chain: str = ""

    def schema(self) -> dict[str, Any] | None:
        """JSON Schema of the reply, for servers that take one; None where free text is wanted."""
        return None if self.reply is None else msgspec.json.schema(self.reply)


class TextDelta(Struct, frozen=True, tag="delta"):
    """The next piece of the reply."""

    text: str


class Usage(Struct, frozen=True, tag="usage"):
    """What the call took; the last event of a stream. `model_calls` counts calls of a generative model (extractive:
    0). `cut`: the reply ended because `max_tokens` were reached."""

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    cut: bool = False


class Reader(Protocol):
    """Whatever turns evidence into an answer. Implementations run heavy work off the event loop, raise `ReaderError`
    and nothing else, and stop working when the stream is closed."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that take part, for the answer's cost."""
        ...

    async def capacity(self) -> Capacity | None:
        """What the model takes, loading what that needs; None where no model reads the messages."""
        ...

    def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        """Stream the reply: its text in pieces (none for an empty reply), then exactly one `Usage`."""
        ...
