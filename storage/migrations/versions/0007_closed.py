"""Tickets by when they were closed: what reports look back on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index(
        op.f("ix_tickets_closed"),
        "tickets",
        ["workspace", "closed_at", "number"],
        unique=False,
        sqlite_where=closed,
        postgresql_where=closed,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_tickets_closed"), table_name="tickets")
