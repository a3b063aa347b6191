"""For migration 0009: what hangs on a ticket hangs on its stream, and back."""

from collections.abc import Mapping

from alembic import op

from storage.migrations.rebuild import Anew, progress, write_anew

_KEYED = ("timers", "clocks")
_INDEXED = {"comments": ", at", "notes": ", at", "outside_references": "", "attachments": ""}
# The outside names of a stream, once each: a constraint before, now an index that is made when the table is full.
_NAMES = ("workspace", "channel", "ref", "place", "kind")
_OLD_NAMES = "uq_outside_references_workspace_channel_ref_place_kind_ticket"
_NEW_NAMES = "uq_outside_references"
_OF_STREAM = ", ".join((*_NAMES, "stream_kind", "stream_id"))
_INDEX_NAMES = f"CREATE UNIQUE INDEX {_NEW_NAMES} ON outside_references ({_OF_STREAM})"
_MADE_LAST = {"outside_references": (_INDEX_NAMES,)}


def onto_streams_sqlite() -> None:
    stream = {"stream_kind": "'ticket'", "stream_id": "CAST(ticket AS TEXT)"}
    for table in (*_KEYED, *_INDEXED):
        write_anew(Anew(table, _keys(table), stream, indexes=_MADE_LAST.get(table, ())))


def onto_tickets_sqlite() -> None:
    for table in (*_KEYED, *_INDEXED):
        number = {"ticket": "CAST(stream_id AS INTEGER)"}
        write_anew(Anew(table, back(_keys(table)), number, without=(_NEW_NAMES,)))


def back(words: Mapping[str, str]) -> Mapping[str, str]:
    return {new: old for old, new in [*words.items()][::-1]}


def onto_streams_postgres() -> None:
    for table in (*_KEYED, *_INDEXED):
        _onto_streams(table)


def onto_tickets_postgres() -> None:
    for table in (*_KEYED, *_INDEXED):
        _back_onto_tickets(table)


def _keys(table: str) -> Mapping[str, str]:
    """What the words of a table say of its ticket, and what they say of its stream."""
    stream = "(workspace, stream_kind, stream_id"
    to_ticket = (
        f"fk_{table}_workspace_ticket FOREIGN KEY(workspace, ticket)"
        " REFERENCES tickets (workspace, number)"
    )
    if table == "outside_references":
        to_ticket += f", CONSTRAINT {_OLD_NAMES} UNIQUE ({', '.join(_NAMES)}, ticket)"
    changed = {
        "ticket INTEGER NOT NULL": "stream_kind TEXT NOT NULL, stream_id TEXT NOT NULL",
        to_ticket: f"fk_{table}_workspace_stream_kind_stream_id"
        f" FOREIGN KEY{stream}) REFERENCES streams (workspace, kind, id)",
    }
    if table in _KEYED:
        changed["(workspace, ticket, kind, cycle)"] = f"{stream}, kind, cycle)"
    else:
        more = _INDEXED[table]
        old = f"INDEX ix_{table}_ticket ON {table} (workspace, ticket{more})"
        changed[old] = f"INDEX ix_{table}_stream ON {table} {stream}{more})"
    return changed


def _onto_streams(table: str) -> None:
    progress().at(table)
    _drop_keys(table, "ticket", "workspace_ticket")
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN stream_kind TEXT NOT NULL DEFAULT 'ticket',"
        " ALTER COLUMN ticket TYPE TEXT USING ticket::text"
    )
    op.execute(f"ALTER TABLE {table} ALTER COLUMN stream_kind DROP DEFAULT")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN ticket TO stream_id")
    _make_keys(table, ["stream_kind", "stream_id"], "stream")
    op.create_foreign_key(
        op.f(f"fk_{table}_workspace_stream_kind_stream_id"),
        table,
        "streams",
        ["workspace", "stream_kind", "stream_id"],
        ["workspace", "kind", "id"],
    )


def _back_onto_tickets(table: str) -> None:
    _drop_keys(table, "stream", "workspace_stream_kind_stream_id")
    op.execute(
        f"ALTER TABLE {table} DROP COLUMN stream_kind,"
        " ALTER COLUMN stream_id TYPE INTEGER USING stream_id::integer"
    )
    op.execute(f"ALTER TABLE {table} RENAME COLUMN stream_id TO ticket")
    _make_keys(table, ["ticket"], "ticket")
    op.create_foreign_key(
        op.f(f"fk_{table}_workspace_ticket"),
        table,
        "tickets",
        ["workspace", "ticket"],
        ["workspace", "number"],
    )


def _drop_keys(table: str, index: str, foreign: str) -> None:
    op.drop_constraint(op.f(f"fk_{table}_{foreign}"), table, type_="foreignkey")
    if table in _KEYED:
        op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
    else:
        op.drop_index(f"ix_{table}_{index}", table)
    if table == "outside_references" and index == "ticket":
        op.drop_constraint(op.f(_OLD_NAMES), table, type_="unique")
    elif table == "outside_references":
        op.drop_index(_NEW_NAMES, table)


def _make_keys(table: str, key: list[str], index: str) -> None:
    if table in _KEYED:
        op.create_primary_key(op.f(f"pk_{table}"), table, ["workspace", *key, "kind", "cycle"])
    else:
        more = ["at"] if _INDEXED[table] else []
        op.create_index(f"ix_{table}_{index}", table, ["workspace", *key, *more])
    if table == "outside_references" and index == "ticket":
        op.create_unique_constraint(op.f(_OLD_NAMES), table, [*_NAMES, *key])
    elif table == "outside_references":
        op.create_index(_NEW_NAMES, table, [*_NAMES, *key], unique=True)
