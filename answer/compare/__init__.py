"""Whether two answers say the same, without a model. It errs on the side of "no": a false "no" costs one more call of
a model, a false "yes" an error that nobody looks for."""

from answer.compare.same import same_answer

__all__ = ["same_answer"]
