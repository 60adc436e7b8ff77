"""Alembic runs inside the connection that the catalogue hands over, so SQLite and PostgreSQL take the same path."""

from alembic import context

from api.catalogue.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite can't alter most things in place
    user_module_prefix="advanced_alchemy.types.",
)
with context.begin_transaction():
    context.run_migrations()
