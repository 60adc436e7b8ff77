"""What the extractive reader needs of a text encoder; `retrieval`'s encoder has it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Sync and thread-safe. Both methods give unit vectors, float32, (n, dimension)."""

    def encode_query(self, texts: Sequence[str]) -> NDArray[np.float32]: ...

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]: ...
