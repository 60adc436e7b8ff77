"""Documents a second of M2-BERT at 2k, 8k and 32k tokens, random weights at the published sizes (80M): speed does not
depend on their values. Tokenizing is left out. Every document fills the length, as padding makes every one do.

    python -m benchmarks.m2bert_speed [--lengths 2048 8192 32768] [--documents N] [--batch B] [--device cpu|cuda]

Ways in one run: `documented`: float32, one document a pass, kernels made anew in each, as the code on the model cards
does; `float32` and `bfloat16` (around float32 filters): in batches, kernels kept where `M2Bert.keeps_kernels` says so.
On a CPU the first of these is what retrieval/encoder.py serves, on a GPU the second. With the speed against
`documented`, the cosine of the vectors to its own, and the peak of memory (on a CPU: of the process so far).

Run so far: on one shared core of an AMD EPYC, one document: at 2,048 tokens 4.2, 3.7 and 2.2 processor seconds a document
(documented, float32, bfloat16; cosine of the last 0.995), at 8,192 tokens 24.0 and 21.6 (documented, bfloat16; 0.983).
NOT run: any GPU, and 32,768 tokens anywhere; the memory that a batch takes there is an estimate (50 to 140 kB a token), so
lower --batch if it does not fit. The original code with its fused kernels (FlashFFTConv) is not compared: it needs a
compiler and CUDA.
"""

import argparse
import math
import resource
import time
from collections.abc import Iterator
from typing import Any

import torch

from retrieval.m2bert import Geometry, M2Bert, build

PUBLISHED = {
    "layers": 12,
    "dimension": 768,
    "inner": 3072,
    "vocabulary": 30528,
    "types": 2,
    "filter_order": 128,
    "filter_inputs": 5,
    "blocks": 4,
}
TOKENS_A_PASS = {"cpu": 8192, "cuda": 65_536}


def random_network(length: int, *, kernel_cache: int | None) -> M2Bert:
    """The published sizes at `length` tokens. The same weights each time."""
    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = M2Bert(Geometry(length=length, **PUBLISHED)).state_dict()
    freq = torch.full((1, PUBLISHED["filter_order"]), 10.0)
    state = {name: freq if name.endswith("freq") else weight(name, tuple(t.shape)) for name, t in shapes.items()}
    return build(state, {}, "random weights", kernel_cache=kernel_cache)


def weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """As training begins: BERT's 0.02 for what is dense, uniform by fan-in for filters and blocks, norms at one, time
    and decay by their formulas. Wilder weights make twelve layers chaotic, and the cosine meaningless."""
    if name.endswith("pos_emb.t"):
        return torch.linspace(0, 1, shape[1]).reshape(shape)
    if name.endswith("pos_emb.z"):
        angle = 2 * math.pi * torch.arange(shape[1]) / shape[1]
        waves = [torch.exp(-1j * f * angle) for f in (1e-4, 1.0)]
        columns = [torch.linspace(0, 1, shape[1]), *(w.real for w in waves), *(w.imag for w in waves)]
        return torch.stack(columns, dim=-1)[None]
    if name.endswith("deltas"):
        return torch.linspace(math.log(0.01) / 1.5, math.log(0.01) / 0.3, shape[-1]).reshape(shape)
    if "norm" in name.lower() and name.endswith("weight"):
        return torch.ones(shape)
    if name.endswith(("filter_fn.bias", "filter_fn2.bias")):
        return torch.randn(shape)
    if "filter" in name or name.endswith(("gated_layers.weight", "wo.weight")):
        return (2 * torch.rand(shape) - 1) / math.sqrt(shape[-1])
    return torch.zeros(shape) if name.endswith("bias") else 0.02 * torch.randn(shape)


def measure(model: M2Bert, texts: torch.Tensor, batch: int) -> tuple[float, float, float, torch.Tensor]:
    """Seconds and processor seconds for all texts, gigabytes at the peak (of the process on a CPU), their vectors."""
    cuda = texts.device.type == "cuda"
    with torch.inference_mode():
        # The first pass compiles, allocates and makes the kernels that are kept.
        model(texts[:batch])
        if cuda:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
        wall, used = time.perf_counter(), time.process_time()
        vectors = torch.cat([model(part) for part in texts.split(batch)]).float().cpu()
        wall, used = time.perf_counter() - wall, time.process_time() - used
    peak = torch.cuda.max_memory_allocated() if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return wall, used, peak / 1e9, vectors


def ways(length: int, device: str) -> Iterator[tuple[str, M2Bert, int]]:
    """Name, model and default batch of each way; one model at a time in memory."""
    batch = max(1, TOKENS_A_PASS[device] // length)
    yield "documented", random_network(length, kernel_cache=0).to(device), 1
    yield "float32", random_network(length, kernel_cache=None).to(device), batch
    if device == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False):
        yield "bfloat16", random_network(length, kernel_cache=None).to(device).to(torch.bfloat16), batch


def run(length: int, options: Any) -> None:
    """One length, a line for each way."""
    documents = options.documents or (1 if options.device == "cpu" else max(8, 4 * TOKENS_A_PASS["cuda"] // length))
    texts = torch.randint(1000, 30000, (documents, length), device=options.device)
    first: tuple[float, torch.Tensor] | None = None
    for name, model, usual in ways(length, options.device):
        batch = 1 if name == "documented" else min(options.batch or usual, documents)
        wall, used, peak, vectors = measure(model, texts, batch)
        first = first or (wall, vectors)
        cosine = torch.cosine_similarity(first[1], vectors, dim=1).min().item()
        print(
            f"{length:>6} {name:<10} batch {batch:>3}  kernels {'kept' if model.keeps_kernels(length) else 'anew'} "
            f"{documents / wall:>9.3f} documents/s {documents * length / wall:>11,.0f} tokens/s "
            f"{used / documents:>7.2f} cpu s/document  peak {peak:.2f} GB  x{first[0] / wall:.2f}  cosine {cosine:.4f}",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", help="default: all three on a GPU, 2048 on a CPU")
    parser.add_argument("--documents", type=int, help="default: 1 on a CPU, four batches on a GPU")
    parser.add_argument("--batch", type=int, help="documents a pass; default: as served")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1, help="of torch, on a CPU")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    where = torch.cuda.get_device_name() if options.device == "cuda" else f"CPU, {options.threads} thread(s)"
    print(f"torch {torch.__version__}, {where}")
    for length in options.lengths or ([2048] if options.device == "cpu" else [2048, 8192, 32768]):
        run(length, options)


if __name__ == "__main__":
    main()
