"""Benchmarks of the served system: data sets, scorers, runs, reports. Nothing imports this room.

What is public is imported when it is first used: `quire eval --help` needs none of it. The functions that are named as their
modules come from there: `eval.run.run`, `eval.compare.compare`, `eval.judging.judge`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.compare import Comparison
    from eval.dataset import Dataset, GoldPage, Question, Quirk
    from eval.datasets import BENCHMARKS, load
    from eval.errors import BadDataset, BadRun, ServiceGone
    from eval.folder import RunFolder
    from eval.judging import Judged
    from eval.needles import NeedleOptions, make_needles
    from eval.record import Result, RunInfo, RunOptions
    from eval.report import write_report
    from eval.run import rescore
    from eval.scores import Figure, Scores
    from eval.statistics import Estimate

_PLACES = {
    "BENCHMARKS": "datasets",
    "BadDataset": "errors",
    "BadRun": "errors",
    "Comparison": "compare",
    "Dataset": "dataset",
    "Estimate": "statistics",
    "Figure": "scores",
    "GoldPage": "dataset",
    "Judged": "judging",
    "NeedleOptions": "needles",
    "Question": "dataset",
    "Quirk": "dataset",
    "Result": "record",
    "RunFolder": "folder",
    "RunInfo": "record",
    "RunOptions": "record",
    "Scores": "scores",
    "ServiceGone": "errors",
    "load": "datasets",
    "make_needles": "needles",
    "rescore": "run",
    "write_report": "report",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'eval' has no attribute {name!r}")
    return getattr(import_module(f"eval.{_PLACES[name]}"), name)


__all__ = [
    "BENCHMARKS",
    "BadDataset",
    "BadRun",
    "Comparison",
    "Dataset",
    "Estimate",
    "Figure",
    "GoldPage",
    "Judged",
    "NeedleOptions",
    "Question",
    "Quirk",
    "Result",
    "RunFolder",
    "RunInfo",
    "RunOptions",
    "Scores",
    "ServiceGone",
    "load",
    "make_needles",
    "rescore",
    "write_report",
]
