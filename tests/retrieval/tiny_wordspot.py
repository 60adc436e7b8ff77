"""Small random weights of wordspot, loaded as the shipped ones are."""

from pathlib import Path

import msgspec
import torch

from retrieval.wordspot import weights
from retrieval.wordspot.losses import Model
from retrieval.wordspot.network import Shape
from retrieval.wordspot.scoring import Calibration, Curve

TINY = Shape(stem=4, fine=6, letter=8, word=10, dimension=12, bags=(6, 4, 4), hidden=8)
CALIBRATION = Calibration(Curve(30, 0.8), Curve(30, 0.6))


def save_tiny(path: Path) -> Path:
    """Writes weights that find a word wherever something is printed."""
    torch.manual_seed(3)
    model = Model(TINY)
    with torch.no_grad():
        model.page.place_head.bias[0] = 3.0
        model.page.place_head.weight.mul_(0.1)
    weights.save(path, model, TINY, {"calibration": msgspec.json.encode(CALIBRATION).decode()})
    return path
