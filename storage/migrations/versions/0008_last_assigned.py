"""When somebody was last given a ticket: among equals it is the turn of who waited longest."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("presences", sa.Column("last_assigned_at", columns.Instant()))


def downgrade() -> None:
    op.drop_column("presences", "last_assigned_at")
