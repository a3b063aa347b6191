"""Messages that belong to no ticket."""

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with _outbox() as outbox:
        outbox.alter_column("ticket", existing_type=sa.Integer(), nullable=True)
        outbox.create_check_constraint(
            op.f("ck_outbox_ticketless"),
            "ticket IS NOT NULL OR (kind = 'tell' AND comment IS NULL AND note IS NULL)",
        )
        outbox.create_foreign_key(op.f("fk_outbox_workspace"), "workspaces", ["workspace"], ["id"])


def downgrade() -> None:
    # The older shape has no room for them.
    op.execute("DELETE FROM outbox WHERE ticket IS NULL")
    with _outbox() as outbox:
        outbox.drop_constraint(op.f("fk_outbox_workspace"), type_="foreignkey")
        outbox.drop_constraint(op.f("ck_outbox_ticketless"), type_="check")
        outbox.alter_column("ticket", existing_type=sa.Integer(), nullable=False)


def _outbox() -> AbstractContextManager[BatchOperations]:
    # SQLite alters by copying the table; that its numbers are never used twice has to be said again.
    return op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True})
