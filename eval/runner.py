"""Asking a benchmark's questions: bounded in number at once, resumed where it stopped, never ended by one that fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct

from api.errors import NotReady, QuireError, Unavailable
from api.schemas import AskRequest, SearchRequest, SearchResponse
from eval.dataset import FREE, Question
from eval.errors import ServiceGone
from eval.ledger import Ledger
from eval.record import Ranked, Result, RunOptions, Taken
from eval.system import System
from eval.together import in_turn

T = TypeVar("T")
PAUSES = (0.5, 2.0, 8.0)
"""Seconds before a call that found the service unavailable is made again."""
GONE = 5
"""Questions in a row that find the service unavailable before the run stops."""


class Asker:
    """Asks one system over one collection. `documents` by name, as taken in."""

    def __init__(self, system: System, documents: Mapping[str, Taken], options: RunOptions) -> None:
        self._system = system
        self._documents = documents
        self._options = options

    async def ask(self, question: Question) -> Result:
        """Two searches and the question itself, timed apart. Raises `QuireError` where the service does."""
        calls = _Calls()
        ids = [taken.id for name in question.documents if (taken := self._documents[name]).error is None]
        text, collection, depth = question.text, self._options.collection, self._options.depth
        wanted = SearchRequest(question=text, collection=collection, documents=ids, limit=depth)
        inside = await calls.time("search", lambda: self._system.search(wanted))
        over_all = None
        if self._options.over_all:
            anywhere = SearchRequest(question=text, collection=collection, limit=depth)
            over_all = _ranked(await calls.time("search over all", lambda: self._system.search(anywhere)))
        request = AskRequest(question=text, collection=collection, documents=ids, pages=self._options.pages)
        answer = await calls.time("ask", lambda: self._system.ask(request))
        return Result(
            question=question.id,
            at=_now(),
            answer=answer,
            inside=_ranked(inside),
            over_all=over_all,
            cited_text=await self._text({(cited.document, cited.page) for cited in answer.citations}),
            milliseconds=calls.spent,
            attempts=calls.most,
            gold_text=await self._text(self._beside_gold(question)),
        )

    def missing(self, question: Question) -> str | None:
        """Why the question can't be asked: none of its documents could be read, or not the one it is about."""
        home = self._documents[question.home]
        return f"The document {home.name} could not be read: {home.error}" if home.error is not None else None

    def _beside_gold(self, question: Question) -> set[tuple[str, int]]:
        """The pages that a judge is shown: gold ones, and those before and after. None for answers scored by rules."""
        if question.format != FREE:
            return set()
        homes = [(self._documents[page.document], page.number) for page in question.pages]
        return {
            (taken.id, number)
            for taken, gold in homes
            for number in range(max(1, gold - 1), min(taken.pages, gold + 1) + 1)
        }

    async def _text(self, pages: set[tuple[str, int]]) -> dict[str, str]:
        return {f"{id_}:{number}": (await self._system.page(id_, number)).text for id_, number in sorted(pages)}


class _Calls:
    """Times calls, and makes them again where the service is unavailable for a moment."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.most = 1

    async def time(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        for attempt, pause in enumerate((*PAUSES, None), start=1):
            started = time.perf_counter()
            try:
                found = await call()
            except (Unavailable, NotReady):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
                continue
            self.spent[name] = round(1000 * (time.perf_counter() - started), 1)
            self.most = max(self.most, attempt)
            return found
        raise AssertionError("the last attempt returns or raises")


class Outcome(Struct, frozen=True):
    """How a run went: questions asked now, those that had their answer already, and those without one."""

    asked: int
    before: int
    failed: int


async def ask_all(
    asker: Asker,
    questions: Sequence[Question],
    ledger: Ledger,
    *,
    concurrency: int,
    tell: Callable[[Question, Result], None],
) -> Outcome:
    """Asks those that have no answer in the ledger yet (those that failed too), `concurrency` at a time.

    Raises `ServiceGone` after `GONE` questions in a row that found no service; what was answered is kept.
    """
    kept = ledger.read()
    waiting = [
        question for question in questions if (found := kept.get(question.id)) is None or found.error is not None
    ]
    for question in questions:
        if (found := kept.get(question.id)) is not None and found.error is None:
            tell(question, found)
    gone = failed = 0

    async def ask(question: Question) -> None:
        nonlocal gone, failed
        result, away = await _answer(asker, question)
        ledger.append(result)
        tell(question, result)
        failed += result.error is not None
        gone = gone + 1 if away else 0
        if gone >= GONE:
            raise ServiceGone(
                f"{gone} questions in a row found no service ({result.error}). The same command goes on from here."
            )

    await in_turn(waiting, ask, concurrency)
    return Outcome(len(waiting), len(questions) - len(waiting), failed)


async def _answer(asker: Asker, question: Question) -> tuple[Result, bool]:
    """The result, and whether there was no service to give one."""
    if (reason := asker.missing(question)) is not None:
        return Result(question.id, _now(), error=reason), False
    try:
        return await asker.ask(question), False
    except QuireError as error:
        return Result(question.id, _now(), error=f"{error.type}: {error}"), isinstance(error, Unavailable)
    except Exception as error:  # noqa: BLE001  # a fault in the system under test is a result, not an end of the run
        return Result(question.id, _now(), error=f"{type(error).__name__}: {error}"), False


def _ranked(found: SearchResponse) -> tuple[Ranked, ...]:
    return tuple(Ranked(page.document, page.number, round(page.score, 6)) for page in found.pages)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
