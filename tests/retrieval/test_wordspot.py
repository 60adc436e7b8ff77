"""The shipped page encoder: words and their features, pages read with small random networks through the loading that the
shipped ones go through, scores. And the shipped weights on a page whose words are known."""

from pathlib import Path

import msgspec
import numpy as np
import pymupdf
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import save_file

from retrieval import EncoderUnavailable, UnreadableImage
from retrieval.visual import WORDSPOT, WordspotEncoder, load_visual, maxsim, similarity_map
from retrieval.visual.keeping import kept, restored
from retrieval.wordspot import alphabet, hashing, reading, regions, scoring, turning, weights
from retrieval.wordspot.asking import Asker
from retrieval.wordspot.losses import Model
from retrieval.wordspot.network import Shape
from retrieval.wordspot.normalising import normalised
from retrieval.wordspot.reading import SURE, PageReader
from retrieval.wordspot.turning import Look, quarters
from tests.retrieval.tiny_wordspot import CALIBRATION, TINY, save_tiny

WORDS = st.text(st.sampled_from(alphabet.LETTERS + alphabet.INNER), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("wordspot") / "tiny.safetensors")


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """A page with words of several sizes, one of them light on dark."""
    sheet = pymupdf.open().new_page(width=420, height=300)
    sheet.insert_text((40, 50), "Quarterly shipments by harbour", fontsize=18)
    sheet.insert_text((40, 90), "Stromhaven handled 48,213 containers, Tarrow 7,905.", fontsize=10)
    sheet.draw_rect(pymupdf.Rect(30, 120, 300, 160), fill=(0.1, 0.1, 0.3))
    sheet.insert_text((40, 145), "Inverted lettering survives", fontsize=13, color=(1, 1, 1))
    sheet.insert_text((40, 200), "Footnote: pilotage excluded.", fontsize=6.5)
    pixels = sheet.get_pixmap(dpi=250)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


@given(st.text(max_size=30))
def test_folding_is_done_once_and_leaves_the_alphabet(text: str) -> None:
    word = alphabet.fold(text)
    assert alphabet.fold(word) == word
    assert set(word) <= set(alphabet.LETTERS + alphabet.INNER)
    assert len(word) <= alphabet.LONGEST
    assert not word or any(sign in alphabet.LETTERS for sign in word)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“Élan,” (Straße) FLÖSSE", ["elan", "strasse", "flosse"]),
        ("$1,234.50; 12/03/2019 a@b.org", ["1,234.50", "12/03/2019", "a@b.org"]),
        ("long-term and/or 2019–2020 AB-12", ["long", "term", "and", "or", "2019", "2020", "ab-12"]),
        ("ﬁeld O’Neill", ["field", "o'neill"]),
        ("— … 中文 ?", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert alphabet.words_of(text) == words


@given(WORDS)
def test_features_are_buckets_of_their_kind(word: str) -> None:
    kinds = hashing.features(word)
    for found, count in zip(kinds, (hashing.PLACES, hashing.PAIRS, hashing.GRAMS), strict=True):
        assert found
        assert all(0 <= bucket < count for bucket in found)
    assert hashing.features.__wrapped__(word) == kinds


@given(st.text("0123456789", min_size=2, max_size=12), st.data())
def test_figures_that_changed_places_are_told_apart(number: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number) - 2))
    other = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert (hashing.features(number) == hashing.features(other)) == (number == other)


def test_a_word_has_a_character() -> None:
    with pytest.raises(ValueError, match="at least one"):
        hashing.features("")


def test_light_on_dark_reads_like_dark_on_light(page: Image.Image) -> None:
    grey = np.asarray(page.convert("L"))[:160]
    one, other = normalised(grey)[0], normalised(255 - grey)[0]
    assert np.abs(one).max() > 1
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_fainter_print_reads_alike(page: Image.Image) -> None:
    grey = np.asarray(page.convert("L"))
    faint = (170 + grey.astype(float) / 255 * 60).astype(np.uint8)
    one, other = normalised(grey)[0], normalised(faint)[0]
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95


def test_a_page_is_read_into_boxes_that_do_not_rival(tiny: Path, page: Image.Image) -> None:
    spotted = PageReader(weights.load(tiny).page, long_side=512).read(np.asarray(page.convert("L")))
    assert len(spotted.vectors) == len(spotted.boxes) == len(spotted.gates) > 10
    np.testing.assert_allclose(np.linalg.norm(spotted.vectors, axis=1), 1, atol=1e-4)
    assert (spotted.gates >= SURE).all()
    left, top, right, bottom = spotted.boxes.T
    assert ((left < right) & (top < bottom)).all()
    assert (np.diff(top) >= 0).all()
    wide = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    high = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    area = (right - left) * (bottom - top)
    shared = np.clip(wide, 0, None) * np.clip(high, 0, None) / np.minimum(area[:, None], area)
    assert (shared[~np.eye(len(area), dtype=bool)] <= 0.31).all()


def test_reading_depends_little_on_folding_the_normalisations_in(tiny: Path) -> None:
    network = weights.load(tiny).page
    pixels = torch.randn(1, 2, 64, 128, generator=torch.Generator().manual_seed(1))
    from retrieval.wordspot.reading import fused

    folded = fused(network)
    with torch.inference_mode():
        np.testing.assert_allclose(
            folded.words(folded.letters(pixels)), network.words(network.letters(pixels)), atol=1e-4
        )


def test_another_way_of_reading_is_another_encoder(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = weights.load(tiny).fingerprint
    monkeypatch.setattr("retrieval.wordspot.reading.READING", reading.READING + 1)
    assert weights.load(tiny).fingerprint != before


@pytest.mark.parametrize("turns", range(4))
def test_a_page_is_turned_upright_where_that_is_clearly_more_legible(turns: int) -> None:
    def look(turned: int) -> Look:
        """Of a page that lies so that `turns` quarters to the left set it upright."""
        across = (turned - turns) % 2 == 0
        return Look(50, 0.9 if across else 0.3, 0.6 if turned == turns else 0.5)

    gates = np.full(90, 0.99 if turns % 2 == 0 else 0.95, np.float32)
    assert quarters(gates, look) == turns
    assert quarters(gates, lambda turned: Look(3, 1.0, 0.5 + 0.1 * turned)) == 0
    assert quarters(gates, lambda turned: Look(50, 0.3, 0.5 + 0.1 * turned)) == 0
    # Of a dozen words a small difference is chance.
    assert quarters(np.full(90, 0.99, np.float32), lambda turned: Look(12, 0.9, 0.5 + 0.02 * turned)) == 0


@given(st.integers(-4, 8))
def test_boxes_turn_with_their_page(turns: int) -> None:
    page = np.zeros((30, 50), np.uint8)
    page[3:9, 10:40] = 1
    left, top, right, bottom = turning.turned(np.array([[0.2, 0.1, 0.8, 0.3]], np.float32), turns)[0]
    rows, columns = np.nonzero(np.rot90(page, turns))
    height, width = np.rot90(page, turns).shape
    np.testing.assert_allclose([left * width, right * width], [columns.min(), columns.max() + 1], atol=1e-4)
    np.testing.assert_allclose([top * height, bottom * height], [rows.min(), rows.max() + 1], atol=1e-4)


def test_parts_with_small_marks_are_read_at_the_finer_scale_and_blank_or_large_ones_not() -> None:
    sheet = pymupdf.open().new_page(width=600, height=800)
    sheet.insert_text((40, 100), "A headline", fontsize=60)
    sheet.insert_text((40, 600), "A line of print as books have it", fontsize=9)
    pixels = sheet.get_pixmap(dpi=120, colorspace="gray")
    grey = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    ((left, top, right, bottom),) = regions.busy(grey, normalised(grey)[0])
    assert top > 0.5 * grey.shape[0]
    assert left < 40 / 600 * grey.shape[1] < right
    assert top < 597 / 800 * grey.shape[0] < bottom
    assert regions.busy(np.full((90, 80), 255, np.uint8), np.zeros((90, 80), np.float32)) == []


def test_areas_of_small_print_hold_its_words_and_leave_out_stray_ones() -> None:
    row = [(0.1 + 0.1 * i, 0.5, 0.18 + 0.1 * i, 0.51) for i in range(6)]
    stray = (0.9, 0.05, 0.92, 0.06)
    ((left, top, right, bottom),) = regions.small(np.array([*row, stray], np.float32), np.ones(7, bool))
    assert left <= 0.1
    assert right >= 0.68
    assert top <= 0.5 < 0.51 <= bottom < 0.6
    assert regions.small(np.array([*row, stray], np.float32), np.arange(7) == 2) == []
    assert regions.small(np.zeros((0, 4), np.float32), np.zeros(0, bool)) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (40, 20), (333, 77)])
def test_any_shape_of_page_is_read(tiny: Path, size: tuple[int, int]) -> None:
    grey = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    spotted = PageReader(weights.load(tiny).page, long_side=256, most=7).read(grey)
    assert spotted.vectors.shape[1] == 12
    assert len(spotted.vectors) <= 7


def test_an_encoder_like_the_others(tiny: Path, page: Image.Image) -> None:
    encoder = WordspotEncoder(tiny, dtype="float32")
    (seen,) = encoder.encode_pages([page])
    assert seen.boxes is not None
    assert seen.vectors.dtype == np.float16
    (question,) = encoder.encode_query(["What did Stromhaven handle in 2024?"])
    tokens = encoder.query_tokens("What did Stromhaven handle in 2024?")
    assert tokens.texts == ("stromhaven", "handle", "2024")
    assert question.shape == (3, encoder.identity.dimension)
    drawn = similarity_map(question, seen)
    assert drawn.total.shape == (seen.rows, seen.columns)
    # What a word matches best is the brightest of its map, in the box of the vector.
    best = int((question[0] @ seen.vectors.astype(np.float32).T).argmax())
    np.testing.assert_allclose(drawn.tokens[0].ravel()[seen.cells[best]], drawn.tokens[0].max(), atol=1e-6)
    assert encoder.identity == WordspotEncoder(tiny).identity


@pytest.mark.parametrize("factor", [1, 3])
def test_what_is_kept_of_a_page_brings_its_boxes_back(tiny: Path, page: Image.Image, factor: int) -> None:
    (seen,) = WordspotEncoder(tiny, dtype="float32").encode_pages([page])
    stored = kept(seen, factor)
    again = restored(stored.patches, msgspec.json.decode(msgspec.json.encode(stored.grid)))
    assert again.boxes is not None
    assert seen.boxes is not None
    np.testing.assert_allclose(again.boxes, np.clip(seen.boxes, 0, 1), atol=1e-4)
    assert again.vectors.shape == seen.vectors.shape
    if factor == 1:
        np.testing.assert_array_equal(again.vectors, seen.vectors)
        np.testing.assert_array_equal(again.cells, seen.cells)
    assert stored.pooled is None


def test_a_page_without_words_and_a_question_without_any(tiny: Path) -> None:
    encoder = WordspotEncoder(tiny, page_tokens=0)
    with pytest.raises(UnreadableImage, match="No words"):
        encoder.encode_pages([Image.new("RGB", (200, 200), "white")])
    (question,) = encoder.encode_query(["中文 — ?"])
    assert question.shape == (0, 12)
    assert encoder.query_tokens("中文 — ?").texts == ()


def test_weights_that_do_not_fit_are_refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"none\.safetensors"):
        weights.load(tmp_path / "none.safetensors")
    other = tmp_path / "other.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, other)
    with pytest.raises(EncoderUnavailable, match="names no shape"):
        weights.load(other)
    shape = msgspec.json.encode(TINY).decode()
    save_file({"page.a": np.zeros(3, np.float32)}, other, {"shape": shape})
    with pytest.raises(EncoderUnavailable, match="missing"):
        weights.load(other)
    weights.save(other, Model(TINY), TINY, {})
    with pytest.raises(EncoderUnavailable, match="calibration"):
        WordspotEncoder(other)
    with pytest.raises(EncoderUnavailable, match="float16"):
        load_visual(WORDSPOT, dtype="float16")


def test_a_file_is_read_the_same_each_time(tiny: Path) -> None:
    networks = weights.load(tiny)
    assert scoring.calibration_in(networks.about) == CALIBRATION
    again = weights.load(tiny)
    assert networks.fingerprint == again.fingerprint
    assert np.array_equal(Asker(networks.query).vectors(["cost"]), Asker(again.query).vectors(["cost"]))


def test_training_goes_on_from_the_file(tiny: Path) -> None:
    model = Model(TINY)
    weights.resumed(tiny, model)
    saved = weights.load(tiny).page.vector_head.weight
    np.testing.assert_allclose(model.page.vector_head.weight.detach(), saved, atol=1e-6)
    assert model.page.sign_head.bias.abs().max() > 0
    with pytest.raises(EncoderUnavailable, match="does not fit"):
        weights.resumed(tiny, Model(Shape()))


@given(
    st.lists(st.floats(0.3, 1.0), min_size=3, max_size=30),
    st.lists(st.floats(-0.2, 0.5), min_size=3, max_size=30),
)
@settings(max_examples=50)
def test_a_fitted_calibration_rises_and_lies_between(high: list[float], low: list[float]) -> None:
    present, absent = np.array(high, np.float32), np.array(low, np.float32)
    if present.mean() < absent.mean() + 0.05:
        return
    found = scoring.fitted(present, absent)
    assert found.slope > 0
    assert found.chance(present).mean() > found.chance(absent).mean()
    assert np.isfinite([found.slope, found.middle]).all()


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_a_word_that_a_page_has_more_surely_never_lowers_it_against_the_others(seed: int) -> None:
    best = np.random.default_rng(seed).uniform(0, 0.9, (4, 6)).astype(np.float32)
    before = scoring.scores(best, CALIBRATION)
    better = best.copy()
    better[1, 2] = best[1].max() + 0.1
    after = scoring.scores(better, CALIBRATION)
    assert (after >= 0).all()
    assert (after[2] - after >= before[2] - before - 1e-4).all()


def test_a_word_on_one_page_tells_more_than_one_on_most_and_one_on_none_nothing() -> None:
    best = np.array([[0.95, 0.1, 0.1, 0.1], [0.1, 0.95, 0.95, 0.95], [0.2, 0.3, 0.2, 0.2]], np.float32)
    scored = scoring.scores(best, CALIBRATION)
    assert scored.argmax() == 0
    assert scoring.scores(best[2:], CALIBRATION).max() < 0.02


def test_a_page_that_holds_the_words_leads() -> None:
    random = np.random.default_rng(2)
    pages = [random.standard_normal((40, 32)).astype(np.float32) for _ in range(5)]
    pages = [page / np.linalg.norm(page, axis=1, keepdims=True) for page in pages]
    found = scoring.matches(pages[3][[4, 9]], [*pages, np.zeros((0, 32), np.float32)], CALIBRATION)
    assert scoring.scores(found.best, CALIBRATION).argmax() == 3
    assert found.counts[:, 5].tolist() == [0, 0]
    assert found.best[:, 3] == pytest.approx(1, abs=1e-5)


@pytest.mark.skipif(not weights.SHIPPED.exists(), reason="no weights are shipped")
def test_the_shipped_weights_find_words_where_they_stand(page: Image.Image) -> None:
    encoder = load_visual(WORDSPOT, dtype="float32")
    assert weights.SHIPPED.stat().st_size < 12_000_000
    (seen,) = encoder.encode_pages([page])
    assert seen.boxes is not None
    places = {"quarterly": 50, "harbour": 50, "stromhaven": 90, "containers": 90, "inverted": 145, "lettering": 145}
    found = 0
    for word, baseline in places.items():
        (question,) = encoder.encode_query([word])
        _, top, _, bottom = seen.boxes[int((question @ seen.vectors.astype(np.float32).T).argmax())]
        found += bool(top * 300 < baseline - 2 < bottom * 300 + 3)
    assert found >= len(places) - 1
    there, elsewhere = (
        float(maxsim(encoder.encode_query([word])[0], [seen.vectors])[0]) for word in ("containers", "xylophone")
    )
    assert there > elsewhere + 0.1


@pytest.mark.skipif(not weights.SHIPPED.exists(), reason="no weights are shipped")
@pytest.mark.parametrize("turns", [2, 3])
def test_the_shipped_weights_read_a_page_however_it_lies(turns: int) -> None:
    sheet = pymupdf.open().new_page(width=300, height=210)
    words = (
        "Quarterly shipments by harbour were pilotage timber wharf ledger tonnage crane manifest customs vessel".split()
    )
    for line in range(14):
        sheet.insert_text((15, 18 + 14 * line), " ".join(words[line % 7 :][:7]), fontsize=7)
    pixels = sheet.get_pixmap(dpi=220, colorspace="gray")
    grey = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width)
    reader = PageReader(weights.load().page, long_side=700)
    upright, lying = reader.read(grey), reader.read(np.ascontiguousarray(np.rot90(grey, turns)))
    assert len(upright.boxes) > 70
    middles, others = (
        (boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (upright.boxes, turning.turned(lying.boxes, -turns))
    )
    apart = np.abs(middles[:, None] - others[None])
    same = (apart < (0.02, 0.01)).all(axis=2) & (upright.vectors @ lying.vectors.T > 0.8)
    assert same.any(axis=1).mean() > 0.9
