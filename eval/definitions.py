"""What each figure means. No figure is shown without its line from here."""

from eval.scored import CUTS, MAJORITY_OF

DEFINITIONS = {
    "official": "Mean score by MMLongBench-Doc's rules as released, quirks and all; a question that failed, or for which the "
    "rules raise, scores 0. Unanswerable questions are in it: N and their share stand beside.",
    "official F1": "Harmonic mean of recall (the scores of answerable questions over their number) and precision (the same sum "
    'over the questions that were not answered "Not answerable"), as released. Declining rightly earns nothing here.',
    "safe": "As official, with the faults of the rules mended (eval/scoring/safe.py lists them); never raises.",
    "word F1": "Word-overlap F1 of the whole answer and the reference, SQuAD's normalisation.",
    "grade": "From 1 to 5, by M-LongDoc's guide: the mean of the judges' means; answers without a readable grade are left out.",
    "grade unreadable": "Mean number of judges' replies without a grade, for each answer.",
    "declined": 'Share of questions answered "Not answerable".',
    "declined rightly": "Of the unanswerable questions, the share that was declined.",
    "declined wrongly": "Of the answerable questions, the share that was declined.",
    "failed": "Share of questions without an answer: an error of the service, or a document that could not be read.",
    "MRR": "Mean of 1 over the rank of the first gold page; 0 where it is not in the list (20 pages, unless said otherwise).",
    "nDCG@5": "Normalised discounted cumulative gain at 5, the standard one.",
    "nDCG@5 truncated": "MoLoRAG's nDCG: k is replaced by min(list length, number of gold pages, 5) for list and ideal alike.",
    "document identified": f"Share of questions with more than half of the first {MAJORITY_OF} pages of the right document.",
    "cited precision": "Of the pages cited, the share that are gold; 0 where nothing is cited.",
    "cited recall": "Of the gold pages, the share that is cited.",
    "cited F1": "Harmonic mean of the two, for each question, then averaged.",
    "all gold cited": "Share of questions whose gold pages are all cited.",
    "cited regions": "Of the regions where the facts stand (needles), the share that a citation's boxes touch; answered only.",
    "conflict told": "Of the questions whose text and chart disagree (needles), the share with the outcome `conflicting`.",
    "verified": "Of an answer's citations, the share whose quoted words stand on the page; answers with citations only.",
    "statement recall": "ALCE: share of an answer's statements that the text of the pages they cite, together, entails, by the "
    "entailment model named in the settings of the figures.",
    "statement precision": "ALCE: share of citations that carry their statement alone, or without which the others do not. "
    "A citation of what does not exist counts as wrong.",
    "statement F1": "L-CiteEval: harmonic mean of the two, for each answer, then averaged.",
    "milliseconds to answer, median": "Wall time of the question as the caller saw it, questions at once as in the settings.",
    "milliseconds to answer, 95th percentile": "As the median.",
    "tokens": "Mean tokens in and out of models, for each answer.",
    **{f"R@{k}": f"Recall: the share of a question's gold pages among the first {k} of its documents." for k in CUTS},
    **{f"all@{k}": f"Share of questions whose gold pages are all among the first {k}." for k in CUTS},
}
NO_SHARES = ("milliseconds", "tokens", "grade")
"""Beginnings of the names of figures that are shown as they are; all others are shares, shown in %."""
OVER_ALL = " over all"


def factor(name: str) -> int:
    """What a figure is multiplied by where it is shown."""
    return 1 if name.startswith(NO_SHARES) else 100


def definition(name: str) -> str:
    """The definition of a figure."""
    if name.endswith(OVER_ALL):
        return f"{DEFINITIONS[name.removesuffix(OVER_ALL)]} Searched over the whole collection, not the question's documents."
    return DEFINITIONS[name]
