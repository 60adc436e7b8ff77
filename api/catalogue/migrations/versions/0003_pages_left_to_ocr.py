"""Pages of which something is left to read by OCR"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("page", sa.Column("ocr", sa.String(length=8), nullable=True))
    op.create_index("ix_page_ocr", "page", ["document_id", "ocr"])


def downgrade() -> None:
    op.drop_index("ix_page_ocr", table_name="page")
    op.drop_column("page", "ocr")
