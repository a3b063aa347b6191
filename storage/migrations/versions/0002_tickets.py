"""Tickets, their history, words and promises."""

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _events()
    _tickets()
    _ticket_indexes()
    _attachments()
    _clocks()
    _comments()
    _links()
    _notes()
    _outside_references()
    _participants()
    _timers()


def downgrade() -> None:
    op.drop_table("timers")
    op.drop_table("participants")
    op.drop_table("outside_references")
    op.drop_table("notes")
    op.drop_table("links")
    op.drop_table("comments")
    op.drop_table("clocks")
    op.drop_table("attachments")
    op.drop_table("tickets")
    op.drop_table("events")


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("cursor", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("stream_kind", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("facts", columns.Json, nullable=False),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name=op.f("fk_events_workspace")),
        sa.PrimaryKeyConstraint("cursor", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "workspace",
            "stream_kind",
            "stream_id",
            "seq",
            name=op.f("uq_events_workspace_stream_kind_stream_id_seq"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_cursor", "events", ["workspace", "cursor"], unique=False)


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", columns.Words(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Instant(), nullable=False),
        sa.Column("updated_at", columns.Instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("escalation_level", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("resolved_at", columns.Instant(), nullable=True),
        sa.Column("closed_at", columns.Instant(), nullable=True),
        sa.Column("deleted_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "assignee"],
            ["people.workspace", "people.id"],
            name=op.f("fk_tickets_workspace_assignee"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "requester"],
            ["people.workspace", "people.id"],
            name=op.f("fk_tickets_workspace_requester"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "team"],
            ["teams.workspace", "teams.id"],
            name=op.f("fk_tickets_workspace_team"),
        ),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("pk_tickets")),
    )


def _ticket_indexes() -> None:
    op.create_index(
        "ix_tickets_open",
        "tickets",
        ["workspace", "number"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('CLOSED', 'MERGED')"),
        postgresql_where=sa.text("state NOT IN ('CLOSED', 'MERGED')"),
    )
    op.create_index(
        "ix_tickets_open_assignee",
        "tickets",
        ["workspace", "assignee", "number"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('CLOSED', 'MERGED')"),
        postgresql_where=sa.text("state NOT IN ('CLOSED', 'MERGED')"),
    )
    op.create_index(
        "ix_tickets_open_team",
        "tickets",
        ["workspace", "team", "number"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('CLOSED', 'MERGED')"),
        postgresql_where=sa.text("state NOT IN ('CLOSED', 'MERGED')"),
    )
    op.create_index(
        "ix_tickets_requester", "tickets", ["workspace", "requester", "created_at"], unique=False
    )


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("type", columns.Words(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'clean', 'quarantined', 'refused')",
            name=op.f("ck_attachments_state"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_attachments_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_ticket", "attachments", ["workspace", "ticket"], unique=False)


def _clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("goal", columns.Span(), nullable=False),
        sa.Column("started_at", columns.Instant(), nullable=False),
        sa.Column("used", columns.Span(), nullable=False),
        sa.Column("running_since", columns.Instant(), nullable=True),
        sa.Column("due_at", columns.Instant(), nullable=True),
        sa.Column("warn_at", columns.Instant(), nullable=True),
        sa.Column("stopped_at", columns.Instant(), nullable=True),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("breached_at", columns.Instant(), nullable=True),
        sa.Column("rebased", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_clocks_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("workspace", "ticket", "kind", "cycle", name=op.f("pk_clocks")),
    )


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("source_channel", sa.Text(), nullable=True),
        sa.Column("source_place", columns.Words(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("edited_at", columns.Instant(), nullable=True),
        sa.Column("withdrawn_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "author"],
            ["people.workspace", "people.id"],
            name=op.f("fk_comments_workspace_author"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_comments_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_comments")),
    )
    op.create_index("ix_comments_ticket", "comments", ["workspace", "ticket", "at"], unique=False)


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "other"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_links_workspace_other"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_links_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("workspace", "ticket", "other", "how", name=op.f("pk_links")),
    )
    op.create_index("ix_links_other", "links", ["workspace", "other"], unique=False)


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("source_channel", sa.Text(), nullable=True),
        sa.Column("source_place", columns.Words(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("edited_at", columns.Instant(), nullable=True),
        sa.Column("withdrawn_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "author"],
            ["people.workspace", "people.id"],
            name=op.f("fk_notes_workspace_author"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_notes_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_ticket", "notes", ["workspace", "ticket", "at"], unique=False)


def _outside_references() -> None:
    op.create_table(
        "outside_references",
        sa.Column("id", columns.Serial, nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("place", columns.Words(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", columns.Words(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_outside_references_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_references")),
        sa.UniqueConstraint(
            "workspace",
            "channel",
            "ref",
            "place",
            "kind",
            "ticket",
            name=op.f("uq_outside_references_workspace_channel_ref_place_kind_ticket"),
        ),
    )
    op.create_index(
        "ix_outside_references_ticket", "outside_references", ["workspace", "ticket"], unique=False
    )


def _participants() -> None:
    op.create_table(
        "participants",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("place", columns.Words(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "role IN ('requester', 'copied', 'waiting', 'team')", name=op.f("ck_participants_role")
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_participants_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace", "ticket", "role", "channel", "place", name=op.f("pk_participants")
        ),
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_timers_workspace_ticket"),
        ),
        sa.PrimaryKeyConstraint("workspace", "ticket", "kind", "cycle", name=op.f("pk_timers")),
    )
    op.create_index("ix_timers_due", "timers", ["due_at"], unique=False)
