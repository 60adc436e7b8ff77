"""The same work for many things, a few at a time; where one fails the others are cancelled and its error is raised as it is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def in_turn(things: Iterable[T], work: Callable[[T], Awaitable[None]], concurrency: int) -> None:
    """Does the work for each of the things, begun in their order, `concurrency` at a time. The first error is raised."""
    waiting = iter(things)

    async def worker() -> None:
        for thing in waiting:
            await work(thing)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(worker())
    except ExceptionGroup as errors:
        # Not `except*`: what is raised in its block comes out in a group again.
        raise errors.exceptions[0] from None
