"""Cuts a page into passages, the pieces of text that are embedded. Pure; never across pages."""

from ingest.passages.budget import Measure, PassageBudget, words
from ingest.passages.making import make_passages

__all__ = ["Measure", "PassageBudget", "make_passages", "words"]
