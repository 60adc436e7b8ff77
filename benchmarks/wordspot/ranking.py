"""Ways of ranking pages by a question's words, chosen on documents of our own, not on the benchmark's.

    python -m benchmarks.wordspot.ranking --pdf FILE --pdf FILE [--weights FILE]

Questions are made from the text layers, which the encoder does not see: a few words of one page, rarer ones more often,
some in another number, with words around them that stand on no page in particular. Compared are the rules, and the weight
of the encoder's list beside BM25 over the text layer.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
from msgspec import Struct

from benchmarks.page_recall import plain_bm25
from benchmarks.wordspot.paging import encoder, options_of_questions, read_document
from benchmarks.wordspot.rules import CHOSEN, RULES, fused, rank, scored
from retrieval.wordspot.alphabet import words_of
from retrieval.wordspot.asking import FUNCTION_WORDS

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
        words = sorted(
            {word for word in words_of(texts[document][page]) if word not in FUNCTION_WORDS and len(word) > 2}
        )
        if len(words) >= 20:
            weights = [1 / frequency[document][word] ** 0.5 for word in words]
            chosen = {_bent(word, random) for word in random.choices(words, weights, k=random.randint(3, 6))}
            text = [*sorted(chosen), *random.sample(_AROUND, 3)]
            random.shuffle(text)
            made.append(Made(document, page, " ".join(text)))
    return made


def _bent(word: str, random: Random) -> str:
    """The word, one time in five with another ending."""
    if random.random() > 0.2 or not word.isalpha() or len(word) < 5:
        return word
    return word[:-1] if word.endswith("s") else word + "s"


def main() -> None:
    parser = options_of_questions(__doc__)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    with_ = encoder(options.weights, half=options.half)
    import pymupdf

    texts = [[page.get_text() for page in pymupdf.open(path)] for path in options.pdf]
    pages = [read_document(path, with_, options.cache) for path in options.pdf]
    asked = questions(texts, options.questions, 3)
    found = [scored(question.text, pages[question.document], with_, RULES) for question in asked]
    for name in RULES:
        _print(name, [rank(one[name]) for one in found], asked)
    layer = [plain_bm25(one) for one in texts]
    words = [layer[question.document](question.text) for question in asked]
    _print("BM25 over the text layer", words, asked)
    seen = [rank(one[CHOSEN]) for one in found]
    for weight in (0.1, 0.25, 0.5, 1.0):
        both = [fused(first, second, weight) for first, second in zip(words, seen, strict=True)]
        _print(f"BM25 and {weight} x {CHOSEN}", both, asked)


def _print(name: str, ranked: Sequence[Sequence[int]], asked: Sequence[Made]) -> None:
    places = np.array([one.index(question.page + 1) + 1 for one, question in zip(ranked, asked, strict=True)])
    shares = " ".join(f"R@{k} {100 * (places <= k).mean():.1f}" for k in (1, 3, 5))
    print(f"{name:45s} {shares} MRR {100 * (1 / places).mean():.1f}")


if __name__ == "__main__":
    main()
