"""Whose turn it is: many at a time, or one alone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Turns:
    """For tasks of one event loop. Who wants to be alone waits for those that are in, and those who come after wait for
    him."""

    def __init__(self) -> None:
        self._within = 0
        self._alone = False
        self._waiting = 0
        self._changed = asyncio.Event()

    @property
    def taken(self) -> bool:
        """Whether somebody is alone, or waits to be."""
        return self._alone or self._waiting > 0

    @asynccontextmanager
    async def shared(self) -> AsyncGenerator[None, None]:
        """Together with others."""
        while self._alone or self._waiting:
            await self._changed.wait()
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1
            self._tell()

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None, None]:
        """With nobody else within."""
        self._waiting += 1
        try:
            while self._alone or self._within:
                await self._changed.wait()
            self._alone = True
        finally:
            self._waiting -= 1
            self._tell()
        try:
            yield
        finally:
            self._alone = False
            self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
