"""Training from made-up pages, on one font that the test tools bring along: what is printed is on record, batches come
from the seed alone, the loss falls, and a run that was stopped goes on."""

import json
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from PIL import Image

from retrieval.wordspot import batches, drawing, grounds, pen, vocabulary
from retrieval.wordspot.alphabet import LETTERS, fold
from retrieval.wordspot.fonts import INDEX, Face, faces, index, shrunk
from retrieval.wordspot.negatives import edited
from retrieval.wordspot.network import CELL
from retrieval.wordspot.pages import Kind, found_of, page
from retrieval.wordspot.reading import Spotted
from retrieval.wordspot.train import main
from retrieval.wordspot.wear import copied

TEXT = "harbour shipment quarterly pilotage timber wharf ledger tonnage crane manifest customs vessel".split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `retrieval.wordspot.fonts` makes, small: one font for training and one held out, a word list or two."""
    matplotlib = pytest.importorskip("matplotlib")
    made = tmp_path_factory.mktemp("data")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = [
        Face(str(fonts / name), name, held_out, accented=True)
        for name, held_out in (("DejaVuSans.ttf", False), ("DejaVuSerif.ttf", True))
    ]
    (made / INDEX).write_bytes(msgspec.json.encode(found))
    share = made / "usr" / "share"
    for name in ("dict", "misc"):
        (share / name).mkdir(parents=True)
    for name in ("american-english-large", "british-english", *"french ngerman spanish italian portuguese".split()):
        (share / "dict" / name).write_text("\n".join(TEXT))
    for name in ("dutch", "swedish", "danish"):
        (share / "dict" / name).write_text("\n".join(TEXT))
    (share / "misc" / "text").write_text(" ".join(TEXT * 3))
    return made


@pytest.fixture(scope="module")
def source(folder: Path) -> pen.Source:
    words = vocabulary.load(folder)
    return pen.Source(folder, words, pen.families(faces(folder), held_out=False))


def test_a_batch_comes_from_its_number_alone(source: pen.Source) -> None:
    plan = batches.Plan(2, (64, 160), 1.0)
    one, again, other = (batches.make(plan, source, 5, number) for number in (3, 3, 4))
    np.testing.assert_array_equal(one.pixels, again.pixels)
    assert one.words.names == again.words.names
    assert one.pixels.shape == other.pixels.shape
    assert not np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("number", range(4))
def test_words_are_printed_where_the_record_says(source: pen.Source, number: int) -> None:
    batch = batches.make(batches.Plan(3, (96, 256), 0.6), source, 8, number)
    assert batch.words.names
    for (patch, row, column), (right, below, _, height) in zip(batch.words.cells, batch.words.places, strict=True):
        y, x = int((row + 0.5 + below) * CELL), int((column + 0.5 + right) * CELL)
        half = max(2, int(np.exp(height) * CELL * 0.4))
        part = batch.pixels[patch, 1, max(0, y - half) : y + half, max(0, x - 5) : x + 5]
        assert part.std() > 0.1
    shown = batch.gate == 1
    assert 0 < shown.sum() <= len(batch.words.names)
    assert ((batch.signs >= 0) & (batch.signs < 2 + len(LETTERS))).all()


@pytest.mark.parametrize("layout", [*drawing.LAYOUTS, drawing.PICTURED])
def test_every_layout_prints_where_its_record_says(source: pen.Source, layout: str) -> None:
    random = np.random.default_rng(4)
    pictured = structs.replace(source, grounds=(random.integers(0, 256, (300, 500), dtype=np.uint8),), figures=0.2)
    made = page(pictured, Kind(0.0, varied=True, layout=layout), 3, 1, (320, 400))
    assert len(made.words) >= 5
    corners = (made.boxes * np.array([400, 320] * 2)).astype(int).clip(0)
    shown = [made.grey[top : bottom + 1, left : right + 1].std() for left, top, right, bottom in corners]
    assert np.mean(np.array(shown) > 5) > 0.95


def test_a_copier_leaves_black_and_white_and_spares_what_a_threshold_would_not_tell_apart(source: pen.Source) -> None:
    made = page(source, Kind(0.0), 2, 3, (320, 400))
    black = copied(made.grey, np.random.default_rng(1), 0.0)
    assert np.mean((black < 20) | (black > 235)) > 0.8
    even = np.random.default_rng(2).integers(100, 140, (80, 90), dtype=np.uint8)
    np.testing.assert_array_equal(copied(even, np.random.default_rng(1), 1.0), even)


def test_batches_of_varied_print_come_from_their_number_too(source: pen.Source) -> None:
    plan = batches.Plan(2, (64, 160), 1.0, varied=True)
    one, again = (batches.make(plan, source, 5, 3) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, again.pixels)
    plain = batches.make(batches.Plan(2, (64, 160), 1.0), source, 5, 3)
    assert not np.array_equal(one.pixels, plain.pixels)


def test_held_out_words_are_never_printed_in_training(source: pen.Source) -> None:
    random = Random(1)
    printed = [source.token(random) for _ in range(300)]
    assert not any(vocabulary.is_held_out(fold(word)) for word in printed)


@given(st.text(LETTERS, min_size=1, max_size=12), st.integers(0, 1000))
@settings(max_examples=60)
def test_an_edit_makes_another_word_or_none(word: str, seed: int) -> None:
    other = edited(word, Random(seed))
    assert other != word
    assert other + "s" != word
    assert other != word + "s"


def test_a_made_up_page_knows_its_words_also_turned(source: pen.Source) -> None:
    upright, turned = (page(source, Kind(0.0, turn=turn), 2, 1, (320, 400)) for turn in (0.0, 90.0))
    assert upright.words == turned.words
    assert turned.grey.shape == upright.grey.shape[::-1]
    for made in (upright, turned):
        spotted = Spotted(np.zeros((len(made.words), 4), np.float32), made.boxes, np.ones(len(made.words), np.float32))
        np.testing.assert_array_equal(found_of(made, spotted), np.arange(len(made.words)))


def run(folder: Path, out: Path, *more: str) -> list[dict[str, object]]:
    """A training run's curve."""
    size = ("--patches", "1", "--size", "48", "128", "--others", "20", "--workers", "0", "--report", "60", "--full")
    done = CliRunner().invoke(main, ["--data", str(folder), "--out", str(out), *size, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in (out / "curve.jsonl").read_text().splitlines()]


def test_a_run_is_repeated_by_its_seed_and_goes_on_from_its_state(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.wordspot.train._VALIDATED", 1)
    first = run(folder, tmp_path / "one", "--steps", "2")
    again = run(folder, tmp_path / "two", "--steps", "2")
    assert [line["train"] for line in first] == [line["train"] for line in again]
    assert [line["held_out"] for line in first] == [line["held_out"] for line in again]
    state = torch.load(tmp_path / "one" / "state.pt", weights_only=True)
    assert state["step"] == 2
    longer = run(folder, tmp_path / "one", "--steps", "3", "--resume")
    assert [line["step"] for line in longer][-1] == 3
    warm = run(folder, tmp_path / "three", "--steps", "1", "--warm", str(tmp_path / "one" / "state.pt"))
    assert warm[-1]["step"] == 1


def test_pictures_are_kept_small_and_grey_and_printed_on_with_a_gap(tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "share" / "backgrounds"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 256, (700, 1300, 3), dtype=np.uint8)
    for number in range(4):
        Image.fromarray(noise).save(folder / f"{number}.png")
    Image.fromarray(noise[:90, :90]).save(folder / "icon.png")
    (folder / "list.xml").write_text("<no picture/>")
    assert shrunk(tmp_path) == 4
    kept = [grounds.load(tmp_path, held_out=held_out) for held_out in (False, True)]
    assert sum(map(len, kept)) == 4
    assert {picture.shape for pictures in kept for picture in pictures} == {(538, 1000)}
    for seed in range(5):
        paper, ink = grounds.photographic(Random(seed), kept[0] + kept[1], (90, 200), 1.0)
        assert paper.shape == (90, 200)
        assert abs(float(np.median(paper)) - ink) > 30


def test_the_index_of_fonts_leaves_out_what_has_no_letters(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSans.ttf", "STIXSizFiveSymReg.ttf"):
        (tmp_path / name).write_bytes((fonts / name).read_bytes())
    (tmp_path / "broken.otf").write_bytes(b"no font")
    assert [face.path for face in index(tmp_path)] == ["DejaVuSans.ttf"]
    assert faces(tmp_path)[0].accented
    with pytest.raises(FileNotFoundError, match=r"python -m retrieval\.wordspot\.fonts"):
        faces(tmp_path / "elsewhere")
