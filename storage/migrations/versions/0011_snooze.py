"""Until when a ticket is put aside."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("snoozed_until", columns.Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("tickets", "snoozed_until")
