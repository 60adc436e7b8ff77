"""What the index asks of a visual encoder, whichever it is."""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from retrieval.visual.choices import Choices
from retrieval.visual.page import Floats, PageVectors

if TYPE_CHECKING:
    from PIL.Image import Image

PageScore = Callable[[Floats], Floats]
"""From the best cosines of each vector of a question on each page, float32 (m, pages), to scores of the pages (pages,), 0
and higher, where 0 is nothing in common; higher is better."""


class VisualIdentity(Struct, frozen=True):
    """What makes page vectors comparable: the same weights, and pages cut by the same processor. `pixels`: the most it
    lets a page have, and `fingerprint` a hash over samples of every weight."""

    name: str
    family: str
    dimension: int
    pooling: str
    pixels: int
    fingerprint: str

    def as_text(self) -> dict[str, str]:
        """As stored beside an index."""
        return {field: str(getattr(self, field)) for field in self.__struct_fields__}


class QueryTokens(Struct, frozen=True):
    """A question as the model reads it: `texts`, one for each of its vectors, and `words`: the numbers of those that
    come from the question itself, not from what the model's processor puts around it."""

    texts: tuple[str, ...]
    words: tuple[int, ...]


class PageEncoder(Protocol):
    """Methods are synchronous and may be called from any thread."""

    identity: VisualIdentity
    choices: Choices

    weight: float
    """What its list of pages counts beside each of the three lists of words, unless the settings say otherwise."""

    pages: Literal["all", "wordless"]
    """Which pages it is to look at, unless the settings say otherwise: all, or only those that no words are known of."""

    alone: float
    """Where there is a rule: the points that the page with the best score gets if no words are known of it, and others like it
    in proportion. Those with words get 3 at most of all lists together."""

    known: float
    """Where there is a rule: the cosine that stands for a word which is known to be on a page, where the page itself has no
    image in the index."""

    @property
    def rule(self) -> PageScore | None:
        """How pages are scored. None: by MaxSim, the sum of the best cosines, which engines add up themselves."""
        ...

    def encode_pages(self, images: Sequence["Image"]) -> list[PageVectors]:
        """As `stream_pages`, all at once."""
        ...

    def stream_pages(self, images: Iterable["Image"]) -> Generator[PageVectors, None, None]:
        """The vectors of page images, in order, as these are taken. An image that is refused ends the stream:
        UnreadableImage, InvalidVector, EncoderUnavailable."""
        ...

    def encode_query(self, texts: Sequence[str]) -> list[Floats]:
        """Questions as float32 arrays (m, d) of unit rows. m is 0 for one that has nothing an image could be asked for."""
        ...

    def query_tokens(self, text: str) -> QueryTokens:
        """What the vectors of a question stand for."""
        ...
