"""Tables of what a workspace lives by, and of who was paged and who is there."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from storage.sql.columns import Instant, Json, Words
from storage.sql.schema import METADATA, within


def declared(name: str) -> Table:
    """Versioned configuration of a workspace, as a document; its editions stay."""
    return Table(
        name,
        METADATA,
        Column("workspace", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("name", Words, nullable=False),
        Column("document", Json, nullable=False),
        # file (deskd.toml) | run: the file changes and retires only what it owns.
        Column("owner", Text, nullable=False, server_default="file"),
        Column("valid_from", Instant, nullable=False),
        Column("retired_at", Instant),
        # The same two by the workspace's number of rules: what a ticket lives by is found by number.
        Column("since", Integer, nullable=False, server_default="0"),
        Column("until", Integer),
        within(of="workspaces"),
    )


calendars: Final = declared("calendars")
policies: Final = declared("policies")
ladders: Final = declared("ladders")
mutes: Final = declared("mutes")
rotations: Final = declared("rotations")

# One row per page; `seq` is that of its event, so that a repeated step writes no second one.
escalations: Final = Table(
    "escalations",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("ticket", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("level", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("people", Json, nullable=False),
    Column("groups", Json, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text),
    within("ticket", of="tickets"),
    within("acknowledged_by", of="people"),
)

# What a person said of being there: engine.duty.Presence.
presences: Final = Table(
    "presences",
    METADATA,
    Column("workspace", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("started_at", Instant),
    Column("until", Instant),
    Column("ended_at", Instant),
    Column("out", Text),
    Column("out_until", Instant),
    # When the desk last gave them something; also of people who never said anything.
    Column("last_assigned_at", Instant),
    Column("version", Integer, nullable=False, server_default="0"),
    within("person", of="people"),
)
