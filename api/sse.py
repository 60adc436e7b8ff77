"""Server-Sent Events: messages as msgspec objects, and a heartbeat that keeps proxies from closing a quiet stream."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import TypeVar

import msgspec
from litestar.response import ServerSentEventMessage, Stream

T = TypeVar("T")

HEARTBEAT = b": heartbeat\r\n"
"""A comment line, without the blank line that ends an event: some clients would report an empty one."""


def message(event: str, data: object, id: int | None = None) -> ServerSentEventMessage:
    """A named event with `data` as JSON on one line."""
    return ServerSentEventMessage(event=event, data=msgspec.json.encode(data), id=id)


async def with_heartbeat(source: AsyncIterator[T], seconds: float) -> AsyncGenerator[T | None]:
    """The items of `source`, and None whenever `seconds` go by without one. Closes `source` when closed itself."""
    pending: asyncio.Task[T] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(_next(source))
            done, _ = await asyncio.wait({pending}, timeout=seconds)
            if not done:
                yield None
                continue
            task, pending = pending, None
            try:
                item = task.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending
        if close := getattr(source, "aclose", None):
            await close()


async def _next(source: AsyncIterator[T]) -> T:
    return await anext(source)


def event_stream(source: AsyncIterator[ServerSentEventMessage], heartbeat_seconds: float) -> Stream:
    """The response that sends `source`, with heartbeats. When the client goes, `source` is closed."""

    async def content() -> AsyncIterator[bytes]:
        async with aclosing(with_heartbeat(source, heartbeat_seconds)) as items:
            async for item in items:
                yield HEARTBEAT if item is None else item.encode()

    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # the latter for nginx, which would hold it back
    return Stream(content(), media_type="text/event-stream", headers=headers, status_code=200)
