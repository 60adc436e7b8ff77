"""M2-BERT's arithmetic against an independent one (tests/retrieval/m2bert_reference.py), and what must not change it:
batches, kept kernels, half precision around the filters."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from retrieval.m2bert import Geometry, M2Bert, build
from tests.retrieval.m2bert_reference import Reference, Sizes, State, config_json, published_state

SIZES = Sizes(layers=3)
IDS = [101, *range(2000, 2012), 102]
PADDED = IDS + [0] * (SIZES.length - len(IDS))

FROZEN = [0.38976577, -0.855675921, 0.363723838, -0.947864564, 0.708107388, 0.286685247, 0.071156304, 0.86209842]
"""First values of Reference(published_state(SIZES)).pooled(PADDED)."""


@cache
def state() -> State:
    return published_state(SIZES)


def network(**options: Any) -> M2Bert:
    # Copies: a network takes the tensors it is given as its own.
    return build({name: tensor.clone() for name, tensor in state().items()}, config_json(SIZES), "a test", **options)


def pooled(model: M2Bert, *texts: list[int]) -> npt.NDArray[np.float32]:
    with torch.inference_mode():
        vectors: npt.NDArray[np.float32] = model(torch.tensor(texts)).float().numpy()
    return vectors


def cosine(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_reference_still_gives_its_frozen_numbers() -> None:
    assert Reference(state()).pooled(PADDED)[: len(FROZEN)] == pytest.approx(FROZEN, abs=1e-7)


def test_vectors_are_the_frozen_numbers() -> None:
    assert pooled(network(), PADDED)[0][: len(FROZEN)] == pytest.approx(FROZEN, abs=2e-4)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 31, 32])
def test_any_length_up_to_the_full_one_agrees_with_the_reference(n: int) -> None:
    """Also lengths that are no power of two, where the FFT takes another way, and the shortest."""
    ids = [101, *range(3000, 3000 + n)][:n]
    assert pooled(network(), ids)[0] == pytest.approx(Reference(state()).pooled(ids), abs=2e-4)


@pytest.mark.parametrize(
    "sizes",
    [
        Sizes(layers=1, blocks=2, length=9, vocabulary=40),
        Sizes(layers=2, d=24, inner=48, order=5, length=11, vocabulary=40),
    ],
)
def test_other_sizes_are_read_from_the_weights_and_agree_with_the_reference(sizes: Sizes) -> None:
    drawn, ids = published_state(sizes, 1), [1, 2, 3, 39, 0, 0, 0]
    assert pooled(build(drawn, {}, "a test"), ids)[0] == pytest.approx(Reference(drawn).pooled(ids), abs=2e-4)


def test_the_comparison_notices_a_single_weight() -> None:
    changed = {name: tensor.clone() for name, tensor in state().items()}
    changed["encoder.layer.1.attention.filter_fn.implicit_filter_rev.6.weight"][3, 2] += 0.5
    assert np.abs(pooled(build(changed, {}, "a test"), PADDED)[0] - Reference(state()).pooled(PADDED)).max() > 1e-3


def test_padding_is_part_of_the_input() -> None:
    model = network()
    assert cosine(pooled(model, PADDED)[0], pooled(model, IDS)[0]) < 0.9


def test_a_batch_of_one_equals_a_batch_of_many() -> None:
    model = network()
    texts = [PADDED, PADDED[::-1], [101, 102, *[0] * 30], [(7 * n) % 30000 for n in range(32)]]
    together = pooled(model, *texts)
    for text, vector in zip(texts, together, strict=True):
        assert pooled(model, text)[0] == pytest.approx(vector, abs=1e-5)
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_too_many_tokens_are_an_error() -> None:
    with pytest.raises(ValueError, match="33 tokens, and this M2-BERT has positions for 32"):
        pooled(network(), [*PADDED, 0])


def test_half_precision_around_float32_filters_stays_near_and_without_them_does_not() -> None:
    exact, half, spoilt = network(), network().to(torch.bfloat16), network()
    filters = half.encoder["layer"][0].attention.filter_fn
    assert {tensor.dtype for tensor in filters.state_dict().values()} == {torch.float32}
    assert half.pooler["dense"].weight.dtype == torch.bfloat16
    for layer in spoilt.encoder["layer"]:
        for weight in (*layer.attention.filter_fn.parameters(), *layer.attention.filter_fn2.parameters()):
            weight.copy_(weight.to(torch.bfloat16))
    texts = [PADDED, PADDED[::-1], [101, 102, *[0] * 30]]
    rows = list(zip(*(pooled(model, *texts) for model in (exact, half, spoilt)), strict=True))
    assert min(cosine(a, b) for a, b, _ in rows) > 0.995
    assert min(cosine(a, c) for a, _, c in rows) < min(cosine(a, b) for a, b, _ in rows)


def test_kept_kernels_change_nothing() -> None:
    keeping, making = network(kernel_cache=2**30), network(kernel_cache=0)
    assert keeping.keeps_kernels(32)
    assert not making.keeps_kernels(32)
    for text in (PADDED, PADDED, IDS, PADDED):
        assert np.array_equal(pooled(keeping, text), pooled(making, text))
    assert all(layer.attention.filter_fn._kept is not None for layer in keeping.encoder["layer"])
    assert all(layer.attention.filter_fn._kept is None for layer in making.encoder["layer"])


def in_place(model: M2Bert) -> None:
    model.encoder["layer"][1].attention.filter_fn2.implicit_filter[6].weight.mul_(1.5)


def by_state_dict(model: M2Bert) -> None:
    changed = copy.deepcopy(model.state_dict())
    changed["encoder.layer.0.attention.filter_fn.pos_emb.z"] *= 1.1
    model.load_state_dict(changed)


def by_assignment(model: M2Bert) -> None:
    changed = copy.deepcopy(model.state_dict())
    changed["encoder.layer.0.attention.filter_fn.pos_emb.z"] *= 1.1
    model.load_state_dict(changed, assign=True)


def in_training(model: M2Bert) -> None:
    model.train()
    model.encoder["layer"][0].attention.filter_fn.implicit_filter[0].weight.data.mul_(1.5)  # counts no version
    model.eval()


@pytest.mark.parametrize("change", [in_place, by_state_dict, by_assignment, in_training])
def test_kept_kernels_are_made_anew_when_weights_change(change: Callable[[M2Bert], None]) -> None:
    keeping, making = network(kernel_cache=2**30), network(kernel_cache=0)
    before = pooled(keeping, PADDED)
    change(keeping)
    change(making)
    after = pooled(keeping, PADDED)
    assert np.array_equal(after, pooled(making, PADDED))
    assert np.abs(after - before).max() > 1e-4


def test_moving_the_model_forgets_the_kernels() -> None:
    model = network(kernel_cache=2**30)
    pooled(model, PADDED)
    model.to(torch.float16)
    assert model.encoder["layer"][0].attention.filter_fn._kept is None


def test_kernels_are_kept_where_they_are_small_and_never_in_training() -> None:
    """2,048 tokens at the published width take 302 MB, 8,192 take 1.2 GB; a CPU keeps up to 512 MiB."""
    published = Geometry(
        layers=12,
        dimension=768,
        inner=3072,
        length=8192,
        vocabulary=30528,
        types=2,
        filter_order=128,
        filter_inputs=5,
        blocks=4,
    )
    with torch.device("meta"):
        wide = M2Bert(published)
    wide.eval()
    assert wide.keeps_kernels(2048)
    assert not wide.keeps_kernels(8192)
    assert not wide.train().keeps_kernels(2048)


def test_gradients_reach_the_filters_although_kernels_were_kept() -> None:
    model = network(kernel_cache=2**30)
    pooled(model, PADDED)
    model.requires_grad_(True)
    model(torch.tensor([PADDED])).sum().backward()
    assert model.encoder["layer"][0].attention.filter_fn.implicit_filter_rev[0].weight.grad.abs().sum() > 0
