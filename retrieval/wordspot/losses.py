"""What the networks are trained by: characters, where words are, and which words they are."""

from random import Random

import torch
from msgspec import Struct
from torch import Tensor, nn
from torch.nn import functional

from retrieval.wordspot.batches import Batch
from retrieval.wordspot.hashing import features
from retrieval.wordspot.negatives import edited
from retrieval.wordspot.network import PageNet, QueryNet, Shape, bagged
from retrieval.wordspot.vocabulary import Vocabulary

_BLANK_WEIGHT = 0.2
_GROUNDS = 256
"""Cells without a word that every word of a batch is told from."""
_MORE_EDITS = 2
"""Of a figure, beside the one of any word."""
_KEPT_KINDS = (1.0, 0.85, 0.6)
"""Share of words whose places, pairs and longer n-grams the query network gets to see: it has to do without each."""


class Weights(Struct, frozen=True):
    """Of the parts of the loss. `words` 0: only characters are learnt, and only their layers run."""

    signs: float
    words: float


class Losses(Struct, frozen=True):
    """The sum, and its parts as figures. `hit`: share of words put first among all candidates of their batch."""

    total: Tensor
    signs: float
    gate: float
    vectors: float
    places: float
    hit: float
    sign_hit: float


class Model(nn.Module):  # type: ignore[misc]
    """Both networks and how sharply their likeness is judged (the inverse of a temperature, as a logarithm)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.page, self.query = PageNet(shape), QueryNet(shape)
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def scale(self) -> Tensor:
        """At most 40: beyond that one mislabelled word outweighs a batch."""
        return self.sharpness.exp().clamp(max=40.0)


def candidates(
    names: list[str], vocabulary: Vocabulary, random: Random, others: int, *, harder: bool = False
) -> list[str]:
    """The different words of a batch, first; then words one edit away from them, and `others` of the vocabulary. `harder`:
    figures have more such neighbours, since one digit makes another number but seldom another word."""
    unique = list(dict.fromkeys(names))
    near = [edited(name, random) for name in unique]
    if harder:
        figures = [name for name in unique if any(sign.isdigit() for sign in name)]
        near += [edited(name, random) for name in figures for _ in range(_MORE_EDITS)]
    far = [vocabulary.folded(random) for _ in range(others)]
    return list(dict.fromkeys([*unique, *filter(None, [*near, *far])]))


def losses(
    model: Model, batch: Batch, names: list[str], weights: Weights, device: torch.device, *, half: bool, keep: Tensor
) -> Losses:
    """`names`: candidates, the batch's own words first. `keep`: (len(names), 3), factors of the query's kinds."""
    pixels = torch.from_numpy(batch.pixels).to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
        letters = model.page.letters(pixels)
        words = model.page.words(letters) if weights.words else None
    sign_loss, sign_hit = _signs(model.page, letters, batch, device)
    total = weights.signs * sign_loss
    gate, vectors, places, hit = (torch.zeros(()) for _ in range(4))
    if words is not None and len(batch.words.names):
        gate, places = _where(model.page, words, batch, device)
        vectors, hit = _which(model, words, batch, names, keep.to(device))
        total = total + weights.words * (vectors + gate + 0.3 * places)
    parts = (sign_loss, gate, vectors, places, hit, sign_hit)
    return Losses(total, *(float(part.detach()) for part in parts))


def kept_kinds(count: int, generator: torch.Generator) -> Tensor:
    """Random factors (count, 3): 0 leaves a kind of features out, what is left in is not scaled."""
    return (torch.rand(count, 3, generator=generator) < torch.tensor(_KEPT_KINDS)).float()


def vectors_of(query: QueryNet, names: list[str], device: torch.device, keep: Tensor | None = None) -> Tensor:
    """Unit vectors (n, dimension) of folded words."""
    bags = [(buckets.to(device), starts.to(device)) for buckets, starts in bagged([features(name) for name in names])]
    found: Tensor = query(bags, keep)
    return found


def _signs(page: PageNet, letters: Tensor, batch: Batch, device: torch.device) -> tuple[Tensor, Tensor]:
    at = torch.from_numpy(batch.sign_cells).to(device)
    wanted = torch.from_numpy(batch.signs).to(device)
    logits = page.signs(letters[at[:, 0], :, at[:, 1], at[:, 2]])
    weight = torch.ones(logits.shape[1], device=device)
    weight[0] = _BLANK_WEIGHT
    shown = wanted > 0
    hit = (logits.detach()[shown].argmax(dim=1) == wanted[shown]).float().mean()
    return functional.cross_entropy(logits, wanted, weight), hit


def _where(page: PageNet, words: Tensor, batch: Batch, device: torch.device) -> tuple[Tensor, Tensor]:
    found = page.places(words)
    gate = torch.from_numpy(batch.gate).to(device)
    known = gate >= 0
    wanted = gate[known].float()
    # Middles are some two in a hundred cells; weighted up to a fifth.
    weight = 1 + 9 * wanted
    loss = functional.binary_cross_entropy_with_logits(found[:, 0][known], wanted, weight)
    at = torch.from_numpy(batch.words.cells).to(device)
    read = found[at[:, 0], 1:, at[:, 1], at[:, 2]]
    return loss, functional.smooth_l1_loss(read, torch.from_numpy(batch.words.places).to(device))


def _which(model: Model, words: Tensor, batch: Batch, names: list[str], keep: Tensor) -> tuple[Tensor, Tensor]:
    """Each word's cell among the candidates, and each word among the cells, of which several may be its own."""
    device = words.device
    at = torch.from_numpy(batch.words.cells).to(device)
    own = {name: index for index, name in enumerate(dict.fromkeys(batch.words.names))}
    wanted = torch.tensor([own[name] for name in batch.words.names], device=device)
    seen = model.page.vectors(words[at[:, 0], :, at[:, 1], at[:, 2]])
    asked = vectors_of(model.query, names, device, keep)
    logits = model.scale() * seen @ asked.T
    to_words = functional.cross_entropy(logits, wanted)
    grounds = model.scale() * model.page.vectors(_grounds(words, batch, device)) @ asked[: len(own)].T
    columns = torch.cat([logits[:, : len(own)], grounds])
    own_cells = torch.full_like(columns, -torch.inf)
    own_cells[torch.arange(len(wanted), device=device), wanted] = 0.0
    to_cells = (torch.logsumexp(columns, dim=0) - torch.logsumexp(columns + own_cells, dim=0)).mean()
    hit = (logits.detach().argmax(dim=1) == wanted).float().mean()
    return to_words + 0.5 * to_cells, hit


def _grounds(words: Tensor, batch: Batch, device: torch.device) -> Tensor:
    """Features (m, word) of cells without a word's middle, m at most _GROUNDS, spread evenly over the batch."""
    empty = torch.from_numpy(batch.gate == 0).to(device).nonzero()
    chosen = empty[:: max(1, len(empty) // _GROUNDS)]
    return words[chosen[:, 0], :, chosen[:, 1], chosen[:, 2]]
