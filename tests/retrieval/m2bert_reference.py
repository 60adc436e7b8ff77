"""An independent M2-BERT in numpy and float64, written from the formulas, and small checkpoints in the published layout.

Nothing is shared with retrieval/m2bert: convolutions are sums over pairs of positions, O(n^2), and block-diagonal
products are made with the full matrix, zeros and all.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Struct

Array = npt.NDArray[np.float64]
State = dict[str, Any]


class Sizes(Struct, frozen=True):
    """Of a small checkpoint. 12 layers as published, so that the keys can be counted; the vocabulary too, so that the
    real tokenizer fits."""

    layers: int = 12
    d: int = 16
    inner: int = 32
    length: int = 32
    vocabulary: int = 30528
    order: int = 8
    inputs: int = 5
    blocks: int = 4


def config_json(sizes: Sizes) -> dict[str, Any]:
    """config.json as the published ones: sizes, and the options that are the same everywhere."""
    return {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "m2_bert",
        "bidirectional": True,
        "hidden_act": "gelu",
        "hidden_size": sizes.d,
        "hyena_emb_dim": sizes.inputs,
        "hyena_filter_dropout": 0.2,
        "hyena_filter_order": sizes.order,
        "hyena_training_additions": False,
        "hyena_w": 10,
        "hyena_w_mod": 1,
        "intermediate_size": sizes.inner,
        "layer_norm_eps": 1e-12,
        "long_conv_l_max": sizes.length,
        "max_position_embeddings": sizes.length,
        "monarch_mlp_nblocks": sizes.blocks,
        "num_attention_heads": 12,
        "num_hidden_layers": sizes.layers,
        "pool_all": False,
        "position_embedding_type": "absolute",
        "residual_long_conv": True,
        "transformers_version": "4.28.1",
        "type_vocab_size": 2,
        "use_glu_mlp": True,
        "use_monarch_mlp": True,
        "use_positional_encodings": True,
        "vocab_size": sizes.vocabulary,
    }


def published_state(sizes: Sizes, seed: int = 0) -> State:
    """A state dict with the names, shapes, dtypes and shared tensors of the published pickles: 716 names at 12 layers.
    Values from numpy's PCG64, whose stream is the same everywhere."""
    draw = _Draw(seed)
    d, length = sizes.d, sizes.length
    state: State = {
        "embeddings.position_ids": torch.arange(length)[None],
        "embeddings.word_embeddings.weight": draw(sizes.vocabulary, d),
        "embeddings.position_embeddings.weight": draw(length, d),
        "embeddings.token_type_embeddings.weight": draw(2, d),
        **draw.norm("embeddings.LayerNorm", d),
    }
    for number in range(sizes.layers):
        mixer, mlp = f"encoder.layer.{number}.attention", f"encoder.layer.{number}.mlp"
        for name in ("filter_fn", "filter_fn2"):
            state |= _filter(f"{mixer}.{name}", sizes, draw)
        state |= draw.linear(f"{mixer}.in_linear", d, 3 * d) | draw.linear(f"{mixer}.out_linear", d, d)
        state |= {f"{mixer}.short_filter.weight": draw(3 * d, 1, 3), f"{mixer}.short_filter.bias": draw(3 * d)}
        blocks = sizes.blocks
        state[f"{mlp}.gated_layers.weight"] = draw(blocks, 2 * sizes.inner // blocks, d // blocks)
        state[f"{mlp}.wo.weight"] = draw(blocks, d // blocks, sizes.inner // blocks)
        state[f"{mlp}.wo.bias"] = draw(d)
        state |= draw.norm(f"{mlp}.layernorm", d)
    return state | draw.linear("pooler.dense", d, d)


def without_copies(state: State, kept: str = "implicit_filter.1.freq") -> State:
    """As safetensors keep it: of tensors that share memory, one name."""
    return {name: tensor for name, tensor in state.items() if not name.endswith(".freq") or name.endswith(kept)}


def _filter(prefix: str, sizes: Sizes, draw: "_Draw") -> State:
    length, d, order = sizes.length, sizes.d, sizes.order
    t = np.linspace(0, 1, length)
    angle = 2 * np.pi * np.arange(length) / length
    first, second = (np.exp(-1j * f * angle) for f in (1e-4, 1.0))
    z = np.stack([t, first.real, second.real, first.imag, second.imag], axis=1)
    decay = np.linspace(math.log(0.01) / 1.5, math.log(0.01) / 0.3, d)
    freq = torch.tensor(10 * (1 + 0.1 * draw.numbers(1, order)), dtype=torch.float32)
    state: State = {
        f"{prefix}.bias": draw(d),
        f"{prefix}.pos_emb.z": torch.tensor(z[None] + 0.05 * draw.numbers(1, *z.shape), dtype=torch.float32),
        f"{prefix}.pos_emb.t": torch.tensor(t[None, :, None], dtype=torch.float32),
        f"{prefix}.modulation.deltas": torch.tensor(decay[None, None], dtype=torch.float32),
    }
    for network in (f"{prefix}.implicit_filter", f"{prefix}.implicit_filter_rev"):
        state |= draw.linear(f"{network}.0", sizes.inputs, order)
        for number in (2, 4):
            state |= draw.linear(f"{network}.{number}", order, order)
        state |= {f"{network}.{number}.freq": freq for number in (1, 3, 5)}
        state[f"{network}.6.weight"] = draw(d, order)
    return state


class _Draw:
    """Normal numbers, small enough that twelve layers neither fade nor burst."""

    def __init__(self, seed: int) -> None:
        self._source = np.random.default_rng(seed)

    def numbers(self, *shape: int) -> Array:
        return self._source.normal(size=shape)

    def __call__(self, *shape: int) -> Any:
        return torch.tensor(self.numbers(*shape) / math.sqrt(max(shape[-1], 4)), dtype=torch.float32)

    def linear(self, name: str, inputs: int, outputs: int) -> State:
        return {f"{name}.weight": self(outputs, inputs), f"{name}.bias": 0.1 * self(outputs)}

    def norm(self, name: str, d: int) -> State:
        return {f"{name}.weight": 1 + 0.1 * self(d), f"{name}.bias": 0.1 * self(d)}


class Reference:
    """The forward pass in float64 over a published state dict."""

    def __init__(self, state: State) -> None:
        self._w = {name: tensor.numpy().astype(np.float64) for name, tensor in state.items()}
        self._layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layer."))

    def pooled(self, ids: list[int]) -> Array:
        """One text's ids (n,) to tanh(dense(first token)), (d,)."""
        w = self._w
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x + w["embeddings.position_embeddings.weight"][: len(ids)], "embeddings.LayerNorm")
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            x = self._mlp(self._mix(x, f"{layer}.attention"), f"{layer}.mlp")
        pooled: Array = np.tanh(self._linear(x[0], "pooler.dense"))
        return pooled

    def _mix(self, u: Array, name: str) -> Array:
        p = self._linear(u, f"{name}.in_linear")
        taps, bias = self._w[f"{name}.short_filter.weight"][:, 0], self._w[f"{name}.short_filter.bias"]
        short = np.empty_like(p)
        for i in range(len(p)):
            short[i] = bias + sum(taps[:, 2 - back] * p[i - back] for back in range(3) if i >= back)
        d = u.shape[1]
        x1, x2, v = short[:, :d], short[:, d : 2 * d], short[:, 2 * d :]
        y = x2 * self._convolve(v * x1, f"{name}.filter_fn")
        return self._linear(y + self._convolve(u, f"{name}.filter_fn2"), f"{name}.out_linear")

    def _convolve(self, u: Array, name: str) -> Array:
        ahead = self._kernel(f"{name}.implicit_filter", name, len(u))
        back = self._kernel(f"{name}.implicit_filter_rev", name, len(u))
        y: Array = self._w[f"{name}.bias"] * u
        for i in range(len(u)):
            for j in range(len(u)):
                y[i] += (ahead[i - j] if j <= i else back[j - i - 1]) * u[j]
        return y

    def _kernel(self, network: str, name: str, n: int) -> Array:
        w = self._w
        h: Array = w[f"{name}.pos_emb.z"][0, :n]
        for number in (0, 2, 4):
            h = np.sin(w[f"{network}.{number + 1}.freq"] * self._linear(h, f"{network}.{number}"))
        h = h @ w[f"{network}.6.weight"].T
        decayed: Array = h * np.exp(-w[f"{name}.pos_emb.t"][0, :n] * np.abs(w[f"{name}.modulation.deltas"][0]))
        return decayed

    def _mlp(self, x: Array, name: str) -> Array:
        hidden = x @ self._full(f"{name}.gated_layers.weight").T
        half = hidden.shape[1] // 2
        gate = hidden[:, :half]
        gate = gate * 0.5 * (1 + np.vectorize(math.erf)(gate / math.sqrt(2)))
        y = (gate * hidden[:, half:]) @ self._full(f"{name}.wo.weight").T + self._w[f"{name}.wo.bias"]
        return self._norm(x + y, f"{name}.layernorm")

    def _full(self, name: str) -> Array:
        """(blocks, out, in) as one matrix (blocks out, blocks in) with zeros off the diagonal."""
        blocks = self._w[name]
        count, outputs, inputs = blocks.shape
        full = np.zeros((count * outputs, count * inputs))
        for b in range(count):
            full[b * outputs : (b + 1) * outputs, b * inputs : (b + 1) * inputs] = blocks[b]
        return full

    def _linear(self, x: Array, name: str) -> Array:
        y: Array = x @ self._w[f"{name}.weight"].T + self._w[f"{name}.bias"]
        return y

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        y: Array = scaled * self._w[f"{name}.weight"] + self._w[f"{name}.bias"]
        return y
