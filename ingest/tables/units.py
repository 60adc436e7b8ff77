"""What the figures of a table are measured in: by their own signs, their column's header, their row's label, or the table."""

import re
from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from ingest.document import Cell, Table
from ingest.tables.wording import CURRENCY, is_figure

_SCALES = (
    "thousand thousands million millions billion billions trillion mn m mln bn bln k '000 000s 000's tsd mio mrd milliers "
    "millones miles tausend millionen milliarden"
).split()
_MONEY = (
    "$ us$ a$ c$ hk$ € £ ¥ ₹ usd eur gbp chf jpy cny rmb inr aud cad sek nok dkk dollar dollars euro euros pound pounds sterling "
    "yen yuan rupees francs cents u.s. us"
).split()
_MEASURES = (
    "% ‰ percent percentage pct pp pts points bps basis per cent kg g mg µg t tonne tonnes ton tons lb lbs oz km m "
    "cm mm µm nm mi mile miles ft feet inches in² km² m² m2 km2 m³ m3 sq ha hectares acres l ml litre litres liters "
    "gal barrels bbl s sec secs second seconds ms µs min mins minutes h hr hrs hour hours day days week weeks month "
    "months year years yrs hz khz mhz ghz w kw mw gw kwh mwh gwh twh j kj mj v mv a ma °c °f k kb mb gb tb bytes "
    "bits kbps mbps gbps fps db people persons employees households shares units items count number px pixels dpi "
    "pages inch km/h m/s mg/l kg/m² w/m²"
).split()
_KNOWN = frozenset((*_SCALES, *_MONEY, *_MEASURES))
_SCALE_WORDS = frozenset(_SCALES)
_FILLERS = frozenset("in of of the a per and".split())
_BRACKETED = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]")
_OWN_FRONT = re.compile(rf"^[(\[+\-–−\s]*({CURRENCY})\s*[(\[+\-–−]?\s*[\d.]")
_OWN_END = re.compile(r"[\d.]\s*\)?\s*(%|‰|pp|pts|bps|bn|mn|kg|km/h|km²|km|cm|mm|m²|m³|kWh|MWh|GWh|MHz|GHz|GB|MB|TB|ms|°C|°F|"
    r"[€£¥]|USD|EUR|GBP|"
                      r"million|billion|tonnes|years|months|days|hours|minutes|seconds)\s*\)?(?:\s?[*†‡§]+)?$")  # fmt: skip
_IN = re.compile(
    r"^(?:amounts?|figures?|dollars?|all\s+\w+|values?|numbers?|expressed|stated)?\s*\bin\s+", re.IGNORECASE
)


def unit_phrase(text: str) -> str | None:
    """The unit that a phrase is ("in thousands of euros", "EUR million", "%"), without its "in"; None where it is anything else.

    What follows a comma ("in millions, except per share data") is left out.
    """
    phrase = text.strip().strip(".:;").split(",")[0].strip()
    amounts = re.match(r"(?i)(dollars|euros|pounds|yen)\s+(?:amounts\s+)?in\s+(.+)$", phrase)
    if amounts:
        phrase = f"{amounts[2]} of {amounts[1]}"
    bare = _IN.sub("", phrase).strip()
    tokens = re.findall(r"[^\s]+", bare.lower())
    if not tokens or len(tokens) > 6:
        return None
    told = [t for t in tokens if t not in _FILLERS]
    parts = [p for t in told for p in ([t] if t in _KNOWN else re.split(r"[/·]", t))]
    parts = [q for p in parts for q in _signed(p)]
    # A lone letter or "in" may be anything; a lone plain word of count names the column, it doesn't measure it.
    if (
        not told
        or not all(p in _KNOWN for p in parts)
        or bare.lower() in ("number", "count", "a", "year", "years ended", "k")
    ):
        return None
    return bare


def _signed(part: str) -> list[str]:
    """ "$m" and "€000" as sign and scale."""
    match = re.match(r"(us\$|a\$|[$€£¥])('?000s?|bn|mn|m|k|million|billion|thousand)$", part)
    return [match[1], match[2].strip("'s") if match[2].strip("'s") in _KNOWN else "thousand"] if match else [part]


def named_unit(text: str) -> str | None:
    """The unit that a header or a label states: in brackets, after its last comma, or at its end ("2023 %", "Weight, kg")."""
    for inner in reversed(_BRACKETED.findall(text)):
        unit = unit_phrase(inner)
        if unit:
            return unit
    whole = unit_phrase(text)
    if whole and (text.strip().lower().startswith("in ") or len(whole) <= 4 or whole.lower().split()[0] in _MONEY):
        return whole
    if "," in text:
        unit = unit_phrase(text.rsplit(",", 1)[1])
        if unit:
            return unit
    last = text.split()[-1] if text.split() else ""
    return (
        last
        if last in ("%", "‰", "€", "$", "£", "kg", "km", "pp") and last != text.strip()
        else (last or None if text.strip() in ("%", "$") else None)
    )


def own_unit(text: str) -> str | None:
    """The sign that stands with a figure."""
    front = _OWN_FRONT.match(text)
    if front:
        return front[1]
    end = _OWN_END.search(text)
    return end[1] if end else None


def caption_unit(text: str) -> str | None:
    """The unit that a caption or a corner gives to a whole table: in brackets, or after "in" ("in thousands of euros")."""
    for inner in _BRACKETED.findall(text):
        unit = unit_phrase(inner)
        if unit:
            return unit
    for match in re.finditer(r"\bin\s+", text):
        words = text[match.start() :].split()
        for length in range(min(6, len(words)), 1, -1):
            unit = unit_phrase(" ".join(words[:length]))
            if unit:
                return unit
    return None


def with_units(table: Table) -> Table:
    """With the units of its figures, and its own where its corner or a line across its head states one."""
    whole, excepted = table.unit, ""
    if whole is None:
        whole, excepted = _table_unit(table)
    heads = [c for c in (*table.inherited, *table.cells) if c.header]
    columns = [_first(named_unit(h.text) for h in _over(heads, column, table)) for column in range(table.columns)]
    labels: dict[int, str] = {}
    for cell in table.cells:
        if cell.column == 0 and cell.row >= table.header_rows:
            labels.update(dict.fromkeys(range(cell.row, cell.row + cell.row_span), cell.text))
    cells = []
    for cell in table.cells:
        if not cell.header and is_figure(cell.text):
            label = labels.get(cell.row, "") if cell.column else ""
            outer = None if _is_excepted(label, excepted) else whole
            cell = replace(cell, unit=_unit(own_unit(cell.text), columns[cell.column], named_unit(label), outer))
        cells.append(cell)
    return replace(table, cells=tuple(cells), unit=whole)


def _is_excepted(label: str, excepted: str) -> bool:
    """Whether a row is one of those that the table's unit is not for: most words of an exception are in its label."""
    told = [w.rstrip("s") for w in re.findall(r"[^\W\d_]+", label.lower())]
    for part in re.split(r",|\band\b|\bor\b", excepted.lower()):
        asked = [
            w.rstrip("s")
            for w in re.findall(r"[^\W\d_]+", part)
            if w not in ("data", "amounts", "information", "value", "values")
        ]
        if asked and sum(w in told for w in asked) * 3 >= len(asked) * 2:
            return True
    return False


def _over(heads: Iterable[Cell], column: int, table: Table) -> list[Cell]:
    """Header cells above a column, the nearest to the body first; of the table's own rows only those of its head."""
    lone = {row for row, n in Counter(h.row for h in heads).items() if n == 1}
    above = [
        h for h in heads if h.column <= column < h.column + h.column_span and (h.row not in lone or table.columns < 3)
    ]
    own = {id(c) for c in table.cells if c.row >= table.header_rows}
    return sorted((h for h in above if id(h) not in own), key=lambda h: -h.row)


def _first(units: Iterable[str | None]) -> str | None:
    return next((u for u in units if u), None)


def _unit(own: str | None, column: str | None, label: str | None, whole: str | None) -> str | None:
    """The nearest statement; where that is a mere currency and a scale is stated further out, both ("$ million")."""
    said = [u for u in (own, column, label, whole) if u]
    if not said:
        return None
    if said[0].lower() in _MONEY:
        scale = next((u for u in said[1:] if set(u.lower().split()) <= _SCALE_WORDS), None)
        return f"{said[0]} {scale}" if scale else said[0]
    return said[0]


def _table_unit(table: Table) -> tuple[str | None, str]:
    """Of the corner, of a cell that stands alone in its header row or across all columns of figures; and what it excepts."""
    beside = Counter(c.row for c in table.cells)
    for cell in table.cells:
        across = cell.column_span >= table.columns - 1 > 1 or (beside[cell.row] == 1 and cell.row > 0)
        if cell.row < max(1, table.header_rows) and (cell.column == 0 or across):
            unit = caption_unit(cell.text)
            if unit is None and cell.text.lower().startswith(("in ", "$", "€", "£")):
                unit = unit_phrase(cell.text)
            if unit:
                return unit, cell.text.lower().partition("except")[2]
    return None, ""
