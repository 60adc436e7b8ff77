"""What the encoder sees: a page with the best cells of a question's words drawn in.

    python -m benchmarks.wordspot.drawn FILE.pdf PAGE "question" --out FILE.png [--weights FILE]

Each word has a colour; framed are the cells of which each alone would have the word rather on the page than not, the thicker
the surer; a list below the page says the chance that the word is there. Grey frames: all cells that were kept.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.wordspot.paging import Encoder, encoder, picture
from retrieval.wordspot.reading import Spotted
from retrieval.wordspot.weights import SHIPPED

_COLOURS = ((200, 30, 30), (20, 90, 200), (10, 140, 60), (190, 110, 0), (130, 40, 160), (0, 140, 150))
"""Red, green and blue of the first words, again from the beginning after the sixth."""

_SHOWN = 0.5


def drawn(grey: npt.NDArray[np.uint8], spotted: Spotted, question: str, with_: Encoder) -> npt.NDArray[np.uint8]:
    """The page in colour, uint8 (h, w, 3), blue first as OpenCV has it."""
    import cv2

    words = with_.asker.words(question)
    chances = with_.calibration.page.chance(with_.asker.vectors(words) @ spotted.vectors.T)
    height, width = grey.shape
    shown = np.repeat(grey[..., None], 3, axis=2).copy()
    corners = (spotted.boxes * np.array([width, height] * 2)).round().astype(int)
    for left, top, right, bottom in corners.tolist():
        cv2.rectangle(shown, (left, top), (right, bottom), (215, 215, 215), 1)
    lines = np.full((22 * (len(words) + 1), width, 3), 255, np.uint8)
    for number, (word, row) in enumerate(zip(words, chances, strict=True)):
        colour = _COLOURS[number % len(_COLOURS)][::-1]
        for index in np.flatnonzero(row > _SHOWN).tolist():
            left, top, right, bottom = corners[index].tolist()
            cv2.rectangle(shown, (left, top), (right, bottom), colour, 2 if row[index] < 0.9 else 3)
        text = f"{word}: {row.max(initial=0):.2f}, {int((row > _SHOWN).sum())} cells"
        cv2.putText(lines, text, (10, 22 * (number + 1)), cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, 1, cv2.LINE_AA)
    return np.concatenate([shown, lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdf", type=Path)
    parser.add_argument("page", type=int, help="from 1")
    parser.add_argument("question")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    options = parser.parse_args()
    import cv2
    import pymupdf

    with_ = encoder(options.weights)
    with pymupdf.open(options.pdf) as document:
        grey = picture(document[options.page - 1])
    cv2.imwrite(str(options.out), drawn(grey, with_.reader.read(grey), options.question, with_))


if __name__ == "__main__":
    main()
