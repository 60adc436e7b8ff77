"""A set of needles as `quire eval make-needles` leaves it: `needles.json` beside `documents/`."""

from pathlib import Path

import msgspec

from eval.dataset import Dataset, Question, hash_files
from eval.errors import BadDataset


class NeedleSet(msgspec.Struct, frozen=True):
    """What `needles.json` holds. `plan`: the seed and the options that make the same files again."""

    plan: dict[str, object]
    questions: tuple[Question, ...]


def load(folder: Path) -> Dataset:
    """The needles in `folder`. Raises `BadDataset`."""
    path = folder / "needles.json"
    if not path.exists():
        raise BadDataset(f"{folder} has no needles.json: make one with quire eval make-needles {folder}.")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=NeedleSet)
    except msgspec.DecodeError as error:
        raise BadDataset(f"{path} can't be read: {error}.") from error
    files = {name: folder / "documents" / name for question in found.questions for name in question.documents}
    lacking = [name for name, place in files.items() if not place.is_file()]
    if lacking:
        raise BadDataset(f"{path} names documents that are not there: {', '.join(sorted(lacking)[:5])}.")
    return Dataset("needles", found.questions, files, hash_files([path]), f"seed {found.plan.get('seed')}")
