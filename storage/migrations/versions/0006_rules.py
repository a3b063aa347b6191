"""Calendars, policies and ladders in editions; pages; who is there."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.sql import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UNASSIGNED = "assignee IS NULL AND state IN ('NEW', 'OPEN', 'REOPENED')"
_RUNNING = "running_since IS NOT NULL AND breached_at IS NULL"


def _new_columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "teams": (
            sa.Column("calendar", sa.Text()),
            sa.Column("ladder", sa.Text()),
            sa.Column("strategy", sa.Text(), nullable=False, server_default="least_loaded"),
            sa.Column("on_shift", sa.Text(), nullable=False, server_default="shifts"),
        ),
        "people": (sa.Column("work_limit", sa.Integer()),),
        "tickets": (
            sa.Column("pages", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("muted", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("offered", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("remind_at", columns.Instant()),
            sa.Column("gives_up_at", columns.Instant()),
            sa.Column("merged_into", sa.Integer()),
            sa.Column("rules_at", columns.Instant()),
        ),
        "clocks": (
            sa.Column("warnings", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("cancelled_at", columns.Instant()),
            sa.Column("waived", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("policy", sa.Text(), nullable=False, server_default="devops"),
            sa.Column("calendar", sa.Text(), nullable=False, server_default="24x7"),
            sa.Column("calendar_version", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("runs", columns.Json),
        ),
    }


def upgrade() -> None:
    for table, added in _new_columns().items():
        for column in added:
            op.add_column(table, column)
    op.execute("UPDATE clocks SET warnings = 1, warn_at = NULL WHERE warned")
    op.drop_column("clocks", "warned")
    _backfill_runs()
    _partial("ix_tickets_unassigned", "tickets", ["workspace", "team", "number"], _UNASSIGNED)
    by_calendar = ["workspace", "calendar", "calendar_version"]
    _partial("ix_clocks_calendar", "clocks", by_calendar, _RUNNING)
    _partial("ix_clocks_due", "clocks", ["workspace", "due_at"], _RUNNING)
    _declared("mutes")
    _declared("rotations")
    _escalations()
    _presences()


def downgrade() -> None:
    op.drop_table("presences")
    op.drop_table("escalations")
    op.drop_table("rotations")
    op.drop_table("mutes")
    op.drop_index("ix_clocks_due", "clocks")
    op.drop_index("ix_clocks_calendar", "clocks")
    op.drop_index("ix_tickets_unassigned", "tickets")
    op.add_column(
        "clocks", sa.Column("warned", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(sa.text("UPDATE clocks SET warned = :yes WHERE warnings > 0").bindparams(yes=True))
    for table, added in _new_columns().items():
        for column in reversed(added):
            op.drop_column(table, column.name)


def _partial(name: str, table: str, by: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, by, sqlite_where=condition, postgresql_where=condition)


def _declared(name: str) -> None:
    op.create_table(
        name,
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("document", columns.Json, nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("valid_from", columns.Instant(), nullable=False),
        sa.Column("retired_at", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f(f"fk_{name}_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "id", "version", name=op.f(f"pk_{name}")),
    )


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.Column("people", columns.Json, nullable=False),
        sa.Column("groups", columns.Json, nullable=False),
        sa.Column("acknowledged_at", columns.Instant(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "ticket"],
            ["tickets.workspace", "tickets.number"],
            name=op.f("fk_escalations_workspace_ticket"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "acknowledged_by"],
            ["people.workspace", "people.id"],
            name=op.f("fk_escalations_workspace_acknowledged_by"),
        ),
        sa.PrimaryKeyConstraint("workspace", "ticket", "seq", name=op.f("pk_escalations")),
    )


def _presences() -> None:
    op.create_table(
        "presences",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("started_at", columns.Instant(), nullable=True),
        sa.Column("until", columns.Instant(), nullable=True),
        sa.Column("ended_at", columns.Instant(), nullable=True),
        sa.Column("out", sa.Text(), nullable=True),
        sa.Column("out_until", columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "person"],
            ["people.workspace", "people.id"],
            name=op.f("fk_presences_workspace_person"),
        ),
        sa.PrimaryKeyConstraint("workspace", "person", name=op.f("pk_presences")),
    )


# Where clocks ran, told by the history from before it was kept.

_EVENTS = sa.table(
    "events",
    sa.column("workspace", sa.Text()),
    sa.column("stream_id", sa.Text()),
    sa.column("seq", sa.Integer()),
    sa.column("type", sa.Text()),
    sa.column("at", columns.Instant()),
    sa.column("facts", columns.Json),
)
_CLOCKS = sa.table(
    "clocks",
    sa.column("workspace", sa.Text()),
    sa.column("ticket", sa.Integer()),
    sa.column("kind", sa.Text()),
    sa.column("cycle", sa.Integer()),
    sa.column("runs", columns.Json),
)


def _backfill_runs() -> None:
    since: dict[tuple[Any, ...], datetime] = {}
    runs: defaultdict[tuple[Any, ...], list[list[int]]] = defaultdict(list)
    told = sa.select(_EVENTS).where(_EVENTS.c.type.like("clock_%"))
    for event in op.get_bind().execute(told.order_by(_EVENTS.c.stream_id, _EVENTS.c.seq)).all():
        facts = event.facts
        clock = (event.workspace, int(event.stream_id), facts["kind"], facts["cycle"])
        if event.type in ("clock_started", "clock_resumed"):
            since[clock] = event.at
        elif event.type in ("clock_paused", "clock_stopped") and clock in since:
            runs[clock].append([columns.micros(since.pop(clock)), columns.micros(event.at)])
        elif event.type == "clock_changed" and facts["rebased"]:
            runs[clock].clear()
            since.update({clock: event.at} if clock in since else {})
    for (workspace, ticket, kind, cycle), stretches in runs.items():
        mine = (_CLOCKS.c.workspace == workspace, _CLOCKS.c.ticket == ticket)
        which = (_CLOCKS.c.kind == kind, _CLOCKS.c.cycle == cycle)
        op.execute(sa.update(_CLOCKS).where(*mine, *which).values(runs=stretches))
