"""M-LongDoc's judge (arXiv 2411.06176): a committee of readers grades an answer from 1 to 5 by a guide; several samples each.

The score of an answer is the mean over judges of the mean over each judge's samples that held a grade. The released code
counts an unreadable reply as -1, which then is part of the mean; here it is counted apart.
"""

import asyncio
import re
from collections.abc import Sequence

from msgspec import Struct

from eval.scoring import Completer

SAMPLES = 5
"""Replies asked of each judge, as in the paper; the released code takes one."""
_GRADE = re.compile(r"(?<![\d.])([1-5])(?!\d|\.\d)")

GUIDE = """Grade how correct the response to the question is, by the content of the document below and by nothing else.

Grades:
5: fully correct: accurate, complete and to the point.
4: mostly correct: small omissions or slips that do not mislead.
3: partly correct: about as much right as wrong or missing.
2: mostly incorrect: a little of it is right.
1: completely incorrect, or not about the question.

How to proceed: read the question, and find in the content what answers it; check each statement of the response against it;
look for what is missing; then choose the grade. Reply with the grade alone, a number from 1 to 5.

Content:
{content}

Question: {question}

Response: {response}

Grade:"""


class Verdicts(Struct, frozen=True):
    """One judge's grades of one answer, and the replies that held none."""

    judge: str
    grades: tuple[int, ...]
    unreadable: int


class Judged(Struct, frozen=True):
    """The committee's judgement. `score` is None where no judge gave a grade."""

    score: float | None
    verdicts: tuple[Verdicts, ...]

    @property
    def unreadable(self) -> int:
        """Replies without a grade, of all judges."""
        return sum(verdict.unreadable for verdict in self.verdicts)


async def judge(
    question: str, response: str, content: str, committee: Sequence[Completer], *, samples: int = SAMPLES
) -> Judged:
    """Asks every judge `samples` times, all at once. `content`: text of the gold page and of the pages beside it, and
    descriptions of its tables and figures. Errors of a reader are raised."""
    prompt = GUIDE.format(content=content, question=question, response=response)
    asked = [[member.complete(prompt) for _ in range(samples)] for member in committee]
    replies = [await asyncio.gather(*calls) for calls in asked]
    return combine([verdicts(member.name, texts) for member, texts in zip(committee, replies, strict=True)])


def verdicts(name: str, replies: Sequence[str]) -> Verdicts:
    """One judge's grades from its replies."""
    grades = [grade for reply in replies if (grade := read_grade(reply)) is not None]
    return Verdicts(name, tuple(grades), len(replies) - len(grades))


def read_grade(reply: str) -> int | None:
    """The last whole number from 1 to 5 in the reply ("of 5" and "/5" are no grades); None where there is none."""
    plain = re.sub(r"(?:/|\bout of|\bof)\s*5\b", " ", reply)
    found = _GRADE.findall(plain)
    return int(found[-1]) if found else None


def combine(given: Sequence[Verdicts]) -> Judged:
    """The mean of the judges' means: a judge with fewer readable replies weighs no less."""
    means = [sum(verdict.grades) / len(verdict.grades) for verdict in given if verdict.grades]
    return Judged(sum(means) / len(means) if means else None, tuple(given))
