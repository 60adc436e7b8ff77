"""Before a question is answered: pages that are left to OCR, and that it finds, get their words."""

import time
from collections.abc import Callable
from itertools import count

from msgspec import Struct

from answer import OcrPage
from api.catalogue import Documents, Left, LeftPage, Visible
from api.choosing import choose
from api.models import Models, as_problems
from api.schemas import AskRequest, OcrEvent
from api.settings import IngestSettings
from api.words import Words
from retrieval import Scope, breadth

FROZEN = "The index is being built anew; pages that are left to OCR are not read until that has ended."

Heard = Callable[[OcrEvent], None]


class ReadFirst(Struct, frozen=True):
    """Pages that have got their words, why others have not, and the milliseconds that all of that took (0: there was nothing to
    read)."""

    pages: tuple[OcrPage, ...] = ()
    problems: tuple[str, ...] = ()
    milliseconds: float = 0.0


class WordsFirst:
    """Within the bounds that the settings give to one question."""

    def __init__(
        self, settings: IngestSettings, documents: Documents, left: Left, models: Models, words: Words
    ) -> None:
        self.settings = settings
        self._documents, self._left, self._models, self._words = documents, left, models, words

    async def read(self, request: AskRequest, on_stage: Callable[[str], None], on_ocr: Heard | None) -> ReadFirst:
        """Reads what the question needs, in a stage of its own if there is something."""
        began = time.perf_counter()
        visible = await self._documents.visible(request.collection, request.documents)
        if not self._words.enabled or not any(seen.pages_waiting for seen in visible):
            return ReadFirst()
        if await self._models.index.frozen(request.collection):
            return ReadFirst(problems=(FROZEN,))
        chosen = await self._chosen(request, visible)
        if not chosen:
            return ReadFirst()
        on_stage("ocr")
        names = {seen.document: seen.name for seen in visible}
        numbers = count(1)

        def begun(page: LeftPage) -> None:
            if on_ocr is not None:
                on_ocr(OcrEvent(page.document, names[page.document], page.number, next(numbers), len(chosen)))

        outcome = await self._words.read(chosen, self.settings.ocr_seconds, begun)
        on_stage("search")
        pages = tuple(
            OcrPage(one.page.document, names[one.page.document], one.page.number, one.words, one.milliseconds)
            for one in outcome.read
        )
        problems = tuple(f"A page that the question finds could not be read by OCR: {why}" for why in outcome.problems)
        return ReadFirst(pages, problems, round((time.perf_counter() - began) * 1000, 1))

    async def _chosen(self, request: AskRequest, visible: list[Visible]) -> list[LeftPage]:
        retriever = await self._models.retriever()
        hidden = await self._documents.hidden(request.collection)
        scope = Scope(request.collection, tuple(request.documents), hidden)
        limit = breadth(request.question, self.settings.ocr_pages)
        with as_problems():
            return await choose(request.question, scope, visible, self._left, retriever, limit)
