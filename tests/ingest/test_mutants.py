"""Damaged PDFs through real workers: each ends in a document, a partial document or a clear error, within the limits.

`python -m benchmarks.mutants` does the same with thousands and counts what they ended as.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import Ingestor, Limits
from tests.ingest.conftest import Reader
from tests.ingest.mutator import DAMAGES, Outcome, attack, mutants, sources
from tests.ingest.test_faults import workers

ENDS = {
    "ok",
    "repaired",
    "partial",
    "no page",
    "DamagedFile",
    "EmptyFile",
    "NotADocument",
    "DocumentLocked",
    "TooManyPages",
}
SECONDS = 20.0


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return sources(tmp_path_factory.mktemp("originals"))


@pytest.fixture(scope="module")
def quick() -> Iterator[Reader]:
    """Without models: those see what MuPDF makes of a page, not the file."""
    reader = Reader(Ingestor(Limits(page_seconds=SECONDS, probe_seconds=SECONDS), ocr=False, layout="geometry"))
    yield reader
    reader.close()


def endings(
    reader: Reader, originals: dict[str, bytes], folder: Path, seed: int, count: int
) -> list[tuple[str, Outcome]]:
    found = []
    for name, data in mutants(originals, seed, count):
        path = folder / "a.pdf"
        path.write_bytes(data)
        outcome = reader.run(attack(reader.ingestor, path))  # raises whatever is no IngestError
        assert outcome.kind in ENDS, (name, outcome)
        assert all(len(said) < 500 and str(folder) not in said for said in outcome.errors), (name, outcome)
        found.append((name, outcome))
    return found


def test_the_originals_are_sound(quick: Reader, originals: dict[str, bytes], tmp_path: Path) -> None:
    """Otherwise what follows would prove nothing."""
    for name, data in originals.items():
        (tmp_path / "a.pdf").write_bytes(data)
        assert quick.run(attack(quick.ingestor, tmp_path / "a.pdf")).kind == "ok", name
    (tmp_path / "a.pdf").write_bytes(originals["plain"])
    assert "harbour" in quick.read(tmp_path / "a.pdf", [2])[2].text


def test_the_same_seed_makes_the_same_files(originals: dict[str, bytes]) -> None:
    first, again, other = (list(mutants(originals, seed, len(DAMAGES))) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    # A damage that finds nothing to damage is a mistake in the mutator; some values happen to be those that were there.
    changed = sum(data != originals["plain"] for _, data in first)
    assert changed > 0.8 * len(first)


def test_damaged_files_end_well(quick: Reader, originals: dict[str, bytes], tmp_path: Path) -> None:
    """Each damage once, and some together."""
    assert len(DAMAGES) < 40
    before = {p.pid for p in workers()}
    found = endings(quick, originals, tmp_path, seed=7, count=40)
    counts = Counter(outcome.kind for _, outcome in found)
    assert len(counts) > 2, "they meet different ends"
    assert max(outcome.seconds for _, outcome in found) < 6 * SECONDS
    assert len([p for p in workers() if p.is_running() and p.pid not in before]) <= 2, "replaced workers are gone"


def test_damaged_files_end_well_with_all_models(reader: Reader, originals: dict[str, bytes], tmp_path: Path) -> None:
    assert len(endings(reader, originals, tmp_path, seed=11, count=4)) == 4


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_thousand_damaged_files_end_well(quick: Reader, originals: dict[str, bytes], tmp_path: Path) -> None:
    found = endings(quick, originals, tmp_path, seed=3, count=2000)
    assert len(found) == 2000
