"""Pages a second and memory of visual encoders with random weights at the published sizes: speed does not depend on
their values. ColQwen2.5-3B (768 image tokens a page) and ColModernVBERT (250M, 2,048 pixels in tiles of 512).

    python -m benchmarks.visual_speed [--models colqwen2.5-3b colmodernvbert] [--pages 64] [--device auto] [--batch 4]
    python -m benchmarks.visual_speed --tiny        the script's own test: sizes of tests/retrieval/tiny_checkpoints.py

Ways, in one run on the same pages and weights: `documented`, the model and processor called as colpali-engine's README
shows (bfloat16, FlashAttention 2 where installed, batches of --batch pages, no preparation ahead), and `quire`,
retrieval.visual.VisualEncoder with its own choices. Both warm up on one batch. `load` is from files to ready, `peak` the
GPU's allocated memory (on a CPU, the process's so far), `cosine` the mean of our vectors to the documented ones.

NOT run on a GPU yet: this project had none when it was written. Run so far: --tiny on a CPU, which shows that the script
works and nothing about speed. The tokenizer is of bytes, so prompts are some 60 tokens longer than the published ones.
"""

import argparse
import gc
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from retrieval.torchvision_ops import declare_missing_operators
from retrieval.visual import VisualEncoder
from retrieval.visual.choices import choose_device

A4 = (1240, 1754)
"""Width and height at 150 dots an inch."""


def main() -> None:
    declare_missing_operators()
    options = arguments()
    device = choose_device(options.device).value
    images = [page(index) for index in range(4 if options.tiny else options.pages)]
    print(f"{len(images)} pages of {A4[0]} x {A4[1]} pixels, {device}")
    for name in options.models:
        with tempfile.TemporaryDirectory(prefix="quire-speed-") as folder:
            start = time.perf_counter()
            (BUILDERS_TINY if options.tiny else BUILDERS)[name](Path(folder), device)
            print(f"\n{name}: built in {time.perf_counter() - start:.0f} s")
            documented = partial(Documented, name, folder, device, options.batch)
            reference = measure("documented", documented, images, device)
            ours = measure("quire", partial(Quire, folder, device), images, device)
            cosines = [float((a * b).sum(axis=1).mean()) for a, b in zip(reference, ours, strict=True)]
            print(f"  cosine {np.mean(cosines):.4f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(FAMILY), default=list(FAMILY))
    parser.add_argument("--pages", type=int, default=64)
    parser.add_argument("--batch", type=int, default=4, help="pages a pass of the documented way")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--tiny", action="store_true")
    return parser.parse_args()


def page(seed: int) -> Image.Image:
    """White, with lines of dark marks: what matters to speed is its size."""
    rng = np.random.default_rng(seed)
    marks = np.full((A4[1] // 10, A4[0] // 10), 255, dtype=np.uint8)
    marks[8:-8:3, 10:-10] = rng.integers(0, 256, marks[8:-8:3, 10:-10].shape)
    return Image.fromarray(marks).resize(A4).convert("RGB")


class Documented:
    """As colpali-engine's README calls it."""

    def __init__(self, name: str, folder: str, device: str, batch: int) -> None:
        import torch
        from transformers.utils import is_flash_attn_2_available

        model, processor = classes(name)
        flash = "flash_attention_2" if is_flash_attn_2_available() else None
        self.model = model.from_pretrained(
            folder, dtype=torch.bfloat16, device_map=device, attn_implementation=flash
        ).eval()
        self.processor = processor.from_pretrained(folder)
        self.batch = batch

    def encode(self, images: list[Image.Image]) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        import torch

        for start in range(0, len(images), self.batch):
            batch = self.processor.process_images(images[start : start + self.batch]).to(self.model.device)
            with torch.no_grad():
                vectors = self.model(**batch)
            seen = (batch["input_ids"] == self.processor.image_token_id).cpu()
            yield from (rows[mask].float().numpy() for rows, mask in zip(vectors.to("cpu"), seen, strict=True))


class Quire:
    """As Quire calls it."""

    def __init__(self, folder: str, device: str) -> None:
        self.encoder = VisualEncoder(folder, device=device)
        print(f"  {self.encoder.choices}")

    def encode(self, images: list[Image.Image]) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        return (page.vectors.astype(np.float32) for page in self.encoder.stream_pages(images))


def measure(way: str, load: Callable[[], Any], images: list[Image.Image], device: str) -> list[Any]:
    """Prints load, pages a second and peak of one way; its vectors."""
    import torch

    cuda = device.startswith("cuda")
    gc.collect()
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    start = time.perf_counter()
    loaded = load()
    ready = time.perf_counter() - start
    list(loaded.encode(images[:4]))
    start = time.perf_counter()
    vectors = list(loaded.encode(images))
    taken = time.perf_counter() - start
    used = (
        torch.cuda.max_memory_allocated(device) if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    print(
        f"  {way:<11} load {ready:6.1f} s   {len(images) / taken:8.2f} pages/s   peak {used / 2**30:6.2f} GiB   "
        f"{len(vectors[0])} vectors a page"
    )
    return vectors


FAMILY = {"colqwen2.5-3b": "ColQwen2.5", "colmodernvbert": "ColModernVBert"}


def classes(name: str) -> tuple[Any, Any]:
    from retrieval.visual.families import FAMILIES

    (family,) = (family for family in FAMILIES if family.name == FAMILY[name])
    return family.model_class(), family.processor_class()


def colqwen2_5_3b(folder: Path, device: str) -> None:
    """Qwen2.5-VL-3B's config.json."""
    from transformers import Qwen2_5_VLConfig

    from tests.retrieval.tiny_checkpoints import qwen_ids, qwen_processor

    model, processor_class = classes("colqwen2.5-3b")
    processor = qwen_processor(processor_class, 14, tokens=768)
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 151_936,
            "hidden_size": 2048,
            "intermediate_size": 11_008,
            "num_hidden_layers": 36,
            "num_attention_heads": 16,
            "num_key_value_heads": 2,
            "max_position_embeddings": 128_000,
            "rope_parameters": {"rope_type": "default", "mrope_section": [16, 24, 24], "rope_theta": 1e6},
        },
        vision_config={
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": 2048,
            "patch_size": 14,
            "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
        **qwen_ids(processor),
    )
    write(model, config, processor, folder, device)


def colmodernvbert(folder: Path, device: str) -> None:
    """ModernVBERT's config.json: a ModernBERT of 22 layers under SigLIP2 base."""
    from transformers import ModernVBertConfig

    from tests.retrieval.tiny_checkpoints import tiles_processor

    model, processor_class = classes("colmodernvbert")
    processor = tiles_processor(processor_class, longest=2048, tile=512, tokens=64)
    config = ModernVBertConfig(
        text_config={
            "model_type": "modernbert",
            "vocab_size": 50_408,
            "hidden_size": 768,
            "intermediate_size": 1152,
            "num_hidden_layers": 22,
            "num_attention_heads": 12,
            "pad_token_id": processor.tokenizer.pad_token_id,
        },
        vision_config={
            "model_type": "siglip_vision_model",
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "image_size": 512,
            "patch_size": 16,
            "vision_use_head": False,
        },
        pixel_shuffle_factor=4,
        image_token_id=processor.image_token_id,
    )
    write(model, config, processor, folder, device)


def write(model: Any, config: Any, processor: Any, folder: Path, device: str) -> None:
    """A checkpoint of random weights in bfloat16, through the same files as a published one."""
    import torch

    from tests.retrieval.tiny_checkpoints import save

    torch.manual_seed(0)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            network = model(config)
    finally:
        torch.set_default_dtype(default)
    save(processor, network, folder)


def tiny(family: str) -> Callable[[Path, str], None]:
    def build_tiny(folder: Path, _: str) -> None:
        from tests.retrieval.tiny_checkpoints import build

        build(family, folder)

    return build_tiny


BUILDERS: dict[str, Callable[[Path, str], None]] = {"colqwen2.5-3b": colqwen2_5_3b, "colmodernvbert": colmodernvbert}
BUILDERS_TINY = {name: tiny(family) for name, family in FAMILY.items()}


if __name__ == "__main__":
    main()
