"""Scorers, free of any service: MMLongBench-Doc's rules, word overlap, retrieval and citation metrics, extraction."""

from eval.scoring.citations import (
    Entailment,
    PageCitations,
    Statement,
    StatementCitations,
    page_citations,
    statement_citations,
)
from eval.scoring.entailment import ClassifierEntailment, WordEntailment
from eval.scoring.extraction import (
    FAIL_TO_ANSWER,
    NOT_ANSWERABLE,
    Completer,
    Extracted,
    ReaderExtraction,
    extract,
    parse_extraction,
)
from eval.scoring.official import FORMATS, OfficialScoringError, official
from eval.scoring.retrieval import (
    found_all,
    found_any,
    ndcg,
    ndcg_truncated,
    precision,
    recall,
    reciprocal_rank,
)
from eval.scoring.safe import safe
from eval.scoring.words import typed_word_f1, word_f1

__all__ = [
    "FAIL_TO_ANSWER",
    "FORMATS",
    "NOT_ANSWERABLE",
    "ClassifierEntailment",
    "Completer",
    "Entailment",
    "Extracted",
    "OfficialScoringError",
    "PageCitations",
    "ReaderExtraction",
    "Statement",
    "StatementCitations",
    "WordEntailment",
    "extract",
    "found_all",
    "found_any",
    "ndcg",
    "ndcg_truncated",
    "official",
    "page_citations",
    "parse_extraction",
    "precision",
    "recall",
    "reciprocal_rank",
    "safe",
    "statement_citations",
    "typed_word_f1",
    "word_f1",
]
