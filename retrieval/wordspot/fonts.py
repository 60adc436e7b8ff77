"""The free fonts, word lists, texts and photographs that training draws with, from Debian's packages: `python -m
retrieval.wordspot.fonts FOLDER`.

Packages are downloaded with `apt-get download` and unpacked with `dpkg -x`, so nothing is installed and no rights are
needed. Fonts without the letters and figures of the alphabet are left out.
"""

import shutil
import subprocess
from pathlib import Path
from zlib import crc32

import click
import msgspec
from msgspec import Struct

from retrieval.wordspot.grounds import FOLDER as GROUNDS

FONTS = """
    adf-accanthis adf-baskervald adf-berenis adf-gillius adf-ikarius adf-libris adf-mekanus adf-romande adf-solothurn
    adf-switzera adf-tribun adf-universalis adf-verana allerta anonymous-pro arapey averia-sans-gwf averia-serif-gwf
    b612 bebas-neue beteckna breip bwht cabin cantarell cardo century-catalogue clear-sans cmu comfortaa comic-neue
    courier-prime crosextra-caladea crosextra-carlito dejavu-core dejavu-extra dkg-handwriting dosis dustin ebgaramond
    ecolier-court fanwood freefont-otf georgewilliams gfs-artemisia gfs-didot gfs-neohellenic gnutypewriter go
    goudybookletter hack humor-sans inconsolata inter jetbrains-mono junction jura karla lato league-mono
    league-spartan liberation lindenhill linuxlibertine lmodern manrope monofur noto-core noto-mono ocr-b oldstandard
    open-sans opendin opendyslexic oxygen paratype play prociono quattrocento quicksand roboto-slab roboto-unhinted
    routed-gothic rufscript sil-andika sil-charis sil-doulos sil-gentium-basic sjfonts sora stix texgyre tiresias
    tlwg-laksaman-ttf tlwg-loma-ttf tlwg-typist-ttf tuffy urw-base35 vollkorn yanone-kaffeesatz yrsa-rasa
""".split()
WORDS = "wamerican-large wbritish wdanish wdutch wfrench witalian wngerman wportuguese wspanish wswedish".split()
TEXTS = "anarchism fortunes iso-codes miscfiles wordnet-base".split()
PICTURES = "gnome-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds".split()
"""Some fifty pictures for the ground of a screen, most of them photographs, under CC-BY-SA and the GPL."""

INDEX = "fonts.json"
_PICTURE_FORMATS = {".jpg", ".jpeg", ".png", ".webp"}
_PICTURE_SIDE = 1000
"""Pixels of a picture's longer side, as it is kept."""

_NEEDED = {ord(sign) for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,-:()"}
_ACCENTED = {ord(sign) for sign in "éèêëàâäöüßñçáíóúåæøÉÖÜ"}
_HELD_OUT_SHARE = 8


class Face(Struct, frozen=True):
    """A font file. `path`: from the folder; `family`: the package's folder, which decides whether it is `held_out` for
    validation; `accented`: whether it has the accented letters of western Europe."""

    path: str
    family: str
    held_out: bool
    accented: bool


def faces(folder: Path) -> list[Face]:
    """The faces of a folder that `main` filled. FileNotFoundError, saying how to fill it, where there are none."""
    index = folder / INDEX
    if not index.is_file():
        raise FileNotFoundError(f"{folder} has no {INDEX}: fill it with `python -m retrieval.wordspot.fonts {folder}`.")
    return msgspec.json.decode(index.read_bytes(), type=list[Face])


def is_held_out(name: str) -> bool:
    """One name in eight, always the same ones."""
    return crc32(name.encode()) % _HELD_OUT_SHARE == 0


def download(folder: Path) -> None:
    """The packages, unpacked under `folder`. CalledProcessError from apt-get or dpkg."""
    packages = [*(f"fonts-{name}" for name in FONTS), *WORDS, *TEXTS, *PICTURES]
    archives = folder / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", *packages], cwd=archives, check=True)
    for archive in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(archive), str(folder)], check=True)
    shutil.rmtree(archives)


def shrunk(folder: Path) -> int:
    """The pictures of the packages, grey and small, into the folder that `retrieval.wordspot.grounds` reads; how many."""
    import cv2

    (folder / GROUNDS).mkdir(exist_ok=True)
    count = 0
    for path in sorted((folder / "usr" / "share" / "backgrounds").rglob("*.*")):
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.suffix in _PICTURE_FORMATS else None
        if picture is not None and min(picture.shape) >= _PICTURE_SIDE // 2:
            zoom = _PICTURE_SIDE / max(picture.shape)
            small = cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / GROUNDS / f"{path.stem}.png"), small)
            count += 1
    return count


def index(folder: Path) -> list[Face]:
    """The usable faces under `folder`, written to its INDEX."""
    seen: dict[str, Face] = {}
    for path in sorted(folder.rglob("*.[ot]tf")):
        characters = _characters(path)
        if path.name not in seen and characters >= _NEEDED:
            family = path.parent.name
            seen[path.name] = Face(
                str(path.relative_to(folder)), family, is_held_out(family), bool(characters >= _ACCENTED)
            )
    found = list(seen.values())
    (folder / INDEX).write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return found


def _characters(path: Path) -> set[int]:
    """Code points that a font file has glyphs for; none where the file can't be read, or where it draws symbols."""
    from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]

    try:
        with TTFont(path, lazy=True) as font:
            return set(font.getBestCmap() or {})
    except (TTLibError, OSError, KeyError, AssertionError, ValueError):
        return set()


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--index-only", is_flag=True, help="Packages are unpacked there already.")
def main(folder: Path, index_only: bool) -> None:
    """Download free fonts, word lists, texts and photographs into FOLDER, for training."""
    if not index_only:
        download(folder)
    pictures = shrunk(folder)
    found = index(folder)
    held_out = sum(face.held_out for face in found)
    families = len({face.family for face in found})
    faces_ = f"{len(found)} faces of {families} families, {held_out} faces held out for validation"
    click.echo(f"{faces_}, {pictures} pictures; {folder / INDEX}")


if __name__ == "__main__":
    main()
