"""A training state to the file that is shipped: `python -m retrieval.wordspot.export STATE --data FOLDER`.

Calibrates the scores on made-up pages with fonts that were held out, and writes weights, calibration and what is told of
the run into one file.
"""

from pathlib import Path

import click
import msgspec
import torch

from retrieval.wordspot.asking import Asker
from retrieval.wordspot.feeding import source_of
from retrieval.wordspot.losses import Model
from retrieval.wordspot.network import Shape
from retrieval.wordspot.pages import calibrated
from retrieval.wordspot.reading import PageReader
from retrieval.wordspot.weights import SHIPPED, save


@click.command()
@click.argument("state", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=SHIPPED, show_default=True)
@click.option("--note", default="", help="Said of the run, beside its steps and seed.")
def main(state: Path, data: Path, out: Path, note: str) -> None:
    """Write the weights of a training STATE for use."""
    torch.set_num_threads(1)
    kept = torch.load(state, map_location="cpu", weights_only=True)
    shape = Shape()
    model = Model(shape)
    model.load_state_dict(kept["model"])
    model.eval().requires_grad_(False)
    fitted = calibrated(PageReader(model.page), Asker(model.query), source_of(data, held_out=True, unseen=0.5))
    about = {
        "steps": str(kept["step"]),
        "minutes": f"{kept['spent'] / 60:.0f}",
        "seed": str(kept["seed"]),
        "calibration": msgspec.json.encode(fitted).decode(),
        "note": note,
    }
    save(out, model, shape, about)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {fitted}")


if __name__ == "__main__":
    main()
