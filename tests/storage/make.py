"""Teams, people, tickets and changes for the tests of storage, made from the nouns alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from engine.duty.presence import Presence, Said, timers
from engine.messages.effects import Effect, Show, Tell
from engine.ports.duty_store import SaidEntry
from engine.ports.spool import Incoming
from engine.ports.store import Change, Transaction
from engine.tickets.events import Commented, Entry, Event, Noted, Opened
from engine.tickets.message import Audience, Comment, MessageId, Note
from engine.tickets.people import (
    DEFAULT,
    Address,
    Identity,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
    WorkspaceId,
)
from engine.tickets.ticket import Priority, State, Ticket
from storage.open.open_storage import Storage
from tests.clock import MORNING
from tests.engine.messages.made import made

TEAM = Team(
    TeamId("support"),
    "Support",
    "IT",
    place=Address("slack", "C1"),
    addresses=("support@example.com",),
)
BOB = Person(
    PersonId("bob"),
    "Bob",
    identities=(Identity("mail", "", "bob@example.com"),),
    timezone="Europe/Berlin",
)
ANA = Person(
    PersonId("ana"),
    "Ana",
    Role.AGENT,
    frozenset({TEAM.id}),
    identities=(Identity("slack", "T1", "U_ANA"),),
)
BEN = Person(
    PersonId("ben"),
    "Ben",
    Role.SENIOR,
    frozenset({TEAM.id}),
    identities=(Identity("slack", "T1", "U_BEN"),),
)

TO_BOB = Address("mail", "bob@example.com")
CARD = Address("slack", "C1")


def after(**duration: float) -> datetime:
    return MORNING + timedelta(**duration)


def found(transaction: Transaction) -> None:
    """A team and its people."""
    transaction.keep_team(TEAM)
    for person in (BOB, ANA, BEN):
        transaction.keep_person(person)
        for name in person.identities:
            transaction.keep_identity(name, person.id, at=MORNING, how="link")


async def furnish(storage: Storage, *workspaces: WorkspaceId) -> None:
    for workspace in workspaces or (DEFAULT,):
        await storage.store.run(workspace, found)


def ticket(number: int = 1, *, workspace: WorkspaceId = DEFAULT, **given: Any) -> Ticket:
    plain = Ticket(
        workspace=workspace,
        number=number,
        subject="VPN is down",
        state=State.NEW,
        priority=Priority.P3,
        category="Other",
        team=TEAM.id,
        requester=BOB.id,
        channel="mail",
        created_at=MORNING,
        updated_at=MORNING,
        version=2,
    )
    return replace(plain, **given)


def words(number: int, count: int = 1) -> Comment:
    return Comment(
        MessageId(f"m{number:06}-{count}"), BOB.id, "mail", f"help me, {number}", MORNING, TO_BOB
    )


def entries(*events: Event, start: int = 1, at: datetime = MORNING) -> tuple[Entry, ...]:
    return tuple(
        Entry(seq, at, BOB.id, "mail", event) for seq, event in enumerate(events, start=start)
    )


def opening(number: int = 1, *, workspace: WorkspaceId = DEFAULT, **given: Any) -> Change:
    """A new ticket with the requester's first words; `given` replaces parts of the change."""
    new = given.pop("after", None) or ticket(number, workspace=workspace)
    said = words(number)
    opened = Opened(new.subject, "mail", BOB.id, new.priority, new.category, new.team)
    plain = Change(
        before=None,
        after=new,
        entries=entries(opened, Commented(said.id, by_agent=False)),
        comments=(said,),
        audience=Audience(TO_BOB, team=CARD),
    )
    return replace(plain, **given)


def step(before: Ticket, *events: Event, **given: Any) -> Change:
    """One more step of a ticket whose state stays as it is."""
    new = replace(before, version=before.version + len(events))
    happened = entries(*events, start=before.version + 1)
    return replace(Change(before, new, happened), **given)


def noting(before: Ticket, text: str = "the switch is old") -> Change:
    note = Note(MessageId(f"n{before.number:06}-{before.version}"), ANA.id, "slack", text, MORNING)
    return step(before, Noted(note.id), notes=(note,))


def presence(
    person: Person, after: Presence, *said: Said, before: Presence | None = None
) -> Change:
    """What somebody said, and where they stand after it."""
    version = before.version if before else 0
    told = tuple(
        SaidEntry(seq, MORNING, person.id, "slack", one)
        for seq, one in enumerate(said, version + 1)
    )
    new = replace(after, person=person.id, version=version + len(said))
    wanted = tuple(timers(new))
    return Change(before, new, told, timers_set=wanted)


def tell(key: str, to: Address = TO_BOB, **given: Any) -> Tell:
    return replace(Tell(to, made("receipt", key), key), **given)


def show(to: Address = CARD) -> Show:
    return Show(to)


def _record(transaction: Transaction, change: Change) -> None:
    transaction.record(change)


async def record(storage: Storage, *changes: Change) -> None:
    for change in changes:
        after = change.after
        workspace = after.workspace if isinstance(after, Ticket) else DEFAULT
        await storage.store.run(workspace, partial(_record, change=change))


async def open_with(storage: Storage, number: int, *effects: Effect, **given: Any) -> Ticket:
    change = opening(number, effects=effects, **given)
    await record(storage, change)
    return change.after


async def tell_apart(storage: Storage, *tells: Tell, workspace: WorkspaceId = DEFAULT) -> None:
    """What belongs to no ticket."""
    await storage.store.run(workspace, lambda transaction: transaction.tell(tells))


async def announce(storage: Storage, before: Ticket, *effects: Effect) -> Ticket:
    """One more step that tells something."""
    said = words(before.number, before.version)
    change = step(before, Commented(said.id, by_agent=False), comments=(said,), effects=effects)
    await record(storage, change)
    return change.after


def message(key: str, **given: Any) -> Incoming:
    plain = Incoming(
        workspace=DEFAULT,
        channel="mail",
        kind="message",
        key=key,
        raw=key.encode(errors="replace"),
        envelope={"sender": "bob@example.com", "recipients": ["support@example.com"]},
        received_at=MORNING,
        sender="bob@example.com",
    )
    return replace(plain, **given)
