"""Wakes those who wait for a job's next event, within this process."""

import asyncio


class Signals:
    """One event a job, made when somebody listens and gone when it rings."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        self.closed = False
        """Set when the service stops: who waits should wait no longer."""

    def close(self) -> None:
        """Wakes everybody, for the last time."""
        self.closed = True
        for job in list(self._waiting):
            self.notify(job)

    def listen(self, job: str) -> asyncio.Event:
        """What rings at the job's next change; take it before looking, so that nothing is missed between."""
        return self._waiting.setdefault(job, asyncio.Event())

    def notify(self, job: str) -> None:
        """Rings."""
        event = self._waiting.pop(job, None)
        if event is not None:
            event.set()

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Returns at the ring, or after `seconds`."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
