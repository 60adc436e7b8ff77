"""Generation in batches on one thread: calls that come together share a batch, each row streams as it goes and can be
given up between two tokens."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from answer.errors import ReaderError, ReaderUnavailable
from answer.reader import Message, TextDelta, Usage
from answer.readers.loaded import LoadedModel

Event = TextDelta | Usage | Exception


class Job:
    """One call: what is asked, how long the reply may be, and who hears of it (called on the generating thread)."""

    def __init__(self, messages: tuple[Message, ...], max_tokens: int, emit: Callable[[Event], object]) -> None:
        self.messages = messages
        self.max_tokens = max_tokens
        self.cancelled = False
        self._emit = emit

    def cancel(self) -> None:
        """Nobody listens any more."""
        self.cancelled = True

    def tell(self, event: Event) -> None:
        """Pass an event on, unless the call was given up."""
        if self.cancelled:
            return
        try:
            self._emit(event)
        except RuntimeError:  # the listener's event loop is closed
            self.cancelled = True


class Generator:
    """The thread and its queue."""

    def __init__(self, model: LoadedModel, batch: int, batch_tokens: int, wait_seconds: float) -> None:
        self._model = model
        self._batch = batch
        self._tokens = batch_tokens
        self._wait = wait_seconds
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._running: list[Job] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Have a call answered; after `close`, with an error."""
        self._queue.put(job)
        if self._closed:
            self._refuse()

    def close(self) -> None:
        """Give up what is running, refuse what waits, and end the thread."""
        self._closed = True
        self._queue.put(None)
        for job in self._running:
            job.tell(self._closing())
            job.cancel()
        self._thread.join()
        self._refuse()

    def _refuse(self) -> None:
        while True:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job.tell(self._closing())

    def _closing(self) -> ReaderUnavailable:
        return ReaderUnavailable(f"{self._model.name} is being closed.")

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if self._closed:
                job.tell(self._closing())
                continue
            jobs, last = self._gathered(job)
            self._running = jobs
            self._answer(jobs)
            self._running = []
            if last:
                return

    def _gathered(self, first: Job) -> tuple[list[Job], bool]:
        """Calls that come within the waiting time; and whether the thread is to end."""
        jobs = [first]
        until = time.monotonic() + self._wait
        while len(jobs) < self._batch:
            try:
                job = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _answer(self, jobs: Sequence[Job]) -> None:
        """Together where they fit and the processor takes them so, else one after the other."""
        jobs = [job for job in jobs if not job.cancelled]
        together = self._inputs(jobs) if len(jobs) > 1 else None
        if together is not None:
            self._generate(jobs, together)
            return
        for job in jobs:
            if job.cancelled:
                continue
            try:
                inputs = self._model.inputs([job.messages], job.max_tokens)
            except ReaderError as error:
                job.tell(error)
                continue
            except Exception as error:  # noqa: BLE001  A processor's, of any kind: told to the caller as the reader's failure.
                job.tell(_failed(self._model.name, error))
                continue
            self._generate([job], inputs)

    def _inputs(self, jobs: Sequence[Job]) -> Any:
        """The batch; None where it is too large, or the processor can't mix these (some take no batch in which one row
        has images and another none): then each is tried alone, and what is wrong with it is told to it alone."""
        most = max(job.max_tokens for job in jobs)
        try:
            inputs = self._model.inputs([job.messages for job in jobs], most)
        except Exception:  # noqa: BLE001  Each job meets its own error again when it runs alone.
            return None
        rows, length = inputs["input_ids"].shape
        return inputs if rows * (length + most) <= self._tokens else None

    def _generate(self, jobs: Sequence[Job], inputs: Any) -> None:
        import torch

        from answer.readers.rows import Rows, Stop

        rows = Rows(jobs, self._model, inputs["attention_mask"].sum(dim=1).tolist())
        try:
            with torch.inference_mode():
                self._model.network.generate(
                    **inputs,
                    max_new_tokens=max(job.max_tokens for job in jobs),
                    do_sample=False,
                    temperature=None,
                    top_p=None,
                    top_k=None,
                    pad_token_id=self._model.tokenizer.pad_token_id,
                    streamer=rows,
                    stopping_criteria=[Stop(rows)],
                )
            rows.finish()
        except Exception as error:  # noqa: BLE001  Memory, kernels, the model's own: the callers are waiting for an end.
            for job in jobs:
                job.tell(_failed(self._model.name, error))


def _failed(name: str, error: Exception) -> ReaderUnavailable:
    if "out of memory" in str(error).lower():
        return ReaderUnavailable(
            f"{name} ran out of memory; fewer or smaller page images, or fewer tokens a batch, need less: {error}"
        )
    failure = ReaderUnavailable(f"{name} failed: {type(error).__name__}: {str(error)[:300]}")
    failure.__cause__ = error
    return failure
