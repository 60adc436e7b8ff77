"""Documents a second of M2-BERT at 2k, 8k and 32k tokens, random weights at the published sizes (80M): speed does not
depend on their values. Tokenizing is left out. Every document fills the length, as padding makes every one do.

    python -m benchmarks.m2bert_speed [--lengths 2048 8192 32768] [--documents N] [--batch B] [--device cpu|cuda]

Two ways in one run: `documented`: float32, one document a pass, kernels made anew in each, as the code on the model
cards does; `served`: as retrieval/encoder.py runs it: bfloat16 around float32 filters where the device multiplies it
natively, in batches, kernels kept where `M2Bert.keeps_kernels` says so. With the ratio of the two, the cosine between
their vectors, and the peak of memory.

Run so far: on a CPU, one document at 2,048 tokens (benchmarks/README.md). NOT run: any GPU, and 32,768 tokens anywhere;
the memory that a batch takes there is an estimate (50 kB a token), so lower --batch if it does not fit. The original
code with its fused kernels (FlashFFTConv) is not compared: it needs a compiler and CUDA.
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
TOKENS_A_PASS = {"cpu": 8192, "cuda": 131_072}


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
    yield "documented", random_network(length, kernel_cache=0).to(device), 1
    native = device == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)
    model = random_network(length, kernel_cache=None).to(device)
    yield "served", model.to(torch.bfloat16) if native else model, max(1, TOKENS_A_PASS[device] // length)


def run(length: int, options: Any) -> None:
    """One length, both ways, a line each."""
    documents = options.documents or (1 if options.device == "cpu" else max(8, 4 * TOKENS_A_PASS["cuda"] // length))
    texts = torch.randint(1000, 30000, (documents, length), device=options.device)
    rates: list[float] = []
    all_vectors: list[torch.Tensor] = []
    for name, model, batch in ways(length, options.device):
        batch = min(options.batch or batch, documents) if name == "served" else 1
        wall, used, peak, vectors = measure(model, texts, batch)
        rates.append(documents / wall)
        all_vectors.append(vectors)
        kept = "kept" if model.keeps_kernels(length) else "made anew"
        body = str(model.pooler["dense"].weight.dtype).removeprefix("torch.")
        print(
            f"{length:>6} {name:<11} {body:<9} batch {batch:>3}  kernels {kept:<9} {documents / wall:>9.3f} documents/s "
            f"{documents * length / wall:>11,.0f} tokens/s {used / documents:>7.2f} cpu s/document  peak {peak:.2f} GB",
            flush=True,
        )
    cosine = torch.cosine_similarity(*all_vectors, dim=1).min().item()
    print(f"{length:>6} served / documented: {rates[1] / rates[0]:.2f}; least cosine between the two {cosine:.4f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", help="default: all three on a GPU, 2048 on a CPU")
    parser.add_argument("--documents", type=int, help="default: 1 on a CPU, four batches on a GPU")
    parser.add_argument("--batch", type=int, help="documents a pass of `served`; default: as served")
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
