"""Tables of a page as cells, by their rules or by gaps and the layout model's lines; over pages; as Markdown and HTML."""

from ingest.tables.continuation import PlacedTable, link_continuation
from ingest.tables.found import FoundCell, FoundTable, table_text
from ingest.tables.reading import read_tables
from ingest.tables.rendering import table_html, table_markdown
from ingest.tables.units import with_units

__all__ = [
    "FoundCell",
    "FoundTable",
    "PlacedTable",
    "link_continuation",
    "read_tables",
    "table_html",
    "table_markdown",
    "table_text",
    "with_units",
]
