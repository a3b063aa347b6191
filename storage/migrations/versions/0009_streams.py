"""One tail for every history: streams, and what lists and rights need to know of a ticket."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_RUNNING_PROMISES = """
    UPDATE tickets SET due_at = (
      SELECT min(clocks.due_at) FROM clocks
      WHERE clocks.workspace = tickets.workspace AND clocks.ticket = tickets.number
        AND clocks.running_since IS NOT NULL
        AND clocks.kind IN ('first_response', 'next_response', 'resolution')
    ) WHERE state NOT IN ('CLOSED', 'MERGED')
"""


def upgrade() -> None:
    op.add_column("tickets", sa.Column("due_at", columns.Instant()))
    op.add_column(
        "tickets", sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(_RUNNING_PROMISES)


def downgrade() -> None:
    op.drop_column("tickets", "private")
    op.drop_column("tickets", "due_at")
