"""Readers with a model: behind an OpenAI-compatible server, or in this process. Their libraries are imported when first
used."""

from answer.readers.local import LocalModel, LocalReader
from answer.readers.served import ServedModel, ServedReader

__all__ = ["LocalModel", "LocalReader", "ServedModel", "ServedReader"]
