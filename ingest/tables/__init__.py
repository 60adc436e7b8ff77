from ingest.tables.reading import read_tables
from ingest.tables.found import FoundTable
