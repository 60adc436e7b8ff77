"""How a visual encoder is found, recognised and loaded: adapters, merged checkpoints, the hub's cache; and each way in
which that can fail, as one clear error."""

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval import EncoderUnavailable
from retrieval.visual import VisualEncoder
from retrieval.visual.choices import choose_attention, choose_device, choose_dtype, choose_pixels, require_memory
from retrieval.visual.families import FAMILIES as KNOWN
from retrieval.visual.families import family_of
from tests.retrieval.tiny_checkpoints import FAMILIES, build, build_adapter

pytestmark = pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed")

OLD_NAMES = {
    "ColPali": ("base_model.model.model.model.language_model.", "base_model.model.model.language_model.model."),
    "ColQwen2": ("base_model.model.language_model.", "base_model.model.model."),
    "ColQwen2.5": ("base_model.model.language_model.", "base_model.model.model."),
    "ColQwen3": ("base_model.model.language_model.", "base_model.model.model.language_model."),
}
"""How adapters trained under transformers 4 name their weights."""

Checkpoint = Callable[[str], Path]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A family's checkpoint, built once. Tests that change one copy it first."""
    folder = tmp_path_factory.mktemp("families")

    def built(family: str) -> Path:
        return folder / family if (folder / family).exists() else build(family, folder / family)

    return built


def load(path: Path | str) -> VisualEncoder:
    return VisualEncoder(str(path), dtype="float32", device="cpu")


def vectors(encoder: VisualEncoder) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A page's and a question's vectors."""
    noise = np.random.default_rng(3).integers(0, 256, (20, 16, 3), dtype=np.uint8)
    (page,) = encoder.encode_pages([Image.fromarray(noise).resize((120, 150))])
    return np.concatenate([page.vectors.astype(np.float32), *encoder.encode_query(["net sales"])])


def refused(path: Path | str, words: str) -> None:
    with pytest.raises(EncoderUnavailable, match=words) as raised:
        load(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_adapter_and_merged_checkpoint_give_the_same_vectors(
    family: str, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    base = checkpoint(family)
    adapter = build_adapter(base, tmp_path / "adapter", family=family, merged=tmp_path / "merged")
    adapted, merged = load(adapter), load(tmp_path / "merged")
    assert adapted.family == merged.family
    np.testing.assert_allclose(vectors(adapted), vectors(merged), atol=1e-3)
    assert np.abs(vectors(adapted) - vectors(load(base))).max() > 0.05
    assert len({load(path).identity.fingerprint for path in (base, adapter)}) == 2


@pytest.mark.parametrize("family", OLD_NAMES)
def test_adapters_of_older_transformers_load(family: str, checkpoint: Checkpoint, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    adapter = build_adapter(checkpoint(family), tmp_path / "adapter", family=family, merged=tmp_path / "merged")
    weights = load_file(adapter / "adapter_model.safetensors")
    renamed = {name.replace(*OLD_NAMES[family]): value for name, value in weights.items()}
    assert renamed.keys() != weights.keys()
    save_file(renamed, adapter / "adapter_model.safetensors")
    np.testing.assert_allclose(vectors(load(adapter)), vectors(load(tmp_path / "merged")), atol=1e-3)


def test_adapter_beside_its_model_or_moved_along_with_it(checkpoint: Checkpoint, tmp_path: Path) -> None:
    base = shutil.copytree(checkpoint("ColIdefics3"), tmp_path / "base")
    adapter = build_adapter(base, tmp_path / "adapter", family="ColIdefics3", merged=tmp_path / "merged")
    expected = vectors(load(tmp_path / "merged"))
    beside = shutil.copytree(base, tmp_path / "beside")
    for file in adapter.glob("adapter_*"):
        shutil.copy(file, beside)
    np.testing.assert_allclose(vectors(load(beside)), expected, atol=1e-3)
    shutil.move(base, adapter / "base")
    change(adapter / "adapter_config.json", base_model_name_or_path="base")
    np.testing.assert_allclose(vectors(load(adapter)), expected, atol=1e-3)


def test_processor_of_the_base_serves_an_adapter_without_one(checkpoint: Checkpoint, tmp_path: Path) -> None:
    adapter = build_adapter(checkpoint("ColQwen2"), tmp_path / "adapter", family="ColQwen2", merged=tmp_path / "merged")
    for file in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"):
        (adapter / file).unlink()
    np.testing.assert_allclose(vectors(load(adapter)), vectors(load(tmp_path / "merged")), atol=1e-3)


def test_a_name_in_the_hubs_cache_loads_offline(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants
    import transformers.utils.hub

    revision = "0" * 40
    repository = tmp_path / "models--maker--pages"
    shutil.copytree(checkpoint("ColModernVBert"), repository / "snapshots" / revision)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    for module in (transformers.utils.hub, huggingface_hub.file_download):
        for name in ("HF_HUB_CACHE", "TRANSFORMERS_CACHE"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, str(tmp_path))
    encoder = load("maker/pages")
    assert encoder.identity.name == "maker/pages"
    np.testing.assert_array_equal(vectors(encoder), vectors(load(checkpoint("ColModernVBert"))))
    refused("maker/other", "HF_HUB_OFFLINE is set")


def test_what_was_chosen_is_told_with_its_reason_and_can_be_set(checkpoint: Checkpoint) -> None:
    chosen = VisualEncoder(str(checkpoint("ColQwen2")), device="cpu").choices
    assert chosen.device.reason == "as set"
    assert chosen.dtype.value in {"float32", "bfloat16"}
    assert chosen.attention.value == "sdpa"
    assert all(getattr(chosen, field).reason for field in chosen.__struct_fields__)
    encoder = VisualEncoder(
        str(checkpoint("ColQwen2")), device="cpu", dtype="float32", attention="eager", batch_pixels=9
    )
    given = encoder.choices
    assert [getattr(given, field).value for field in given.__struct_fields__] == ["cpu", "float32", "eager", "9", "24"]
    np.testing.assert_allclose(vectors(encoder), vectors(load(checkpoint("ColQwen2"))), atol=2e-3)


def test_processors_that_allow_more_than_can_be_stored_are_held_to_it(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """As shipped with checkpoints that took their base model's processor: 16,384 tokens."""
    folder = shutil.copytree(checkpoint("ColQwen3"), tmp_path / "wide")
    change(folder / "preprocessor_config.json", size={"longest_edge": 16_777_216, "shortest_edge": 65_536})
    assert load(folder).choices.tokens.value == str(1_048_576 // 320)
    small = VisualEncoder(str(folder), dtype="float32", device="cpu", page_tokens=20)
    (page,) = small.encode_pages([Image.new("RGB", (1240, 1754), "white")])
    assert 12 <= page.rows * page.columns <= 20
    assert small.identity.pixels == 20 * 32 * 32
    assert load(folder).identity.pixels != small.identity.pixels
    for tokens in (3, 3277):
        with pytest.raises(EncoderUnavailable, match="4 to 3276"):
            VisualEncoder(str(folder), device="cpu", page_tokens=tokens)
    with pytest.raises(EncoderUnavailable, match="can't be set for this family: its pages have at most 68"):
        VisualEncoder(str(checkpoint("ColIdefics3")), device="cpu", page_tokens=20)


@pytest.mark.parametrize("family", ["ColQwen2", "ColQwen2.5"])
def test_files_as_transformers_4_wrote_them_give_the_same_vectors(
    family: str, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    """One flat configuration, other names of weights, limits of pages in pixels."""
    from safetensors.numpy import load_file, save_file

    folder = shutil.copytree(checkpoint(family), tmp_path / "old")
    config = json.loads((folder / "config.json").read_text())
    text = config.pop("text_config")
    rope = text.pop("rope_parameters")
    old = {"rope_theta": rope["rope_theta"], "rope_scaling": {"type": "mrope", "mrope_section": rope["mrope_section"]}}
    (folder / "config.json").write_text(json.dumps(text | config | old))
    weights = load_file(folder / "model.safetensors")
    renamed = {name.replace("language_model.", "model."): value for name, value in weights.items()}
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    images = json.loads((folder / "preprocessor_config.json").read_text())
    size = images.pop("size")
    limits = {"min_pixels": size["shortest_edge"], "max_pixels": size["longest_edge"]}
    (folder / "preprocessor_config.json").write_text(json.dumps(images | limits))
    np.testing.assert_array_equal(vectors(load(folder)), vectors(load(checkpoint(family))))


def test_choices_that_cannot_be_met(checkpoint: Checkpoint) -> None:
    import torch

    missing = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(EncoderUnavailable, match=f"{missing}.*not here"):
        VisualEncoder(str(checkpoint("ColPali")), device=missing)
    with pytest.raises(EncoderUnavailable, match="auto, cpu, mps, cuda"):
        choose_device("gpu please")
    with pytest.raises(EncoderUnavailable, match="not 'int3'"):
        choose_dtype("int3", "cpu")
    with pytest.raises(EncoderUnavailable, match="at least 1"):
        choose_pixels(0, "cpu")
    with pytest.raises(EncoderUnavailable, match=r"needs 7\.0 GiB.*cuda:0 has 2\.0 GiB free"):
        require_memory("m", 7 * 2**30, 2 * 2**30, "cuda:0")
    require_memory("m", 2**30, 2**30, "cuda:0")
    assert choose_attention("auto", "cpu", "float32", object).value == "eager"


def test_the_family_is_read_from_the_files_not_the_name(checkpoint: Checkpoint, tmp_path: Path) -> None:
    for family in KNOWN:
        assert family_of("x", {"architectures": [family.model], "model_type": "other"}) == family
        assert family_of("x", {"architectures": ["Base"], "model_type": family.model_type}) == family
        adapter = {"auto_mapping": {"base_model_class": family.model}}
        assert family_of("x", {"model_type": "other"}, adapter) == family
    misnamed = shutil.copytree(checkpoint("ColQwen2.5"), tmp_path / "colpali-v1.3")
    assert load(misnamed).identity.family == "ColQwen2.5"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"architectures": ["ColPaliForRetrieval"], "model_type": "colpali"}, "transformers' own format"),
        ({"architectures": ["BiQwen2"], "model_type": "qwen2_vl"}, "one vector a page"),
        ({"architectures": ["BertModel"], "model_type": "bert"}, "name BertModel, model_type 'bert'"),
        ({}, "name no class, model_type 'none'"),
    ],
)
def test_other_models_are_refused_by_what_they_are(config: dict[str, object], words: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    refused(tmp_path, words)


def change(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_model_without_trained_projection_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """A plain vision-language model has the same config, and would get a random projection."""
    from safetensors.numpy import load_file, save_file

    plain = shutil.copytree(checkpoint("ColQwen2.5"), tmp_path / "plain")
    weights = load_file(plain / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "custom_text_proj" not in name}
    save_file(kept, plain / "model.safetensors", metadata={"format": "pt"})
    change(plain / "config.json", architectures=["Qwen2_5_VLForConditionalGeneration"])
    refused(plain, r"lacks 2 weights of ColQwen2\.5 \(custom_text_proj")


def test_an_adapter_that_does_not_fit_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    adapter = build_adapter(checkpoint("ColQwen3"), tmp_path / "adapter", family="ColQwen3", merged=tmp_path / "merged")
    file = adapter / "adapter_model.safetensors"
    weights = load_file(file)
    first = next(iter(weights))
    save_file({name: value for name, value in weights.items() if name != first}, file)
    refused(adapter, "the adapter lacks 1 weights")
    save_file(weights | {"base_model.model.elsewhere.lora_A.weight": weights[first]}, file)
    refused(adapter, "1 weights of the adapter have no place")
    change(adapter / "adapter_config.json", base_model_name_or_path=str(tmp_path / "gone"))
    refused(adapter, "gone")
    change(adapter / "adapter_config.json", base_model_name_or_path=None)
    refused(adapter, "names no base model")


def test_files_that_are_missing_or_broken(checkpoint: Checkpoint, tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "can't be loaded")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, r"no config\.json")
    for name, content in {"config.json": "{", "model.safetensors": "no", "tokenizer.json": "{}"}.items():
        broken = shutil.copytree(checkpoint("ColPali"), tmp_path / f"broken-{name}")
        (broken / name).write_text(content)
        refused(broken, "can't be loaded")
        (broken / name).unlink()
        refused(broken, "can't be loaded")
    listed = shutil.copytree(checkpoint("ColPali"), tmp_path / "listed")
    (listed / "config.json").write_text("[]")
    refused(listed, "not a JSON object")


def test_without_the_package_it_says_what_to_install(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = checkpoint("ColPali")
    monkeypatch.setitem(sys.modules, "colpali_engine.models", None)
    with pytest.raises(EncoderUnavailable, match=r"pip install 'quire\[visual\]'"):
        load(path)


def test_an_older_package_without_the_family_is_named(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    import colpali_engine.models

    path = checkpoint("ColQwen3.5")
    monkeypatch.delattr(colpali_engine.models, "ColQwen3_5")
    with pytest.raises(EncoderUnavailable, match=r"no ColQwen3_5.*newer"):
        load(path)
