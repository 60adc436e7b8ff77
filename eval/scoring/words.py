"""Word-overlap F1, the measure of VisDoMBench (arXiv 2412.10704): words in common, each as often as both have it.

Its authors released no scorer. This is the usual one (SQuAD's normalisation: lower case, no punctuation, no articles);
for questions typed as yes/no or unanswerable, as in PaperTab, the whole answer must agree, as in QASPER's F1.
"""

import re
import string
from collections import Counter

from eval.scoring.extraction import NOT_ANSWERABLE

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WHOLE = ("yes", "no", "unanswerable")


def normal_words(text: str) -> list[str]:
    """Lower-cased words without punctuation and articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def word_f1(gold: str, prediction: str) -> float:
    """Harmonic mean of word precision and recall, 0 to 1. Two texts without words are alike."""
    wanted, given = Counter(normal_words(gold)), Counter(normal_words(prediction))
    if not wanted or not given:
        return float(wanted == given)
    common = (wanted & given).total()
    return 2 * common / (wanted.total() + given.total())


def typed_word_f1(gold: str, prediction: str) -> float:
    """As `word_f1`; a gold of "yes", "no" or "unanswerable" is met by that alone ("Not answerable" is "unanswerable")."""
    wanted = " ".join(normal_words(gold))
    if wanted not in _WHOLE:
        return word_f1(gold, prediction)
    first = (normal_words(prediction) or [""])[0]
    declined = prediction.strip().lower() in (NOT_ANSWERABLE.lower(), "unanswerable")
    return float(declined if wanted == "unanswerable" else first == wanted)
