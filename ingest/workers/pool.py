"""The worker processes as asyncio sees them: one task a worker at a time, urgent ones first, each with a time limit.

WorkerLost          the task did not come back
├── WorkerCrashed   its process ended (crash, killed for memory)
└── WorkerTimedOut  it took longer than its limit; the process was replaced
"""

import asyncio
import heapq
import itertools
import multiprocessing
import signal
import threading
from collections.abc import AsyncIterator
from concurrent.futures import TimeoutError as TaskTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from ingest.errors import ReaderUnavailable
from ingest.workers.tasks import WorkerSettings, call, start

_PRELOAD = "ingest.workers.preload"
_STARTS = 3
_PAUSE = 0.2
# Wall seconds a task may take for a second of processor time it is allowed. Workers are niced: beside eight busy processes on two
# cores, pages that take 3 s were seen to take 40.
_WALL = 10
# Beyond a task's own limit: the time the pool may take to notice and replace the worker. Passed only when the pool itself is stuck.
_GRACE = 15.0
# For the threads of a pool that is given up.
_PATIENCE = 10.0


class WorkerLost(Exception):
    """A task whose worker did not bring a result."""


class WorkerCrashed(WorkerLost):
    """The worker process ended in the middle of the task."""


class WorkerTimedOut(WorkerLost):
    """The task took longer than its limit."""


class WorkerPool:
    """A fixed number of processes. A worker that crashes or times out costs its task only; the pool replaces it.

    No more tasks are handed over than there are workers: the pool kills a worker to cancel a task that it has in its queue,
    and what waits here can be cancelled for nothing and overtaken by what is urgent.
    """

    def __init__(self, workers: int, settings: WorkerSettings) -> None:
        self._workers = workers
        self._settings = settings
        self._slots = _Slots(workers)
        self._generation: _Generation | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    async def run(self, task: str, *args: object, seconds: float, urgent: bool = False) -> Any:
        """The result of the function of that name in `ingest.workers.worker`, which may take `seconds` of processor time.

        Raises what it raised, WorkerCrashed, WorkerTimedOut, or ReaderUnavailable.
        """
        async with self._slots.slot(urgent):
            for attempt in range(_STARTS):
                generation = await self._current()
                try:
                    return await _run_in(generation, task, args, seconds)
                except BrokenProcessPool:
                    await self._drop(generation)
                await asyncio.sleep(_PAUSE * 4**attempt)
        raise ReaderUnavailable(
            f"The worker processes that read documents end before they answer ({_STARTS} attempts). In a script of your own, "
            'start Quire under `if __name__ == "__main__":`; otherwise there may be too little memory.'
        )

    async def _current(self) -> "_Generation":
        async with self._starting:
            if self._closed:
                raise ReaderUnavailable("The reader is closed.")
            if self._generation is None:
                # Off the loop: the first start waits for the fork server's imports (0.6 s).
                pool = await asyncio.to_thread(_start, self._workers, self._settings)
                self._generation = _Generation(pool, asyncio.get_running_loop().create_future())
            return self._generation

    async def _drop(self, generation: "_Generation") -> None:
        """Ends a pool that broke; another task may have done so already, and a new one may be in its place."""
        if not generation.gone.done():
            generation.gone.set_result(None)
        if self._generation is generation:
            self._generation = None
            await asyncio.to_thread(_stop, generation.pool)

    async def close(self) -> None:
        """Ends the processes; tasks under way end with ReaderUnavailable."""
        self._closed = True
        async with self._starting:
            if self._generation is not None:
                await self._drop(self._generation)


class _Generation(NamedTuple):
    """A pool, and a future that is done when the pool was given up: pebble leaves its tasks unanswered then."""

    pool: ProcessPool
    gone: asyncio.Future[None]


async def _run_in(generation: _Generation, task: str, args: tuple[object, ...], seconds: float) -> Any:
    wall = _WALL * seconds
    try:
        future: ProcessFuture[Any] = generation.pool.schedule(call, args=(task, seconds, *args), timeout=wall)
    except RuntimeError as error:
        raise BrokenProcessPool(str(error)) from error
    result = asyncio.wrap_future(future)
    try:
        waiting = {result, generation.gone}
        await asyncio.wait(waiting, timeout=wall + _GRACE, return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            # The pool was given up; or it is stuck, as when a worker was killed from outside while it held the pool's lock.
            raise BrokenProcessPool("neither a result nor a time-out came")
        return result.result()
    except ProcessExpired as error:
        if error.exitcode == -getattr(signal, "SIGXCPU", 0):
            raise WorkerTimedOut(f"it took more than {seconds:g} s of processor time") from None
        raise WorkerCrashed(f"its worker process ended (exit code {error.exitcode})") from None
    except TaskTimeout:
        raise WorkerTimedOut(f"it took longer than {wall:g} s") from None
    finally:
        result.cancel()


def _start(workers: int, settings: WorkerSettings) -> ProcessPool:
    pool = ProcessPool(workers, initializer=start, initargs=(settings,), context=_context())
    pool._check_pool_status()  # type: ignore[no-untyped-call]  # starts the processes; otherwise the first `schedule` would, on the loop
    return pool


def _stop(pool: ProcessPool) -> None:
    """Ends the processes. A worker that was killed in the middle of a message may leave the pool's threads waiting for the rest of
    it for ever; they are then left to themselves."""
    pool.stop()  # type: ignore[no-untyped-call]
    joining = threading.Thread(target=pool.join, daemon=True)
    joining.start()
    joining.join(_PATIENCE)
    if joining.is_alive():
        pool._pool_manager.worker_manager.force_stop_workers()  # type: ignore[no-untyped-call]


def _context() -> Any:
    """`forkserver` where there is one: a worker then starts in 8 ms instead of 520 ms and shares what is imported."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOAD])
    return context


class _Slots:
    """A semaphore whose waiters are served by urgency, then in order."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @asynccontextmanager
    async def slot(self, urgent: bool) -> AsyncIterator[None]:
        await self._take(0 if urgent else 1)
        try:
            yield
        finally:
            self._give()

    async def _take(self, rank: int) -> None:
        if self._free > 0 and not self._waiting:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
