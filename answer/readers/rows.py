"""Rows of a batch while they are generated: text as soon as it is whole, an end for each, and when to stop. Imports
transformers: only for code that generates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from transformers import StoppingCriteria
from transformers.generation.streamers import BaseStreamer

from answer.reader import TextDelta, Usage
from answer.readers.loaded import LoadedModel

if TYPE_CHECKING:
    from answer.readers.generating import Job


class _Row:
    """One reply as it grows. Text is told when it can't change any more: a character may take several tokens."""

    def __init__(self, job: "Job", prompt_tokens: int) -> None:
        self.job = job
        self.prompt_tokens = prompt_tokens
        self.tokens: list[int] = []
        self.ended = False
        self._told = 0
        self._from = 0

    def add(self, token: int, model: LoadedModel) -> None:
        self.tokens.append(token)
        self._tell(model, final=False)
        if len(self.tokens) >= self.job.max_tokens:
            self.end(model, cut=True)

    def end(self, model: LoadedModel, *, cut: bool) -> None:
        if self.ended:
            return
        self.ended = True
        self._tell(model, final=True)
        self.job.tell(Usage(self.prompt_tokens, len(self.tokens), 1, cut))

    def _tell(self, model: LoadedModel, *, final: bool) -> None:
        # Decoded from a little before what is new, since some tokens read differently at the start of a text.
        text = model.tokenizer.decode(self.tokens[self._from :], skip_special_tokens=True)
        if final or (text and not text.endswith("\ufffd")):
            if text[self._told :]:
                self.job.tell(TextDelta(text[self._told :]))
            self._from = max(self._from, len(self.tokens) - 8) if not final and text else self._from
            kept = model.tokenizer.decode(self.tokens[self._from :], skip_special_tokens=True)
            self._told = len(kept)


class Rows(BaseStreamer):  # type: ignore[misc]  # transformers has no types
    """Hears every step of a batch."""

    def __init__(self, jobs: Sequence["Job"], model: LoadedModel, prompt_tokens: Sequence[int]) -> None:
        self.rows = [_Row(job, int(tokens)) for job, tokens in zip(jobs, prompt_tokens, strict=True)]
        self._model = model
        self._stops = model.stops()
        self._prompt = True

    def put(self, value: Any) -> None:
        """The prompt (rows, length) first, then a token a row."""
        if self._prompt:
            self._prompt = False
            return
        for row, token in zip(self.rows, value.tolist(), strict=True):
            if row.ended or row.job.cancelled:
                continue
            if token in self._stops:
                row.end(self._model, cut=False)
            else:
                row.add(token, self._model)

    def end(self) -> None:
        """Called when generation ends by itself."""

    def finish(self) -> None:
        """An end for rows that have none yet."""
        for row in self.rows:
            row.end(self._model, cut=True)


class Stop(StoppingCriteria):  # type: ignore[misc]
    """Stops a row that has ended or was given up."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """A flag a row."""
        import torch

        over = [row.ended or row.job.cancelled for row in self._rows.rows]
        return torch.tensor(over, device=input_ids.device, dtype=torch.bool)
