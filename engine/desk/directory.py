"""Who is who: from what a face saw (a Caller, a sender) to a Person, and what deskd.toml declares.

Two names become one person only when the face confirmed the second (Caller.confirmed).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.ports.clock import Ids
from engine.ports.store import Transaction
from engine.promises.rules import NOTHING_DECLARED, Declared
from engine.tickets.errors import Refused
from engine.tickets.message import Inbound
from engine.tickets.people import (
    OPERATOR,
    Address,
    Caller,
    Identity,
    Owner,
    Person,
    PersonId,
    Role,
    Team,
    TeamId,
)
from engine.tickets.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DeclaredPerson:
    """One [[people]] entry of deskd.toml."""

    name: str
    role: Role
    teams: frozenset[TeamId] = frozenset()
    identities: tuple[Identity, ...] = ()
    timezone: str | None = None
    department: str | None = None
    skills: frozenset[str] = frozenset()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class DeclaredWorkspace:
    """What deskd.toml declares for a workspace; it owns these rows."""

    settings: Workspace
    teams: tuple[Team, ...]
    people: tuple[DeclaredPerson, ...] = ()
    rules: Declared = NOTHING_DECLARED


def identify(transaction: Transaction, by: Caller, ids: Ids, at: datetime) -> Person:
    """The person behind a face's caller: found, linked by a confirmed name, or made now."""
    known = transaction.person_by(by.identity)
    linked = known or _first_known(transaction, by.confirmed)
    before = linked or Person(id=PersonId(ids.new()), name=by.name)
    after = _as_seen(before, by, _vouched(transaction, by, before))
    if linked is None or after != before:
        transaction.keep_person(after)
    if known is None:
        transaction.keep_identity(by.identity, after.id, at=at, how="seen")
        for name in by.confirmed:
            if linked is None or before.known_as(name.kind) is None:
                transaction.keep_identity(name, after.id, at=at, how=f"{by.via}-{name.kind}")
    # Whoever may run commands on the daemon's machine may do everything; that is no row of anybody's.
    return replace(after, role=Role.ADMIN) if by.identity.kind == OPERATOR else after


def _as_seen(person: Person, by: Caller, vouched: frozenset[TeamId]) -> Person:
    return replace(
        person,
        name=person.name if person.role >= Role.AGENT else by.name,
        identities=_names(person, by),
        timezone=by.timezone or person.timezone,
        teams=(person.teams - person.vouched) | vouched,
        vouched=vouched,
    )


def _names(person: Person, by: Caller) -> tuple[Identity, ...]:
    """The name that they act under themselves comes first of its kind; others only tell what was not known."""
    names = person.identities
    if by.identity.kind == by.via:
        names = _put_first(names, by.identity)
    known = {name.kind for name in names}
    return (*names, *(name for name in (by.identity, *by.confirmed) if name.kind not in known))


def _put_first(names: tuple[Identity, ...], new: Identity) -> tuple[Identity, ...]:
    """First of its kind; as they are when it is that already."""
    first = next((name.subject for name in names if name.kind == new.kind), None)
    return names if first == new.subject else (new, *(name for name in names if name != new))


def _vouched(transaction: Transaction, by: Caller, person: Person) -> frozenset[TeamId]:
    """The teams that a private place vouches for and nobody listed them in; as they were when no place was seen."""
    if by.member_of is None:
        return person.vouched
    seen = {Address(by.identity.kind, place) for place in by.member_of}
    there = {team.id for team in transaction.teams() if seen and team.place in seen}
    return frozenset(there) - (person.teams - person.vouched)


def sender_of(transaction: Transaction, inbound: Inbound, ids: Ids) -> Person:
    """The person a message is from; somebody new becomes a requester. No account is needed."""
    known = transaction.person_by(inbound.sender)
    if known is not None:
        return known
    person = Person(
        id=PersonId(ids.new()),
        name=inbound.sender_name or inbound.sender.subject,
        identities=(inbound.sender,),
        timezone=offset_name(inbound.utc_offset),
    )
    transaction.keep_person(person)
    transaction.keep_identity(inbound.sender, person.id, at=inbound.received_at, how="seen")
    return person


def offset_name(offset: timedelta | None) -> str | None:
    """ "+02:00" for two hours: the only zone a mail's Date header tells."""
    if offset is None:
        return None
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def agent_named(transaction: Transaction, name: str) -> Person:
    """The one person meant by an address, a Slack id or a name; Refused when there is none, or several."""
    found = transaction.people_named(name)
    if len(found) != 1:
        raise Refused("unknown_person", name=name)
    return found[0]


def declare(transaction: Transaction, roster: DeclaredWorkspace, ids: Ids, at: datetime) -> None:
    """Make the rows say what deskd.toml says; agents that it listed and no longer lists are requesters again."""
    transaction.keep_settings(roster.settings)
    transaction.keep_rules(roster.rules, at=at)
    for team in roster.teams:
        transaction.keep_team(team, owner=Owner.FILE)
    declared = transaction.people_of_the_file()
    listed = {_declare_person(transaction, person, ids, at, declared) for person in roster.people}
    for person in transaction.agents():
        if person.id in declared - listed:
            # What a private place vouches for is not the file's to take.
            former = replace(person, role=Role.REQUESTER, teams=person.vouched)
            transaction.keep_person(former, owner=Owner.RUN)


def _declare_person(
    transaction: Transaction,
    declared: DeclaredPerson,
    ids: Ids,
    at: datetime,
    ours: frozenset[PersonId],
) -> PersonId:
    known = _first_known(transaction, declared.identities)
    names = known.identities if known else ()
    vouched = known.vouched - declared.teams if known else frozenset[TeamId]()
    for name in declared.identities:
        names = _put_first(names, name)
    person = Person(
        id=known.id if known else PersonId(ids.new()),
        name=declared.name,
        role=declared.role,
        teams=declared.teams | vouched,
        identities=names,
        timezone=declared.timezone or (known.timezone if known else None),
        status=known.status if known else "active",
        department=declared.department,
        skills=declared.skills,
        limit=declared.limit,
        vouched=vouched,
    )
    if person != known or person.id not in ours:
        transaction.keep_person(person, owner=Owner.FILE)
    for identity in declared.identities:
        transaction.keep_identity(identity, person.id, at=at, how="declared")
    return person.id


def _first_known(transaction: Transaction, identities: Sequence[Identity]) -> Person | None:
    found = (transaction.person_by(identity) for identity in identities)
    return next((person for person in found if person is not None), None)
