"""Needles: PDFs with known facts, for measuring where an answer is lost."""

from eval.needles.facts import CARRIERS
from eval.needles.make import NeedleOptions, make_needles
from eval.needles.plan import KINDS

__all__ = ["CARRIERS", "KINDS", "NeedleOptions", "make_needles"]
