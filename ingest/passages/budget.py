"""How large passages may be, and in what that is measured."""

import re
from collections.abc import Callable

from msgspec import Struct

Measure = Callable[[str], int]
"""The size of a text: an encoder's own count of its tokens, or `words`."""

_UNITS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w{1,8}|[^\w\s]")


class PassageBudget(Struct, frozen=True):
    """Sizes of passages, in the units of the measure.

    The default suits `words` and an encoder that reads 256 word pieces: running text takes 1.3 pieces a word, and 150 words leave
    room for a table's header. `overlap` is how much, at most, of a long block's last sentence the next passage begins with.
    """

    size: int = 150
    overlap: int = 0


def words(text: str) -> int:
    """Words, or what is as long as so many words to an encoder: a sequence of more than eight letters, a mark, and a character of
    Chinese, Japanese or Korean each take a piece of their own; running text has 1.4 of these a word."""
    return longer(len(text.split()), len(_UNITS.findall(text)))


def longer(count: int, units: int) -> int:
    """Words, or a third of twice as many units."""
    return max(count, round(units / 1.5))
