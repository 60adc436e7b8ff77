"""What the service knows: collections, documents, pages, jobs and answers, in SQLite or PostgreSQL."""

from api.catalogue.answers import Answers
from api.catalogue.database import Database
from api.catalogue.documents import Documents, Published, Upload, Visible
from api.catalogue.jobs import IndexOrder, Jobs, Order, ReadPage
from api.catalogue.left import Left, LeftPage
from api.catalogue.models import new_id

__all__ = [
    "Answers",
    "Database",
    "Documents",
    "IndexOrder",
    "Jobs",
    "Left",
    "LeftPage",
    "Order",
    "Published",
    "ReadPage",
    "Upload",
    "Visible",
    "new_id",
]
