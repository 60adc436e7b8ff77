"""Batches made ahead of the training by other processes: drawing a patch takes a quarter of the time that a core needs
to learn from it."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from random import Random

from msgspec import Struct

from retrieval.wordspot.batches import Batch, Plan, make
from retrieval.wordspot.fonts import faces
from retrieval.wordspot.grounds import load as grounds
from retrieval.wordspot.losses import candidates
from retrieval.wordspot.pen import Source, families
from retrieval.wordspot.vocabulary import load

_NICENESS = 2


class Fed(Struct, frozen=True):
    """A batch, and the candidates for its words, its own words first."""

    batch: Batch
    names: list[str]


_FIGURES = 0.15
"""Of varied print, the share of words that are figures beside those of the vocabulary (17 %): they are read worse."""


def source_of(folder: Path, *, held_out: bool, unseen: float | None = None, varied: bool = False) -> Source:
    """What to print with, from the folder that `retrieval.wordspot.fonts` filled. `varied`: more figures, and pictures to
    print on."""
    pictures = grounds(folder, held_out=held_out) if varied else ()
    kept = families(faces(folder), held_out=held_out)
    return Source(folder, load(folder), kept, unseen, _FIGURES if varied else 0.0, pictures)


class Feeder:
    """Batches of a run by number; `others`: candidates of the vocabulary beside a batch's own words."""

    def __init__(self, folder: Path, seed: int, others: int, workers: int) -> None:
        """`workers` 0: batches are made when they are asked for, in this process."""
        self._seed, self._others, self._workers = seed, others, workers
        self._source: Source | None = None
        self._pool: ProcessPoolExecutor | None = None
        if workers:
            self._pool = ProcessPoolExecutor(workers, initializer=_prepare, initargs=(str(folder),))
        else:
            self._source = source_of(folder, held_out=False, varied=True)

    def batches(self, first: int, plans: Iterator[Plan]) -> Iterator[Fed]:
        """Batches from number `first` on, one for each plan; plans are taken some batches ahead."""
        number = first
        if self._pool is None:
            assert self._source is not None
            for plan in plans:
                yield feed(plan, self._source, self._seed, number, self._others)
                number += 1
            return
        ahead: deque[Future[Fed]] = deque()
        for plan in plans:
            ahead.append(self._pool.submit(_feed, plan, self._seed, number, self._others))
            number += 1
            if len(ahead) > 2 * self._workers + 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def close(self) -> None:
        """Lets the processes go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def feed(plan: Plan, source: Source, seed: int, number: int, others: int) -> Fed:
    """Batch `number` of a run with its candidates."""
    batch = make(plan, source, seed, number)
    random = Random(f"names {seed} {number}")
    return Fed(batch, candidates(batch.words.names, source.vocabulary, random, others, harder=plan.varied))


_source: Source | None = None


def _prepare(folder: str) -> None:
    global _source
    os.nice(_NICENESS)
    _source = source_of(Path(folder), held_out=False, varied=True)


def _feed(plan: Plan, seed: int, number: int, others: int) -> Fed:
    assert _source is not None
    return feed(plan, _source, seed, number, others)
