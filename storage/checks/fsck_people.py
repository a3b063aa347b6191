"""Promises about people: their presence, replayed from its history, is what is stored."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

from engine.duty import presence
from engine.duty.presence import Presence
from storage.checks.findings import Finding, Page
from storage.sql.schema import events
from storage.sql.schema_rules import presences
from storage.tickets.duty_rows import PERSON_STREAM, presence_of, said_entry
from storage.tickets.rows import AnyRow


def after(last: AnyRow | None) -> Select[*tuple[Any, ...]]:
    chosen = select(presences).order_by(presences.c.workspace, presences.c.person)
    key = tuple_(presences.c.workspace, presences.c.person)
    return chosen.where(key > (last.workspace, last.person)) if last else chosen


def check(connection: Connection, page: Page) -> list[Finding]:
    replayed: defaultdict[tuple[str, str], Presence] = defaultdict(Presence)
    told = select(events).where(
        events.c.stream_kind == PERSON_STREAM,
        tuple_(events.c.workspace, events.c.stream_id).in_(
            [(row.workspace, row.person) for row in page]
        ),
    )
    for row in connection.execute(told.order_by(events.c.cursor)):
        who = (row.workspace, row.stream_id)
        entry = said_entry(row)
        replayed[who] = presence.evolve(replayed[who], entry.said, entry.at)
    return [
        Finding("presence", f"{row.person} of workspace {row.workspace} said something else")
        for row in page
        if presence_of(row) != replayed[row.workspace, row.person]
    ]
