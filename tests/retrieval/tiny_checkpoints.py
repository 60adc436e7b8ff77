"""Checkpoints of every family of visual encoders, a few thousand random weights each, written to disk as published ones
are: config, tokenizer, processor files, safetensors; and LoRA adapters on them with what merging them gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from retrieval.torchvision_ops import declare_missing_operators

FAMILIES = ("ColPali", "ColQwen2", "ColQwen2.5", "ColQwen3", "ColQwen3.5", "ColIdefics3", "ColModernVBert")

_QWEN_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
_TILE_TOKENS = (
    "<|endoftext|>",
    "<|begin_of_text|>",
    "<|im_start|>",
    "<end_of_utterance>",
    "<fake_token_around_image>",
    "<image>",
    "<global-img>",
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)
_VOCABULARY = 320
"""Bytes and special tokens, rounded up; PaliGemma's processor adds 1,152 of its own."""


def build(family: str, folder: Path, *, seed: int = 0) -> Path:
    """A checkpoint of the family in `folder`, which is returned."""
    declare_missing_operators()
    import torch

    torch.manual_seed(seed)
    processor, model = _BUILDERS[family]()
    spread(model)
    return save(processor, model, folder)


def spread(model: Any) -> None:
    """Draw the model's weights anew: Transformers' own initialisation is so small that all vectors of a tiny model point the same
    way."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.25)


def save(processor: Any, model: Any, folder: Path) -> Path:
    """As published checkpoints lie on disk: the processor's parts in files of their own."""
    model.eval().save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    processor.tokenizer.save_pretrained(folder)
    if hasattr(processor, "image_seq_len"):
        (folder / "processor_config.json").write_text(json.dumps({"image_seq_len": processor.image_seq_len}))
    return folder


def build_adapter(base: Path, folder: Path, *, family: str, merged: Path) -> Path:
    """A LoRA adapter on the checkpoint `base`, and in `merged` the same weights as a checkpoint without an adapter."""
    import torch
    from peft import LoraConfig, get_peft_model

    from retrieval.visual.families import FAMILIES as known

    torch.manual_seed(7)
    (entry,) = (entry for entry in known if entry.name == family)
    model = entry.model_class().from_pretrained(str(base))
    if family == "ColPali":
        # Left without memory by its class under transformers 5, and of no use for vectors.
        model.model.lm_head = torch.nn.Identity()
    projection = "linear" if family == "ColIdefics3" else "custom_text_proj"
    attention = "Wqkv" if family == "ColModernVBert" else "q_proj|v_proj"
    config = LoraConfig(
        r=2,
        lora_alpha=4,
        init_lora_weights=False,
        target_modules=rf"(.*(language_model|text_model).*({attention})$|.*({projection})$)",
    )
    adapted = get_peft_model(model, config)
    adapted.save_pretrained(str(folder))
    for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json"):
        if (base / name).exists():
            (folder / name).write_bytes((base / name).read_bytes())
            merged.mkdir(parents=True, exist_ok=True)
            (merged / name).write_bytes((base / name).read_bytes())
    adapted.merge_and_unload().save_pretrained(str(merged))
    return folder


def _tokenizer(special: tuple[str, ...], **named: str) -> Any:
    """Bytes as tokens: takes any text, with a vocabulary of 256 and the special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(special))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        additional_special_tokens=[token for token in special if token not in named.values()],
        model_max_length=4096,
        **named,
    )


def _colpali() -> tuple[Any, Any]:
    from colpali_engine.models import ColPali, ColPaliProcessor
    from transformers import GemmaConfig, PaliGemmaConfig, SiglipImageProcessor, SiglipVisionConfig

    tokenizer = _tokenizer(("<pad>", "<bos>", "<eos>"), pad_token="<pad>", bos_token="<bos>", eos_token="<eos>")
    images = SiglipImageProcessor(size={"height": 56, "width": 56}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    images.image_seq_length = 16
    processor = ColPaliProcessor(image_processor=images, tokenizer=tokenizer)
    text = GemmaConfig(
        vocab_size=len(tokenizer) + 8,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )
    vision = SiglipVisionConfig(
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        projection_dim=16,
        vision_use_head=False,
    )
    config = PaliGemmaConfig(
        text_config=text.to_dict(),
        vision_config=vision.to_dict(),
        image_token_index=processor.image_token_id,
        projection_dim=16,
        hidden_size=16,
    )
    return processor, ColPali(config)


def qwen_processor(cls: Any, patch: int, *, tokens: int = 24) -> Any:
    """Pages of 4 to `tokens` image tokens, each of 2 by 2 patches."""
    from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor, Qwen3VLVideoProcessor

    unit = 2 * patch
    limits = {"shortest_edge": 4 * unit * unit, "longest_edge": tokens * unit * unit}
    video = Qwen2VLVideoProcessor if patch == 14 else Qwen3VLVideoProcessor
    return cls(
        image_processor=Qwen2VLImageProcessor(size=limits, patch_size=patch, merge_size=2, temporal_patch_size=2),
        tokenizer=_tokenizer(_QWEN_TOKENS, pad_token="<|endoftext|>", eos_token="<|im_end|>"),
        video_processor=video(patch_size=patch, merge_size=2, temporal_patch_size=2),
    )


def qwen_ids(processor: Any) -> dict[str, int]:
    ids = processor.tokenizer.convert_tokens_to_ids
    return {
        "image_token_id": ids("<|image_pad|>"),
        "video_token_id": ids("<|video_pad|>"),
        "vision_start_token_id": ids("<|vision_start|>"),
        "vision_end_token_id": ids("<|vision_end|>"),
    }


QWEN_TEXT: dict[str, Any] = {
    "vocab_size": _VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 4096,
}
QWEN_ROPE = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e4}


def _colqwen2() -> tuple[Any, Any]:
    from colpali_engine.models import ColQwen2, ColQwen2Processor
    from transformers import Qwen2VLConfig

    processor = qwen_processor(ColQwen2Processor, 14)
    config = Qwen2VLConfig(
        text_config=QWEN_TEXT | {"rope_parameters": QWEN_ROPE},
        vision_config={
            "depth": 1,
            "embed_dim": 16,
            "hidden_size": 32,
            "num_heads": 2,
            "mlp_ratio": 2,
            "patch_size": 14,
        },
        **qwen_ids(processor),
    )
    return processor, ColQwen2(config)


def _colqwen2_5() -> tuple[Any, Any]:
    from colpali_engine.models import ColQwen2_5, ColQwen2_5_Processor
    from transformers import Qwen2_5_VLConfig

    processor = qwen_processor(ColQwen2_5_Processor, 14)
    config = Qwen2_5_VLConfig(
        text_config=QWEN_TEXT | {"rope_parameters": QWEN_ROPE},
        vision_config={
            "depth": 2,
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_heads": 2,
            "out_hidden_size": 32,
            "patch_size": 14,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        },
        **qwen_ids(processor),
    )
    return processor, ColQwen2_5(config)


def _colqwen3() -> tuple[Any, Any]:
    from colpali_engine.models import ColQwen3, ColQwen3Processor
    from transformers import Qwen3VLConfig

    processor = qwen_processor(ColQwen3Processor, 16)
    config = Qwen3VLConfig(
        text_config=QWEN_TEXT | {"head_dim": 16, "rope_parameters": QWEN_ROPE},
        vision_config={
            "depth": 2,
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_heads": 2,
            "out_hidden_size": 32,
            "patch_size": 16,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        **qwen_ids(processor),
    )
    return processor, ColQwen3(config)


def _colqwen3_5() -> tuple[Any, Any]:
    from colpali_engine.models import ColQwen3_5, ColQwen3_5Processor
    from transformers import Qwen3_5Config

    processor = qwen_processor(ColQwen3_5Processor, 16)
    config = Qwen3_5Config(
        text_config=QWEN_TEXT
        | {
            "head_dim": 16,
            "layer_types": ["linear_attention", "full_attention"],
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 2,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
            "rope_parameters": {
                "rope_type": "default",
                "mrope_section": [2, 1, 1],
                "rope_theta": 1e4,
                "partial_rotary_factor": 0.5,
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_heads": 2,
            "out_hidden_size": 32,
            "patch_size": 16,
            "num_position_embeddings": 64,
        },
        **qwen_ids(processor),
    )
    return processor, ColQwen3_5(config)


def tiles_processor(cls: Any, *, longest: int = 128, tile: int = 32, tokens: int = 4) -> Any:
    """Pages of up to `longest` pixels in tiles of `tile`, each `tokens` image tokens."""
    from transformers import Idefics3ImageProcessor

    images = Idefics3ImageProcessor(size={"longest_edge": longest}, max_image_size={"longest_edge": tile})
    tokenizer = _tokenizer(_TILE_TOKENS, pad_token="<|endoftext|>", eos_token="<end_of_utterance>")
    return cls(image_processor=images, tokenizer=tokenizer, image_seq_len=tokens)


_TILE_VISION = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}


def _colidefics3() -> tuple[Any, Any]:
    from colpali_engine.models import ColIdefics3, ColIdefics3Processor
    from transformers import Idefics3Config

    processor = tiles_processor(ColIdefics3Processor)
    text = {
        "model_type": "llama",
        "vocab_size": _VOCABULARY,
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "pad_token_id": processor.tokenizer.pad_token_id,
    }
    config = Idefics3Config(
        text_config=text,
        vision_config=_TILE_VISION,
        scale_factor=2,
        image_token_id=processor.image_token_id,
        pad_token_id=processor.tokenizer.pad_token_id,
    )
    return processor, ColIdefics3(config)


def _colmodernvbert() -> tuple[Any, Any]:
    from colpali_engine.models import ColModernVBert, ColModernVBertProcessor
    from transformers import ModernVBertConfig

    processor = tiles_processor(ColModernVBertProcessor)
    text = {
        "model_type": "modernbert",
        "vocab_size": _VOCABULARY,
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "pad_token_id": processor.tokenizer.pad_token_id,
    }
    config = ModernVBertConfig(
        text_config=text,
        vision_config=_TILE_VISION | {"model_type": "siglip_vision_model", "vision_use_head": False},
        pixel_shuffle_factor=2,
        image_token_id=processor.image_token_id,
    )
    return processor, ColModernVBert(config)


_BUILDERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "ColPali": _colpali,
    "ColQwen2": _colqwen2,
    "ColQwen2.5": _colqwen2_5,
    "ColQwen3": _colqwen3,
    "ColQwen3.5": _colqwen3_5,
    "ColIdefics3": _colidefics3,
    "ColModernVBert": _colmodernvbert,
}
