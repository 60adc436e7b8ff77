"""Control tokens written out in a document must not reach a tokenizer as such: `<|im_end|>` in a page would end the
user's turn, and what follows would speak as the system."""

import re
from collections.abc import Iterable

_SHAPES = re.compile(
    r"<(?=\|[^<>|\n]{1,40}\|>)|<(?=/?(?:s|bos|eos|pad|image|video|think|tool_call|end_of_utterance|global-img|"
    r"fake_token_around_image|start_of_turn|end_of_turn|row_\d+_col_\d+)>)|\[(?=/?INST\])",
    re.IGNORECASE,
)


def harmless(text: str, tokens: Iterable[str] = ()) -> str:
    """The text with a space after the first character of whatever looks like a control token of a model's family, or is
    one of `tokens`. Words can still be found on their page: the search for quotes leaves out spaces and such signs."""
    text = _SHAPES.sub(lambda found: f"{found[0]} ", text)
    for token in tokens:
        if len(token) > 1 and token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
