"""What a question says of where its answer stands, found without a model: references, quoted words, periods, breadth."""

from retrieval.questions.naming import Place, title_key
from retrieval.questions.references import Reference
from retrieval.questions.understanding import Question, breadth, understand

__all__ = ["Place", "Question", "Reference", "breadth", "title_key", "understand"]
