"""The reader without a model: answers are words of the documents, with where they stand."""

from answer.extractive.encoder import Encoder
from answer.extractive.reader import ExtractiveReader

__all__ = ["Encoder", "ExtractiveReader"]
