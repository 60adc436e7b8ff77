"""The two networks: a page's pixels to vectors of the words on it, and a word's features to a vector of the same space.

The page network is fully convolutional, so it takes any size. A word is read at the cell in its middle, which is why
the last convolutions are wide: with dilations 1, 2 and 1 they see some 100 pixels to each side.
"""

import torch
from msgspec import Struct
from torch import Tensor, nn
from torch.nn import functional

from retrieval.wordspot.alphabet import LETTERS
from retrieval.wordspot.hashing import GRAMS, PAIRS, PLACES
from retrieval.wordspot.normalising import CHANNELS

CELL = 8
"""Pixels of an output cell, both ways; characters are read in cells of 8 x 4."""

LETTER_WIDTH = 4

SIGNS = 2 + len(LETTERS)
"""Classes of the character head: nothing, a mark, and the alphabet."""


class Shape(Struct, frozen=True):
    """What the networks are built from: channels of the four stages, vectors' values, the query side's widths."""

    stem: int = 20
    fine: int = 56
    letter: int = 96
    word: int = 192
    dimension: int = 128
    bags: tuple[int, int, int] = (96, 64, 64)
    hidden: int = 256


class _Conv(nn.Sequential):  # type: ignore[misc]
    def __init__(
        self, inner: int, outer: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), dilation: int = 1
    ) -> None:
        padding = (kernel[0] // 2, dilation * (kernel[1] // 2))
        super().__init__(
            nn.Conv2d(inner, outer, kernel, stride, padding, (1, dilation), bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
        )


class _Residual(nn.Module):  # type: ignore[misc]
    def __init__(self, *layers: _Conv) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, values: Tensor) -> Tensor:
        return values + self.layers(values)


class PageNet(nn.Module):  # type: ignore[misc]
    """Pixels (b, CHANNELS, h, w), h and w multiples of CELL, to features; `vectors`, `places` and `signs` read them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        wide = shape.word
        self.strokes = nn.Sequential(
            _Conv(CHANNELS, shape.stem, (5, 5), (2, 2)),
            _Conv(shape.stem, shape.fine, (3, 3), (2, 2)),
            _Residual(_Conv(shape.fine, shape.fine, (3, 3)), _Conv(shape.fine, shape.fine, (3, 3))),
            _Conv(shape.fine, shape.letter, (3, 3), (2, 1)),
            _Residual(_Conv(shape.letter, shape.letter, (3, 3)), _Conv(shape.letter, shape.letter, (3, 3))),
        )
        self.line = nn.Sequential(
            _Conv(shape.letter, wide, (3, 3), (1, 2)),
            *(_Residual(_Conv(wide, wide, (1, 7), dilation=dilation)) for dilation in (1, 2, 1)),
        )
        self.sign_head = nn.Linear(shape.letter, SIGNS)
        self.place_head = nn.Conv2d(wide, 5, 1)
        self.vector_head = nn.Linear(wide, shape.dimension)

    def letters(self, pixels: Tensor) -> Tensor:
        """(b, letter, h / CELL, w / LETTER_WIDTH)."""
        found: Tensor = self.strokes(pixels)
        return found

    def words(self, letters: Tensor) -> Tensor:
        """(b, word, h / CELL, w / CELL)."""
        found: Tensor = self.line(letters)
        return found

    def places(self, words: Tensor) -> Tensor:
        """(b, 5, rows, columns): how surely a word is centred in the cell (a logit); how far right of and below the
        cell's middle its own is, in cells; the logarithms of its width and height, in cells."""
        found: Tensor = self.place_head(words.float())
        return found

    def vectors(self, words: Tensor) -> Tensor:
        """Features (n, word) of cells to unit vectors (n, dimension)."""
        return functional.normalize(self.vector_head(words.float()), dim=-1)

    def signs(self, letters: Tensor) -> Tensor:
        """Features (n, letter) of cells to logits (n, SIGNS). Only training asks for them."""
        found: Tensor = self.sign_head(letters.float())
        return found


class QueryNet(nn.Module):  # type: ignore[misc]
    """Hashed features of words to unit vectors (n, dimension)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.bags = nn.ModuleList(
            nn.EmbeddingBag(count, width, mode="mean")
            for count, width in zip((PLACES, PAIRS, GRAMS), shape.bags, strict=True)
        )
        for bag, spread in zip(self.bags, (0.5, 0.2, 0.02), strict=True):
            # Most n-grams come up too rarely to be learnt; what they begin with is what an unseen word gets of them.
            nn.init.normal_(bag.weight, std=spread)
        self.first = nn.Linear(sum(shape.bags), shape.hidden)
        self.second = nn.Linear(shape.hidden, shape.hidden)
        self.last = nn.Linear(shape.hidden, shape.dimension)
        self.straight = nn.Linear(sum(shape.bags), shape.dimension, bias=False)

    def forward(self, bags: list[tuple[Tensor, Tensor]], keep: Tensor | None = None) -> Tensor:
        """`bags`: buckets and offsets of each kind. `keep`: (n, 3), factors of the kinds, for training without some."""
        parts = [bag(buckets, offsets) for bag, (buckets, offsets) in zip(self.bags, bags, strict=True)]
        if keep is not None:
            parts = [part * keep[:, index : index + 1] for index, part in enumerate(parts)]
        joined = torch.cat(parts, dim=1)
        inner = functional.relu(self.first(joined))
        inner = inner + functional.relu(self.second(inner))
        return functional.normalize(self.last(inner) + self.straight(joined), dim=-1)


def bagged(features: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]) -> list[tuple[Tensor, Tensor]]:
    """Words' features as the query network takes them."""
    bags = []
    for kind in range(3):
        buckets = [bucket for word in features for bucket in word[kind]]
        starts = [0]
        for word in features[:-1]:
            starts.append(starts[-1] + len(word[kind]))
        bags.append((torch.tensor(buckets), torch.tensor(starts)))
    return bags
