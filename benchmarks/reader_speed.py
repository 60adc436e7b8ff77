"""Time to first token, tokens a second and peak memory of the reader in the process, by pages and pixels a page.

    python -m benchmarks.reader_speed [--size qwen2.5-vl-7b qwen3-vl-8b] [--pages 1 5 10] [--pixels 500000 1000000]
                                      [--rows 1 2] [--tokens 128] [--device auto] [--dtype auto] [--attention sdpa]

Models have the geometry of the published ones and random weights (nothing is downloaded): times and memory are those of
the real ones, what they say means nothing. Bytes are tokens, so that the words beside a page (800 characters) count more
tokens than they would; the table gives the prompt's tokens. The first token's time includes the processing of images;
two rows are both chains of a question in one batch. `--size tiny` is for trying the script on a CPU.
"""

import argparse
import asyncio
import io
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from msgspec import Struct

from answer import ImagePart, LocalModel, LocalReader, Message, ReadRequest, TextPart, Usage
from answer.readers.loaded import LoadedModel
from retrieval import choose_attention, choose_device, choose_dtype, declare_missing_operators
from tests.answer.tiny_readers import QWEN_TEMPLATE
from tests.retrieval.tiny_checkpoints import qwen_ids, qwen_processor

WORDS = "Revenue of the region was reported under budget. " * 16
A4 = 842 / 595


class Measured(Struct):
    """One setting: tokens of a row's prompt, seconds to the first token, tokens a second and row, gibibytes at most."""

    prompt: int
    first: float
    rate: float
    peak: float | None


def processor(cls: Any, patch: int) -> Any:
    """Bytes as tokens, and images of up to 16,384 tokens."""
    made = qwen_processor(cls, patch, tokens=16_384)
    made.chat_template = QWEN_TEMPLATE
    return made


def qwen25(hidden: int, layers: int, heads: int, kv: int, inner: int, depth: int, width: int) -> tuple[Any, Any, Any]:
    """Processor, configuration and class of a Qwen2.5-VL."""
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

    made = processor(Qwen2_5_VLProcessor, 14)
    half = hidden // heads // 2
    text = {
        "vocab_size": 152_064,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "max_position_embeddings": 128_000,
        "rope_parameters": {
            "rope_type": "default",
            "mrope_section": [half - 2 * (half * 3 // 8), half * 3 // 8, half * 3 // 8],
            "rope_theta": 1e6,
        },
    }
    vision = {
        "depth": depth,
        "hidden_size": width,
        "intermediate_size": width * 3420 // 1280,
        "num_heads": 16,
        "out_hidden_size": hidden,
        "patch_size": 14,
        "window_size": 112,
        "fullatt_block_indexes": list(range(depth // 4 - 1, depth, max(1, depth // 4))),
    }
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **qwen_ids(made))
    return made, config, Qwen2_5_VLForConditionalGeneration


def qwen3(hidden: int, layers: int, heads: int, kv: int, inner: int) -> tuple[Any, Any, Any]:
    """Processor, configuration and class of a Qwen3-VL."""
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

    made = processor(Qwen3VLProcessor, 16)
    text = {
        "vocab_size": 151_936,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "head_dim": 128,
        "max_position_embeddings": 262_144,
        "rope_parameters": {
            "rope_type": "default",
            "mrope_section": [24, 20, 20],
            "rope_theta": 5e6,
            "mrope_interleaved": True,
        },
    }
    vision = {
        "depth": 27,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_heads": 16,
        "out_hidden_size": hidden,
        "patch_size": 16,
        "num_position_embeddings": 2304,
        "deepstack_visual_indexes": [8, 16, 24],
    }
    config = Qwen3VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **qwen_ids(made))
    return made, config, Qwen3VLForConditionalGeneration


SIZES: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "tiny": lambda: qwen25(64, 2, 4, 2, 96, 4, 64),
    "qwen2.5-vl-7b": lambda: qwen25(3584, 28, 28, 4, 18_944, 32, 1280),
    "qwen3-vl-8b": lambda: qwen3(4096, 36, 32, 8, 12_288),
}


def load(size: str, device: str, dtype: str, attention: str) -> LoadedModel:
    """The model with random weights, made on the device."""
    declare_missing_operators()
    import torch

    made, config, cls = SIZES[size]()
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, dtype))
    try:
        with torch.device(device):
            network = cls(config)
    finally:
        torch.set_default_dtype(before)
    how = choose_attention(attention, device, dtype, cls).value
    network.set_attn_implementation(how)
    network.generation_config.eos_token_id = None
    network.generation_config.pad_token_id = made.tokenizer.pad_token_id
    parameters = sum(weight.numel() for weight in network.parameters())
    print(f"\n{size}: {parameters / 1e9:.2f} billion weights, {dtype} on {device}, attention {how}")
    return LoadedModel(size, network.eval().requires_grad_(False), made, context=65_536, image_pixels=10**8)


def request(pages: int, pixels: int, tokens: int, seed: int) -> ReadRequest:
    """Pages of noise, which no processor can shorten, with words beside each."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    width = round((pixels / A4) ** 0.5)
    parts: list[TextPart | ImagePart] = []
    for page in range(pages):
        held = io.BytesIO()
        noise = rng.integers(0, 255, (round(width * A4), width, 3), dtype=np.uint8)
        Image.fromarray(noise).save(held, "PNG", compress_level=0)
        parts += [TextPart(f"Page {page + 1}"), ImagePart(held.getvalue()), TextPart(WORDS)]
    return ReadRequest("q", (Message("user", (*parts, TextPart("What was revenue?"))),), max_tokens=tokens)


async def measure(model: LoadedModel, pages: int, pixels: int, rows: int, tokens: int) -> Measured:
    import torch

    cuda = model.network.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    steps: list[float] = []

    def step(*_: object) -> None:
        if cuda:
            torch.cuda.synchronize()
        steps.append(time.perf_counter())

    hook = model.network.register_forward_hook(step)
    reader = LocalReader(LocalModel(model.name, batch_tokens=10**6, wait_seconds=0.2), model)
    asked = [request(pages, pixels, tokens, seed) for seed in range(rows)]
    begun = time.perf_counter()
    usages = await asyncio.gather(*(_usage(reader, each) for each in asked))
    hook.remove()
    await reader.close()
    peak = torch.cuda.max_memory_allocated() / 2**30 if cuda else None
    rate = (len(steps) - 1) / max(1e-9, steps[-1] - steps[0])
    return Measured(usages[0].input_tokens, steps[0] - begun - 0.2 * (rows < 4), rate, peak)


async def _usage(reader: LocalReader, asked: ReadRequest) -> Usage:
    usages = [event async for event in reader.read(asked) if isinstance(event, Usage)]
    return usages[-1]


def show(model: LoadedModel, given: argparse.Namespace) -> None:
    print("| pages | pixels a page | rows | prompt tokens | first token, s | tokens/s a row | peak GiB |")
    print("|---|---|---|---|---|---|---|")
    asyncio.run(measure(model, 1, given.pixels[0], 1, 8))  # kernels are chosen at the first call
    for rows in given.rows:
        for pixels in given.pixels:
            for pages in given.pages:
                runs = [asyncio.run(measure(model, pages, pixels, rows, given.tokens)) for _ in range(given.repeats)]
                first, rate = median(run.first for run in runs), median(run.rate for run in runs)
                peak = "" if runs[0].peak is None else f"{max(run.peak or 0 for run in runs):.1f}"
                print(f"| {pages} | {pixels:,} | {rows} | {runs[0].prompt:,} | {first:.2f} | {rate:.1f} | {peak} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", nargs="+", choices=sorted(SIZES), default=["qwen2.5-vl-7b", "qwen3-vl-8b"])
    parser.add_argument("--pages", type=int, nargs="+", default=[1, 5, 10])
    parser.add_argument("--pixels", type=int, nargs="+", default=[500_000, 1_000_000])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--attention", default="auto")
    given = parser.parse_args()
    device = choose_device(given.device).value
    dtype = choose_dtype(given.dtype, device).value
    for size in given.size:
        show(load(size, device, dtype, given.attention), given)


if __name__ == "__main__":
    main()
