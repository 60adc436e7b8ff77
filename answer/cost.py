"""What an answer takes: wall time by stage, pages, tokens."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from answer.answer import Cost
from answer.chain import ChainResult
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


def cost(evidence: Evidence, clock: Clock, pages: int, models: tuple[str, ...], results: Sequence[ChainResult]) -> Cost:
    """The cost of an answer; `search` and `total` include the time of the search that found the evidence."""
    search = round(evidence.milliseconds.get("total", sum(evidence.milliseconds.values())), 1)
    tokens = {
        "input": sum(result.usage.input_tokens for result in results),
        "output": sum(result.usage.output_tokens for result in results),
    }
    return Cost(
        milliseconds={"search": search, **clock.milliseconds, "total": round(search + clock.total(), 1)},
        pages_read=pages,
        models=models,
        model_calls=sum(result.usage.model_calls for result in results),
        tokens=tokens if any(tokens.values()) else {},
    )
