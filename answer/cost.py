"""What an answer takes: wall time by stage, pages, calls, tokens."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from answer.answer import Cost
from answer.reader import Capacity, Reader, ReadRequest, TextDelta, Usage
from retrieval import Evidence


class Clock:
    """Wall time by stage, and who wants to hear of each as it begins. Chains run at the same time, so the stages
    may add up to more than the total."""

    def __init__(self, on_stage: Callable[[str], None] | None = None) -> None:
        self._on_stage = on_stage
        self._begun = time.perf_counter()
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside as `name`."""
        if self._on_stage is not None:
            self._on_stage(name)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.milliseconds[name] = round((time.perf_counter() - begun) * 1000, 1)

    def total(self) -> float:
        """Milliseconds since the clock was made."""
        return round((time.perf_counter() - self._begun) * 1000, 1)


class Tally:
    """Calls and tokens of all that a question takes, whatever becomes of the replies."""

    def __init__(self) -> None:
        self.input_tokens = 0
        self.output_tokens = 0
        self.model_calls = 0

    def add(self, usage: Usage) -> None:
        """A call that has ended."""
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.model_calls += usage.model_calls

    @property
    def tokens(self) -> dict[str, int]:
        """By direction; empty without a model."""
        told = {"input": self.input_tokens, "output": self.output_tokens}
        return told if any(told.values()) else {}


class CountedReader:
    """A reader whose calls are counted, also those that break off, and whose text is heard as it comes."""

    def __init__(self, reader: Reader, tally: Tally, on_text: Callable[[str], None] | None = None) -> None:
        self._reader = reader
        self._tally = tally
        self._on_text = on_text

    @property
    def models(self) -> tuple[str, ...]:
        """The reader's."""
        return self._reader.models

    async def capacity(self) -> Capacity | None:
        """The reader's."""
        return await self._reader.capacity()

    async def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        """The reader's stream."""
        writes = await self._reader.capacity() is not None  # what is no model has nothing to be heard or counted
        ended = False
        try:
            async for event in self._reader.read(request):
                if isinstance(event, TextDelta) and writes and self._on_text is not None:
                    self._on_text(event.text)
                elif isinstance(event, Usage):
                    self._tally.add(event)
                    ended = True
                yield event
        finally:
            if writes and not ended:
                self._tally.model_calls += 1  # it was begun, and has cost what it has cost


def cost(evidence: Evidence, clock: Clock, pages: int, models: tuple[str, ...], tally: Tally) -> Cost:
    """The cost of an answer; `search` and `total` include the time of the search that found the evidence."""
    search = round(evidence.milliseconds.get("total", sum(evidence.milliseconds.values())), 1)
    return Cost(
        milliseconds={"search": search, **clock.milliseconds, "total": round(search + clock.total(), 1)},
        pages_read=pages,
        models=models,
        model_calls=tally.model_calls,
        tokens=tally.tokens,
    )
