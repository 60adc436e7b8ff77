"""Jobs that work on the index of a collection and belong to no document"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite makes the table anew; the catalogue switches foreign keys off for that, or the events would go with the old one.
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="read"))
        batch_op.alter_column("document_id", existing_type=sa.String(length=40), nullable=True)


def downgrade() -> None:
    op.execute(sa.text("delete from job where document_id is null"))
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.alter_column("document_id", existing_type=sa.String(length=40), nullable=False)
        batch_op.drop_column("kind")
