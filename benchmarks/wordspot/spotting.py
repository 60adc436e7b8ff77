"""Word spotting on made-up pages with fonts, and half of the words, that training never saw.

    python -m benchmarks.wordspot.spotting --data FOLDER [--weights FILE] [--pages 6]

FOLDER is the one that `retrieval.wordspot.fonts` filled. For each kind of page: some pages are read, and the different
words on them asked for one by one among all kept cells of these pages. A cell is right if the word's middle is in its
box and it is that word. mAP: mean over words of the average precision, words that no cell stands for counting 0; rank-1:
the share of words whose nearest cell is right. AUC: of the best cosine on a page, words on it against words that are
not. Words by kind: in training's vocabulary, held out of it, and with figures.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from benchmarks.wordspot.paging import SHARPER, Encoder, encoder
from retrieval.wordspot.drawing import PICTURED
from retrieval.wordspot.feeding import source_of
from retrieval.wordspot.pages import Kind, MadeUp, found_of, page
from retrieval.wordspot.pen import Source
from retrieval.wordspot.reading import Spotted
from retrieval.wordspot.vocabulary import is_held_out
from retrieval.wordspot.weights import SHIPPED

KINDS = {
    "clean, 10 to 20 px": Kind(0.0),
    "worn": Kind(0.9),
    "small print, 7 to 9.5 px": Kind(0.3, (7.0, 9.5)),
    "headlines, 24 to 60 px": Kind(0.3, (24.0, 60.0)),
    "inverted": Kind(0.3, inverted=True),
    "turned by 3 degrees": Kind(0.3, turn=3.0),
    "turned by 90 degrees": Kind(0.3, turn=90.0),
    "turned by 180 degrees": Kind(0.3, turn=180.0),
    "small print, drawn as the service does": Kind(0.3, (7.0, 9.5), sharper=SHARPER),
    "charts": Kind(0.3, varied=True, layout="chart"),
    "statements of account": Kind(0.3, varied=True, layout="statement"),
    "forms": Kind(0.3, varied=True, layout="form"),
    "maps": Kind(0.3, varied=True, layout="plan"),
    "on photographs": Kind(0.3, varied=True, layout=PICTURED),
    "copied in black and white": Kind(0.6, varied=True, copied=True),
}
"""The first seven as they were before the others came, for comparison."""
SEED = 4242


class Found(Struct, frozen=True):
    """One word's search: average precision, whether the nearest cell is right, and what kind of word it is."""

    precision: float
    first: bool
    kind: str


def kind_of(word: str) -> str:
    """With figures; else by whether training may have printed it."""
    if any(sign.isdigit() for sign in word):
        return "figures"
    return "held out" if is_held_out(word) else "vocabulary"


def spot(made: Sequence[MadeUp], spotted: Sequence[Spotted], with_: Encoder) -> list[Found]:
    """Every different word of the pages, searched for."""
    vectors = np.concatenate([read.vectors for read in spotted])
    matched = [found_of(one, read) for one, read in zip(made, spotted, strict=True)]
    names = np.array(
        [one.words[i] if i >= 0 else "" for one, found in zip(made, matched, strict=True) for i in found], dtype=object
    )
    printed = [word for one in made for word in one.words]
    words = sorted(set(printed))
    cosines = with_.asker.vectors(words) @ vectors.T
    found = []
    for word, row in zip(words, cosines, strict=True):
        right = names[np.argsort(-row, kind="stable")] == word
        found.append(Found(average_precision(right, printed.count(word)), bool(right[0]), kind_of(word)))
    return found


def average_precision(right: npt.NDArray[np.bool_], count: int) -> float:
    """Of a ranking, of which `count` are to be found: a word that is found twice counts once for each place."""
    places = np.flatnonzero(right)
    return float(sum((i + 1) / (place + 1) for i, place in enumerate(places[:count]))) / max(count, 1)


def rejection(made: Sequence[MadeUp], spotted: Sequence[Spotted], with_: Encoder) -> float:
    """AUC of the best cosine on a page: its own words against other pages' words that it lacks."""
    present: list[npt.NDArray[np.floating]] = []
    absent: list[npt.NDArray[np.floating]] = []
    for one, read in zip(made, spotted, strict=True):
        own = sorted(set(one.words))
        others = sorted({word for other in made for word in other.words} - set(own))
        for words, into in ((own, present), (others, absent)):
            if words and len(read.vectors):
                into.append((with_.asker.vectors(words) @ read.vectors.T).max(axis=1))
    return auc(np.concatenate(present), np.concatenate(absent))


def auc(high: npt.NDArray[np.floating], low: npt.NDArray[np.floating]) -> float:
    """The chance that one of `high` is above one of `low`."""
    order = np.sort(low)
    below = (np.searchsorted(order, high, "left") + np.searchsorted(order, high, "right")) / 2
    return float(below.mean() / len(low))


def report(sources: Mapping[bool, Source], with_: Encoder, pages: int) -> None:
    """A line for each kind of page; `sources` for varied print and for other."""
    print("| pages | words | gate recall | mAP | rank-1 | vocabulary | held out | figures | absent-word AUC |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, kind in KINDS.items():
        made = [page(sources[kind.varied], kind, SEED, number) for number in range(pages)]
        spotted = [with_.reader.read(one.grey) for one in made]
        found = spot(made, spotted, with_)
        seen = [len(set(found_of(one, read)) - {-1}) for one, read in zip(made, spotted, strict=True)]
        cells = [f"{len(found)}", percent(sum(seen) / sum(len(one.words) for one in made))]
        cells += [
            percent(np.mean([word.precision for word in found])),
            percent(np.mean([word.first for word in found])),
        ]
        for group in ("vocabulary", "held out", "figures"):
            firsts = [word.first for word in found if word.kind == group]
            cells.append(f"{percent(np.mean(firsts))} ({len(firsts)})" if firsts else "-")
        cells.append(f"{rejection(made, spotted, with_):.3f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def percent(share: float | np.floating) -> str:
    """To one place."""
    return f"{100 * float(share):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--pages", type=int, default=6, help="of each kind")
    parser.add_argument("--half", action="store_true", help="convolutions in bfloat16")
    options = parser.parse_args()
    with_ = encoder(options.weights, half=options.half)
    print(f"weights {with_.fingerprint}: {with_.about}\n")
    sources = {varied: source_of(options.data, held_out=True, unseen=0.5, varied=varied) for varied in (False, True)}
    report(sources, with_, options.pages)


if __name__ == "__main__":
    main()
