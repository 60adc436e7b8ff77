"""From a request to evidence and an answer: who is searched, what is said of those who are not, and what is kept."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import structs

from answer import Answer, ReaderError
from api.catalogue import Answers, Documents, Left, LeftPage, Visible
from api.catalogue.views import stamp
from api.errors import InvalidInput, NotFound, NotReady, Unavailable
from api.files import Files
from api.models import Models, as_problems
from api.reading import BATCH_PAGES
from api.schemas import AskRequest, Document, SearchedDocument, SearchRequest, SearchResponse
from api.settings import LimitSettings
from api.words_first import Heard, ReadFirst, WordsFirst
from ingest import Page
from retrieval import PAGES, Evidence, EvidencePage, Scope, breadth

READ_PAGES = 8
"""Pages that the reader gets of a question about one place, unless told otherwise."""

SEARCHES = 5
"""Tries to search at a moment at which no document is swapped; a swap takes milliseconds."""


class Asking:
    """Search and answers over what is in the catalogue."""

    def __init__(
        self,
        limits: LimitSettings,
        documents: Documents,
        left: Left,
        answers: Answers,
        files: Files,
        models: Models,
        first: WordsFirst,
    ) -> None:
        self._limits = limits
        self._documents, self._left = documents, left
        self._answers = answers
        self._files = files
        self._models = models
        self._first = first

    async def search(self, request: SearchRequest) -> SearchResponse:
        """Ranked pages; NotFound where there is nothing to search, NotReady where it is still being read."""
        question = self._question(request.question)
        unread = await self._searchable(request.collection, request.documents)
        limit = request.limit if request.limit is not None else breadth(question, PAGES)
        evidence, visible, _ = await self._evidence(question, request.collection, request.documents, limit)
        return SearchResponse(
            question=question,
            collection=request.collection,
            pages=list(evidence.pages),
            names={seen.document: seen.name for seen in visible},
            milliseconds=evidence.milliseconds,
            notes=[*_notes_on_reading(unread), *_notes_on_pages(visible)],
            coverage=_coverage(evidence, visible, request.documents),
        )

    async def ask(
        self,
        request: AskRequest,
        id: str,
        on_stage: Callable[[str], None] | None,
        on_text: Callable[[str, str], None] | None = None,
        on_ocr: Heard | None = None,
    ) -> Answer:
        """An answer, stored under its id. Pages that are left to OCR and that the question finds get their words first."""
        began = time.perf_counter()
        question = self._question(request.question)
        unread = await self._searchable(request.collection, request.documents)
        on_stage = on_stage or _unheard
        on_stage("search")
        first = await self._first.read(request, on_stage, on_ocr)
        pages = request.pages if request.pages is not None else breadth(question, READ_PAGES)
        evidence, visible, left = await self._evidence(question, request.collection, request.documents, pages)
        answerer = await self._models.answerer()
        searched = [seen.document for seen in visible]
        try:
            answer = await answerer.answer(
                evidence,
                _Pages(self._files, visible, evidence, left),
                on_stage=on_stage,
                on_text=on_text,
                answer_id=id,
                searched=searched,
            )
        except ReaderError as error:
            raise Unavailable(f"The question can't be answered at present: {error}") from error
        notes = [*first.problems, *_notes_on_reading(unread), *_notes_on_pages(visible)]
        answer = _complete(_with_coverage(answer, evidence), notes, first, (time.perf_counter() - began) * 1000)
        await self._answers.store(answer, _documents_of(answer))
        return answer

    def _question(self, question: str) -> str:
        limit = self._limits.question_characters
        if len(question) > limit:
            raise InvalidInput(
                f"The question has {len(question):,} characters; the limit is {limit:,} (setting `limits.question_characters`)."
            )
        if not question.strip():
            raise InvalidInput("The question is empty.")
        return question.strip()

    async def _searchable(self, collection: str, documents: Sequence[str]) -> list[Document]:
        """Documents of which no page can be searched yet. Raises where nothing can be searched, and for a named document
        of which nothing can."""
        await self._documents.require_collection(collection)
        visible = await self._documents.visible(collection, documents)
        ready = {seen.document for seen in visible}
        for document in documents:
            if document not in ready:
                await self._refuse(collection, document)
        unfinished = [] if documents else await self._documents.unfinished(collection)
        unread = [document for document in unfinished if document.id not in ready]
        if not visible and unread:
            raise _not_ready(unread)
        if not visible:
            raise NotFound(f"Collection {collection!r} has no document that could be read: there is nothing to search.")
        return unread

    async def _refuse(self, collection: str, document: str) -> None:
        """Says why a named document can't be searched."""
        known = await self._documents.get(document)
        if known.collection != collection:
            raise NotFound(f"Document {document!r} is in collection {known.collection!r}, not in {collection!r}.")
        if known.status.value == "reading":
            raise _not_ready([known])
        raise NotFound(f"Document {document!r} ({known.name}) could not be read ({known.status}): {known.error or ''}")

    async def _evidence(
        self, question: str, collection: str, documents: Sequence[str], pages: int
    ) -> tuple[Evidence, list[Visible], set[LeftPage]]:
        """Evidence, the revisions that it was drawn from, and pages that were left to OCR: all of one moment.

        The index and the catalogue change one after the other, and the catalogue has the last word on what may be seen.
        So the search leaves out the new revision of a document that is being replaced, and is repeated if a revision was
        swapped, or withdrawn, under it. Of a new document that is being read, the pages that have a row are seen: the index
        may be a batch ahead, so that many more pages are asked for.
        """
        retriever = await self._models.retriever()
        visible = await self._documents.visible(collection, documents)
        left: set[LeftPage] = set()
        for _ in range(SEARCHES):
            left = await self._left.among([seen.revision for seen in visible if seen.pages_waiting])
            hidden = await self._documents.hidden(collection)
            ahead = BATCH_PAGES * sum(not seen.whole for seen in visible)
            scope = Scope(collection, tuple(documents), hidden)
            with as_problems():
                evidence = await retriever.search(question, scope, pages=pages + ahead)
            before, visible = visible, await self._documents.visible(collection, documents)
            if _revisions(before) == _revisions(visible):
                break
        kept = await self._seen(evidence.pages, visible)
        return structs.replace(evidence, pages=tuple(kept[:pages])), visible, left

    async def _seen(self, pages: Sequence[EvidencePage], visible: list[Visible]) -> list[EvidencePage]:
        """The pages that the catalogue shows."""
        shown = _revisions(visible)
        kept = [page for page in pages if shown.get(page.document) == page.revision]
        growing = {seen.revision for seen in visible if not seen.whole}
        unsure = {page.number for page in kept if page.revision in growing}
        there = await self._documents.pages_there(growing, unsure) if unsure else set()
        return [page for page in kept if page.revision not in growing or (page.revision, page.number) in there]


class _Pages:
    """Stored pages for the answer room, as they were when they were searched. A page that was `left` to OCR may have got its words
    since; no passage holds them, so it has none here."""

    def __init__(self, files: Files, visible: list[Visible], evidence: Evidence, left: set[LeftPage]) -> None:
        self._files = files
        self._visible = {seen.document: seen for seen in visible}
        told = {(page.revision, page.number) for page in evidence.pages if page.passages}
        self._wordless = {(page.revision, page.number) for page in left} - told

    async def page(self, document: str, number: int) -> Page:
        revision = self._visible[document].revision
        try:
            page = await self._files.page(document, revision, number)
        except NotFound as error:  # deleted since the search
            raise KeyError(document, number) from error
        return structs.replace(page, words=(), blocks=()) if (revision, number) in self._wordless else page

    def name(self, document: str) -> str:
        return self._visible[document].name


def _unheard(stage: str) -> None:
    """For who does not want to know."""


def _revisions(visible: list[Visible]) -> dict[str, str]:
    return {seen.document: seen.revision for seen in visible}


def _not_ready(documents: list[Document]) -> NotReady:
    names = ", ".join(document.name for document in documents[:5])
    jobs = tuple(document.job for document in documents)
    return NotReady(f"Still being read: {names}. Watch GET /v1/jobs/{{id}}/events of: {', '.join(jobs[:5])}.", jobs)


def _notes_on_reading(unfinished: list[Document]) -> list[str]:
    if not unfinished:
        return []
    names = ", ".join(document.name for document in unfinished[:5])
    more = f" and {len(unfinished) - 5} more" if len(unfinished) > 5 else ""
    return [f"Still being read, and not searched: {names}{more}."]


def _notes_on_pages(visible: list[Visible]) -> list[str]:
    growing = [
        f"{seen.name} is still being read: {seen.pages_ready:,} of {seen.pages_total:,} pages so far are searched."
        for seen in visible
        if not seen.whole
    ]
    return (
        growing
        + [
            f"{seen.pages_failed} page{'s' if seen.pages_failed > 1 else ''} of {seen.name} could not be read, and not searched."
            for seen in visible
            if seen.pages_failed
        ]
        + [
            f"{seen.pages_waiting:,} page{'s' if seen.pages_waiting > 1 else ''} of {seen.name} "
            f"{'are' if seen.pages_waiting > 1 else 'is'} left to OCR: found by images and by what text there is."
            for seen in visible
            if seen.pages_waiting
        ]
    )


def _coverage(evidence: Evidence, visible: list[Visible], documents: Sequence[str]) -> list[SearchedDocument]:
    """Of the documents that were asked for, and of those whose pages were considered."""
    shown = Counter(page.document for page in evidence.pages)
    names = {seen.document: seen.name for seen in visible}
    asked = dict.fromkeys([*evidence.considered, *documents])
    return [
        SearchedDocument(document, names[document], evidence.considered.get(document, 0), shown[document])
        for document in asked
        if document in names
    ]


def _with_coverage(answer: Answer, evidence: Evidence) -> Answer:
    """How many pages of each document were considered and read."""
    read = Counter(page.document for page in evidence.pages)
    coverage = tuple(
        structs.replace(entry, considered=evidence.considered.get(entry.document, 0), read=read[entry.document])
        for entry in answer.coverage
    )
    return structs.replace(answer, coverage=coverage)


def _complete(answer: Answer, notes: list[str], first: ReadFirst, milliseconds: float) -> Answer:
    ocr = {"ocr": first.milliseconds} if first.milliseconds else {}
    spent = {**ocr, **answer.cost.milliseconds, "total": round(milliseconds, 1)}
    return structs.replace(
        answer,
        notes=(*answer.notes, *notes),
        cost=structs.replace(answer.cost, milliseconds=spent, ocr=first.pages),
        created_at=answer.created_at or stamp(datetime.now(UTC)),
    )


def _documents_of(answer: Answer) -> set[str]:
    """Documents whose words the answer holds."""
    return {citation.document for citation in answer.citations} | {near.document for near in answer.nearest}
