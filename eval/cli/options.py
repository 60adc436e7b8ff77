"""The options that every command of `quire eval` has. `--data` names a benchmark here, so Quire's own folder is `--store`."""

from pathlib import Path

import click

from api.cli.options import DEFAULT_FOLDER, frame

common = frame("--store", f"Quire's data folder, where it works in the process.  {DEFAULT_FOLDER}")

folder_argument = click.argument("run", type=click.Path(file_okay=False, path_type=Path), metavar="RUN")
