"""A model behind an OpenAI-compatible server as what extraction and judging ask: a prompt in, its words out."""

from answer import Message, Reader, ReadRequest, ServedModel, ServedReader, TextDelta, TextPart
from api.errors import InvalidInput

REPLY_TOKENS = 256
"""As the published extraction allows; a grade needs fewer."""


class ReaderCompleter:
    """Any of Quire's readers that has a model, asked in plain text. Raises the reader's `ReaderError`."""

    def __init__(self, reader: Reader, name: str, max_tokens: int = REPLY_TOKENS) -> None:
        self.name = name
        self._reader = reader
        self._max_tokens = max_tokens

    async def complete(self, prompt: str) -> str:
        """The whole reply."""
        messages = (Message("user", (TextPart(prompt),)),)
        request = ReadRequest(question="", messages=messages, max_tokens=self._max_tokens)
        return "".join([event.text async for event in self._reader.read(request) if isinstance(event, TextDelta)])

    async def close(self) -> None:
        """Give the connections back."""
        if isinstance(self._reader, ServedReader):
            await self._reader.close()


def served(place: str, key: str | None = None) -> ReaderCompleter:
    """The model at `NAME@URL`, such as Qwen/Qwen3-8B@http://localhost:8001/v1. Raises `InvalidInput`."""
    name, _, url = place.rpartition("@")
    if not name or not url.startswith(("http://", "https://")):
        raise InvalidInput(f"A model is named NAME@URL, such as Qwen/Qwen3-8B@http://localhost:8001/v1, not {place!r}.")
    return ReaderCompleter(ServedReader(ServedModel(model=name, url=url, api_key=key)), name)
