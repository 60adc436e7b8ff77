"""Ways of ranking pages by a question's words, chosen on documents of our own, not on the benchmark's.

    python -m benchmarks.wordspot.ranking --pdf FILE --pdf FILE [--weights FILE]

Questions are made from the text layers, which the encoder does not see: a few words of one page, rarer ones more often,
some in another number or tense, with words around them that stand on no page in particular. Compared are the rules, and
the weight of the encoder's list beside BM25 over the text layer.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from benchmarks.page_recall import plain_bm25
from benchmarks.wordspot.paging import Encoder, encoder, read_document
from retrieval.wordspot.alphabet import words_of
from retrieval.wordspot.asking import FUNCTION_WORDS
from retrieval.wordspot.reading import Spotted
from retrieval.wordspot.scoring import Matches, Rule, matches, scores
from retrieval.wordspot.weights import SHIPPED

Floats = npt.NDArray[np.float32]
Score = Callable[[Matches, Floats, Encoder], Floats]

_FIRST_RANKS = 10
"""Within a document there are tens of pages, not thousands: with 60 all ranks would count alike."""

_AROUND = "what how many which total according report shown page percentage name year number given chart table".split()


class Made(Struct, frozen=True):
    """A question made from a page of a document (its number in the list, from 0)."""

    document: int
    page: int
    text: str


def questions(texts: Sequence[Sequence[str]], count: int, seed: int) -> list[Made]:
    """`count` of them, from pages with some text."""
    random = Random(seed)
    frequency = [Counter(word for page in pages for word in set(words_of(page))) for pages in texts]
    made: list[Made] = []
    while len(made) < count:
        document = random.randrange(len(texts))
        page = random.randrange(len(texts[document]))
        words = [word for word in set(words_of(texts[document][page])) if word not in FUNCTION_WORDS and len(word) > 2]
        if len(words) >= 20:
            words.sort()
            weights = [1 / frequency[document][word] ** 0.5 for word in words]
            chosen = {_bent(word, random) for word in random.choices(words, weights, k=random.randint(3, 6))}
            text = [*chosen, *random.sample(_AROUND, 3)]
            random.shuffle(text)
            made.append(Made(document, page, " ".join(text)))
    return made


def _bent(word: str, random: Random) -> str:
    """The word, one time in five with another ending."""
    if random.random() > 0.2 or not word.isalpha() or len(word) < 5:
        return word
    return word[:-1] if word.endswith("s") else word + "s"


def soft(rule: Rule) -> Score:
    """BM25 over soft counts."""
    return lambda found, lengths, with_: scores(found, lengths, with_.calibration, rule)


def powered(power: float) -> Score:
    """The best cosine to a power, times how rare the word is: what the trial ranked by."""

    def score(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
        return np.asarray((rarity(found, with_) * np.maximum(found.best, 0) ** power).sum(axis=0), dtype=np.float32)

    return score


def likely(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
    """The chance that the word is there, times how rare it is."""
    return np.asarray((rarity(found, with_) * with_.calibration.page.chance(found.best)).sum(axis=0), dtype=np.float32)


def plain(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
    """MaxSim."""
    return np.asarray(found.best.sum(axis=0), dtype=np.float32)


def rarity(found: Matches, with_: Encoder) -> Floats:
    """Of each word, from its chances on all pages: (m, 1)."""
    frequency = with_.calibration.page.chance(found.best).sum(axis=1, keepdims=True)
    return np.asarray(np.log1p((found.best.shape[1] - frequency + 0.5) / (frequency + 0.5)), dtype=np.float32)


RULES: dict[str, Score] = (
    {"MaxSim": plain, "rarity x chance": likely}
    | {f"rarity x best^{power}": powered(power) for power in (4, 8, 12)}
    | {f"soft BM25, k1 {k1}, b {b}": soft(Rule(k1, b)) for k1, b in product((0.6, 1.2, 2.0), (0.0, 0.4, 0.75))}
)

CHOSEN = "soft BM25, k1 1.2, b 0.4"
WEIGHT = 0.5
"""The rule, and what its ranking counts beside BM25's over a text layer: what came out best here, and is used elsewhere."""


def rank(scored: Floats) -> list[int]:
    """Page numbers from 1, best first."""
    return [int(index) + 1 for index in np.argsort(-scored, kind="stable")]


def scored(text: str, pages: Sequence[Spotted], with_: Encoder, rules: dict[str, Score]) -> dict[str, Floats]:
    """A question against a document's pages, by every rule."""
    query = with_.asker.vectors(with_.asker.words(text))
    vectors = [page.vectors for page in pages]
    lengths = np.array([len(page.gates) for page in pages], dtype=np.float32)
    found = matches(query, vectors, with_.calibration)
    return {name: rule(found, lengths, with_) for name, rule in rules.items()}


def fused(first: Sequence[int], second: Sequence[int], weight: float) -> list[int]:
    """Two rankings by the reciprocals of their ranks (Cormack et al., SIGIR 2009), the second's times `weight`."""
    totals: dict[int, float] = {}
    for ranking, factor in ((first, 1.0), (second, weight)):
        for place, page in enumerate(ranking):
            totals[page] = totals.get(page, 0.0) + factor / (_FIRST_RANKS + place)
    return sorted(totals, key=lambda page: -totals[page])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pdf", type=Path, action="append", required=True)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "quire-wordspot")
    parser.add_argument("--half", action="store_true", help="convolutions in bfloat16")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    with_ = encoder(options.weights, half=options.half)
    import pymupdf

    texts = [[page.get_text() for page in pymupdf.open(path)] for path in options.pdf]
    pages = [read_document(path, with_, options.cache) for path in options.pdf]
    asked = questions(texts, options.questions, 3)
    found = [scored(question.text, pages[question.document], with_, RULES) for question in asked]
    _print({name: [rank(one[name]) for one in found] for name in RULES}, asked)
    layer = [plain_bm25(one) for one in texts]
    words = [layer[question.document](question.text) for question in asked]
    _print({"BM25 over the text layer": words}, asked)
    seen = [rank(one[CHOSEN]) for one in found]
    for weight in (0.25, 0.5, 0.75, 1.0):
        both = [fused(first, second, weight) for first, second in zip(words, seen, strict=True)]
        _print({f"BM25 and {weight} x {CHOSEN}": both}, asked)


def _print(rankings: dict[str, list[list[int]]], asked: Sequence[Made]) -> None:
    for name, ranked in rankings.items():
        places = np.array([one.index(question.page + 1) + 1 for one, question in zip(ranked, asked, strict=True)])
        shares = " ".join(f"R@{k} {100 * (places <= k).mean():.1f}" for k in (1, 3, 5))
        print(f"{name:45s} {shares} MRR {100 * (1 / places).mean():.1f}")


if __name__ == "__main__":
    main()
