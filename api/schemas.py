"""The wire types of the service: what REST, the command line and Python exchange. `Answer` and `Page` come from their rooms."""

from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct, structs

from retrieval import EvidencePage, ModelChoice

T = TypeVar("T")


class DocumentStatus(StrEnum):
    """`reading` until its first job has ended, searchable page by page; `ready`: every page read; `partial`: some pages failed, the
    rest is searchable."""

    READING = "reading"
    READY = "ready"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobStatus(StrEnum):
    """The states of a job; the last four are final."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (JobStatus.ACCEPTED, JobStatus.RUNNING)


class JobKind(StrEnum):
    """What a job does: `read` a document; or, on the index of a collection, build it anew (`rebuild`), give back the space of
    deleted points (`compact`), mend it (`repair`), or add the words of pages that are left to OCR (`words`)."""

    READ = "read"
    REBUILD = "rebuild"
    COMPACT = "compact"
    REPAIR = "repair"
    WORDS = "words"


class Collection(Struct, frozen=True):
    """A tenant's set of documents. `id` is what the caller named it."""

    id: str
    documents: int
    created_at: str


class Document(Struct, frozen=True):
    """One document of a collection. `bytes` and `sha256` are of the upload; times are RFC 3339, UTC.

    `pages_ready` pages can be searched now: while a new document is being read, those read so far. Of `pages_waiting` something is
    left to read by OCR until a question finds them (setting `ingest.ocr`); they are found by their images, and what text they have.
    """

    id: str
    collection: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    pages: int
    pages_failed: int
    status: DocumentStatus
    job: str
    created_at: str
    title: str | None = None
    error: str | None = None
    pages_ready: int = 0
    pages_waiting: int = 0


class Progress(Struct, frozen=True):
    """How far a job is: `pages_done` have been dealt with, `pages_failed` of them without success. `seconds_left` is an estimate
    from what pages took lately and on the whole; None while there is nothing to go by."""

    pages_total: int
    pages_done: int
    pages_failed: int
    passages: int
    seconds_left: float | None = None


class Job(Struct, frozen=True):
    """Reading one document, or work on the index of a collection (then there is no `document`). `error` says why it failed, or
    which pages did."""

    id: str
    document: str | None
    collection: str
    status: JobStatus
    progress: Progress
    created_at: str
    updated_at: str
    error: str | None = None
    kind: JobKind = JobKind.READ


class EventKind(StrEnum):
    """What a job event tells. `accepted`: the upload is kept (`message`: what the first look had to mend). `found`: the pages are
    counted (`progress.pages_total`; `message`: the media type). `page_read`, `page_failed`: one page, with its `source` and
    `milliseconds` (`message`: why it failed, or is not found by its image). `indexed`: all pages are in the index. Of work
    on an index, `page_indexed`: one page is in the new index, or again in the old one (`message`: what is less than it should
    be); `switched`: the new index has taken the place of the old one (`message`: pages, and bytes before and after). The last
    four are final."""

    ACCEPTED = "accepted"
    FOUND = "found"
    STARTED = "started"
    PAGE_READ = "page_read"
    PAGE_FAILED = "page_failed"
    INDEXED = "indexed"
    PAGE_INDEXED = "page_indexed"
    SWITCHED = "switched"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether it ends the job."""
        return self.value in ("done", "partial", "failed", "cancelled")


class JobEvent(Struct, frozen=True):
    """One step of a job, stored with it: the same object by polling, Server-Sent Events and the terminal's bar.

    `id` counts from 1 within the job, without gaps; it is the SSE id. A final event always comes, and comes last.
    """

    id: int
    job: str
    kind: EventKind
    at: str
    progress: Progress
    page: int | None = None
    source: str | None = None
    """Where the page's words came from: text_layer, ocr, mixed (both), none."""
    milliseconds: float | None = None
    message: str | None = None


class Added(Struct, frozen=True):
    """What an upload led to. `created` is False where the same bytes were in the collection already."""

    document: Document
    job: Job
    created: bool


class Paged(Struct, Generic[T], frozen=True):
    """A page of a list; `next` is the cursor of the following page, None at the end."""

    items: list[T]
    next: str | None = None


Question = Annotated[str, Meta(description="The question, in plain words.", min_length=1)]


class SearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """`documents` narrows the search to these ids (all of the collection otherwise); `limit` is the number of pages wanted: 10
    unless given, 20 where the question asks about many places (counts, lists)."""

    question: Question
    collection: str = "default"
    documents: list[str] = []
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None


class SearchedDocument(Struct, frozen=True):
    """How a document fared in a search: how many of its pages were candidates, and how many came up."""

    document: str
    name: str
    considered: int
    pages: int


class SearchResponse(Struct, frozen=True):
    """Ranked pages. `names` maps document ids to names; `coverage` has the documents that were asked for or came under
    consideration, most considered first; `notes` tells what was not searched, and why."""

    question: str
    collection: str
    pages: list[EvidencePage]
    names: dict[str, str]
    milliseconds: dict[str, float]
    notes: list[str] = []
    coverage: list[SearchedDocument] = []


class AskRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """As `SearchRequest`; `pages` is how many pages the reader gets: 8 unless given, 16 where the question asks about many
    places. `stream` asks for Server-Sent Events instead of one object."""

    question: Question
    collection: str = "default"
    documents: list[str] = []
    pages: Annotated[int, Meta(ge=1, le=50)] | None = None
    stream: bool = False


class StageEvent(Struct, frozen=True):
    """A stage of answering has begun (search, textual chain, ...)."""

    stage: str


class OcrEvent(Struct, frozen=True):
    """The words of a page are being read by OCR before the question is answered: the `number`-th of `total` pages that were left to
    it and are wanted."""

    document: str
    name: str
    page: int
    number: int
    total: int


class TextEvent(Struct, frozen=True):
    """The next piece of what a model writes in a stage (textual, visual, adjudication): its reply as it comes, before any check."""

    stage: str
    text: str


class PageSummary(Struct, frozen=True):
    """One page of a document: number from 1, printed label, size in points, counts, why it failed if it did, and whether something
    of it is left to read by OCR."""

    number: int
    label: str | None
    width: float
    height: float
    source: str
    words: int
    passages: int
    error: str | None = None
    awaiting_ocr: bool = False


class TokenMap(Struct, frozen=True):
    """One token of a question over a page: its place among the tokens, its text, whether it stands in the question (not in what
    the model puts around it), and its cosine with each cell, by row."""

    index: int
    text: str
    word: bool
    cosines: list[list[float]]


class SimilarityGrid(Struct, frozen=True):
    """Where on a page a question finds its match. The grid's cells are of one size and cover the page, the top left one first;
    `total` is the mean over all tokens."""

    document: str
    page: int
    question: str
    rows: int
    columns: int
    tokens: list[TokenMap]
    total: list[list[float]]


class IndexRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Work on an index. `documents` are for `words`: only these (all of the collection otherwise). The models are for `rebuild`: as
    in the settings, but for those that are named here ("none" for `visual` and `routing_model`: none)."""

    work: JobKind
    documents: list[str] = []
    encoder: str | None = None
    context: Annotated[int, Meta(ge=1)] | None = None
    context_method: Literal["auto", "interpolate", "ntk"] | None = None
    visual: str | None = None
    visual_pooling: Annotated[int, Meta(ge=1, le=16)] | None = None
    routing_model: str | None = None

    def models(self, settings: ModelChoice) -> ModelChoice:
        """The models to build with."""
        named = {field: getattr(self, field) for field in self.__struct_fields__ if field not in ("work", "documents")}
        told = {field: value for field, value in named.items() if value is not None}
        without = {field: None for field in ("visual", "routing_model") if told.get(field) == "none"}
        return structs.replace(settings, **(told | without))


class IndexFinding(Struct, frozen=True):
    """What is wrong with pages of a document in the index. `missing`: not there, or not all of it; `hidden`: can't be found;
    `unseen`: without the vectors of its image; `unrouted`: the document as a whole (page 0) has no vector; `surplus`: not a page
    of it; `orphaned`: of no document. `points`: how many of them should not be there."""

    flaw: str
    document: str
    name: str | None
    revision: str
    pages: list[int]
    points: int


class IndexReport(Struct, frozen=True):
    """The index of a collection against what was read: `documents` and their `pages` should be there. `being_read` documents
    were left out. `seen_by_words_alone`: pages whose image could not be encoded, as is noted on them. `bytes`: None where the
    store doesn't say. `models`: with which it was built. `job`: the one that works on it just now."""

    collection: str
    documents: int
    pages: int
    points: int
    findings: list[IndexFinding]
    being_read: int
    seen_by_words_alone: int
    bytes: int | None
    models: dict[str, str]
    job: str | None = None


class PartStatus(Struct, frozen=True):
    """One part in use: which, why, and what a better one needs (quire doctor, GET /health/ready)."""

    part: str
    use: str
    ok: bool
    why: str
    better: str | None = None


class Readiness(Struct, frozen=True):
    """Whether the service can take work, part by part."""

    ready: bool
    parts: list[PartStatus]
