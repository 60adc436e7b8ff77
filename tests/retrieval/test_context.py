"""Contexts longer than the model's own, on tiny models with random weights that are built on disk and loaded by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval import EncoderUnavailable, TextEncoder
from retrieval.torchvision_ops import declare_missing_operators

OWN, CONTEXT = 16, 50
WORDS = [f"word{n}" for n in range(40)]
SHORT = ["word1 word2", " ".join(WORDS[: OWN - 2])]
"""As long as the model's own length at most, with its two special tokens."""
LONG = [" ".join(WORDS[: OWN - 1]), " ".join(WORDS + WORDS[:8])]


def configured(family: str) -> Any:
    """A model's configuration, small, for 16 tokens."""
    import transformers

    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    size |= {"vocab_size": 64, "pad_token_id": 0}
    # RoBERTa counts positions from the padding's id on.
    places = {"max_position_embeddings": OWN + (1 if family == "roberta" else 0)}
    if family == "modernbert":
        return transformers.ModernBertConfig(**size, **places, local_attention=8, reference_compile=False)
    if family == "qwen3":
        return transformers.Qwen3Config(**size, **places, num_key_value_heads=2, head_dim=16)
    return {"bert": transformers.BertConfig, "roberta": transformers.RobertaConfig, "t5": transformers.T5Config}[
        family
    ](**size, **places)


def build(family: str, folder: Path) -> Path:
    """A sentence-transformers model on disk."""
    declare_missing_operators()
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import AutoModel, PreTrainedTokenizerFast

    torch.manual_seed(7)
    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    plain = folder / "plain"
    AutoModel.from_config(configured(family)).save_pretrained(plain)
    fast.save_pretrained(plain)
    model = SentenceTransformer(modules=[Transformer(str(plain), max_seq_length=OWN), Pooling(32)], device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model, built once."""
    known: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in known:
            known[family] = build(family, tmp_path_factory.mktemp(family))
        return known[family]

    return folder


@pytest.mark.parametrize(
    ("family", "how"),
    [
        ("bert", "interpolated from 16"),
        ("roberta", "interpolated from 16"),
        ("modernbert", "rotary base times 5 from 16"),
        ("qwen3", "rotary base times 5 from 16"),
    ],
)
def test_what_fitted_keeps_its_bits_and_longer_texts_are_read_to_the_end(
    built: Callable[[str], Path], family: str, how: str
) -> None:
    before = TextEncoder(str(built(family)), device="cpu")
    after = TextEncoder(str(built(family)), device="cpu", context=CONTEXT)
    for encode in ("encode_query", "encode_passages"):
        own = getattr(before, encode)(SHORT)
        assert np.array_equal(getattr(after, encode)(SHORT), own)
        # In one call with texts that don't fit, too, in whatever order.
        mixed = getattr(after, encode)([LONG[0], SHORT[0], LONG[1], SHORT[1]])
        assert np.array_equal(mixed[[1, 3]], own)
        assert np.linalg.norm(mixed, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    # The last word counts now, where it was cut off before.
    ends = [LONG[1], LONG[1].rsplit(" ", 1)[0] + " word30"]
    assert np.array_equal(*before.encode_passages(ends))
    assert np.abs(np.subtract(*after.encode_passages(ends))).max() > 1e-4
    assert (after.identity.max_tokens, after.identity.context) == (CONTEXT, how)
    assert after.identity.fingerprint == before.identity.fingerprint
    assert "context" not in before.identity.as_text()
    assert how in str(after.identity)


def test_the_table_keeps_its_vectors_at_every_nth_place_and_mixes_between() -> None:
    declare_missing_operators()
    import torch

    from retrieval.context import InterpolatedTable

    table = torch.nn.Embedding(6, 3, padding_idx=1)
    long = InterpolatedTable(table, reserved=2, factor=4)
    rows = table.weight
    found = long(torch.arange(2 + 16))
    assert torch.equal(found[:2], rows[:2])
    assert torch.equal(found[2::4], rows[2:])
    assert torch.allclose(found[2 + 5], 0.75 * rows[3] + 0.25 * rows[4])
    assert torch.equal(found[-3:], rows[5].expand(3, -1))


def test_the_rotary_base_grows_as_published() -> None:
    from retrieval.context import ntk_scale

    assert [ntk_scale(factor) for factor in (2, 4, 8)] == [3, 5, 10]


def test_rotary_frequencies_are_those_of_the_larger_base(built: Callable[[str], Path]) -> None:
    declare_missing_operators()
    import torch

    from retrieval.context import Stretched, extend
    from retrieval.loading import load_model

    model = load_model(str(built("modernbert")), device="cpu", threads=1)
    extend(model, "m", CONTEXT)
    (rotary,) = [module for module in model.modules() if isinstance(module, Stretched)]
    base = configured("modernbert").rope_parameters["full_attention"]["rope_theta"]
    wanted = 1 / (5 * base) ** (torch.arange(0, 16, 2) / 16)
    assert torch.allclose(rotary.long.full_attention_inv_freq, wanted)
    # Windows of the local layers look no further than before.
    assert torch.equal(rotary.long.sliding_attention_inv_freq, rotary.own.sliding_attention_inv_freq)


def test_within_its_own_positions_nothing_is_stretched(encoder: TextEncoder) -> None:
    """The packaged model reads 256 tokens and has positions for 512."""
    longer = TextEncoder("all-MiniLM-L6-v2", context=512)
    assert (longer.identity.max_tokens, longer.identity.context) == (512, "")
    text = ["Tides follow the moon. " * 30]
    assert np.array_equal(longer.encode_passages(text), encoder.encode_passages(text))


@pytest.mark.parametrize(
    ("family", "method", "found"),
    [
        ("bert", "ntk", "it has a table of positions"),
        ("qwen3", "interpolate", "it has rotary positions"),
        ("t5", "auto", "neither"),
    ],
)
def test_what_can_not_be_stretched_is_refused_with_what_can(
    built: Callable[[str], Path], family: str, method: Any, found: str
) -> None:
    with pytest.raises(EncoderUnavailable, match=found) as caught:
        TextEncoder(str(built(family)), device="cpu", context=CONTEXT, context_method=method)
    assert "50 tokens" in str(caught.value)
    assert "RoBERTa" in str(caught.value)
