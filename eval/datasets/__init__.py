"""Loaders of the published benchmarks, and of needle sets."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from eval.dataset import Dataset
from eval.datasets import mlongdoc, mmlongbench, needles, visdom
from eval.datasets.hub import fetch
from eval.errors import BadDataset

BENCHMARKS: dict[str, Callable[[Path], Dataset]] = {
    "mmlongbench-doc": mmlongbench.load,
    "m-longdoc": mlongdoc.load,
    "visdombench": visdom.load,
    "needles": needles.load,
}


def load(benchmark: str, data: str) -> Dataset:
    """The benchmark in the folder `data`, or of the hub (`hub:owner/name[@revision]`). Raises `BadDataset`."""
    if benchmark not in BENCHMARKS:
        raise BadDataset(f"There is no benchmark {benchmark!r}; known are {', '.join(BENCHMARKS)}.")
    folder, revision = fetch(data)
    found = BENCHMARKS[benchmark](folder)
    return found if revision is None else msgspec.structs.replace(found, revision=revision)


__all__ = ["BENCHMARKS", "load"]
