"""A question and its evidence in, the final answer out: pages fetched, chains run, quotes checked, reports fused."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from answer.answer import Answer
from answer.chain import Chain, ChainResult, Task, TextualChain
from answer.compose import Parts, compose
from answer.cost import Clock, cost
from answer.fusion import fuse
from answer.reader import EvidenceItem, Reader
from ingest import Page
from retrieval import Evidence, EvidencePage


class PageLookup(Protocol):
    """Stored pages, for verdicts and for readers that look at words."""

    async def page(self, document: str, number: int) -> Page:
        """The page as read; KeyError if it is gone."""
        ...

    def name(self, document: str) -> str:
        """The document's name for people."""
        ...


class Answerer:
    """Puts questions to one reader through every chain. Safe to use for several questions at a time."""

    def __init__(self, reader: Reader, chains: Sequence[Chain] = (TextualChain(),)) -> None:
        self._reader = reader
        self._chains = tuple(chains)

    async def answer(
        self,
        evidence: Evidence,
        pages: PageLookup,
        *,
        on_stage: Callable[[str], None] | None = None,
        answer_id: str,
        searched: Sequence[str],
    ) -> Answer:
        """Answer `evidence.question`. `searched`: ids of the documents that were searched. `on_stage` hears `pages`, the
        name of each chain, and `fusion`, as each begins. Raises `ReaderError` where the reader fails; that nothing was
        found is an answer."""
        clock = Clock(on_stage)
        with clock.stage("pages"):
            found, notes = await _fetch(evidence, pages)
        read = tuple(page for page in evidence.pages if (page.document, page.number) in found)
        documents = dict.fromkeys([*searched, *(page.document for page in evidence.pages)])
        names = {document: pages.name(document) for document in documents}
        task = Task(evidence.question, tuple(item for page in read for item in _items(page)), found, names)
        results = await self._run(task, clock)
        with clock.stage("fusion"):
            fused = fuse(task.question, results)
        parts = Parts(answer_id, evidence, read, names, results, fused, notes)
        return compose(parts, cost(evidence, clock, len(found), self._reader.models, results))

    async def _run(self, task: Task, clock: Clock) -> tuple[ChainResult, ...]:
        async def timed(chain: Chain) -> ChainResult:
            with clock.stage(chain.name):
                return await chain.run(self._reader, task)

        try:
            async with asyncio.TaskGroup() as group:
                runs = [group.create_task(timed(chain)) for chain in self._chains]
        except ExceptionGroup as failed:
            # The first failure is the reason; the others were cancelled because of it.
            raise failed.exceptions[0] from failed
        return tuple(run.result() for run in runs)


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
