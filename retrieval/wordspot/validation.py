"""How well words are read on made-up patches with fonts, and half of the words, that training never saw."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from retrieval.wordspot.batches import Plan
from retrieval.wordspot.feeding import Fed, feed
from retrieval.wordspot.losses import Model, vectors_of
from retrieval.wordspot.pen import Source
from retrieval.wordspot.vocabulary import is_held_out

SEED = 1_000_003
_LEVEL = 0.8
_OTHERS = 150
"""Candidates of the vocabulary with each batch; all batches' candidates compete for each word."""


def held_out_batches(source: Source, count: int, *, varied: bool = False) -> list[Fed]:
    """The same patches each time, a few to a batch. `varied`: with charts, statements, photographs and smaller print; a
    measure of its own beside that of the first run."""
    plan = Plan(2, (160, 512), _LEVEL, varied)
    return [feed(plan, source, SEED, number, _OTHERS) for number in range(count)]


def validate(model: Model, batches: list[Fed], device: torch.device) -> dict[str, float]:
    """Share of words that come first among all candidates, in all and by group; characters read; the gate's average
    precision over cells."""
    model.eval()
    seen, names, ems, dark, gates, signs = [], [], [], [], [], []
    with torch.inference_mode():
        for fed in batches:
            batch = fed.batch
            letters = model.page.letters(torch.from_numpy(batch.pixels).to(device))
            words = model.page.words(letters)
            at = torch.from_numpy(batch.words.cells).to(device)
            seen.append(model.page.vectors(words[at[:, 0], :, at[:, 1], at[:, 2]]).cpu())
            gates.append(_gate(model, words, batch.gate))
            signs.append(_signs(model, letters, batch.sign_cells, batch.signs))
            names += batch.words.names
            ems.append(batch.words.ems)
            dark.append(batch.words.dark)
        everything = list(dict.fromkeys(name for fed in batches for name in fed.names))
        asked = vectors_of(model.query, everything, device).cpu()
    model.train()
    best = (torch.cat(seen) @ asked.T).argmax(dim=1).tolist()
    right = np.array([everything[index] == name for index, name in zip(best, names, strict=True)])
    found = _by_group(right, names, np.concatenate(ems), np.concatenate(dark))
    found |= {"candidates": len(everything), "words": len(names), "signs": float(np.mean(signs))}
    return found | {"gate": _average_precision(torch.cat(gates, dim=1))}


def _by_group(right: np.ndarray, names: list[str], ems: np.ndarray, dark: np.ndarray) -> dict[str, float]:
    digits = np.array([any(sign.isdigit() for sign in name) for name in names])
    held_out = np.array([is_held_out(name) for name in names])
    groups: Mapping[str, np.ndarray] = {
        "all": np.ones(len(names), bool),
        "seen": ~held_out & ~digits,
        "unseen": held_out & ~digits,
        "digits": digits,
        "small": ems < 10,
        "large": ems >= 10,
        "dark": dark,
    }
    return {name: round(float(right[chosen].mean()), 4) for name, chosen in groups.items() if chosen.any()}


def _gate(model: Model, words: Tensor, wanted: np.ndarray) -> Tensor:
    """Logits and truths (2, n) of the cells that are either."""
    logits = model.page.places(words)[:, 0].cpu()
    known = torch.from_numpy(wanted) >= 0
    return torch.stack([logits[known], torch.from_numpy(wanted)[known].float()])


def _signs(model: Model, letters: Tensor, cells: np.ndarray, wanted: np.ndarray) -> float:
    at, truth = torch.from_numpy(cells).to(letters.device), torch.from_numpy(wanted)
    read = model.page.signs(letters[at[:, 0], :, at[:, 1], at[:, 2]]).argmax(dim=1).cpu()
    return float((read == truth)[truth > 0].float().mean())


def _average_precision(gates: Tensor) -> float:
    truth = gates[1][gates[0].argsort(descending=True)]
    precision = truth.cumsum(0) / torch.arange(1, len(truth) + 1)
    return round(float((precision * truth).sum() / truth.sum().clamp(min=1)), 4)
