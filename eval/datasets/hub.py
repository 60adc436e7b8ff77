"""Where a benchmark lies: a folder, or a data set of the model hub, downloaded once."""

from pathlib import Path

from eval.errors import BadDataset

PREFIX = "hub:"


def fetch(data: str) -> tuple[Path, str | None]:
    """The folder, and the hub's commit where it comes from there. `HF_HUB_OFFLINE=1` is obeyed. Raises `BadDataset`."""
    if not data.startswith(PREFIX):
        folder = Path(data)
        if not folder.is_dir():
            raise BadDataset(
                f"There is no folder {data}. A data set of the hub is named {PREFIX}owner/name[@revision]."
            )
        return folder, None
    return _download(*data.removeprefix(PREFIX).partition("@")[::2])


def _download(name: str, revision: str) -> tuple[Path, str]:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, repo_type="dataset", revision=revision or None))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise BadDataset(f"The data set {name} can't be had from the hub: {error}") from error
    return folder, folder.name  # a snapshot's folder is named after its commit
