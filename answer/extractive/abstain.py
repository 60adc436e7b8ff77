"""Whether what was found is enough to answer with."""

from answer.extractive.find import Found


def believe(found: Found) -> tuple[float, str | None]:
    """How far the best candidate is to be believed, 0 to 1, and the reason to refuse (None: answer)."""
    if not found.ranked:
        return 0.0, "the pages that came nearest hold no words"
    if found.absent:
        return 0.0, f"none of the pages that came nearest mentions {', '.join(found.absent)}"
    support = found.ranked[0][1]
    belief = min(1.0, support.rank / 1.6)
    return belief, None if belief > 0.5 else "nothing on the pages that came nearest supports an answer well enough"
