"""A question and its evidence in, the final answer out: pages fetched, chains run, quotes checked, reports fused."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import msgspec

from answer.adjudication import Adjudicator
from answer.answer import Answer, ChainReport
from answer.chain import Chain, ChainResult, Task
from answer.chains import TextualChain, VisualChain
from answer.compose import Parts, compose
from answer.cost import Clock, CountedReader, Tally, cost
from answer.errors import ReaderError, ReaderTimedOut
from answer.extractive import ExtractiveReader
from answer.fusion import Fused, fuse
from answer.reader import EvidenceItem, Reader
from ingest import Page
from retrieval import Evidence, EvidencePage

T = TypeVar("T")
OnText = Callable[[str, str], None]
"""Hears a model's text as it comes: the stage (a chain's name, or `adjudication`) and the next piece."""


class PageLookup(Protocol):
    """Stored pages, for verdicts and for readers that look at words."""

    async def page(self, document: str, number: int) -> Page:
        """The page as read; KeyError if it is gone."""
        ...

    def name(self, document: str) -> str:
        """The document's name for people."""
        ...


class Answerer:
    """Puts questions to one reader through every chain. Safe to use for several questions at a time.

    `chains`: both for the extractive reader and the textual one for a model, where none are given.
    `adjudicator` decides where the chains differ; without it the better supported one is followed. `chain_seconds` is
    how long a chain, or an adjudication, may take (None: as long as it wants)."""

    def __init__(
        self,
        reader: Reader,
        chains: Sequence[Chain] | None = None,
        *,
        adjudicator: Adjudicator | None = None,
        chain_seconds: float | None = None,
    ) -> None:
        self._reader = reader
        self._chains = tuple(chains) if chains is not None else _default_chains(reader)
        self._adjudicator = adjudicator
        self._seconds = chain_seconds

    async def answer(
        self,
        evidence: Evidence,
        pages: PageLookup,
        *,
        on_stage: Callable[[str], None] | None = None,
        on_text: OnText | None = None,
        answer_id: str,
        searched: Sequence[str],
    ) -> Answer:
        """Answer `evidence.question`. `searched`: ids of the documents that were searched. `on_stage` hears `pages`, the
        name of each chain, `fusion` and, where it comes to that, `adjudication`, as each begins. A chain whose reader
        fails leaves the answer to the others, with a note. Raises `ReaderError` where all fail; that nothing was found
        is an answer."""
        clock = Clock(on_stage)
        with clock.stage("pages"):
            found, notes = await _fetch(evidence, pages)
        read = tuple(page for page in evidence.pages if (page.document, page.number) in found)
        documents = dict.fromkeys([*searched, *(page.document for page in evidence.pages)])
        names = {document: pages.name(document) for document in documents}
        task = Task(evidence.question, tuple(item for page in read for item in _items(page)), found, names)
        asking = _Asking(self._reader, clock, on_text, self._seconds)
        results, failed = await asking.run(self._chains, task)
        with clock.stage("fusion"):
            fused = fuse(task.question, results)
        if self._adjudicator is not None and fused.dispute is not None:
            fused = await asking.adjudicate(self._adjudicator, task, results, fused)
        reports = _in_order(self._chains, (*(result.report for result in results), *failed))
        parts = Parts(answer_id, evidence, read, names, results, reports, fused, (*notes, *asking.notes))
        return compose(parts, cost(evidence, clock, len(found), self._reader.models, asking.tally))


def _default_chains(reader: Reader) -> tuple[Chain, ...]:
    return (TextualChain(), VisualChain(None)) if isinstance(reader, ExtractiveReader) else (TextualChain(),)


class _Asking:
    """The calls of one question: timed, counted, bounded, and heard as they go."""

    def __init__(self, reader: Reader, clock: Clock, on_text: OnText | None, seconds: float | None) -> None:
        self._reader = reader
        self._clock = clock
        self._on_text = on_text
        self._seconds = seconds
        self.tally = Tally()
        self.notes: list[str] = []

    async def run(self, chains: Sequence[Chain], task: Task) -> tuple[tuple[ChainResult, ...], tuple[ChainReport, ...]]:
        """What the chains found, at the same time, and reports of those that failed. Raises the first failure if all
        did."""

        async def attempt(chain: Chain) -> ChainResult | ReaderError:
            try:
                async with self._stage(chain.name):
                    return await chain.run(self._counted(chain.name), task)
            except ReaderError as error:
                return error

        outcomes = await _together([attempt(chain) for chain in chains])
        results = tuple(outcome for outcome in outcomes if isinstance(outcome, ChainResult))
        errors = [(chain.name, o) for chain, o in zip(chains, outcomes, strict=True) if isinstance(o, ReaderError)]
        if not results:
            raise errors[0][1]
        self.notes += [f"The {name} chain failed, so that its side is missing: {error}" for name, error in errors]
        return results, tuple(ChainReport(name, None, None, (), (), 0.0, failure=str(e)) for name, e in errors)

    async def adjudicate(
        self, adjudicator: Adjudicator, task: Task, results: Sequence[ChainResult], fused: Fused
    ) -> Fused:
        """The dispute settled; as fusion left it, with a note, where the reader fails."""
        try:
            async with self._stage(adjudicator.name):
                ruled = await adjudicator.rule(self._counted(adjudicator.name), task, results)
        except ReaderError as error:
            self.notes.append(f"The chains' dispute ({fused.dispute}) could not be adjudicated: {error}")
            return fused
        self.notes += ruled.notes
        followed = ruled.followed.report.name if ruled.followed is not None else None
        agreement = msgspec.structs.replace(fused.agreement, followed=followed, why=ruled.why, adjudicated=True)
        return Fused(agreement, ruled.followed)

    def _counted(self, stage: str) -> CountedReader:
        heard = self._on_text
        return CountedReader(self._reader, self.tally, None if heard is None else lambda text: heard(stage, text))

    @asynccontextmanager
    async def _stage(self, name: str) -> AsyncIterator[None]:
        """Timed, and ended as `ReaderTimedOut` when the time is up."""
        with self._clock.stage(name):
            try:
                async with asyncio.timeout(self._seconds) as limit:
                    yield
            except TimeoutError:
                if not limit.expired():
                    raise
                models = ", ".join(self._reader.models)
                raise ReaderTimedOut(f"{models} did not finish within {self._seconds:g} s.") from None


async def _together(runs: Sequence[Coroutine[None, None, T]]) -> list[T]:
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run) for run in runs]
    except ExceptionGroup as failed:
        # The first failure is the reason; the others were cancelled because of it.
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]


def _in_order(chains: Sequence[Chain], reports: Sequence[ChainReport]) -> tuple[ChainReport, ...]:
    order = [chain.name for chain in chains]
    return tuple(sorted(reports, key=lambda report: order.index(report.name)))


async def _fetch(evidence: Evidence, pages: PageLookup) -> tuple[dict[tuple[str, int], Page], tuple[str, ...]]:
    found: dict[tuple[str, int], Page] = {}
    notes: list[str] = []
    for hit in evidence.pages:
        try:
            page = await pages.page(hit.document, hit.number)
        except KeyError:
            notes.append(f"Page {hit.number} of {pages.name(hit.document)} is gone since the search; it was left out.")
            continue
        found[hit.document, hit.number] = page
    return found, tuple(notes)


def _items(page: EvidencePage) -> tuple[EvidenceItem, ...]:
    return tuple(
        EvidenceItem(
            id=f"{page.document}:{page.number}:{hit.ordinal}",
            document=page.document,
            page=page.number,
            text=hit.text,
            boxes=hit.boxes,
            section=hit.section,
            label=page.label,
            score=hit.score,
            dense=hit.dense,
        )
        for hit in page.passages
    )
