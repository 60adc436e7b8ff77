"""M2-BERT as a sentence-transformers model: texts in, unit vectors out, through the same calls as any other."""

import logging
from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor

from retrieval.m2bert.checkpoint import load_network
from retrieval.m2bert.network import M2Bert
from retrieval.m2bert.tokenizer import load_tokenizer
from retrieval.torchvision_ops import declare_missing_operators

declare_missing_operators()
# Only after that can sentence-transformers be imported everywhere.
from sentence_transformers import SentenceTransformer  # noqa: E402
from sentence_transformers.base.modules import InputModule  # noqa: E402
from sentence_transformers.sentence_transformer.modules import Normalize  # noqa: E402

_log = logging.getLogger(__name__)


def load_m2bert(name: str, *, device: str) -> Any:
    """A SentenceTransformer around the checkpoint `name` (file, folder or hub name), in eval mode.

    Vectors are pooled from [CLS] by tanh, then normalised: the published ones are compared by cosine, and are not of
    unit length. EncoderUnavailable if weights or tokenizer can't be had or don't fit.
    """
    module = M2BertModule(load_network(name), load_tokenizer())
    return SentenceTransformer(modules=[module, Normalize()], device=device).eval()


class M2BertModule(InputModule):  # type: ignore[misc]
    """Tokenizes, pads to the full length and pools.

    The padding is part of the input: the convolutions read it, and a text that is padded less gets another vector
    (cosine 0.35 at 32k, HazyResearch/m2 issue 43). So a question costs as much as the longest document. The mask is
    given for others to read and changes nothing.
    """

    pooling_mode = "cls-tanh"
    pads_to_full_length = True
    float32_on_cpu = True

    def __init__(self, network: M2Bert, tokenizer: Any) -> None:
        super().__init__()
        self.network, self.tokenizer = network, tokenizer
        self.truncated_texts = 0
        """Texts so far that did not fit."""
        self.truncated_tokens = 0
        """Tokens so far that were left out."""

    @property
    def max_seq_length(self) -> int:
        """Tokens, [CLS] and [SEP] included; fixed by the checkpoint."""
        return self.network.geometry.length

    def get_embedding_dimension(self) -> int:
        """Values a vector."""
        return self.network.geometry.dimension

    def preprocess(self, inputs: Sequence[str], prompt: str | None = None, **_: Any) -> dict[str, Tensor]:
        """`input_ids` and `attention_mask`, int64 (B, length). What does not fit is cut before the last [SEP], counted
        and logged."""
        length = self.max_seq_length
        # encode_batch, for one text too: it lets other threads run meanwhile.
        encoded = [found.ids for found in self.tokenizer.encode_batch([(prompt or "") + text for text in inputs])]
        self._count([max(0, len(ids) - length) for ids in encoded])
        input_ids = torch.zeros(len(encoded), length, dtype=torch.int64)
        mask = torch.zeros_like(input_ids)
        for row, ids in enumerate(encoded):
            kept = ids if len(ids) <= length else [*ids[: length - 1], ids[-1]]
            input_ids[row, : len(kept)] = torch.tensor(kept)
            mask[row, : len(kept)] = 1
        return {"input_ids": input_ids, "attention_mask": mask}

    def forward(self, features: dict[str, Tensor], **_: Any) -> dict[str, Tensor]:
        """Adds `sentence_embedding` (B, d), not normalised yet."""
        return {**features, "sentence_embedding": self.network(features["input_ids"])}

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Not offered: the published files are what is loaded."""
        raise NotImplementedError(f"M2-BERT is not written to {output_path}: copy the checkpoint it was loaded from.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy with counts of its own, over the same network: its weights, and its kernels, are kept once for all
        lanes. The tokenizer is only read, which any number of threads may do."""
        return type(self)(self.network, self.tokenizer)

    def _count(self, over: Sequence[int]) -> None:
        texts = sum(tokens > 0 for tokens in over)
        self.truncated_texts += texts
        self.truncated_tokens += sum(over)
        if texts:
            _log.warning(
                "%d of %d texts did not fit into the %d tokens that this M2-BERT reads: the last %d tokens of them are left out.",
                texts,
                len(over),
                self.max_seq_length,
                sum(over),
            )
