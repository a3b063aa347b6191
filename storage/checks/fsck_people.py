"""Promises about people: their presence, replayed from its history, is what is stored."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

from engine.duty import presence
from engine.duty.presence import Presence
from engine.tickets.promise_clock import StreamKind, Timer
from storage.checks.findings import Finding, Page
from storage.sql.schema_rules import presences
from storage.sql.schema_streams import events, timers
from storage.tickets import rows
from storage.tickets.duty_rows import said_entry
from storage.tickets.presence_record import presence_of
from storage.tickets.rows import AnyRow


def after(last: AnyRow | None) -> Select[*tuple[Any, ...]]:
    chosen = select(presences).order_by(presences.c.workspace, presences.c.person)
    key = tuple_(presences.c.workspace, presences.c.person)
    return chosen.where(key > (last.workspace, last.person)) if last else chosen


def check(connection: Connection, page: Page) -> list[Finding]:
    replayed: defaultdict[tuple[str, str], Presence] = defaultdict(Presence)
    told = select(events).where(
        events.c.stream_kind == StreamKind.PERSON,
        tuple_(events.c.workspace, events.c.stream_id).in_(
            [(row.workspace, row.person) for row in page]
        ),
    )
    for row in connection.execute(told.order_by(events.c.cursor)):
        who = (row.workspace, row.stream_id)
        entry = said_entry(row)
        replayed[who] = presence.evolve(replayed[who], entry.event, entry.at)
    waiting = _timers(connection, page)
    return [
        *(
            Finding("presence", f"{_named(row)} said something else")
            for row in page
            if replace(presence_of(row), person=None) != replayed[row.workspace, row.person]
        ),
        *(
            Finding("timer", f"{_named(row)} has other timers than the presence wants")
            for row in page
            if presence.timers(presence_of(row)) != waiting[row.workspace, row.person]
        ),
    ]


def _named(row: AnyRow) -> str:
    return f"{row.person} of workspace {row.workspace}"


def _timers(connection: Connection, page: Page) -> dict[tuple[str, str], frozenset[Timer]]:
    found: defaultdict[tuple[str, str], frozenset[Timer]] = defaultdict(frozenset)
    chosen = select(timers).where(
        timers.c.stream_kind == StreamKind.PERSON,
        tuple_(timers.c.workspace, timers.c.stream_id).in_(
            [(row.workspace, row.person) for row in page]
        ),
    )
    for row in connection.execute(chosen):
        found[row.workspace, row.stream_id] |= {rows.timer(row)}
    return found
