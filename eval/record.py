"""What a run keeps of each question, and of each document it was asked over."""

from msgspec import Struct

from answer import Answer


class Ranked(Struct, frozen=True, array_like=True):
    """A page of a ranking: the document's id in the service, the page from 1, the score (comparable within one list)."""

    document: str
    page: int
    score: float


class Result(Struct, frozen=True):
    """One question, asked. `inside`: the pages ranked within the question's documents; `over_all`: over the whole
    collection, None where that was not asked for. `cited_text` holds the text of the cited pages by "document:page".
    `milliseconds`: wall time of each call as the caller saw it. `error` says why there is no answer."""

    question: str
    at: str
    answer: Answer | None = None
    inside: tuple[Ranked, ...] = ()
    over_all: tuple[Ranked, ...] | None = None
    cited_text: dict[str, str] = {}
    milliseconds: dict[str, float] = {}
    attempts: int = 1
    gold_text: dict[str, str] = {}
    """Text of the gold page and of those beside it by "document:page", for questions whose answers are judged."""
    error: str | None = None


class Taken(Struct, frozen=True):
    """A document as the service has it. `error`: nothing of it can be searched, and why."""

    name: str
    id: str
    pages: int
    pages_failed: int
    status: str
    sha256: str
    error: str | None = None


class RunOptions(Struct, frozen=True):
    """How a run asks. `pages`: how many the reader gets; `depth`: how long the rankings are; `collection`: where the
    documents go; `over_all`: whether each question is also searched over the whole collection."""

    collection: str
    pages: int = 8
    depth: int = 20
    over_all: bool = True


class RunInfo(Struct, frozen=True):
    """What a run was made with: all that a reader needs to trust its figures, and a resumed run is held to."""

    benchmark: str
    data: str
    dataset_sha256: str
    dataset_revision: str | None
    questions: int
    unanswerable: int
    documents: int
    quirks: tuple[dict[str, object], ...]
    options: RunOptions
    service: str
    """"in the process", or the address."""
    parts: tuple[tuple[str, str], ...]
    """Part and what is in use for it, as `quire doctor` tells: the models' identities."""
    settings: dict[str, object] | None
    versions: dict[str, str]
    machine: dict[str, str]
    seeds: dict[str, int]
    command: str
    started_at: str
