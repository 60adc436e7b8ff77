"""Vision-language models of a few thousand random weights, written to disk as published ones are: config, weights,
processor and chat template."""

from pathlib import Path
from typing import Any

from retrieval import declare_missing_operators
from tests.retrieval.tiny_checkpoints import QWEN_ROPE, QWEN_TEXT, qwen_ids, qwen_processor, spread, tiles_processor

QWEN_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] in ('image', 'image_url') %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TILES_TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}: "
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}"
    "{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
FAMILIES = ("Qwen2.5-VL", "Qwen3-VL", "SmolVLM")

_TEXT: dict[str, Any] = QWEN_TEXT | {"max_position_embeddings": 16384}
_ROPE = {"rope_parameters": QWEN_ROPE}


def build_reader(family: str, folder: Path, *, seed: int = 0) -> Path:
    """A checkpoint of the family in `folder`, which is returned. Its bytes are its tokens."""
    declare_missing_operators()
    import torch

    torch.manual_seed(seed)
    processor, model, template = {"Qwen2.5-VL": _qwen2_5, "Qwen3-VL": _qwen3, "SmolVLM": _smol}[family]()
    spread(model)
    processor.chat_template = template
    model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
    model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    model.eval().save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _vision(**more: Any) -> dict[str, Any]:
    return {
        "depth": 2,
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_heads": 2,
        "out_hidden_size": 32,
        **more,
    }


def _qwen2_5() -> tuple[Any, Any, str]:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

    processor = qwen_processor(Qwen2_5_VLProcessor, 14, tokens=64)
    vision = _vision(patch_size=14, window_size=56, fullatt_block_indexes=[1])
    config = Qwen2_5_VLConfig(text_config=_TEXT | _ROPE, vision_config=vision, **qwen_ids(processor))
    return processor, Qwen2_5_VLForConditionalGeneration(config), QWEN_TEMPLATE


def _qwen3() -> tuple[Any, Any, str]:
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

    processor = qwen_processor(Qwen3VLProcessor, 16, tokens=64)
    vision = _vision(patch_size=16, num_position_embeddings=64, deepstack_visual_indexes=[0])
    config = Qwen3VLConfig(text_config=_TEXT | _ROPE | {"head_dim": 16}, vision_config=vision, **qwen_ids(processor))
    return processor, Qwen3VLForConditionalGeneration(config), QWEN_TEMPLATE


def _smol() -> tuple[Any, Any, str]:
    """SmolVLM's first generation is an Idefics3; the second wants the package num2words for its processor."""
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor

    processor = tiles_processor(Idefics3Processor)
    vision = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
    }
    pad = processor.tokenizer.pad_token_id
    config = Idefics3Config(
        text_config={"model_type": "llama", **_TEXT, "pad_token_id": pad},
        vision_config=vision,
        scale_factor=2,
        image_token_id=processor.image_token_id,
        pad_token_id=pad,
    )
    return processor, Idefics3ForConditionalGeneration(config), TILES_TEMPLATE
