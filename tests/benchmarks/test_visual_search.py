"""The measurement of visual search runs, with few pages: its figures mean nothing here."""

from pathlib import Path

import pytest

from benchmarks import visual_search


@pytest.mark.slow
def test_it_measures_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--pages", "24", "--patches", "12", "--questions", "2", "--folder", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["visual_search", *words])
    visual_search.main()
    said = capsys.readouterr().out
    assert "24 pages of 4 x 3 patches, 2 questions of 20 tokens" in said
    assert "the page asked for comes first in 2 of 2" in said
    assert "x the matrix product" in said
    assert "event loop stalls" in said
