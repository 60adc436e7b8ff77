"""Entailment models: one that counts words, which is no entailment but needs nothing, and any NLI classifier."""

import re
from typing import Any

from eval.scoring.words import normal_words

_NUMBER = re.compile(r"\d[\d.,]*\d|\d")


class WordEntailment:
    """A premise carries a hypothesis if it has `share` of its words, and all its numbers. A stand-in: it sees no
    negation and no order, so figures made with it say so by its name."""

    name = "words"

    def __init__(self, share: float = 0.8) -> None:
        self.share = share

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether enough of the hypothesis's words stand in the premise."""
        wanted, given = set(normal_words(hypothesis)), set(normal_words(premise))
        if not set(_NUMBER.findall(hypothesis)) <= set(_NUMBER.findall(premise)):
            return False
        return bool(wanted) and len(wanted & given) >= self.share * len(wanted)


class ClassifierEntailment:
    """A sequence classifier with a label "entailment", as `tasksource/deberta-base-long-nli` (L-CiteEval's)."""

    def __init__(self, name: str, *, most_tokens: int = 4096) -> None:
        self.name = name
        self._most = most_tokens
        self._loaded: tuple[Any, Any] | None = None

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether "entailment" is the likeliest label."""
        import torch

        tokenizer, model = self._load()
        encoded = tokenizer(premise, hypothesis, truncation="only_first", max_length=self._most, return_tensors="pt")
        with torch.inference_mode():
            best = int(model(**encoded).logits[0].argmax())
        return str(model.config.id2label[best]).lower() == "entailment"

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from retrieval import declare_missing_operators

            declare_missing_operators()
            from transformers import AutoModelForSequenceClassification, AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(self.name)
            self._loaded = tokenizer, AutoModelForSequenceClassification.from_pretrained(self.name).eval()
        return self._loaded
