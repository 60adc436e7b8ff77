"""On what and how a visual encoder runs: device, arithmetic, attention and size of batches, each with its reason."""

from typing import Any

from msgspec import Struct

from retrieval.errors import EncoderUnavailable
from retrieval.visual.page import MAX_VALUES, MAX_VECTORS

_BYTES_A_PIXEL = 1200
"""Memory that a pixel of a batch takes on its way through a 3B model in 16 bits, attention as a fused kernel, roughly:
all layers' states of the text model (colpali-engine asks for them) 190, its widest product 80, the vision tower 120,
the patches in float32 25; times three for what an allocator holds. Reckoned from the shapes, not measured."""

_MOST_PIXELS = 16_000_000
"""About 25 pages of 768 patches: beyond that a GPU is busy anyway, and the first results only come later."""

_CPU_PIXELS = 1_000_000
"""About one page at a time: a CPU gains nothing from larger batches, and questions wait for the page before them."""

_HEADROOM = 1.1
"""Over the weights' bytes while loading: buffers and the allocator's rounding."""


class Choice(Struct, frozen=True):
    """A value and why it was chosen."""

    value: str
    reason: str


class Choices(Struct, frozen=True):
    """What an encoder runs with. `pixels`: pixels a batch, after the processor's resizing; `tokens`: the most image
    tokens, and so vectors, that a page gets."""

    device: Choice
    dtype: Choice
    attention: Choice
    pixels: Choice
    tokens: Choice

    def __str__(self) -> str:
        fields = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return "; ".join(f"{name} {choice.value} ({choice.reason})" for name, choice in fields)


_GIVEN = "as set"


def choose_device(device: str) -> Choice:
    """`auto`: the CUDA device with the most free memory, else Apple's, else the CPU. EncoderUnavailable for a device
    that is not here."""
    import torch

    if device != "auto":
        _check_present(device)
        return Choice(device, _GIVEN)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count:
        free = [torch.cuda.mem_get_info(index)[0] for index in range(count)]
        best = free.index(max(free))
        return Choice(f"cuda:{best}", f"most free memory of {count} CUDA device(s), {max(free) / 2**30:.1f} GiB")
    if torch.backends.mps.is_available():
        return Choice("mps", "Apple's GPU; no CUDA device")
    return Choice("cpu", "no CUDA device, no Apple GPU")


def choose_dtype(dtype: str, device: str) -> Choice:
    """`auto`: bfloat16 where the processor multiplies it natively, as the models were trained; float32 elsewhere."""
    import torch

    if dtype != "auto":
        if dtype not in {"float32", "float16", "bfloat16"}:
            raise EncoderUnavailable(f"`dtype` is auto, float32, float16 or bfloat16, not {dtype!r}.")
        return Choice(dtype, _GIVEN)
    if device.startswith("cuda"):
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return Choice("bfloat16", "the GPU multiplies it natively, and the models were trained in it")
        return Choice("float32", "the GPU has no bfloat16, and in float16 these models can overflow")
    if device == "cpu" and torch.cpu.get_capabilities().get("avx512_bf16", False):
        return Choice("bfloat16", "the processor multiplies it natively (AVX512_BF16)")
    return Choice("float32", "bfloat16 would be emulated here")


def choose_attention(attention: str, device: str, dtype: str, model_class: Any) -> Choice:
    """`auto`: FlashAttention 2 on CUDA in 16 bits where its package is installed, else torch's own fused attention
    (`sdpa`), else `eager` for a model that has no other."""
    from transformers.utils import is_flash_attn_2_available

    if attention != "auto":
        return Choice(attention, _GIVEN)
    half = dtype in {"float16", "bfloat16"}
    if device.startswith("cuda") and half and getattr(model_class, "_supports_flash_attn", False):
        if is_flash_attn_2_available():
            return Choice("flash_attention_2", "installed, CUDA, 16 bits: pages of a batch are not padded in it")
        return Choice("sdpa", "flash-attn is not installed")
    if getattr(model_class, "_supports_sdpa", False):
        return Choice("sdpa", "torch's fused attention; FlashAttention 2 needs CUDA and 16 bits")
    return Choice("eager", "this model has no fused attention")


def choose_pixels(pixels: int | None, device: str) -> Choice:
    """None: about a page on a CPU; on a GPU what fits into half the memory that is free with the weights loaded."""
    import torch

    if pixels is not None:
        if pixels < 1:
            raise EncoderUnavailable(f"`batch_pixels` is at least 1, not {pixels}.")
        return Choice(str(pixels), _GIVEN)
    if not device.startswith("cuda"):
        return Choice(
            str(_CPU_PIXELS), "about a page: larger batches gain nothing off a GPU, and questions wait for them"
        )
    free = torch.cuda.mem_get_info(device)[0]
    fitting = max(_CPU_PIXELS, min(_MOST_PIXELS, free // 2 // _BYTES_A_PIXEL))
    return Choice(
        str(fitting), f"half of {free / 2**30:.1f} GiB free at {_BYTES_A_PIXEL} bytes a pixel, at most {_MOST_PIXELS}"
    )


def choose_tokens(tokens: int | None, shipped: int, dimension: int, *, adjustable: bool) -> Choice:
    """None: as many as the checkpoint's processor allows (`shipped`), but no more than a multivector may have.

    Checkpoints whose processor came along from the base model allow 16,384, twenty times what they were trained with;
    `tokens` brings that down. EncoderUnavailable for a family whose number is fixed, or more than can be stored.
    """
    most = min(MAX_VECTORS, MAX_VALUES // dimension)
    if tokens is None:
        if shipped <= most or not adjustable:
            return Choice(str(shipped), "as the checkpoint's processor says")
        return Choice(
            str(most), f"the processor allows {shipped}, more than a multivector of {dimension} values may have"
        )
    if not adjustable:
        raise EncoderUnavailable(f"`page_tokens` can't be set for this family: its pages have at most {shipped}.")
    if not 4 <= tokens <= most:
        raise EncoderUnavailable(f"`page_tokens` is 4 to {most} with vectors of {dimension} values, not {tokens}.")
    return Choice(str(tokens), _GIVEN)


def check_memory(name: str, parameters: int, dtype: str, device: str) -> None:
    """EncoderUnavailable if the weights don't fit into the free memory of a CUDA device."""
    import torch

    needed = int(parameters * (4 if dtype == "float32" else 2) * _HEADROOM)
    require_memory(name, needed, int(torch.cuda.mem_get_info(device)[0]), device)


def require_memory(name: str, needed: int, free: int, device: str) -> None:
    """EncoderUnavailable, with both figures, if `needed` bytes are more than `free` ones."""
    if needed > free:
        raise EncoderUnavailable(
            f"The visual encoder {name!r} needs {needed / 2**30:.1f} GiB for its weights, and {device} has "
            f"{free / 2**30:.1f} GiB free. Free some, set another `device`, or name a smaller model."
        )


def _check_present(device: str) -> None:
    import torch

    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise EncoderUnavailable(f"`device` is auto, cpu, mps, cuda or cuda:<number>, not {device!r}.") from error
    index = torch.device(device).index or 0
    if kind == "cuda" and not (torch.cuda.is_available() and index < torch.cuda.device_count()):
        raise EncoderUnavailable(
            f"The device {device!r} is not here: torch sees {torch.cuda.device_count()} CUDA device(s)."
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise EncoderUnavailable("The device 'mps' is not here: torch sees no Apple GPU.")
