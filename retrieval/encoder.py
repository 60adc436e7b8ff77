"""Text to unit vectors, through sentence-transformers.

One set of weights, three lanes (questions, passages, passages in the background), each with its own tokenizer and lock:
a fast tokenizer can't serve two threads at once ("Already borrowed"), and a question must not wait for a batch of
passages.
"""

import copy
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.lexical import encodable
from retrieval.loading import fingerprint, load_model, pooling_of
from retrieval.settings import ModelIdentity

Vectors = npt.NDArray[np.float32]
Lane = Literal["question", "passage", "background"]

_BATCH = {"cpu": 8, "other": 64}
"""Texts a forward pass: on a CPU 4 to 16 cost the same a text, 32 a fifth more (out of the cache), and a small one lets
others in."""

_PADDED_TOKENS = {"cpu": 8192, "other": 65_536}
"""Tokens a forward pass where every text is padded to the full length (M2-BERT: 4, 1 and 1 texts of 2k, 8k and 32k on a
CPU; 32, 8 and 2 elsewhere). A token takes 50 to 140 kB in its layers, so that is up to 1 and 9 GB."""

_BACKGROUND_NICENESS = 5
"""Enough that a question is served first; at 10, other work on the machine all but stops it (5 % of a core)."""


class Truncated(Struct, frozen=True):
    """Texts that were longer than the model reads, and the tokens of them that it did not see."""

    texts: int
    tokens: int


class TextEncoder:
    """An encoder, loaded. Methods are synchronous and may be called from any thread."""

    def __init__(
        self,
        name: str,
        *,
        device: str = "auto",
        threads: int = 1,
        context: int | None = None,
        context_method: Literal["auto", "interpolate", "ntk"] = "auto",
    ) -> None:
        """Loads the model: seconds, and some 600 MB for the packaged one. EncoderUnavailable if it can't be had, or can't
        read `context` tokens (retrieval/context.py)."""
        model = load_model(name, device=device, threads=threads)
        weights = fingerprint(model)
        stretched = _stretch(model, name, context, context_method)
        self.identity = ModelIdentity(
            name=name,
            dimension=int(model.get_embedding_dimension()),
            pooling=pooling_of(model),
            max_tokens=int(model.max_seq_length or 0),
            fingerprint=weights,
            context=stretched,
        )
        _use_fast_arithmetic(model)
        self._lanes: dict[Lane, _Lane] = {
            "question": _Lane(model),
            "passage": _Lane(_sharing_weights(model)),
            "background": _Lane(_sharing_weights(model)),
        }

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Questions as unit vectors (n, d), with the model's own prompt for questions where it has one."""
        return self._lanes["question"].encode(texts, "encode_query")

    def encode_passages(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        """Passages as unit vectors (n, d). `background`: this thread gives way to everything else from now on
        (Linux)."""
        if background:
            _lower_priority()
        return self._lanes["background" if background else "passage"].encode(texts, "encode_document")

    def count_tokens(self, text: str) -> int:
        """How many tokens a text is to this model, special ones not counted: what passages are measured in."""
        return self._lanes["background"].count(text)

    @property
    def truncated(self) -> Truncated | None:
        """What did not fit into the model's context so far, in all lanes together; None for models that don't count
        it (all but M2-BERT)."""
        counts = [count for lane in self._lanes.values() if (count := lane.truncated) is not None]
        if not counts:
            return None
        return Truncated(sum(count.texts for count in counts), sum(count.tokens for count in counts))


class _Lane:
    """One tokenizer and lock over the shared weights."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._batch = _batch_size(model)
        self._own = _own_length(model)

    @property
    def truncated(self) -> Truncated | None:
        texts = getattr(self._model[0], "truncated_texts", None)
        return None if texts is None else Truncated(texts, self._model[0].truncated_tokens)

    def count(self, text: str) -> int:
        with self._lock:
            tokenizer = self._model.tokenizer
            if hasattr(
                tokenizer, "encode_batch"
            ):  # one of `tokenizers`, which M2-BERT has, is not wrapped by transformers
                return len(tokenizer.encode(encodable(text), add_special_tokens=False).ids)
            return len(tokenizer(encodable(text), add_special_tokens=False, verbose=False)["input_ids"])

    def encode(self, texts: Sequence[str], method: str) -> Vectors:
        if not texts:
            return np.zeros((0, int(self._model.get_embedding_dimension())), dtype=np.float32)
        with self._lock:
            clean = [encodable(text) for text in texts]
            vectors = np.zeros((len(texts), int(self._model.get_embedding_dimension())), dtype=np.float32)
            for picked in self._passes(clean, method):
                vectors[picked] = self._forward([clean[i] for i in picked], method)
        # Normalised here, in float32: half precision leaves lengths off by some 1e-3.
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    def _forward(self, texts: Sequence[str], method: str) -> Vectors:
        # Sorts by length itself, so that a batch is padded little.
        tensor = getattr(self._model, method)(
            texts, batch_size=self._batch, convert_to_tensor=True, show_progress_bar=False
        )
        vectors: Vectors = tensor.float().cpu().numpy()
        return vectors

    def _passes(self, texts: Sequence[str], method: str) -> list[list[int]]:
        """Texts that may be encoded together: those that the model was made for apart from those that it reads by
        stretched positions."""
        if self._own is None:
            return [list(range(len(texts)))]
        prompt = _prompt(self._model, method)
        lengths = [len(self._model.tokenizer(prompt + text, verbose=False)["input_ids"]) for text in texts]
        parts = (
            [i for i, n in enumerate(lengths) if n <= self._own],
            [i for i, n in enumerate(lengths) if n > self._own],
        )
        return [part for part in parts if part]


def _stretch(model: Any, name: str, context: int | None, method: Literal["auto", "interpolate", "ntk"]) -> str:
    """What was done to the model's positions; most often nothing."""
    if context is None:
        return ""
    # Imports torch, as loading does.
    from retrieval.context import extend

    return extend(model, name, context, method)


def _own_length(model: Any) -> int | None:
    from retrieval.context import own_length

    return own_length(model)


def _prompt(model: Any, method: str) -> str:
    """The prompt that sentence-transformers puts before a text."""
    names = ("query",) if method == "encode_query" else ("document", "passage", "corpus")
    named = next((name for name in names if name in model.prompts), model.default_prompt_name)
    return str(model.prompts.get(named, "")) if named else ""


def _batch_size(model: Any) -> int:
    where = "cpu" if model.device.type == "cpu" else "other"
    if getattr(model[0], "pads_to_full_length", False):
        return max(1, min(_BATCH["other"], _PADDED_TOKENS[where] // int(model.max_seq_length)))
    return _BATCH[where]


def _sharing_weights(model: Any) -> Any:
    """A copy of everything but the weights."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)


def _use_fast_arithmetic(model: Any) -> None:
    """bfloat16 where the processor multiplies it natively; elsewhere it would be emulated, and slow.

    Measured on one core of an AMD EPYC with AVX512_BF16, passages of 152 tokens: 30 ms against 50, cosine to float32
    0.9999, page recall within a question or two of it (R@5 dense 63.0 against 62.6, fused 69.9 against 70.4, N = 247).
    int8 by dynamic quantisation is little quicker still (27 ms) and another encoder (cosine 0.93): not used.

    M2-BERT stays in float32 on a CPU, where half precision saves 40 % of the time at 2k and 10 % at 8k, and costs
    more: cosine 0.995 and 0.98, with random weights, nearly all of it from the rounding of the weights
    (benchmarks/m2bert_speed.py). Elsewhere it keeps its long filters in float32 by itself.
    """
    import torch

    device = model.device.type
    if device == "cpu" and getattr(model[0], "float32_on_cpu", False):
        return
    native = torch.cpu.get_capabilities().get("avx512_bf16", False) if device == "cpu" else torch.cuda.is_available()
    if native:
        exact = {name: buffer.clone() for name, buffer in model.named_buffers() if name.endswith("inv_freq")}
        model.to(torch.bfloat16)
        # Rotary frequencies have 8 bits in bfloat16: at the 4,000th token the angle would be off by several turns.
        for name, buffer in exact.items():
            owner, _, attribute = name.rpartition(".")
            setattr(model.get_submodule(owner), attribute, buffer)


_lowered = threading.local()


def _lower_priority() -> None:
    # Linux schedules threads one by one; elsewhere the call would slow the whole process down.
    if sys.platform == "linux" and not getattr(_lowered, "done", False):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BACKGROUND_NICENESS)
        _lowered.done = True
