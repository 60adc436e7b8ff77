"""A server that speaks the chat-completions protocol over real HTTP, on a thread of its own, and does as it is told."""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.response import Stream
from msgspec import Struct


class Turn(Struct, frozen=True):
    """What the next call gets: `text` in pieces with `pause` seconds before each; or an error of `status`. `drop`: the
    connection ends after that many pieces without a word; `finish`: why the reply ends."""

    text: str = ""
    status: int = 200
    error: str = ""
    pause: float = 0.0
    drop: int | None = None
    finish: str = "stop"
    if_schema: int | None = None
    """Status for calls that ask for a response format; others get the text."""
    refuses: tuple[str, ...] = ()
    """Parameters that are refused by name, the first that was sent."""


class ChatServer:
    """One server. `asked` holds the bodies of calls, `turns` what to do (the last one again and again;
    first what `by_prompt` says for words of the system message), `most` the calls
    under way at a time at most, `closed` how many streams the client left."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.turns: deque[Turn] = deque()
        self.by_prompt: dict[str, Turn] = {}
        self.length: int | None = 16_384
        self.under_way = 0
        self.most = 0
        self.closed = 0
        self.url = ""

    def next_turn(self, body: dict[str, Any]) -> Turn:
        system = str(body["messages"][0]["content"])
        for words, turn in self.by_prompt.items():
            if words in system:
                return turn
        return self.turns.popleft() if len(self.turns) > 1 else self.turns[0]

    async def stream(self, turn: Turn) -> AsyncIterator[bytes]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for place, at in enumerate(range(0, len(turn.text), 20)):
                await asyncio.sleep(turn.pause)
                if turn.drop == place:
                    raise ConnectionResetError
                yield _event({"choices": [_choice({"content": turn.text[at : at + 20]}, None)]})
            yield _event({"choices": [_choice({}, turn.finish)]})
            yield _event({"choices": [], "usage": {"prompt_tokens": 321, "completion_tokens": 45, "total_tokens": 366}})
            yield b"data: [DONE]\n\n"
        except (asyncio.CancelledError, GeneratorExit):
            self.closed += 1
            raise
        finally:
            self.under_way -= 1


def _choice(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}


def _event(more: dict[str, Any]) -> bytes:
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", **more}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _app(server: ChatServer) -> Litestar:
    @post("/v1/chat/completions")
    async def chat(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await request.json()
        server.asked.append(body)
        server.keys.append(request.headers.get("authorization", ""))
        turn = server.next_turn(body)
        named = next((name for name in turn.refuses if name in body), None)
        if named is not None:
            message = f"Unsupported parameter: '{named}' is not supported with this model."
            return Response({"error": {"message": message, "type": "invalid_request_error"}}, status_code=400)
        refused = turn.if_schema if turn.if_schema and "response_format" in body else None
        if refused or turn.status != 200:
            error = {"error": {"message": turn.error or "not supported here", "type": "invalid_request_error"}}
            return Response(error, status_code=refused or turn.status, headers={"retry-after-ms": "10"})
        return Stream(server.stream(turn), media_type="text/event-stream", status_code=200)

    @get("/v1/models")
    async def models() -> Response[Any]:
        if server.length is None:
            return Response({"detail": "no such route"}, status_code=404)
        model = {"id": "tiny", "object": "model", "created": 1, "owned_by": "tests", "max_model_len": server.length}
        return Response({"object": "list", "data": [model]})

    return Litestar([chat, models], openapi_config=None, logging_config=None)


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """A server that listens, until the end of the block."""
    server = ChatServer()
    config = uvicorn.Config(_app(server), host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not running.started:
        assert time.monotonic() < deadline, "the chat server did not start"
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(10)
