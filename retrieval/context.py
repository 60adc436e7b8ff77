"""A longer context for encoders that were trained on a short one, without training (LongEmbed, Zhu et al. 2024,
arXiv 2404.12096): positions are interpolated where they are a table, rotated more slowly where they are rotary.

What fitted before is encoded by the very same arithmetic as before, and gives the same bits: a forward pass takes the
stretched positions only if it is longer than the model's own length. Texts of both kinds must not share a pass
(retrieval/encoder.py parts them).
"""

import copy
from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn

from retrieval.errors import EncoderUnavailable

Method = Literal["auto", "interpolate", "ntk"]

_KNOWN = (
    "What can be stretched: a table of positions, by `interpolate` (BERT, RoBERTa, XLM-R, MPNet, DistilBERT and their "
    "kin), and plain rotary positions, by `ntk` (ModernBERT, Nomic, Qwen3 and their kin)."
)


class Stretched(nn.Module):  # type: ignore[misc]
    """Positions for short passes and for long ones. `own` is what the model came with and serves up to `limit` tokens;
    `long` serves longer ones."""

    def __init__(self, own: nn.Module, long: nn.Module, limit: int) -> None:
        super().__init__()
        self.own, self.long, self.limit = own, long, limit

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """As the module that it stands for; the last argument of two or more, or the only one, has a row of positions."""
        positions = kwargs["position_ids"] if "position_ids" in kwargs else args[min(1, len(args) - 1)]
        return (self.own if positions.shape[-1] <= self.limit else self.long)(*args, **kwargs)


class InterpolatedTable(nn.Module):  # type: ignore[misc]
    """A table of positions, `factor` times as long: its vectors stand at every `factor`-th place, and between them
    linear mixtures of the two neighbours; the last one is repeated. The first `reserved` rows (of RoBERTa and its kin)
    stay."""

    def __init__(self, table: nn.Embedding, reserved: int, factor: int) -> None:
        super().__init__()
        self.table, self.reserved, self.factor = table, reserved, factor

    def forward(self, positions: Tensor) -> Tensor:
        """Vectors (..., d) of positions (...), counted as the table's are."""
        weight = self.table.weight
        place = (positions - self.reserved).clamp(min=0)
        low = self.reserved + place // self.factor
        high = (low + 1).clamp(max=len(weight) - 1)
        share = ((place % self.factor) / self.factor).unsqueeze(-1).to(weight.dtype)
        mixed: Tensor = torch.lerp(weight[low], weight[high], share)
        kept = (positions < self.reserved).unsqueeze(-1)
        return torch.where(kept, weight[positions.clamp(max=len(weight) - 1)], mixed)


def extend(model: Any, name: str, context: int, method: Method = "auto") -> str:
    """Let a sentence-transformers model read `context` tokens, special ones included. Returns what was done, for the
    model's identity: empty where its own positions reach that far. EncoderUnavailable if they can't be stretched, or not
    by this method."""
    if getattr(model[0], "pads_to_full_length", False):
        raise _refused(name, context, "its length is fixed by the checkpoint; take the 2k, 8k or 32k one")
    tables, rotaries = list(_tables(model)), list(_rotaries(model))
    wanted = method if method != "auto" else "interpolate" if tables else "ntk"
    if wanted == "interpolate" and len(tables) == 1:
        done = _interpolate(model, *tables[0], context)
    elif wanted == "ntk" and rotaries and not tables:
        done = _slow_down(model, name, rotaries, context)
    else:
        has = "a table of positions" if tables else "rotary positions" if rotaries else "neither"
        raise _refused(name, context, f"it has {has}" + (f", and the method is `{method}`" if method != "auto" else ""))
    model.max_seq_length = context
    return done


def own_length(model: Any) -> int | None:
    """Tokens that a pass may have to be encoded as before; None for a model that was not stretched."""
    return next((module.limit for module in model.modules() if isinstance(module, Stretched)), None)


def ntk_scale(factor: int) -> float:
    """What the rotary base is multiplied by to read `factor` times as much: a little more than that. The paper takes 3,
    5 and 10 for 2, 4 and 8 times."""
    return max(factor + 1.0, 1.25 * factor)


def _interpolate(model: Any, owner: nn.Module, table: nn.Embedding, context: int) -> str:
    _check_absolute(model)
    reserved = 0 if table.padding_idx is None else table.padding_idx + 1
    length = table.num_embeddings - reserved
    if context <= length:
        return ""
    owner.position_embeddings = Stretched(table, InterpolatedTable(table, reserved, -(-context // length)), length)
    for buffer in ("position_ids", "token_type_ids"):
        if isinstance(held := getattr(owner, buffer, None), Tensor):
            row = torch.arange(context + reserved, device=held.device).expand(1, -1)
            setattr(owner, buffer, row if buffer == "position_ids" else torch.zeros_like(row))
    return f"interpolated from {length}"


def _slow_down(model: Any, name: str, rotaries: list[tuple[nn.Module, str, nn.Module]], context: int) -> str:
    length = int(model.max_seq_length or model[0].auto_model.config.max_position_embeddings)
    if context <= length:
        return ""
    scale = ntk_scale(-(-context // length))
    for owner, attribute, rotary in rotaries:
        kind = getattr(rotary, "rope_type", "default")
        if kind not in ("default", {"full_attention": "default", "sliding_attention": "default"}):
            raise _refused(name, context, f"its rotary positions are scaled already ({kind})")
        # A copy of a few numbers: the frequencies.
        slower = copy.deepcopy(rotary)
        for buffer, frequencies in list(slower.named_buffers(recurse=False)):
            # Sliding windows never look further than they did in training.
            if buffer.endswith("inv_freq") and "sliding" not in buffer:
                exponent = torch.arange(len(frequencies), device=frequencies.device) / len(frequencies)
                setattr(slower, buffer, frequencies * (scale**-exponent).to(frequencies.dtype))
        setattr(owner, attribute, Stretched(rotary, slower, length))
    return f"rotary base times {scale:g} from {length}"


def _tables(model: Any) -> Iterator[tuple[nn.Module, nn.Embedding]]:
    for module in model.modules():
        if isinstance(table := getattr(module, "position_embeddings", None), nn.Embedding):
            yield module, table


def _rotaries(model: Any) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    for module in model.modules():
        for attribute, child in module.named_children():
            if any(buffer.endswith("inv_freq") for buffer, _ in child.named_buffers(recurse=False)):
                yield module, attribute, child


def _check_absolute(model: Any) -> None:
    kind = getattr(
        getattr(getattr(model[0], "auto_model", None), "config", None), "position_embedding_type", "absolute"
    )
    if kind not in ("absolute", None):
        raise EncoderUnavailable(
            f"The encoder's positions are {kind!r}, not a plain table: they can't be stretched. {_KNOWN}"
        )


def _refused(name: str, context: int, why: str) -> EncoderUnavailable:
    return EncoderUnavailable(
        f"The encoder {name!r} can't read {context:,} tokens (setting `context`): {why}. {_KNOWN}"
    )
