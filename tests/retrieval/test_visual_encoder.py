"""Every family of visual encoders, from a tiny checkpoint on disk through the same path as a real one: against its own
processor and model called as their documentation shows, and in what must not change a page's vectors."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from retrieval import EncoderUnavailable
from retrieval.visual import WHOLE_PAGE, PageVectors, UnreadableImage, VisualEncoder, maxsim, maxsim_many
from retrieval.visual.grids import layouts
from tests.retrieval.tiny_checkpoints import FAMILIES, build

pytestmark = pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed")

SIZES = ((130, 90), (77, 201), (333, 20), (64, 64))
"""(height, width): upright, broad, a strip, and square."""

QUESTIONS = ("How did revenue change in 2023?", "x", "Größe der Straße 山")

Load = Callable[[str], VisualEncoder]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Builds and loads a family's checkpoint, once."""
    folder = tmp_path_factory.mktemp("families")
    loaded: dict[str, VisualEncoder] = {}

    def encoder(family: str) -> VisualEncoder:
        if family not in loaded:
            loaded[family] = VisualEncoder(str(build(family, folder / family)), dtype="float32", device="cpu")
        return loaded[family]

    return encoder


def pages(sizes: tuple[tuple[int, int], ...] = SIZES, seed: int = 0) -> list[Image.Image]:
    """Noise, coarse enough that patches differ after resizing."""
    rng = np.random.default_rng(seed)
    small = [rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8) for height, width in sizes]
    return [Image.fromarray(noise).resize((width, height)) for noise, (height, width) in zip(small, sizes, strict=True)]


def apart(left: PageVectors, right: PageVectors) -> float:
    """The greatest difference between two pages' values."""
    assert left.vectors.shape == right.vectors.shape
    return float(np.abs(left.vectors.astype(np.float32) - right.vectors.astype(np.float32)).max())


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_the_processors(family: str, load: Load) -> None:
    """The processor and model called as colpali-engine's documentation shows, all tokens of a page; ours are those of
    its image, so the reference's others are masked out."""
    import torch

    encoder = load(family)
    folder = encoder.identity.name
    processor = encoder.family.processor_class().from_pretrained(folder)
    model = encoder.family.model_class().from_pretrained(folder).eval()
    ours = maxsim_many(encoder.encode_query(QUESTIONS), [page.vectors for page in encoder.encode_pages(pages())])
    images = processor.process_images(pages())
    with torch.inference_mode():
        tokens = model(**images)
        # One at a time: under transformers 5 ColPali gives other vectors for a padded batch (see the encoder).
        questions = [model(**processor.process_queries([text]))[0] for text in QUESTIONS]
    seen = images["input_ids"] == processor.image_token_id
    for index, mask in enumerate(seen):
        reference = processor.score_multi_vector(questions, [tokens[index][mask]], device="cpu")
        np.testing.assert_allclose(ours[:, index], reference[:, 0].numpy(), atol=1e-3)
    assert np.ptp(ours) > 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_pages_are_unit_vectors_of_the_image_alone_in_their_cells(family: str, load: Load) -> None:
    encoder = load(family)
    for page in encoder.encode_pages(pages()):
        assert page.vectors.dtype == np.float16
        assert page.vectors.shape == (len(page.cells), encoder.identity.dimension)
        np.testing.assert_allclose(np.linalg.norm(page.vectors.astype(np.float32), axis=1), 1.0, atol=2e-3)
        inside = page.cells[page.cells != WHOLE_PAGE]
        assert sorted(inside) == list(range(page.rows * page.columns))
        assert bool((page.cells == WHOLE_PAGE).any()) == (encoder.family.grid == "tiles")


@pytest.mark.parametrize("family", FAMILIES)
def test_batch_of_one_and_padding_change_nothing(family: str, load: Load) -> None:
    encoder = load(family)
    together = encoder.encode_pages(pages())
    for image, page in zip(pages(), together, strict=True):
        (alone,) = encoder.encode_pages([image])
        assert apart(page, alone) < 5e-4
        assert (page.rows, page.columns) == (alone.rows, alone.columns)
    questions = encoder.encode_query(QUESTIONS)
    for text, question in zip(QUESTIONS, questions, strict=True):
        np.testing.assert_allclose(question, encoder.encode_query([text])[0], atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_question_does_not_depend_on_what_was_encoded_before(family: str, load: Load) -> None:
    encoder = load(family)
    before = encoder.encode_query(QUESTIONS[:1])[0]
    encoder.encode_pages(pages())
    assert (encoder.encode_query(QUESTIONS[:1])[0] == before).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_cell_is_where_its_vector_looks(family: str, load: Load) -> None:
    """A dark spot on a white page moves the vector of its own cell most, whatever the order of a model's tokens."""
    encoder = load(family)
    side = 160
    plain = Image.new("RGB", (side, side), "white")
    (clean,) = encoder.encode_pages([plain])
    height, width = side // clean.rows, side // clean.columns
    cells = [(row, column) for row in range(clean.rows) for column in range(clean.columns)]
    spotted = [plain.copy() for _ in cells]
    for page, (row, column) in zip(spotted, cells, strict=True):
        page.paste((10, 20, 30), (column * width, row * height, (column + 1) * width, (row + 1) * height))
    found = []
    for marked in encoder.stream_pages(spotted):
        change = np.linalg.norm(marked.grid() - clean.grid(), axis=2)
        found.append(divmod(int(change.argmax()), clean.columns))
    assert found == cells


def test_grids_follow_the_shape_of_the_page(load: Load) -> None:
    upright, broad, strip, square = load("ColQwen2.5").encode_pages(pages())
    assert upright.rows > upright.columns
    assert broad.rows < broad.columns
    assert strip.columns == 1
    assert square.rows == square.columns
    assert {(page.rows, page.columns) for page in load("ColPali").encode_pages(pages())} == {(4, 4)}
    tall, *_ = load("ColIdefics3").encode_pages(pages())
    assert (tall.rows, tall.columns) == (8, 6)
    assert int((tall.cells == WHOLE_PAGE).sum()) == 4


@pytest.mark.parametrize("family", ["ColPali", "ColQwen2.5", "ColQwen3", "ColIdefics3"])
@given(height=st.integers(1, 500), width=st.integers(1, 500))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_grids_fit_pages_of_any_size(family: str, load: Load, height: int, width: int) -> None:
    encoder = load(family)
    image = Image.new("RGB", (width, height), "white")
    if max(height, width) > 200 * min(height, width):
        if encoder.family.grid == "dynamic":
            with pytest.raises(UnreadableImage):
                encoder.pixels(image)
        return
    batch = encoder._processor.process_images([image])
    (layout,) = layouts(encoder.family, encoder._processor, batch, [(height, width)])
    inside = layout.cells[layout.cells != WHOLE_PAGE]
    assert len(layout.cells) == int((batch["input_ids"] == encoder._processor.image_token_id).sum())
    assert sorted(inside) == list(range(layout.rows * layout.columns))
    most = int(encoder.choices.tokens.value)
    # A strip has a row at least, and then up to 200 times the columns that its area would give: over a limit under 200.
    assert len(layout.cells) <= max(most, (200 * most) ** 0.5)
    seen = batch["pixel_values"].numel() / (3 if encoder.family.grid != "dynamic" else 6)
    assert encoder.pixels(image) == seen


@pytest.mark.parametrize("family", FAMILIES)
def test_questions_keep_prompt_and_augmentation_and_name_their_tokens(family: str, load: Load) -> None:
    encoder = load(family)
    (question,) = encoder.encode_query(["net sales"])
    tokens = encoder.query_tokens("net sales")
    assert len(question) == len(tokens.texts)
    assert "".join(tokens.texts[index] for index in tokens.words) == "net sales"
    # Ten buffers after the question, as ColPali's paper has them.
    assert len(tokens.texts) - len(tokens.words) >= 10


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_in_a_question_are_no_commands(family: str, load: Load) -> None:
    encoder = load(family)
    image = {"fixed": "<image>", "dynamic": "<|image_pad|>", "tiles": "<image>"}[encoder.family.grid]
    (question,) = encoder.encode_query([f"a{image}b\ud800"])
    assert np.isfinite(question).all()
    assert image not in encoder.query_tokens(f"a{image}b").texts


def test_streaming_takes_images_as_it_needs_them(load: Load) -> None:
    folder = load("ColQwen2").identity.name
    encoder = VisualEncoder(folder, dtype="float32", device="cpu", batch_pixels=40_000)
    taken = 0

    def images() -> Iterator[Image.Image]:
        nonlocal taken
        for _ in range(40):
            taken += 1
            yield pages(((130, 90),))[0]

    stream = encoder.stream_pages(images())
    next(stream)
    # A page is 11,760 pixels after resizing: three fit. The next three are prepared meanwhile, and the seventh image
    # is seen before their batch is closed.
    assert encoder.pixels(pages(((130, 90),))[0]) == 11_760
    assert taken == 7
    assert len(list(stream)) == 39


def test_a_stream_that_is_left_ends_its_thread(load: Load) -> None:
    encoder = VisualEncoder(load("ColPali").identity.name, dtype="float32", device="cpu", batch_pixels=1)
    stream = encoder.stream_pages(iter(pages()))
    next(stream)
    assert any(thread.name.startswith("visual-prepare") for thread in threading.enumerate())
    stream.close()
    assert not any(thread.name.startswith("visual-prepare") for thread in threading.enumerate())


def test_order_holds_when_several_batches_are_prepared_at_once(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """As beside a GPU."""
    monkeypatch.setattr("retrieval.visual.encoder._batches_ahead", lambda _: 3)
    encoder = VisualEncoder(load("ColQwen2.5").identity.name, dtype="float32", device="cpu", batch_pixels=1)
    many = pages(SIZES * 4)
    for one, other in zip(encoder.stream_pages(many), load("ColQwen2.5").encode_pages(many), strict=True):
        assert apart(one, other) < 5e-4


def test_questions_and_pages_from_several_threads(load: Load) -> None:
    encoder = load("ColQwen3")
    expected, (asked,) = encoder.encode_pages(pages()), encoder.encode_query(["net sales"])
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(encoder.encode_pages, pages()) for _ in range(4)]
        answers = [pool.submit(encoder.encode_query, ["net sales"]) for _ in range(8)]
    for future in found:
        assert max(apart(*pair) for pair in zip(future.result(), expected, strict=True)) < 5e-4
    assert all((future.result()[0] == asked).all() for future in answers)


def test_batches_pad_to_the_largest_page(load: Load) -> None:
    encoder = VisualEncoder(load("ColQwen2").identity.name, dtype="float32", device="cpu", batch_pixels=1)
    whole = load("ColQwen2").encode_pages(pages())
    for one, other in zip(encoder.encode_pages(pages()), whole, strict=True):
        assert apart(one, other) < 5e-4


def test_memory_that_runs_out_halves_the_batch(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    encoder = VisualEncoder(load("ColPali").identity.name, dtype="float32", device="cpu")
    forward = encoder._forward
    sizes: list[int] = []

    def tight(batch: dict[str, torch.Tensor]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        sizes.append(len(batch["input_ids"]))
        if sizes[-1] > limit:
            raise torch.OutOfMemoryError("no room")
        return forward(batch)

    monkeypatch.setattr(encoder, "_forward", tight)
    limit = 1
    assert len(encoder.encode_pages(pages())) == 4
    assert max(sizes) == 4
    assert sizes.count(1) == 4
    limit = 0
    with pytest.raises(EncoderUnavailable, match="does not fit into the memory of cpu"):
        encoder.encode_pages(pages()[:1])


def test_an_impossible_page_is_refused_by_its_size(load: Load) -> None:
    with pytest.raises(UnreadableImage, match="5 x 3000 pixels"):
        load("ColQwen2.5").encode_pages([Image.new("RGB", (3000, 5))])


def test_nothing_to_encode(load: Load) -> None:
    encoder = load("ColPali")
    assert encoder.encode_pages([]) == []
    assert encoder.encode_query([]) == []


def test_half_precision_ranks_as_full(load: Load) -> None:
    full = load("ColQwen2.5")
    half = VisualEncoder(full.identity.name, dtype="bfloat16", device="cpu")
    assert half.identity.fingerprint == full.identity.fingerprint
    (page,), (rounded,) = full.encode_pages(pages()[:1]), half.encode_pages(pages()[:1])
    cosines = (page.vectors.astype(np.float32) * rounded.vectors.astype(np.float32)).sum(axis=1)
    assert cosines.mean() > 0.99
    assert maxsim(half.encode_query(["a"])[0], [rounded.vectors])[0] == pytest.approx(
        maxsim(full.encode_query(["a"])[0], [page.vectors])[0], abs=0.3
    )
