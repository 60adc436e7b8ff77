from ingest.document import Table
def caption_unit(text: str) -> str | None: return None
def with_units(t: Table) -> Table: return t
