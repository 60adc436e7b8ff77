"""A vision-language model with its processor: loading, counting tokens, and messages as tensors."""

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

from answer.errors import ContextExceeded, ReaderUnavailable
from answer.reader import Capacity, ImagePart, Message
from answer.readers.control import harmless

MOST_CONTEXT = 32_768
"""Tokens used of a model that takes more, where no setting says otherwise: attention's memory is not free."""


class LoadedModel:
    """Not thread-safe but for `capacity`'s counts: one thread generates."""

    def __init__(self, name: str, network: Any, processor: Any, *, context: int | None, image_pixels: int) -> None:
        self.name = name
        self.network = network
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.tokenizer.padding_side = "left"  # generation goes on at the right
        self._pixels = image_pixels
        text = getattr(network.config, "text_config", network.config)
        own = int(getattr(text, "max_position_embeddings", MOST_CONTEXT))
        self.capacity = Capacity(
            min(own, context or MOST_CONTEXT), True, self._text_tokens, lru_cache(maxsize=512)(self._image_tokens)
        )
        self._control = [token for token in self.tokenizer.get_added_vocab() if len(token) > 1]

    @classmethod
    def load(
        cls, name: str, *, device: str, dtype: str, attention: str, context: int | None, image_pixels: int
    ) -> Self:
        """Load by name or folder (HF_HUB_OFFLINE is obeyed). `ReaderUnavailable` says what was looked for."""
        from retrieval import QuietLoading, choose_attention, choose_device, choose_dtype, declare_missing_operators

        declare_missing_operators()
        try:
            # Heavy, and absent where only the extractive reader is used.
            from transformers import AutoModelForImageTextToText, AutoProcessor

            where = choose_device(device).value
            kind = choose_dtype(dtype, where).value
            with QuietLoading():
                processor = AutoProcessor.from_pretrained(name)
                network = AutoModelForImageTextToText.from_pretrained(
                    name, dtype=kind, attn_implementation=None if attention == "auto" else attention
                )
            if attention == "auto":
                network.set_attn_implementation(choose_attention("auto", where, kind, type(network)).value)
            network = network.to(where).eval().requires_grad_(False)
        except Exception as error:
            # Errors of the hub, of files, formats, devices and memory, from four libraries: all mean the same here.
            raise ReaderUnavailable(_explain(name, error)) from error
        if not getattr(processor, "chat_template", None):
            raise ReaderUnavailable(f"The reader {name!r} has no chat template, so that it can't be asked questions.")
        return cls(name, network, processor, context=context, image_pixels=image_pixels)

    def inputs(self, conversations: Sequence[tuple[Message, ...]], max_tokens: int) -> Any:
        """The conversations as one batch of tensors (rows, padded length), on the model's device. `ContextExceeded`
        where a prompt and its reply are too long together."""
        texts, pictures = [], []
        for messages in conversations:
            text, its = self._rendered(messages)
            texts.append(text)
            pictures.append(its)
        images = pictures if any(pictures) else None
        batch = self.processor(text=texts, images=images, padding=True, return_tensors="pt")
        longest = int(batch["attention_mask"].sum(dim=1).max())
        if longest + max_tokens > self.capacity.context:
            raise ContextExceeded(
                f"The prompt has {longest:,} tokens and the reply may have {max_tokens:,}; {self.name} takes "
                f"{self.capacity.context:,} together."
            )
        return batch.to(self.network.device, self.network.dtype)

    def stops(self) -> frozenset[int]:
        """Tokens that end a reply."""
        told = self.network.generation_config.eos_token_id
        told = self.tokenizer.eos_token_id if told is None else told
        return frozenset(told if isinstance(told, list) else [told])

    def _rendered(self, messages: tuple[Message, ...]) -> tuple[str, list[Any]]:
        pictures: list[Any] = []
        turns = []
        for message in messages:
            parts: list[dict[str, str]] = []
            for part in message.parts:
                if isinstance(part, ImagePart):
                    pictures.append(self._picture(part.data))
                    parts.append({"type": "image"})
                else:
                    parts.append({"type": "text", "text": harmless(part.text, self._control)})
            turns.append({"role": message.role, "content": parts})
        text = self.processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return str(text), pictures

    def _picture(self, data: bytes) -> Any:
        from PIL import Image

        try:
            picture = Image.open(io.BytesIO(data)).convert("RGB")
        except (OSError, ValueError) as error:
            raise ReaderUnavailable(f"An image for {self.name} can't be opened: {error}") from error
        return picture.resize(self._bounded(*picture.size)) if picture.size != self._bounded(*picture.size) else picture

    def _bounded(self, width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, (self._pixels / max(1, width * height)) ** 0.5)
        return max(1, int(width * scale)), max(1, int(height * scale))

    def _text_tokens(self, text: str) -> int:
        return len(self.tokenizer(harmless(text, self._control), add_special_tokens=False)["input_ids"])

    def _image_tokens(self, width: int, height: int) -> int:
        """Tokens of an image with those around it, as the processor counts them."""
        width, height = self._bounded(width, height)
        count = getattr(self.processor, "_get_num_multimodal_tokens", None)
        if count is not None:
            # Reckons from the size, where processing an image to count its tokens takes tens of milliseconds.
            return int(count(image_sizes=[(height, width)])["num_image_tokens"][0]) + 2
        from PIL import Image

        turns = [{"role": "user", "content": [{"type": "image"}]}]
        text = self.processor.apply_chat_template(turns, tokenize=False)
        blank = Image.new("RGB", (width, height))
        return int(self.processor(text=[text], images=[[blank]], return_tensors="pt")["input_ids"].shape[1])


def _explain(name: str, error: Exception) -> str:
    first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return (
        f"The reader {name!r} can't be loaded: {first} It was looked for as a folder and in the Hugging Face cache "
        "(and at huggingface.co, unless HF_HUB_OFFLINE forbids it)."
    )
