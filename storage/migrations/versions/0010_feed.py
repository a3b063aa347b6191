"""The feed, full-text search, and indexes by which lists are read: one for each right and order."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns
from storage.sql.schema_feed import SEARCH_ON_POSTGRES, SEARCH_ON_SQLITE

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OPEN = "state NOT IN ('CLOSED', 'MERGED')"
_UNASSIGNED = "assignee IS NULL AND state IN ('NEW', 'OPEN', 'REOPENED')"
_DUE = "due_at IS NOT NULL"
_HELD = "assignee IS NOT NULL"
_COPIED = "role = 'copied'"
_INDEXES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("ix_tickets_team", "tickets", ("workspace", "team", "number"), ""),
    ("ix_tickets_updated", "tickets", ("workspace", "updated_at", "number"), ""),
    ("ix_tickets_team_updated", "tickets", ("workspace", "team", "updated_at", "number"), ""),
    ("ix_tickets_requester_number", "tickets", ("workspace", "requester", "number"), ""),
    ("ix_tickets_assignee", "tickets", ("workspace", "assignee", "number"), _HELD),
    ("ix_tickets_due", "tickets", ("workspace", "due_at", "number"), _DUE),
    ("ix_tickets_team_due", "tickets", ("workspace", "team", "due_at", "number"), _DUE),
    ("ix_tickets_open_requester", "tickets", ("workspace", "requester", "number"), _OPEN),
    ("ix_tickets_open_updated", "tickets", ("workspace", "team", "updated_at", "number"), _OPEN),
    ("ix_tickets_open_priority", "tickets", ("workspace", "team", "priority", "number"), _OPEN),
    (
        "ix_participants_copied",
        "participants",
        ("workspace", "channel", "place", "ticket"),
        _COPIED,
    ),
)
# SQLite, which keeps no figures of its own, takes the index that was made last where two look as good to it: the
# narrow ones that were there before are made again, behind the new ones.
_AGAIN: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("ix_tickets_requester", "tickets", ("workspace", "requester", "created_at"), ""),
    ("ix_tickets_closed", "tickets", ("workspace", "closed_at", "number"), "closed_at IS NOT NULL"),
    ("ix_tickets_open", "tickets", ("workspace", "number"), _OPEN),
    ("ix_tickets_open_team", "tickets", ("workspace", "team", "number"), _OPEN),
    ("ix_tickets_open_assignee", "tickets", ("workspace", "assignee", "number"), _OPEN),
    ("ix_tickets_unassigned", "tickets", ("workspace", "team", "number"), _UNASSIGNED),
)


def upgrade() -> None:
    _tables()
    for index in _INDEXES:
        _index(*index)
    if op.get_bind().dialect.name == "sqlite":
        for index in _AGAIN:
            op.drop_index(op.f(index[0]), table_name=index[1])
            _index(*index)
    _search()


def _index(name: str, table: str, of: tuple[str, ...], where: str) -> None:
    condition = sa.text(where) if where else None
    op.create_index(op.f(name), table, list(of), sqlite_where=condition, postgresql_where=condition)


def _search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SEARCH_ON_SQLITE)
    else:
        for statement in SEARCH_ON_POSTGRES:
            op.execute(statement)


def _tables() -> None:
    op.create_table(
        "feed_waiting",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("stream_kind", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_feed_waiting_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_waiting")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "feed",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("stream_kind", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name=op.f("fk_feed_workspace")),
        sa.PrimaryKeyConstraint("workspace", "position", name=op.f("pk_feed")),
    )
    op.create_table(
        "feed_heads",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_feed_heads_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_heads")),
        sa.UniqueConstraint("workspace", name=op.f("uq_feed_heads_workspace")),
    )
    op.create_table(
        "feed_readers",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("below", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_feed_readers_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "reader", name=op.f("pk_feed_readers")),
    )


def downgrade() -> None:
    op.drop_table("search")
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(op.f(name), table_name=table)
    for table in ("feed_readers", "feed_heads", "feed", "feed_waiting"):
        op.drop_table(table)
