"""Checkpoints as they are published, and as they are broken: every layout loads to the same weights, and whatever does
not fit is named."""

import json
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from retrieval import EncoderUnavailable
from retrieval.m2bert import M2Bert, build, is_m2bert, load_network
from tests.retrieval.m2bert_reference import Sizes, State, config_json, published_state, without_copies

SIZES = Sizes(d=8, inner=16, length=12, vocabulary=48, order=4)
LAYER = "encoder.layer.3"
FREQ = f"{LAYER}.attention.filter_fn2.implicit_filter_rev.5.freq"


@cache
def drawn() -> State:
    return published_state(SIZES)


def state() -> State:
    return dict(drawn())


def vector(model: M2Bert) -> Any:
    with torch.inference_mode():
        return model(torch.tensor([[1, 7, 40, 2, 0, 0, 0, 0, 0, 0, 0, 0]]))


def folder(path: Path, name: str, loaded: Any, config: dict[str, Any] | None = None) -> str:
    """A checkpoint folder with one weights file, and a config.json unless it is None."""
    path.mkdir(exist_ok=True)
    if name.endswith(".safetensors"):
        save_file({key: tensor.contiguous() for key, tensor in loaded.items()}, path / name)
    else:
        torch.save(loaded, path / name)
    if config is not None:
        (path / "config.json").write_text(json.dumps(config))
    return str(path)


def test_both_published_layouts_load_to_the_same_weights(tmp_path: Path) -> None:
    """716 names in a pickle, 596 in safetensors."""
    pickled, deduplicated = state(), without_copies(state())
    assert (len(pickled), len(deduplicated)) == (716, 596)
    config = config_json(SIZES)
    first = load_network(folder(tmp_path / "a", "pytorch_model.bin", OrderedDict(pickled), config))
    second = load_network(folder(tmp_path / "b", "model.safetensors", deduplicated, config))
    assert list(first.state_dict()) == list(second.state_dict())
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    assert torch.equal(vector(first), vector(second))
    assert not any(weight.requires_grad for weight in first.parameters())
    assert not first.training


def test_every_weight_of_the_file_arrives(tmp_path: Path) -> None:
    loaded = load_network(folder(tmp_path, "pytorch_model.bin", state())).state_dict()
    wanted = {name: tensor for name, tensor in state().items() if name != "embeddings.position_ids"}
    assert loaded.keys() == wanted.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in wanted.items())


@pytest.mark.parametrize("kept", ["implicit_filter.3.freq", "implicit_filter_rev.5.freq"])
def test_any_one_name_of_a_shared_parameter_is_enough(kept: str) -> None:
    assert torch.equal(vector(build(without_copies(state(), kept), {}, "x")), vector(build(state(), {}, "x")))


def wrapped(*prefixes: str) -> Callable[[], Any]:
    return lambda: {"".join(prefixes) + name: tensor for name, tensor in state().items()}


def with_leftovers() -> State:
    """What published files carry beside the encoder."""
    extra = {
        "bert.encoder.layer.0.attention.flashfftconv.f_32_fft": torch.zeros(4, dtype=torch.bfloat16),
        "bert.encoder.layer.0.attention.FlashFFTConv.twiddle".lower(): torch.zeros(2),
        "classifier.weight": torch.zeros(2, 8),
        "classifier.bias": torch.zeros(2),
        "cls.predictions.decoder.weight": torch.zeros(48, 8),
        "dropout.p": torch.zeros(1),
    }
    return {f"bert.{name}": tensor for name, tensor in state().items()} | extra


def of_a_trainer() -> Any:
    return {"state": {"model": wrapped("model.", "bert.")()}, "rng": [torch.zeros(1)]}


@pytest.mark.parametrize(
    "made", [wrapped("module."), wrapped("bert."), wrapped("module.", "bert."), with_leftovers, of_a_trainer]
)
def test_prefixes_and_leftovers_are_taken_off(made: Callable[[], Any], tmp_path: Path) -> None:
    name = folder(tmp_path, "model.bin", made())
    assert torch.equal(vector(load_network(name)), vector(build(state(), {}, "x")))


def test_half_precision_files_are_widened() -> None:
    halved = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state().items()}
    model = build(halved, {}, "x")
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_a_file_of_any_name_and_a_folder_with_one_are_taken(tmp_path: Path) -> None:
    name = folder(tmp_path, "8k_checkpoint_model.safetensors", without_copies(state()))
    file = str(tmp_path / "8k_checkpoint_model.safetensors")
    assert is_m2bert(name)
    assert is_m2bert(file)
    assert torch.equal(vector(load_network(name)), vector(load_network(file)))


def missing() -> State:
    return {name: tensor for name, tensor in state().items() if name != f"{LAYER}.mlp.wo.bias"}


def missing_freq() -> State:
    return {
        name: tensor for name, tensor in state().items() if ".3.attention.filter_fn2." not in name or "freq" not in name
    }


def unknown() -> State:
    return state() | {f"{LAYER}.attention.layernorm.weight": torch.ones(8)}


def misshapen() -> State:
    return state() | {f"{LAYER}.attention.in_linear.weight": torch.zeros(24, 9)}


def of_integers() -> State:
    return state() | {f"{LAYER}.mlp.wo.weight": torch.zeros(4, 2, 4, dtype=torch.int8)}


def copies_that_differ() -> State:
    return state() | {FREQ: state()[FREQ] + 1}


def twice() -> State:
    return state() | {f"module.{LAYER}.mlp.wo.bias": torch.zeros(8)}


def positions_backwards() -> State:
    return state() | {"embeddings.position_ids": torch.arange(12).flip(0)[None]}


def another_model() -> State:
    return {"encoder.layer.0.attention.self.query.weight": torch.zeros(8, 8)}


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (missing, r"missing: encoder\.layer\.3\.mlp\.wo\.bias\."),
        (missing_freq, r"missing: encoder\.layer\.3\.attention\.filter_fn2\..*freq.* and 2 more"),
        (unknown, r"not known: encoder\.layer\.3\.attention\.layernorm\.weight"),
        (misshapen, r"encoder\.layer\.3\.attention\.in_linear\.weight \(\[24, 9\], needed \[24, 8\]\)"),
        (of_integers, r"encoder\.layer\.3\.mlp\.wo\.weight \(\[4, 2, 4\] of torch\.int8, needed \[4, 2, 4\]\)"),
        (copies_that_differ, r"filter_fn2\.implicit_filter.*freq and .* differ"),
        (twice, r"holds encoder\.layer\.3\.mlp\.wo\.bias twice"),
        (positions_backwards, r"position_ids does not count"),
        (another_model, r"not an M2-BERT retrieval checkpoint: .* is missing"),
        (lambda: {"a": 1}, "holds no state dict"),
        (lambda: [torch.zeros(1)], "holds no state dict"),
    ],
)
def test_what_does_not_fit_is_named(made: Callable[[], Any], says: str, tmp_path: Path) -> None:
    name = folder(tmp_path, "pytorch_model.bin", made())
    with pytest.raises(EncoderUnavailable, match=says) as caught:
        load_network(name)
    assert "pytorch_model.bin" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pool_all": True}, "pool_all is True, and only False is built"),
        ({"hidden_act": "relu"}, "hidden_act is 'relu', and only 'gelu' is built"),
        ({"monarch_mixer_sequence_mixing": False}, "monarch_mixer_sequence_mixing is False"),
        ({"max_position_embeddings": 2048}, "max_position_embeddings is 2048, but the weights have 12"),
        ({"num_hidden_layers": 6}, "num_hidden_layers is 6, but the weights have 12"),
    ],
)
def test_a_config_that_asks_for_something_else_is_an_error(change: dict[str, Any], says: str) -> None:
    with pytest.raises(EncoderUnavailable, match=says):
        build(state(), config_json(SIZES) | change, "x")


def test_settings_that_only_the_config_knows_are_used() -> None:
    plain = vector(build(state(), config_json(SIZES), "x"))
    for change in ({"hyena_w_mod": 2}, {"layer_norm_eps": 0.1}):
        assert not torch.equal(vector(build(state(), config_json(SIZES) | change, "x")), plain)


def test_files_that_are_no_weights_are_an_error_and_run_no_code(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
            return Path.touch, (tmp_path / "ran",)  # type: ignore[return-value]

    torch.save({"a": Runs()}, tmp_path / "code.bin")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    (tmp_path / "empty.bin").touch()
    for name in ("code.bin", "cut.safetensors", "empty.bin"):
        with pytest.raises(EncoderUnavailable, match=f"{name} can't be read as weights"):
            load_network(str(tmp_path / name))
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_weights_or_with_several_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"holds no weights: one of model\.safetensors"):
        load_network(str(tmp_path))
    folder(tmp_path, "old.bin", state())
    folder(tmp_path, "new.bin", state())
    with pytest.raises(EncoderUnavailable, match=r"several weights \(new\.bin, old\.bin\)"):
        load_network(str(tmp_path))


def test_the_family_is_known_by_its_config_or_by_its_weights(tmp_path: Path) -> None:
    old = {"model_type": "bert", "long_conv_l_max": 2048}
    assert is_m2bert(folder(tmp_path / "new", "pytorch_model.bin", {}, config_json(SIZES)))
    assert is_m2bert(folder(tmp_path / "old", "pytorch_model.bin", {}, old))
    assert is_m2bert(folder(tmp_path / "pickle", "model.bin", wrapped("bert.")()))
    assert is_m2bert(folder(tmp_path / "safe", "model.safetensors", without_copies(state())))
    assert not is_m2bert(folder(tmp_path / "bert", "pytorch_model.bin", state(), {"model_type": "bert"}))
    assert not is_m2bert(folder(tmp_path / "other", "model.safetensors", {"dense.weight": torch.zeros(2, 2)}))
    assert not is_m2bert(str(tmp_path))
