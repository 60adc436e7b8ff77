"""Trains the encoder: `python -m retrieval.wordspot.train --data FOLDER --out FOLDER --minutes 60`.

Characters come first, then words; print gets harder as the run goes on; the learning rate falls to nothing at its planned
end, which is a time or a number of steps. With steps a run is repeated exactly by its seed on the same machine; with
minutes, as far as the machine's pace allows. A run that was stopped goes on with --resume; a finished one is carried on
by a new run with --warm. Everything is written atomically: `state.pt` every few minutes, `curve.jsonl` a line a report.
"""

import json
import logging
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import torch
from msgspec import Struct, structs

from retrieval.wordspot.batches import Plan
from retrieval.wordspot.feeding import Fed, Feeder, source_of
from retrieval.wordspot.losses import Losses, Model, Weights, kept_kinds, losses
from retrieval.wordspot.network import Shape
from retrieval.wordspot.validation import held_out_batches, validate
from retrieval.wordspot.weights import resumed

_log = logging.getLogger(__name__)

STATE, CURVE = "state.pt", "curve.jsonl"

_SIGNS_FIRST = 0.13
"""Share of the run that goes to characters alone: words are not learnt before their letters are, and it costs half."""

_EASY = 0.40
"""Share of the run after which print is as hard as it gets."""

_WARM_UP = 60
"""Steps over which the rate rises."""

_VALIDATED = 20
"""Batches of held-out print, of two patches each."""


class Options(Struct, frozen=True):
    """A run. `minutes` or `steps` is its planned length. `warm`: weights to begin with; characters were learnt then, and
    print is hard from the start. `report`, `save`: minutes between lines of the curve, and between states."""

    data: Path
    out: Path
    seed: int
    minutes: float
    steps: int
    patches: int
    size: tuple[int, int]
    others: int
    rate: float
    device: str
    half: bool
    workers: int
    report: float
    save: float
    warm: Path | None = None


class Trainer:
    """One run, from its beginning or from where it was stopped."""

    def __init__(self, options: Options, *, resume: bool) -> None:
        self._options = options
        self._device = torch.device(options.device)
        torch.manual_seed(options.seed)
        self._model = Model(Shape()).to(self._device)
        self._optimizer = _optimizer(self._model, options.rate)
        self._generator = torch.Generator().manual_seed(options.seed)
        self._step, self._spent = 0, 0.0
        options.out.mkdir(parents=True, exist_ok=True)
        if resume:
            self._resume()
        elif options.warm is not None:
            _warm(options.warm, self._model, self._device)
        self._began = time.monotonic() - self._spent

    def run(self) -> dict[str, float]:
        """Trains to the planned end. The last validation."""
        options = self._options
        held_out = self._held_out()
        feeder = Feeder(options.data, options.seed, options.others, options.workers)
        reported = saved = time.monotonic()
        self._began = time.monotonic() - self._spent
        try:
            for fed in feeder.batches(self._step, self._plans()):
                found = self._learn(fed)
                if time.monotonic() - reported > 60 * options.report:
                    self._report(found, held_out)
                    reported = time.monotonic()
                if time.monotonic() - saved > 60 * options.save:
                    self._save()
                    saved = time.monotonic()
                if self._progress() >= 1:
                    break
        finally:
            feeder.close()
        self._save()
        return self._report(found, held_out)

    def _held_out(self) -> dict[str, list[Fed]]:
        """What is validated on, by its name in the curve."""
        plain, varied = (
            source_of(self._options.data, held_out=True, unseen=0.5, varied=more) for more in (False, True)
        )
        return {
            "held_out": held_out_batches(plain, _VALIDATED),
            "varied": held_out_batches(varied, max(1, _VALIDATED // 2), varied=True),
        }

    def _plans(self) -> Iterator[Plan]:
        while True:
            level = 1.0 if self._options.warm else min(1.0, self._progress() / _EASY)
            yield Plan(self._options.patches, self._options.size, level, varied=True)

    def _progress(self) -> float:
        if self._options.steps:
            return self._step / self._options.steps
        return (time.monotonic() - self._began) / (60 * self._options.minutes)

    def _weights(self) -> Weights:
        progress = self._progress()
        if progress < _SIGNS_FIRST and self._options.warm is None:
            return Weights(1.0, 0.0)
        return Weights(max(0.1, 0.5 * (1 - progress / 0.6)), 1.0)

    def _learn(self, fed: Fed) -> Losses:
        rate = self._options.rate * min(1.0, (self._step + 1) / _WARM_UP) * _fall(self._progress())
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        keep = kept_kinds(len(fed.names), self._generator)
        found = losses(
            self._model, fed.batch, fed.names, self._weights(), self._device, half=self._options.half, keep=keep
        )
        self._optimizer.zero_grad(set_to_none=True)
        found.total.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 5.0)
        self._optimizer.step()
        self._step += 1
        return found

    def _report(self, found: Losses, held_out: dict[str, list[Fed]]) -> dict[str, float]:
        minutes = (time.monotonic() - self._began) / 60
        checked = {name: validate(self._model, batches, self._device) for name, batches in held_out.items()}
        parts = {name: round(float(value), 4) for name, value in structs.asdict(found).items() if name != "total"}
        line: dict[str, Any] = {
            "step": self._step,
            "minutes": round(minutes, 2),
            "scale": round(float(self._model.scale().detach()), 2),
        }
        line |= {"train": parts} | checked
        with (self._options.out / CURVE).open("a", encoding="utf-8") as curve:
            curve.write(json.dumps(line) + "\n")
        _log.info("%s", json.dumps(line))
        return checked["held_out"]

    def _save(self) -> None:
        state = {
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "generator": self._generator.get_state(),
            "step": self._step,
            "spent": time.monotonic() - self._began,
            "seed": self._options.seed,
        }
        path = self._options.out / STATE
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    def _resume(self) -> None:
        state = _read(self._options.out / STATE, self._device)
        self._model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._generator.set_state(state["generator"].cpu())
        self._step, self._spent = int(state["step"]), float(state["spent"])


def _read(path: Path, device: torch.device) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state


def _warm(path: Path, model: Model, device: torch.device) -> None:
    """The weights of a state, or of a file that `retrieval.wordspot.export` wrote."""
    if path.suffix == ".safetensors":
        resumed(path, model)
    else:
        model.load_state_dict(_read(path, device)["model"])


def _optimizer(model: Model, rate: float) -> torch.optim.Optimizer:
    """AdamW; vectors of hashed features rise in longer strides and are not pulled to zero, since most get few of them."""
    bags = list(model.query.bags.parameters())
    flat = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    known = {id(parameter) for parameter in (*bags, *flat)}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in known]
    groups = [
        {"params": rest, "weight_decay": 0.01, "factor": 1.0},
        {"params": flat, "weight_decay": 0.0, "factor": 1.0},
        {"params": bags, "weight_decay": 0.0, "factor": 2.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def _fall(progress: float) -> float:
    """Even at first, then a cosine to a hundredth."""
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, (progress - 0.1) / 0.9))))


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--minutes", default=60.0, show_default=True, help="Planned length, unless --steps is given.")
@click.option("--steps", default=0, help="Planned length in steps instead.")
@click.option("--patches", default=6, show_default=True, help="Patches a step.")
@click.option(
    "--size", nargs=2, type=int, default=(160, 512), show_default=True, help="Pixels of a patch, height first."
)
@click.option("--others", default=900, show_default=True, help="Words of the vocabulary that a batch's are told from.")
@click.option("--rate", default=2e-3, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--half/--full", default=True, show_default=True, help="Convolutions in bfloat16.")
@click.option("--threads", default=1, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes that draw patches; 0: none beside this one.")
@click.option("--report", default=3.0, show_default=True, help="Minutes between lines of the curve.")
@click.option("--save", default=5.0, show_default=True, help="Minutes between states.")
@click.option(
    "--warm",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A state, or exported weights, to begin with.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in --out; give its options again.")
def main(threads: int, resume: bool, **options: Any) -> None:
    """Train the encoder on made-up pages."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(threads)
    Trainer(Options(**options), resume=resume).run()


if __name__ == "__main__":
    main()
