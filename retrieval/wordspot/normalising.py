"""Grey pixels to what the page network reads: local contrast taken out, and light print on dark turned around."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

CHANNELS = 2

_WINDOW = (33, 65)
"""Height and width, in pixels, over which contrast is judged: about two lines of the largest print that is read."""

_FAINT = 0.035
"""Deviation, of a range of 1, under which contrast is no longer stretched: else the grain of blank paper would be."""

_DECIDED = 6.0
"""How sharply skew turns polarity: at a skew of a third it is settled."""


def normalised(grey: Grey) -> Floats:
    """uint8 (h, w) to float32 (CHANNELS, h, w), about -3 to 3.

    First channel: deviation from the local mean in local deviations, with the sign under which the rarer side (ink) is
    positive, whichever of the two is darker; second: the same with dark as positive, for where the sign is doubtful.
    """
    import cv2

    size = (_WINDOW[1], _WINDOW[0])

    def around(values: Floats) -> Floats:
        return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT), dtype=np.float32)

    dark = np.asarray((255 - grey) / 255, dtype=np.float32)
    deviation = dark - around(dark)
    spread = np.sqrt(np.maximum(around(deviation * deviation), 0))
    stretched = np.asarray(deviation / (spread + _FAINT), dtype=np.float32)
    skew = around(stretched * stretched * stretched)
    turned = stretched * np.tanh(_DECIDED * skew)
    return np.asarray(np.clip(np.stack([turned, stretched]), -4, 4), dtype=np.float32)
