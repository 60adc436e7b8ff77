"""Long convolutions whose kernels are made by a small network (Hyena, arXiv 2302.10866), in float32 always.

In bfloat16 the kernels are lost: sines of about ten radians a unit, and positions told apart by thousandths (cosine of
the document vectors to float32 0.85, against 0.995 with this part in float32 and the rest in bfloat16).
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Self

import torch
from torch import Tensor, nn

from retrieval.m2bert.geometry import Geometry

_HALF = (torch.bfloat16, torch.float16)


class Sine(nn.Module):  # type: ignore[misc]
    """sin(scale * freq * x), elementwise; `freq` (1, order) is one parameter for all sines of a filter."""

    def __init__(self, freq: Tensor, scale: float) -> None:
        super().__init__()
        self.freq, self.scale = freq, scale

    def forward(self, x: Tensor) -> Tensor:
        """(..., order) to the same."""
        return torch.sin(self.scale * self.freq * x)


class LongFilter(nn.Module):  # type: ignore[misc]
    """A convolution over the whole sequence, in both directions, and a skip:

    y[i] = sum_{j<=i} forward[i-j] u[j] + sum_{j>i} reverse[j-i-1] u[j] + bias u[i], each channel for itself.

    Names and shapes of the parameters are those of the published checkpoints (`filter_fn`, `filter_fn2`); `pos_emb.t`
    and `modulation.deltas`, which were never trained, are parameters here so that they move and load alike.
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        d, order = geometry.dimension, geometry.filter_order
        self.bias = nn.Parameter(torch.empty(d))
        self.pos_emb = nn.ParameterDict(
            {"z": torch.empty(1, geometry.length, geometry.filter_inputs), "t": torch.empty(1, geometry.length, 1)}
        )
        self.modulation = nn.ParameterDict({"deltas": torch.empty(1, 1, d)})
        freq = nn.Parameter(torch.empty(1, order))

        def network() -> nn.Sequential:
            widths = [geometry.filter_inputs, order, order, order]
            hidden = [(nn.Linear(a, b), Sine(freq, geometry.filter_scale)) for a, b in pairwise(widths)]
            return nn.Sequential(*(part for pair in hidden for part in pair), nn.Linear(order, d, bias=False))

        self.implicit_filter = network()
        self.implicit_filter_rev = network()
        self._kept: tuple[object, list[Tensor], Tensor] | None = None

    def forward(self, u: Tensor, *, keep: bool) -> Tensor:
        """(B, d, n) of any float type to float32 (B, d, n). `keep`: the kernel's spectrum, 8 d (n + 1) bytes, is kept
        for the next call; only used where no gradient is taken."""
        n = u.shape[-1]
        with torch.autocast(u.device.type, enabled=False):
            u = u.float()
            spectrum = self._remembered(n) if keep and not torch.is_grad_enabled() else self.spectrum(n)
            # Twice the length, or the ends would wrap around into each other.
            y = torch.fft.irfft(torch.fft.rfft(u, n=2 * n) * spectrum, n=2 * n)[..., :n]
            return torch.addcmul(y, u, self.bias[:, None])

    def spectrum(self, n: int) -> Tensor:
        """The transformed kernel for n tokens, complex64 (d, n + 1). A shorter sequence takes a prefix of the kernel
        of the full length: positions are not rescaled."""
        z = self.pos_emb["z"][0, :n]
        decay = torch.exp(-self.pos_emb["t"][0, :n] * self.modulation["deltas"][0].abs())
        forward = self.implicit_filter(z) * decay
        reverse = self.implicit_filter_rev(z) * decay
        # Lag -m stands m places before the end of the circle of 2n, so the reverse kernel lies there backwards.
        return torch.fft.rfft(torch.cat([forward, reverse.flip(0)]).T.contiguous())

    def _remembered(self, n: int) -> Tensor:
        weights = [weight.detach() for weight in self.parameters()]
        key = (n, [(weight.data_ptr(), weight.device, _version(weight)) for weight in weights])
        if self._kept is None or self._kept[0] != key:
            # The weights are held too: memory that is freed could be given to others at the same address.
            self._kept = (key, weights, self.spectrum(n))
        return self._kept[2]

    def train(self, mode: bool = True) -> Self:
        """Training forgets the kernel: an optimizer may write where no version is counted (`.data`)."""
        if mode:
            self._kept = None
        super().train(mode)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        """Moves as asked, but stays in float32 when the model around it is made half as precise."""
        self._kept = None

        def wide(tensor: Tensor) -> Tensor:
            changed = fn(tensor)
            return tensor.to(changed.device) if changed.dtype in _HALF else changed

        return super()._apply(wide, recurse)


def _version(tensor: Tensor) -> int:
    # Tensors made in inference mode can't be written in place outside of it, and count no versions.
    return 0 if tensor.is_inference() else int(tensor._version)
