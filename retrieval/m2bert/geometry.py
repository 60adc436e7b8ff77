"""The sizes of an M2-BERT: read from the weights themselves, checked against config.json where there is one."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from retrieval.errors import EncoderUnavailable

Shapes = Mapping[str, tuple[int, ...]]

_MUST_BE: dict[str, object] = {
    "hidden_act": "gelu",
    "bidirectional": True,
    "residual_long_conv": True,
    "use_glu_mlp": True,
    "use_monarch_mlp": True,
    "use_positional_encodings": True,
    "position_embedding_type": "absolute",
    "monarch_mixer_sequence_mixing": True,
    "pool_all": False,
    "hyena_training_additions": False,
}
"""Options of config.json with the one value that every published retrieval checkpoint has, and that is built here.
`monarch_mixer_sequence_mixing` is left out of the published files and means True there."""

_SIZES = {
    "num_hidden_layers": "layers",
    "hidden_size": "dimension",
    "intermediate_size": "inner",
    "max_position_embeddings": "length",
    "long_conv_l_max": "length",
    "vocab_size": "vocabulary",
    "type_vocab_size": "types",
    "hyena_filter_order": "filter_order",
    "hyena_emb_dim": "filter_inputs",
    "monarch_mlp_nblocks": "blocks",
}


class Geometry(Struct, frozen=True):
    """Sizes of one checkpoint. `length`: tokens, the padding included; `inner`: width of the MLP after its gate;
    `filter_order` and `filter_inputs`: hidden width and inputs of the networks that make the filters; `blocks`: of
    every block-diagonal matrix. `filter_scale` (w_mod) and `epsilon` (of layer norms) stand in config.json alone."""

    layers: int
    dimension: int
    inner: int
    length: int
    vocabulary: int
    types: int
    filter_order: int
    filter_inputs: int
    blocks: int
    filter_scale: float = 1.0
    epsilon: float = 1e-12


def read_geometry(shapes: Shapes, config: Mapping[str, Any], source: str) -> Geometry:
    """Sizes from the tensors' shapes; the rest from `config` (config.json, or empty).

    EncoderUnavailable, naming `source`, if a tensor that tells a size is missing, or if the config asks for something
    else than the tensors hold or than is built here.
    """
    found = _from_shapes(shapes, config, source)
    wrong = [
        f"{option} is {config[option]!r}, and only {value!r} is built"
        for option, value in _MUST_BE.items()
        if config.get(option, value) != value
    ]
    wrong += [
        f"{option} is {config[option]!r}, but the weights have {getattr(found, field)}"
        for option, field in _SIZES.items()
        if config.get(option, getattr(found, field)) != getattr(found, field)
    ]
    if wrong:
        raise EncoderUnavailable(f"config.json of the M2-BERT checkpoint {source} does not fit: {'; '.join(wrong)}.")
    return found


def _from_shapes(shapes: Shapes, config: Mapping[str, Any], source: str) -> Geometry:
    def size(name: str, axis: int, axes: int) -> int:
        shape = shapes.get(name)
        if shape is None:
            raise EncoderUnavailable(f"{source} is not an M2-BERT retrieval checkpoint: {name} is missing.")
        if len(shape) != axes:
            raise EncoderUnavailable(f"{source}: {name} has the shape {list(shape)}, where {axes} axes are needed.")
        return shape[axis]

    layers = [int(match[1]) for name in shapes if (match := re.match(r"encoder\.layer\.(\d+)\.", name))]
    first = "encoder.layer.0"
    network = f"{first}.attention.filter_fn.implicit_filter.0.weight"
    blocks = size(f"{first}.mlp.wo.weight", 0, 3)
    return Geometry(
        layers=max(layers, default=0) + 1,
        dimension=size("embeddings.word_embeddings.weight", 1, 2),
        inner=blocks * size(f"{first}.mlp.wo.weight", 2, 3),
        length=size("embeddings.position_embeddings.weight", 0, 2),
        vocabulary=size("embeddings.word_embeddings.weight", 0, 2),
        types=size("embeddings.token_type_embeddings.weight", 0, 2),
        filter_order=size(network, 0, 2),
        filter_inputs=size(network, 1, 2),
        blocks=blocks,
        filter_scale=float(config.get("hyena_w_mod", 1.0)),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
    )
