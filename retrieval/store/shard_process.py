"""Runs the functions of retrieval/store/shards.py in a process of their own, started at the first call and again if it
dies.

One call at a time, in the order they are made. Every function may be repeated, so a call during which the process died
is made once more in a new one. `inline` runs them on a thread of this process instead: for comparison, and for tools
that end at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from retrieval.errors import StoreUnavailable
from retrieval.store import shards

P = ParamSpec("P")
T = TypeVar("T")


class ShardProcess:
    """Owner of the shard process. Used from one event loop."""

    def __init__(self, *, inline: bool = False) -> None:
        self._inline = inline
        self._executor: Executor | None = None

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of `shards` over there. Its exceptions come back; StoreUnavailable if the process died
        twice."""
        for attempt in (1, 2):
            executor = self._started()
            try:
                return await asyncio.wrap_future(executor.submit(function, *args, **kwargs))
            except BrokenProcessPool as error:
                self._discard(executor)
                if attempt == 2:
                    raise StoreUnavailable(
                        "The process that holds the index died twice in a row over the same call; the system's log may "
                        "say why (out of memory is the usual cause)."
                    ) from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Close the shards and end the process."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        # If it is gone, the log in each shard has what was written.
        with suppress(BrokenProcessPool):
            await asyncio.wrap_future(executor.submit(shards.close_all))
        await asyncio.to_thread(executor.shutdown)

    def _started(self) -> Executor:
        if self._executor is None:
            self._executor = self._new()
        return self._executor

    def _new(self) -> Executor:
        if self._inline:
            return ThreadPoolExecutor(1, thread_name_prefix="shards")
        # Spawned, not forked: a fork of a process with torch's and gRPC's threads may deadlock.
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=shards.begin)

    def _discard(self, broken: Executor) -> None:
        # Another call may have found out first and started the next one.
        if self._executor is broken:
            self._executor = None
        broken.shutdown(wait=False)
