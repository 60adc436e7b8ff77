"""A model behind any server that speaks OpenAI's chat completions: vLLM, TGI, llama.cpp, `transformers serve`, hosted
ones."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from answer.errors import ContextExceeded, ReaderError, ReaderTimedOut, ReaderUnavailable
from answer.reader import Capacity, ImagePart, Message, ReadRequest, TextDelta, TextPart, Usage
from answer.readers.control import harmless
from answer.readers.schema import strict_schema

if TYPE_CHECKING:
    import openai

UNKNOWN_CONTEXT = 32_768
"""Tokens that a model is taken to read where neither a setting nor the server says (vLLM does): what Qwen2.5-VL and
Qwen3-VL are served with at the least."""

_TOO_LONG = re.compile(
    r"context.?(?:length|size|window)|maximum context|max_model_len|prompt is too long|too many tokens|"
    r"max_new_tokens`? must be",
    re.IGNORECASE,
)


class ServedModel(Struct, frozen=True):
    """Where a model is and how it is called. `url` ends in `/v1` as a rule. `context` in tokens (None: as the server
    says). `images`: whether it sees. `seconds`: how long it may be silent; `retries` after that, or where it is away,
    with a growing pause; `concurrent`: calls at a time, more wait."""

    model: str
    url: str
    api_key: str | None = None
    context: int | None = None
    images: bool = True
    seconds: float = 120.0
    connect_seconds: float = 5.0
    retries: int = 2
    concurrent: int = 4
    structured: bool = True
    """Whether to ask for output held to a schema; a server that refuses it is asked for plain text from then on."""


class ServedReader:
    """Implements `answer.reader.Reader` over the `openai` package. Retries are made until the first text has come; a
    stream that breaks off later is an error, since what was heard can't be unsaid."""

    def __init__(self, served: ServedModel) -> None:
        self._served = served
        self._refused: set[str] = set()
        self._slots = asyncio.Semaphore(served.concurrent)
        self._client: openai.AsyncOpenAI | None = None
        self._capacity: Capacity | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The model's name."""
        return (self._served.model,)

    async def capacity(self) -> Capacity:
        """As set, else as the server says. `ReaderUnavailable` where it can't be asked."""
        if self._capacity is None:
            context = self._served.context or await self._asked_context()
            self._capacity = Capacity(context, self._served.images)
        return self._capacity

    async def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        """Stream the reply. Closing the stream closes the connection, and a server stops generating."""
        async with self._slots:
            stream = await self._open(request)
            try:
                async for event in self._events(stream):
                    yield event
            finally:
                await stream.close()

    async def close(self) -> None:
        """Lets connections go."""
        if self._client is not None:
            await self._client.close()

    def _connected(self) -> "openai.AsyncOpenAI":
        if self._client is None:
            import httpx2
            import openai

            served = self._served
            self._client = openai.AsyncOpenAI(
                base_url=served.url,
                api_key=served.api_key or "none",  # servers of one's own want none, the package wants one
                timeout=httpx2.Timeout(served.seconds, connect=served.connect_seconds),
                max_retries=served.retries,
            )
        return self._client

    async def _asked_context(self) -> int:
        """The context that the server names for the model (vLLM: `max_model_len`), or a common one."""
        import openai

        try:
            models = (await self._connected().models.list()).data
        except openai.APIStatusError as error:
            if error.status_code in (401, 403):
                raise self._error(error) from error
            # A server without that route, or (`transformers serve` without a cache) with a broken one: it is there.
            return UNKNOWN_CONTEXT
        except openai.APIError as error:
            raise self._error(error) from error
        told = [(each.model_extra or {}).get("max_model_len") for each in models if each.id == self._served.model]
        return next((length for length in told if isinstance(length, int) and length > 0), UNKNOWN_CONTEXT)

    async def _open(self, request: ReadRequest) -> "openai.AsyncStream[Any]":
        """The stream of a call. What of its parameters the server refuses is left out from then on, one after the
        other: a schema, which not all have; those that hosted models have given up."""
        import openai

        refused = set(self._refused)
        while True:
            sent = self._parameters(request, refused)
            try:
                stream = await self._call(request, sent)
            except openai.APIError as error:
                dropped = _refused(error, sent)
                if dropped is None:
                    raise self._error(error) from error
                refused.add(dropped)
            else:
                self._refused = refused
                return stream

    def _parameters(self, request: ReadRequest, refused: set[str]) -> dict[str, Any]:
        limit = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
        sent: dict[str, Any] = {
            limit: request.max_tokens,
            "temperature": 0.0,
            "stream_options": {"include_usage": True},
        }
        schema = strict_schema(request) if self._served.structured else None
        if schema is not None:
            form = {"name": schema[0], "schema": schema[1], "strict": True}
            sent["response_format"] = {"type": "json_schema", "json_schema": form}
        return {name: value for name, value in sent.items() if name not in refused}

    async def _call(self, request: ReadRequest, sent: dict[str, Any]) -> "openai.AsyncStream[Any]":
        create: Any = self._connected().chat.completions.create
        messages = [_wire(message) for message in request.messages]
        stream: openai.AsyncStream[Any] = await create(model=self._served.model, messages=messages, stream=True, **sent)
        return stream

    async def _events(self, stream: "openai.AsyncStream[Any]") -> AsyncIterator[TextDelta | Usage]:
        import openai

        characters, finished, took = 0, None, None
        try:
            async for chunk in stream:
                took = chunk.usage or took
                for choice in chunk.choices[:1]:
                    finished = choice.finish_reason or finished
                    if getattr(choice.delta, "refusal", None):
                        raise ReaderError(f"{self._served.model} refused: {choice.delta.refusal}")
                    if choice.delta.content:
                        characters += len(choice.delta.content)
                        yield TextDelta(choice.delta.content)
        except openai.APIError as error:
            raise self._error(error, f", which broke off after {characters:,} characters") from error
        except ValueError as error:
            raise ReaderUnavailable(f"{self._where()} sends what is no chat completion: {error}") from error
        if finished is None:
            raise ReaderUnavailable(f"{self._where()} broke off after {characters:,} characters.")
        yield Usage(
            input_tokens=took.prompt_tokens if took else 0,
            output_tokens=took.completion_tokens if took else 0,
            model_calls=1,
            cut=finished == "length",
        )

    def _where(self) -> str:
        return f"The model server at {self._served.url} ({self._served.model})"

    def _error(self, error: Exception, more: str = "") -> ReaderError:
        """The error in our terms; names the server and the model."""
        import openai

        where, tries = f"{self._where()}{more}", self._served.retries + 1
        if isinstance(error, openai.APITimeoutError):
            return ReaderTimedOut(f"{where}: no reply within {self._served.seconds:g} s, tried {tries} times at most.")
        if isinstance(error, openai.APIConnectionError):
            return ReaderUnavailable(f"{where} can't be reached, tried {tries} times at most: {_cause(error)}")
        if _TOO_LONG.search(str(error)):
            return ContextExceeded(f"{where} takes no prompt of this length: {_said(error)}")
        return ReaderUnavailable(f"{where} refused the call: {_said(error)}")


def _refused(error: Exception, sent: Mapping[str, Any]) -> str | None:
    """The parameter that a server refuses; None where the call fails for another reason. A refusal that names none is
    taken to be of the schema: servers without them answer 400, 422, 501 or 500, and say it in many ways."""
    import openai

    if not isinstance(error, openai.APIStatusError) or _TOO_LONG.search(str(error)):
        return None
    if error.status_code not in (400, 422) and error.status_code < 500:
        return None
    if error.status_code < 500:
        named = [name for name in sent if re.search(rf"\b{name}\b", str(error))]
        if named:
            return named[0]
    return "response_format" if "response_format" in sent and error.status_code != 503 else None


def _cause(error: BaseException) -> str:
    """What lies at the bottom: the package's own message is "Connection error."."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _wire(message: Message) -> Mapping[str, Any]:
    """A message as the protocol has it: a plain string where there are only words, since some servers take no more."""
    if not any(isinstance(part, ImagePart) for part in message.parts):
        words = [harmless(part.text) for part in message.parts if isinstance(part, TextPart)]
        return {"role": message.role, "content": "\n\n".join(words)}
    return {"role": message.role, "content": [_part(part) for part in message.parts]}


def _part(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": harmless(part.text)}
    url = f"data:{part.media_type};base64,{base64.b64encode(part.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
