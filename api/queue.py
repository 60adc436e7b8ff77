"""The durable queue: DBOS remembers on disk which jobs were begun, and starts them again after a crash.

The catalogue is the truth about what a job is and how far it came; a workflow here is one attempt at it. DBOS is one per
process, so there can be one running `Queue` in a process. Knows nothing of documents.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError as FutureCancelled

import structlog
from dbos import DBOS, SetWorkflowID, error

Run = Callable[[str], Awaitable[None]]
"""Works on a job until it has ended. It may raise: the attempt is then repeated. It must end the job itself in `Fail`."""
Fail = Callable[[str, Exception], Awaitable[None]]
"""Ends a job whose attempts are used up."""

ATTEMPTS = 3
QUEUE, INDEXES = "documents", "indexes"
"""Two lines: to build an index anew may take hours, and documents are read meanwhile."""
# One version for all: DBOS resumes a workflow only under the version that began it, and by default takes a hash of the source.
VERSION = "1"
POLL_SECONDS = 0.1

log = structlog.get_logger(__name__)
_running: "Queue | None" = None


class Queue:
    """Runs jobs in the order of their arrival, `concurrency` at once, on the event loop that called `start`."""

    def __init__(self, database_url: str, run: Run, fail: Fail, *, concurrency: int) -> None:
        self._url = database_url
        self._run = run
        self._fail = fail
        self._concurrency = concurrency
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing = False

    async def start(self) -> None:
        """Takes up what an earlier process left, and waits for more."""
        global _running
        if _running is not None:
            raise RuntimeError("A process can run one Queue (DBOS is one per process); close the other one first.")
        self._loop = asyncio.get_running_loop()
        _running = self
        await asyncio.to_thread(self._launch)

    def _launch(self) -> None:
        DBOS(
            config={
                "name": "quire",
                "system_database_url": self._url,
                "application_version": VERSION,
                "log_level": "CRITICAL",  # each failed attempt is logged here, once; DBOS would add its own stack twice
                "notification_listener_polling_interval_sec": 1.0,
            }
        )
        DBOS.launch()
        for queue, concurrency in ((QUEUE, self._concurrency), (INDEXES, 1)):
            DBOS.register_queue(queue, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS)

    async def submit(self, job: str, queue: str = QUEUE) -> None:
        """Has the job worked on. Submitting it again while an attempt is alive changes nothing."""
        await asyncio.to_thread(_enqueue, job, queue)

    def working(self, job: str) -> bool:
        """Whether the job is being worked on in this process."""
        return job in self._tasks

    async def stop(self, job: str) -> None:
        """Waits until nothing works on the job any more."""
        task = self._tasks.get(job)
        if task is not None:
            await asyncio.wait([task])

    async def forget(self, jobs: list[str]) -> None:
        """Removes every trace of ended jobs."""
        await asyncio.to_thread(_forget, jobs)

    async def close(self) -> None:
        """Stops where it is; what is unfinished goes on at the next start."""
        global _running
        self._closing = True
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0)
        _running = None

    def attempt(self, job: str) -> bool:
        """Called in a thread of DBOS: works on the job on our loop; False if the service closed under it."""
        if self._closing or self._loop is None:
            return False
        try:
            asyncio.run_coroutine_threadsafe(self._work(job), self._loop).result()
        except (FutureCancelled, asyncio.CancelledError):
            return False
        return True

    def give_up(self, job: str, error: Exception) -> None:
        """Called in a thread of DBOS: ends a job that failed too often."""
        if not self._closing and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(job, error), self._loop).result()

    async def _work(self, job: str) -> None:
        task = asyncio.ensure_future(self._run(job))
        self._tasks[job] = task
        try:
            await task
        finally:
            self._tasks.pop(job, None)

    async def _end(self, job: str, error: Exception) -> None:
        await self._fail(job, error)


@DBOS.step(name="attempt", retries_allowed=True, interval_seconds=0.5, max_attempts=ATTEMPTS, backoff_rate=2.0)
def _attempt(job: str) -> bool:
    if _running is None:
        return False
    try:
        return _running.attempt(job)
    except Exception:
        log.exception("An attempt at a job failed", job=job)
        raise


@DBOS.workflow(name="read-document", max_recovery_attempts=None)
def _workflow(job: str) -> bool:
    try:
        return _attempt(job)
    except error.DBOSMaxStepRetriesExceeded as failure:
        if _running is not None:
            _running.give_up(job, failure.errors[-1])
        return False


def _attempt_id(job: str, attempt: int) -> str:
    return job if attempt == 0 else f"{job}.{attempt}"


def _enqueue(job: str, queue: str) -> None:
    attempt = 0
    while (status := DBOS.get_workflow_status(_attempt_id(job, attempt))) is not None:
        if status.status in ("PENDING", "ENQUEUED", "DELAYED"):
            return
        attempt += 1  # that attempt ended with its process: the catalogue says that there is more to do
    with SetWorkflowID(_attempt_id(job, attempt)):
        DBOS.enqueue_workflow(queue, _workflow, job)


def _forget(jobs: list[str]) -> None:
    for job in jobs:
        attempt = 0
        while DBOS.get_workflow_status(_attempt_id(job, attempt)) is not None:
            DBOS.delete_workflow(_attempt_id(job, attempt))
            attempt += 1
