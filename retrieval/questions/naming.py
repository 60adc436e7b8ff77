"""How documents name their own parts, for both ends: what a question calls "Fig. 4(b)" is what a caption calls
"Figure 4b", and a heading "2.1 Method" is "section 2.1"."""

import unicodedata
from enum import StrEnum

import regex  # type: ignore[import-untyped]


class Place(StrEnum):
    """Kinds of places that have a number or a name. PAGE counts from the first page, LABEL is printed; FROM_START and
    FROM_END only questions have. The values are part of what is stored in an index."""

    PAGE = "page"
    LABEL = "label"
    FROM_START = "start"
    FROM_END = "end"
    FIGURE = "figure"
    TABLE = "table"
    CHART = "chart"
    MAP = "map"
    BOX = "box"
    EXHIBIT = "exhibit"
    EQUATION = "equation"
    ALGORITHM = "algorithm"
    SECTION = "section"
    CHAPTER = "chapter"
    PART = "part"
    ITEM = "item"
    NOTE = "note"
    APPENDIX = "appendix"
    TITLE = "title"


# English first, then the same words in German, French, Spanish, Italian, Portuguese and Dutch.
_WORDS = {
    Place.PAGE: "page pages pg pgs pp p slide slides sheet seite seiten página páginas pagina pagine bladzijde folie",
    Place.FIGURE: "figure figures fig figs figur abbildung abbildungen abb figura figuras figuren afbeelding image",
    Place.TABLE: "table tables tab tbl tabelle tabellen tableau tableaux tabla tablas tabella tabelle tabela tabel",
    Place.CHART: "chart charts graph graphs graphic diagram diagramm graphique gráfico grafico grafiek",
    Place.MAP: "map maps karte carte mapa mappa kaart",
    Place.BOX: "box boxes kasten encadré recuadro riquadro kader",
    Place.EXHIBIT: "exhibit exhibits plate anlage pièce",
    Place.EQUATION: "equation equations eq eqs eqn formula gleichung équation ecuación equazione equação",
    Place.ALGORITHM: "algorithm algorithms listing algorithmus algorithme algoritmo algoritme",
    Place.SECTION: "section sections sec sect § abschnitt abschnitte sección secciones sezione seção paragraaf",
    Place.CHAPTER: "chapter chapters ch kapitel chapitre capítulo capitolo hoofdstuk unit",
    Place.PART: "part parts teil partie parte deel",
    Place.ITEM: "item items punkt",
    Place.NOTE: "note notes",
    Place.APPENDIX: "appendix appendices annex annexe annexes anhang anexo allegato apêndice bijlage",
}
PLACE_OF = {word: place for place, words in _WORDS.items() for word in words.split()}
NUMBERED = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}&])(?P<word>{'|'.join(sorted(map(regex.escape, PLACE_OF), key=len, reverse=True))})", regex.I
)
"""A word that names a kind of place."""

NAME = (
    r"(?:\p{L}-)?\d{1,4}(?:[.-]\d{1,3})*(?:\s?\(\p{L}\)|\p{L}(?![\p{L}\p{N}]))?|(?-i:[A-Z]|[IVX]{2,5})(?![\p{L}\p{N}])"
)
"""A number or name as captions have it: 4, 4b, 4(b), 2.1, S-1, A, IV."""

_CJK_PLACE = {"页": Place.PAGE, "頁": Place.PAGE, "ページ": Place.PAGE, "章": Place.CHAPTER, "节": Place.SECTION}
_CJK_PLACE |= {"節": Place.SECTION, "表": Place.TABLE, "图": Place.FIGURE, "圖": Place.FIGURE, "図": Place.FIGURE}
CJK_NUMBERED = regex.compile(r"第\s*(?P<a>\d{1,4})\s*(?P<aw>页|頁|ページ|章|节|節)|(?P<bw>[表图圖図])\s*(?P<b>\d{1,3})")


def cjk_place(word: str) -> Place:
    """The kind of place that a Chinese or Japanese word names."""
    return _CJK_PLACE[word]


def folded(text: str) -> str:
    """Text for comparing by eye: compatibility forms and case folded, quotes and dashes of one kind, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    return " ".join(plain.split())


_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "\xad": None})


def name_key(name: str) -> str:
    """A name as it is compared: "4(b)" and "4 (B)" are "4b"."""
    joined: str = regex.sub(r"[\s()]", "", unicodedata.normalize("NFKC", name))
    return joined.strip(".:-").casefold()


def without_letter(name: str) -> str:
    """The figure that a panel belongs to: "4b" is in "4"; other names as they are."""
    return name[:-1] if len(name) > 1 and name[-1].isalpha() and name[-2].isdigit() else name


_LEADING_NUMBER = regex.compile(
    rf"^\s*(?:(?:{'|'.join(map(regex.escape, PLACE_OF))})\b\.?\s*)?(?:{NAME})[.:)]?\s+", regex.I
)


def title_key(title: str) -> str:
    """A title as it is compared: words only, folded, without its number."""
    bare = _LEADING_NUMBER.sub("", title, count=1) or title
    return " ".join(regex.findall(r"[\p{L}\p{N}]+", folded(bare).replace("'", "")))


def anchor(place: Place, name: str) -> str:
    """How a place is written in an index."""
    return f"{place.value}:{name}"
