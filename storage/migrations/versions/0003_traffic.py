"""What comes in and what goes out."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _spool()
    _outbox()
    _outbox_indexes()


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("spool")


def _spool() -> None:
    op.create_table(
        "spool",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", columns.Json, nullable=False),
        sa.Column("sender", columns.Words(), nullable=True),
        sa.Column("received_at", columns.Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", columns.Instant(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'dead')", name=op.f("ck_spool_state")),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name=op.f("fk_spool_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spool")),
        sa.UniqueConstraint(
            "workspace", "channel", "key", name=op.f("uq_spool_workspace_channel_key")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_spool_dead",
        "spool",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_spool_waiting",
        "spool",
        ["channel", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("key", columns.Words(), nullable=True),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("place", columns.Words(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("facts", columns.Json, nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", columns.Instant(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("possible_duplicate", sa.Boolean(), nullable=False),
        sa.Column("last_error", columns.Words(), nullable=True),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("aged_from", columns.Instant(), nullable=False),
        sa.Column("final_at", columns.Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('show', 'tell')", name=op.f("ck_outbox_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'dead')", name=op.f("ck_outbox_state")
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "comment"],
            ["comments.workspace", "comments.id"],
            name=op.f("fk_outbox_workspace_comment"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "note"],
            ["notes.workspace", "notes.id"],
            name=op.f("fk_outbox_workspace_note"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_outbox_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("workspace", "key", name=op.f("uq_outbox_workspace_key")),
        sqlite_autoincrement=True,
    )


def _outbox_indexes() -> None:
    op.create_index(
        "ix_outbox_dead",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_at", "id", "channel"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index(
        "ix_outbox_line",
        "outbox",
        ["workspace", "ticket", "channel", "place", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index("ix_outbox_ticket", "outbox", ["workspace", "ticket"], unique=False)
    op.create_index(
        "uq_outbox_waiting_show",
        "outbox",
        ["workspace", "ticket", "channel", "place"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting' AND kind = 'show'"),
        postgresql_where=sa.text("state = 'waiting' AND kind = 'show'"),
    )
