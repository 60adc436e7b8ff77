"""Given answers in the catalogue, for as long as every document whose words they hold is there."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from answer import Answer
from api.catalogue.database import Database
from api.catalogue.models import AnswerDocumentRow, AnswerRow, DocumentRow
from api.errors import NotFound


class Answers:
    """Stored answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, answer: Answer, documents: Iterable[str]) -> bool:
        """Keeps the answer; False if one of its documents was deleted meanwhile, and it is not kept."""
        named = set(documents)
        async with self._database.session() as session:
            wanted = select(DocumentRow.id).where(DocumentRow.id.in_(named), ~DocumentRow.deleting)
            if set((await session.scalars(wanted)).all()) != named:
                return False
            body = msgspec.json.encode(answer).decode()
            session.add(AnswerRow(id=answer.id, collection_id=answer.collection, body=body))
            await session.flush()
            session.add_all(AnswerDocumentRow(answer_id=answer.id, document_id=document) for document in named)
        return True

    async def get(self, answer: str) -> Answer:
        """A stored answer; NotFound if it is unknown or gone with a document."""
        async with self._database.reading() as session:
            row = await session.get(AnswerRow, answer)
        if row is None:
            raise NotFound(f"There is no answer {answer!r} (answers go when a document they cite is deleted).")
        return msgspec.json.decode(row.body, type=Answer)
