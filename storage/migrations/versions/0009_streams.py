"""One tail for every history: streams; who owns a row; rules by number; what lists need to know of a ticket."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.migrations.onto_streams import (
    back,
    onto_streams_postgres,
    onto_streams_sqlite,
    onto_tickets_postgres,
    onto_tickets_sqlite,
)
from storage.migrations.rebuild import Anew, in_pieces, is_sqlite, progress, write_anew
from storage.sql import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_DECLARED = (
    *("calendars", "policies", "ladders", "mutes", "rotations"),
    *("categories", "request_forms", "custom_fields"),
)
_OWNED = ("departments", "teams", "people")
_RUNNING = """(
    SELECT min(clocks.due_at) FROM clocks
    WHERE clocks.workspace = tickets.workspace AND clocks.{ticket}
      AND clocks.running_since IS NOT NULL
      AND clocks.kind IN ('first_response', 'next_response', 'resolution')
)"""


def upgrade() -> None:
    _make_streams()
    _number_rules()
    _take_words_out()
    if is_sqlite():
        _upgrade_sqlite()
    else:
        _upgrade_postgres()
    _own()
    op.add_column(
        "presences", sa.Column("version", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE presences SET version = coalesce((SELECT max(seq) FROM events"
        " WHERE events.workspace = presences.workspace AND events.stream_kind = 'person'"
        " AND events.stream_id = presences.person), 0)"
    )
    _time_people()
    op.execute("DROP TABLE rule_times")
    progress().at("")


def downgrade() -> None:
    # Timers of people are a new thing.
    op.execute("DELETE FROM timers WHERE stream_kind <> 'ticket'")
    _put_words_back()
    op.drop_column("presences", "version")
    _disown()
    if is_sqlite():
        _downgrade_sqlite()
    else:
        _downgrade_postgres()
    op.drop_table("subjects")
    op.drop_table("streams")


# Streams, and the words that leave the history


def _make_streams() -> None:
    op.create_table(
        "streams",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.id"], name=op.f("fk_streams_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace", "kind", "id", name=op.f("pk_streams")),
    )
    op.create_table(
        "subjects",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("stream_kind", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "stream_kind", "stream_id"],
            ["streams.workspace", "streams.kind", "streams.id"],
            name=op.f("fk_subjects_workspace_stream_kind_stream_id"),
        ),
        sa.PrimaryKeyConstraint(
            *("workspace", "stream_kind", "stream_id", "seq"), name=op.f("pk_subjects")
        ),
    )
    progress().at("streams")
    op.execute(
        "INSERT INTO streams (workspace, kind, id)"
        " SELECT workspace, 'ticket', CAST(number AS TEXT) FROM tickets ORDER BY workspace, number"
    )
    op.execute(
        "INSERT INTO streams (workspace, kind, id)"
        " SELECT workspace, 'person', person FROM presences"
    )


_TAKEN = "SELECT workspace, stream_kind, stream_id, seq, {words} FROM events WHERE type = 'opened'"


def _take_words_out() -> None:
    """And Opened learns which rules its ticket was opened under."""
    insert = "INSERT INTO subjects (workspace, stream_kind, stream_id, seq, text) " + _TAKEN
    if is_sqlite():
        mine = " AND rowid > :first AND rowid <= :last"
        in_pieces("events", insert.format(words="json_extract(facts, '$.subject')") + mine)
        number = _rule_number("events.workspace", "events.at")
        facts = f"json_set(json_remove(facts, '$.subject'), '$.rules', {number})"
        in_pieces("events", f"UPDATE events SET facts = {facts} WHERE type = 'opened'{mine}")
        return
    progress().at("events")
    op.execute(insert.format(words="facts ->> 'subject'"))
    number = _rule_number("events.workspace", "events.at")
    told = f"((facts::jsonb - 'subject') || jsonb_build_object('rules', {number}))::json"
    op.execute(f"UPDATE events SET facts = {told} WHERE type = 'opened'")


def _put_words_back() -> None:
    words = (
        "(SELECT text FROM subjects WHERE subjects.workspace = events.workspace"
        " AND subjects.stream_kind = events.stream_kind"
        " AND subjects.stream_id = events.stream_id AND subjects.seq = events.seq)"
    )
    told = (
        f"json_set(json_remove(facts, '$.rules'), '$.subject', {words})"
        if is_sqlite()
        else f"((facts::jsonb - 'rules') || jsonb_build_object('subject', {words}))::json"
    )
    op.execute(f"UPDATE events SET facts = {told} WHERE type = 'opened'")


# The tables themselves


_OUTBOX = {
    "place TEXT NOT NULL,": "place TEXT NOT NULL, line TEXT NOT NULL,",
    "(workspace, ticket, channel, place, id)": "(workspace, line, id)",
    "(workspace, ticket, channel, place)": "(workspace, line)",
}
_TICKETS = {
    "rules_at BIGINT": (
        "rules INTEGER DEFAULT '0' NOT NULL, due_at BIGINT, private BOOLEAN DEFAULT 0 NOT NULL"
    )
}
_LINE = "coalesce(CAST(ticket AS TEXT), '') || '|' || channel || '|' || place"


def _upgrade_sqlite() -> None:
    due = _RUNNING.format(ticket="ticket = tickets.number")
    number = _rule_number("tickets.workspace", "coalesce(tickets.rules_at, tickets.created_at)")
    write_anew(Anew("tickets", _TICKETS, {"rules": number, "due_at": due, "private": "0"}))
    onto_streams_sqlite()
    write_anew(Anew("outbox", _OUTBOX, {"line": _LINE}))


def _downgrade_sqlite() -> None:
    write_anew(Anew("outbox", back(_OUTBOX), {}))
    onto_tickets_sqlite()
    write_anew(Anew("tickets", back(_TICKETS), {"rules_at": "NULL"}))


def _upgrade_postgres() -> None:
    progress().at("tickets")
    op.execute(
        "ALTER TABLE tickets ADD COLUMN due_at TIMESTAMP WITH TIME ZONE,"
        " ADD COLUMN private BOOLEAN NOT NULL DEFAULT false,"
        f" ALTER COLUMN rules_at TYPE INTEGER USING {_rule_cases()}"
    )
    op.execute("ALTER TABLE tickets RENAME COLUMN rules_at TO rules")
    op.execute(
        "ALTER TABLE tickets ALTER COLUMN rules SET DEFAULT 0, ALTER COLUMN rules SET NOT NULL"
    )
    due = _RUNNING.format(ticket="ticket = tickets.number")
    op.execute(f"UPDATE tickets SET due_at = {due} WHERE state NOT IN ('CLOSED', 'MERGED')")
    onto_streams_postgres()
    _rule_out_places()


def _downgrade_postgres() -> None:
    op.drop_index("uq_outbox_waiting_show", "outbox")
    op.drop_index("ix_outbox_line", "outbox")
    op.drop_column("outbox", "line")
    by = ["workspace", "ticket", "channel", "place"]
    _partial("ix_outbox_line", [*by, "id"], "state IN ('waiting', 'sending')")
    _partial("uq_outbox_waiting_show", by, "state = 'waiting' AND kind = 'show'", unique=True)
    onto_tickets_postgres()
    op.drop_column("tickets", "private")
    op.drop_column("tickets", "due_at")
    op.drop_column("tickets", "rules")
    op.add_column("tickets", sa.Column("rules_at", columns.Instant()))


def _rule_out_places() -> None:
    """One line each, instead of ticket and place: the type is changed to what it is, so that all is written once."""
    progress().at("outbox")
    op.drop_index("uq_outbox_waiting_show", "outbox")
    op.drop_index("ix_outbox_line", "outbox")
    op.execute("ALTER TABLE outbox ADD COLUMN line TEXT")
    op.execute(f"ALTER TABLE outbox ALTER COLUMN line TYPE TEXT USING {_LINE}")
    op.execute("ALTER TABLE outbox ALTER COLUMN line SET NOT NULL")
    _partial("ix_outbox_line", ["workspace", "line", "id"], "state IN ('waiting', 'sending')")
    shows = "state = 'waiting' AND kind = 'show'"
    _partial("uq_outbox_waiting_show", ["workspace", "line"], shows, unique=True)


def _partial(name: str, by: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, "outbox", by, unique=unique, postgresql_where=sa.text(where))


# Rules by number: the instants at which a policy or a ladder became another, counted


def _number_rules() -> None:
    instant = columns.Instant()
    op.create_table(
        "rule_times",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "at"),
    )
    op.execute(
        "INSERT INTO rule_times"
        " SELECT workspace, valid_from FROM policies UNION SELECT workspace, valid_from FROM ladders"
        " UNION SELECT workspace, retired_at FROM policies WHERE retired_at IS NOT NULL"
        " UNION SELECT workspace, retired_at FROM ladders WHERE retired_at IS NOT NULL"
    )
    for table in _DECLARED:
        op.add_column(table, sa.Column("since", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("until", sa.Integer()))
        since = _rule_number(f"{table}.workspace", f"{table}.valid_from")
        until = _rule_number(f"{table}.workspace", f"{table}.retired_at")
        op.execute(f"UPDATE {table} SET since = {since}")
        op.execute(f"UPDATE {table} SET until = {until} WHERE retired_at IS NOT NULL")
    _count_on()
    _number_applied()


def _rule_number(workspace: str, at: str) -> str:
    mine = f"rule_times.workspace = {workspace} AND rule_times.at <= {at}"
    return f"(SELECT count(*) FROM rule_times WHERE {mine})"


def _rule_cases() -> str:
    """The same without asking, since PostgreSQL asks no other table while it changes a type."""
    times: defaultdict[str, list[str]] = defaultdict(list)
    told = "SELECT workspace, CAST(at AS TEXT) AS at FROM rule_times ORDER BY workspace, at DESC"
    for row in op.get_bind().execute(sa.text(told)):
        times[row.workspace].append(row.at)
    if not times:
        return "0"
    cases = [
        f"WHEN workspace = {_quoted(workspace)}"
        f" AND coalesce(rules_at, created_at) >= {_quoted(at)}::timestamptz THEN {number}"
        for workspace, every in times.items()
        for number, at in zip(range(len(every), 0, -1), every, strict=True)
    ]
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''").replace(":", "\\:") + "'"


def _count_on() -> None:
    """The workspace's own number is not below what its rows say."""
    connection = op.get_bind()
    counted = sa.text(
        "SELECT workspaces.id, workspaces.settings,"
        " (SELECT count(*) FROM rule_times WHERE workspace = workspaces.id) AS number FROM workspaces"
    ).columns(settings=columns.Json)
    change = sa.text("UPDATE workspaces SET settings = :settings WHERE id = :id").bindparams(
        sa.bindparam("settings", type_=columns.Json)
    )
    for row in connection.execute(counted).all():
        known = row.settings.get("rules_version", 0)
        if known < row.number:
            settings = {**row.settings, "rules_version": row.number}
            connection.execute(change, {"settings": settings, "id": row.id})


_EVENTS = sa.table(
    "events",
    *(sa.column(name) for name in ("cursor", "workspace", "type")),
    sa.column("facts", columns.Json),
)


def _number_applied() -> None:
    """Which rules were applied to a ticket later is told by number, too. There are few."""
    connection = op.get_bind()
    times: defaultdict[str, list[Any]] = defaultdict(list)
    told = sa.text("SELECT workspace, at FROM rule_times ORDER BY at").columns(at=columns.Instant())
    for row in connection.execute(told):
        times[row.workspace].append(row.at)
    applied = sa.select(_EVENTS).where(_EVENTS.c.type == "policy_applied")
    for event in connection.execute(applied).all():
        applied_at = datetime.fromisoformat(event.facts["rules_at"])
        number = sum(time <= applied_at for time in times[event.workspace])
        mine = _EVENTS.c.cursor == event.cursor
        connection.execute(sa.update(_EVENTS).where(mine).values(facts={"rules": number}))


def _time_people() -> None:
    """What somebody said ends by itself at an instant: a shift, when no end was planned, after 16 hours."""
    lasts = "16 * 3600 * 1000000" if is_sqlite() else "INTERVAL '16 hours'"
    for kind, at in (
        (
            "shift.ends",
            f"CASE WHEN started_at IS NOT NULL THEN coalesce(until, started_at + {lasts}) END",
        ),
        ("out.ends", "out_until"),
    ):
        op.execute(
            "INSERT INTO timers (workspace, stream_kind, stream_id, kind, cycle, due_at)"
            f" SELECT workspace, 'person', person, '{kind}', 0, {at} FROM presences"
            f" WHERE {at} IS NOT NULL"
        )


# Who owns a row


def _own() -> None:
    for table in _OWNED:
        op.add_column(table, sa.Column("owner", sa.Text(), nullable=False, server_default="run"))
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    for table in _DECLARED:
        op.add_column(table, sa.Column("owner", sa.Text(), nullable=False, server_default="file"))
        op.execute(sa.text(f"UPDATE {table} SET owner = 'run' WHERE NOT from_file"))
        op.drop_column(table, "from_file")
    op.execute("UPDATE teams SET owner = 'file' WHERE workspace = 'default'")
    op.execute(
        "UPDATE people SET owner = 'file' WHERE role > 0 AND EXISTS (SELECT 1 FROM identities"
        " WHERE identities.workspace = people.workspace AND identities.person = people.id"
        " AND identities.how = 'declared')"
    )
    op.add_column(
        "memberships", sa.Column("owner", sa.Text(), nullable=False, server_default="run")
    )
    op.execute(
        "UPDATE memberships SET owner = CASE WHEN EXISTS (SELECT 1 FROM people"
        " WHERE people.workspace = memberships.workspace AND people.id = memberships.person"
        " AND people.owner = 'file') THEN 'file' ELSE 'vouched' END"
    )


def _disown() -> None:
    op.drop_column("memberships", "owner")
    for table in _DECLARED:
        op.add_column(
            table, sa.Column("from_file", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        op.execute(sa.text(f"UPDATE {table} SET from_file = (owner = 'file')"))
        for name in ("owner", "since", "until"):
            op.drop_column(table, name)
        with op.batch_alter_table(table) as batch:
            batch.alter_column("from_file", server_default=None)
    for table in _OWNED:
        op.drop_column(table, "version")
        op.drop_column(table, "owner")
