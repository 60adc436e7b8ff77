"""From a state dict as published to the names of retrieval/m2bert/network.py, nothing guessed and nothing dropped
silently: whatever is left over, missing or of another shape is named in one error."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from retrieval.errors import EncoderUnavailable

_WRAPPERS = ("module.", "model.", "bert.")
"""Put in front of every name by data-parallel training, by the trainer and by the classifier around the encoder."""

_NOT_NEEDED = re.compile(r"flashfft|^(classifier|cls|dropout)(\.|$)")
"""Buffers of a fused kernel, and heads that do not make the vector."""

_POSITION_IDS = "embeddings.position_ids"
_FREQ = re.compile(r"^(encoder\.layer\.\d+\.attention\.filter_fn2?)\.implicit_filter(?:_rev)?\.[135]\.freq$")
_ALIASES = tuple(f"{network}.{n}.freq" for network in ("implicit_filter", "implicit_filter_rev") for n in (1, 3, 5))
_NAMED = 4


def published(loaded: Any, source: str) -> dict[str, Tensor]:
    """Tensors by the published names of the encoder, float32 where they are numbers; six names for each `freq`.

    `loaded`: what was in the file: a state dict, or a trainer's checkpoint with one at ['state']['model'].
    EncoderUnavailable, naming `source`, if it is neither, if two tensors claim one name, or if copies of a shared
    parameter differ.
    """
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state"), Mapping):
        loaded = loaded["state"].get("model")
    if not isinstance(loaded, Mapping) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise EncoderUnavailable(f"{source} holds no state dict: names with a tensor each are needed.")
    state: dict[str, Tensor] = {}
    for given, tensor in loaded.items():
        name = _unwrapped(given)
        if _NOT_NEEDED.search(name):
            continue
        if name in state:
            raise EncoderUnavailable(f"{source} holds {name} twice, under different prefixes.")
        state[name] = tensor.float() if tensor.is_floating_point() else tensor
    _check_positions(state.pop(_POSITION_IDS, None), source)
    return _with_all_aliases(state, source)


def check(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], source: str) -> None:
    """EncoderUnavailable, naming them, unless `state` has exactly the names of `wanted`, each with its shape."""
    reasons = [
        _listed("missing", sorted(wanted.keys() - state.keys())),
        _listed("not known", sorted(state.keys() - wanted.keys())),
        _listed(
            "of the wrong shape or type",
            [
                _difference(name, state[name], wanted[name])
                for name in wanted
                if name in state and not _fits(state[name], wanted[name])
            ],
        ),
    ]
    if any(reasons):
        raise EncoderUnavailable(
            f"{source} is not an M2-BERT retrieval checkpoint that can be run: {'; '.join(filter(None, reasons))}."
        )


def _unwrapped(name: str) -> str:
    while name.startswith(_WRAPPERS):
        name = name.split(".", 1)[1]
    return name


def _check_positions(ids: Tensor | None, source: str) -> None:
    if ids is not None and not torch.equal(ids.flatten(), torch.arange(ids.numel())):
        raise EncoderUnavailable(f"{source}: {_POSITION_IDS} does not count 0, 1, 2, ..., which is all that is built.")


def _with_all_aliases(state: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """One `freq` serves the three sines of both directions. Pickles name it six times; safetensors, which refuse
    shared memory, keep any one of the names."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in state:
        if match := _FREQ.match(name):
            groups[match[1]].append(name)
    for owner, names in groups.items():
        for name in names[1:]:
            if not torch.equal(state[name], state[names[0]]):
                raise EncoderUnavailable(f"{source}: {names[0]} and {name} differ, but are one parameter.")
        state |= dict.fromkeys((f"{owner}.{alias}" for alias in _ALIASES), state[names[0]])
    return state


def _fits(found: Tensor, wanted: Tensor) -> bool:
    return bool(found.shape == wanted.shape and found.dtype == wanted.dtype)


def _difference(name: str, found: Tensor, wanted: Tensor) -> str:
    kind = "" if found.dtype == wanted.dtype else f" of {found.dtype}"
    return f"{name} ({list(found.shape)}{kind}, needed {list(wanted.shape)})"


def _listed(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{what}: {', '.join(names[:_NAMED])}{more}"
