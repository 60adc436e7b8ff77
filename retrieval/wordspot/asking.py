"""A question to the vectors of the words in it that say something."""

from typing import Any

import numpy as np
import numpy.typing as npt

from retrieval.wordspot.alphabet import words_of

Floats = npt.NDArray[np.float32]

FUNCTION_WORDS = frozenset(
    """a about an and any are as at be been being between both but by can could did do does during each for from had
    has have he her his how i if in into is it its itself many me more most much my no nor not of off on or our out
    over own per please she should so some such than that the their them then there these they this those through to
    under until up us was we were what when where whether which while who whom whose why will with within would you your
    der die das und ist von den mit zu des im dem ein eine auf für wie viele welche was wer
    le la les des et est une un du dans que qui pour sur par au aux combien quel quelle
    el los las de y en una con por para del se cuál cuántos qué il lo gli di e che per della dei quale quanti
    o os as do da dos das em um uma quantos het van op voor hoeveel och det som""".split()
)
"""Words that stand on every page, or in every question: they point to none."""


class Asker:
    """A query network, ready to be asked."""

    def __init__(self, query: Any) -> None:
        self._query = query

    def words(self, text: str) -> list[str]:
        """The different words of a question that say something, in order; all of them where none does."""
        every = list(dict.fromkeys(words_of(text)))
        return [word for word in every if word not in FUNCTION_WORDS] or every

    def vectors(self, words: list[str]) -> Floats:
        """Unit vectors, float32 (len(words), d), of folded words."""
        import torch

        from retrieval.wordspot.hashing import features
        from retrieval.wordspot.network import bagged

        if not words:
            return np.zeros((0, self._query.last.out_features), dtype=np.float32)
        with torch.inference_mode():
            found: Floats = self._query(bagged([features(word) for word in words])).numpy()
        return found
