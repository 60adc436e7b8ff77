"""The network: token ids to one vector a text. Names of modules are those of the published checkpoints."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retrieval.m2bert.filters import LongFilter
from retrieval.m2bert.geometry import Geometry

_CPU_KERNELS = 512 * 2**20
_GPU_SHARE = 8


class ShortFilter(nn.Module):  # type: ignore[misc]
    """Each channel over its last three tokens (causal): weight (c, 1, 3), the last column for the token itself."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, 1, 3))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, n, c) to the same."""
        if x.device.type == "cpu" and x.dtype == torch.float32:
            # 12 ms against 43 at 2,048 tokens on one core; in bfloat16 it is the other way round.
            oldest, older, now = self.weight[:, 0].unbind(-1)
            y = torch.addcmul(self.bias, x, now)
            y[:, 1:] += x[:, :-1] * older
            y[:, 2:] += x[:, :-2] * oldest
            return y
        y = F.conv1d(x.transpose(1, 2), self.weight, self.bias, padding=2, groups=x.shape[-1])
        return y[..., : x.shape[1]].transpose(1, 2)


class Mixer(nn.Module):  # type: ignore[misc]
    """Mixes tokens, in place of attention: a gated long convolution, plus one of the input itself. Neither residual
    nor norm stands around it; the second convolution is its skip."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        d = geometry.dimension
        self.filter_fn = LongFilter(geometry)
        self.filter_fn2 = LongFilter(geometry)
        self.in_linear = nn.Linear(d, 3 * d)
        self.short_filter = ShortFilter(3 * d)
        self.out_linear = nn.Linear(d, d)

    def forward(self, u: Tensor, *, keep: bool) -> Tensor:
        """(B, n, d) to the same."""
        before, after, value = self.short_filter(self.in_linear(u)).chunk(3, dim=-1)
        y = self.filter_fn((value * before).transpose(1, 2), keep=keep) * after.transpose(1, 2)
        y += self.filter_fn2(u.transpose(1, 2), keep=keep)
        return self.out_linear(y.transpose(1, 2).to(u.dtype))


class BlockDiagonal(nn.Module):  # type: ignore[misc]
    """A matrix of blocks on the diagonal: weight (blocks, out / blocks, in / blocks)."""

    def __init__(self, blocks: int, inputs: int, outputs: int, *, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(blocks, outputs // blocks, inputs // blocks))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        parts = x.chunk(len(self.weight), dim=-1)
        # One product a block, not one for all: on a CPU in bfloat16 two thirds of the time.
        y = torch.cat([F.linear(part, block) for part, block in zip(parts, self.weight, strict=True)], dim=-1)
        return y if self.bias is None else y + self.bias


class GatedMlp(nn.Module):  # type: ignore[misc]
    """GeGLU of block-diagonal matrices, with the layer's only residual and norm. The first half of the blocks makes
    the gates, the second the values, so that each half sees but half of the features."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        d, inner, blocks = geometry.dimension, geometry.inner, geometry.blocks
        self.gated_layers = BlockDiagonal(blocks, d, 2 * inner, bias=False)
        self.wo = BlockDiagonal(blocks, inner, d, bias=True)
        self.layernorm = nn.LayerNorm(d, eps=geometry.epsilon)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d) to the same."""
        gate, value = self.gated_layers(x).chunk(2, dim=-1)
        return self.layernorm(x + self.wo(F.gelu(gate) * value))


class Layer(nn.Module):  # type: ignore[misc]
    """The mixer (named `attention` in the checkpoints), then the MLP."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        self.attention = Mixer(geometry)
        self.mlp = GatedMlp(geometry)


class M2Bert(nn.Module):  # type: ignore[misc]
    """The encoder up to the pooled vector, with uninitialised weights. No mask enters anywhere: the padding is read
    like any other token, and the checkpoints were trained on texts padded to the full length."""

    def __init__(self, geometry: Geometry, *, kernel_cache: int | None = None) -> None:
        """`kernel_cache`: bytes that the kernels of all layers may take together, where None leaves the choice to
        `keeps_kernels`; 0 keeps none."""
        super().__init__()
        d = geometry.dimension
        self.geometry, self.kernel_cache = geometry, kernel_cache
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(geometry.vocabulary, d),
                "position_embeddings": nn.Embedding(geometry.length, d),
                "token_type_embeddings": nn.Embedding(geometry.types, d),
                "LayerNorm": nn.LayerNorm(d, eps=geometry.epsilon),
            }
        )
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer(geometry) for _ in range(geometry.layers))})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(d, d)})

    def forward(self, input_ids: Tensor) -> Tensor:
        """Ids (B, n), n up to the full length, to tanh-pooled vectors (B, d) of any length between 0 and sqrt(d).
        ValueError on longer ids."""
        n = input_ids.shape[1]
        if n > self.geometry.length:
            raise ValueError(f"{n} tokens, and this M2-BERT has positions for {self.geometry.length}.")
        keep = self.keeps_kernels(n)
        x = self._embed(input_ids)
        *layers, last = self.encoder["layer"]
        for layer in layers:
            x = layer.mlp(layer.attention(x, keep=keep))
        # Only the first token is read from here on.
        x = last.mlp(last.attention(x, keep=keep)[:, 0])
        return torch.tanh(self.pooler["dense"](x))

    def keeps_kernels(self, n: int) -> bool:
        """Whether the transformed kernels for n tokens are kept from call to call.

        They save a fifth of a pass over one text, and less in a batch, which shares them, but take 0.30, 1.2 and
        4.8 GB at 2k, 8k and 32k. On a CPU 512 MiB are allowed (2k), on a GPU an eighth of its memory (32k from 40 GB).
        """
        if self.training:
            return False
        needed = 2 * self.geometry.layers * self.geometry.dimension * (n + 1) * 8
        return needed <= (
            _allowance(self.pooler["dense"].weight.device) if self.kernel_cache is None else self.kernel_cache
        )

    def _embed(self, input_ids: Tensor) -> Tensor:
        parts = self.embeddings
        positions = parts["position_embeddings"].weight[: input_ids.shape[1]]
        x = parts["word_embeddings"](input_ids) + parts["token_type_embeddings"].weight[0] + positions
        return parts["LayerNorm"](x)


def _allowance(device: torch.device) -> int:
    if device.type != "cuda":
        return _CPU_KERNELS
    return int(torch.cuda.get_device_properties(device).total_memory) // _GPU_SHARE
