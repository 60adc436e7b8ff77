"""The trained networks as a file: half precision in safetensors, the shape and what is known of the run beside them.

The character head, which only training asks for, is in it too: so training can go on from the file.
"""

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct

from retrieval.errors import EncoderUnavailable

SHIPPED = Path(__file__).with_name("wordspot.safetensors")

_COUNTER = "num_batches_tracked"
"""Of the normalisations: a count that nothing asks for."""


class Networks(Struct, frozen=True):
    """`page`, `query`: the networks, in evaluation mode and float32, on the CPU. `about`: what the file says of its
    training. `fingerprint`: of the file's values, and of the way in which pages are read."""

    page: Any
    query: Any
    about: dict[str, str]
    fingerprint: str

    @property
    def dimension(self) -> int:
        """Values of a vector."""
        return int(self.page.vector_head.out_features)


def save(path: Path, model: Any, shape: Any, about: dict[str, str]) -> None:
    """Writes a model (`retrieval.wordspot.losses.Model`) for `load`."""
    import torch
    from safetensors.torch import save_file

    kept = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in model.state_dict().items()
        if not name.endswith(_COUNTER)
    }
    save_file(kept, path, {"shape": msgspec.json.encode(shape).decode(), "about": json.dumps(about)})


def load(path: Path = SHIPPED) -> Networks:
    """The networks of a file that `save` wrote. EncoderUnavailable where it is missing, or holds something else."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError) as error:
        raise EncoderUnavailable(f"The weights of wordspot can't be read from {path}: {error}") from error
    if "shape" not in header:
        raise EncoderUnavailable(f"{path} holds no weights of wordspot: it names no shape of the networks.")
    return _built(path, tensors, header)


def resumed(path: Path, model: Any) -> None:
    """Puts the weights of a file that `save` wrote into a model of the same shape, for training on. EncoderUnavailable
    where they do not fit."""
    from safetensors.torch import load_file

    try:
        missing, unexpected = model.load_state_dict(load_file(path), strict=False)
    except (OSError, RuntimeError) as error:
        raise EncoderUnavailable(f"{path} does not fit wordspot's networks: {error}") from error
    if unexpected or not all(name.endswith(_COUNTER) for name in missing):
        raise EncoderUnavailable(f"{path} does not fit wordspot's networks: it has other weights than they.")


def _built(path: Path, tensors: dict[str, Any], header: dict[str, str]) -> Networks:
    from retrieval.visual.loading import fingerprint_of
    from retrieval.wordspot.network import PageNet, QueryNet, Shape
    from retrieval.wordspot.reading import READING

    try:
        shape = msgspec.json.decode(header["shape"], type=Shape)
        page, query = PageNet(shape), QueryNet(shape)
        for prefix, network in (("page.", page), ("query.", query)):
            state = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
            missing, unexpected = network.load_state_dict(state, strict=False)
            wrong = [name for name in missing if not name.endswith(_COUNTER)]
            if wrong or unexpected:
                raise ValueError(f"{len(wrong)} weights are missing and {len(unexpected)} are unknown")
    except (ValueError, RuntimeError, msgspec.DecodeError) as error:
        raise EncoderUnavailable(f"{path} does not fit wordspot's networks: {error}") from error
    fingerprint = fingerprint_of(page) + fingerprint_of(query)
    read = crc32(f"{READING} {fingerprint}".encode())
    return Networks(
        page.eval().requires_grad_(False),
        query.eval().requires_grad_(False),
        json.loads(header.get("about", "{}")),
        f"{read:08x}{fingerprint[:4]}{fingerprint[16:20]}",
    )
