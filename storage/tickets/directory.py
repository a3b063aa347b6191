"""People, identities and teams of one workspace, read and written inside a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from engine.tickets.people import Identity, Owner, Person, PersonId, Role, Team, TeamId, WorkspaceId
from storage.sql.schema import departments, identities, memberships, people, team_addresses, teams
from storage.sql.statements import insert_new, insert_or_advance, insert_or_update
from storage.tickets import people_rows, rows
from storage.tickets.rows import AnyRow, Values

# More namesakes than this and the caller must be asked to be more exact anyway.
NAMESAKES_MAX: Final = 10

VOUCHED: Final = "vouched"
"""The owner of a membership that ends with a private place."""

_MINE: Final = people.c.workspace == bindparam("workspace")
# One row for each pair of their teams and names, few as these are: a statement instead of three.
WHOLE_PERSON: Final = (
    select(
        people,
        memberships.c.team.label("member_of"),
        memberships.c.owner.label("member_by"),
        identities.c.kind,
        identities.c.issuer,
        identities.c.subject,
    )
    .outerjoin(
        memberships,
        and_(memberships.c.workspace == people.c.workspace, memberships.c.person == people.c.id),
    )
    .outerjoin(
        identities,
        and_(identities.c.workspace == people.c.workspace, identities.c.person == people.c.id),
    )
    .order_by(identities.c.verified_at, identities.c.subject)
)
_PERSON: Final = WHOLE_PERSON.where(_MINE, people.c.id == bindparam("id"))
_PERSON_BY: Final = WHOLE_PERSON.where(
    _MINE,
    people.c.id
    == select(identities.c.person)
    .where(
        identities.c.workspace == bindparam("workspace"),
        identities.c.kind == bindparam("kind"),
        identities.c.issuer == bindparam("issuer"),
        identities.c.subject == bindparam("subject"),
    )
    .scalar_subquery(),
)
_PEOPLE_NAMED: Final = (
    select(people)
    .where(
        _MINE,
        or_(
            people.c.name_key == bindparam("name"),
            func.lower(people.c.mail) == bindparam("name"),
            func.lower(people.c.slack) == bindparam("name"),
        ),
    )
    .order_by(people.c.id)
    .limit(NAMESAKES_MAX)
)
_AGENTS: Final = (
    select(people)
    .where(
        _MINE,
        or_(
            people.c.role > int(Role.REQUESTER),
            people.c.id.in_(
                select(memberships.c.person).where(
                    memberships.c.workspace == bindparam("workspace")
                )
            ),
        ),
    )
    .order_by(people.c.id)
)
_MEMBERSHIPS: Final = select(memberships.c.person, memberships.c.team, memberships.c.owner).where(
    memberships.c.workspace == bindparam("workspace"),
    memberships.c.person.in_(bindparam("people", expanding=True)),
)
_NAMES: Final = (
    select(identities)
    .where(
        identities.c.workspace == bindparam("workspace"),
        identities.c.person.in_(bindparam("people", expanding=True)),
    )
    .order_by(identities.c.verified_at, identities.c.subject)
)
# What only a private place vouched for is listed now; what the file lists stays the file's.
_LIST: Final = (
    update(memberships)
    .where(
        memberships.c.workspace == bindparam("of_workspace"),
        memberships.c.person == bindparam("of_person"),
        memberships.c.team.in_(bindparam("of_teams", expanding=True)),
        memberships.c.owner == VOUCHED,
    )
    .values(owner=Owner.RUN.value)
)
_OF_THE_FILE: Final = select(people.c.id).where(_MINE, people.c.owner == Owner.FILE.value)
_LEAVE: Final = delete(memberships).where(
    memberships.c.workspace == bindparam("workspace"),
    memberships.c.person == bindparam("person"),
    memberships.c.team.not_in(bindparam("teams", expanding=True)),
)
_TEAMS: Final = (
    select(teams).where(teams.c.workspace == bindparam("workspace")).order_by(teams.c.id)
)
# One row for each address it has, or one without.
_TEAM: Final = (
    select(teams, team_addresses.c.address.label("own_address"))
    .outerjoin(
        team_addresses,
        and_(team_addresses.c.workspace == teams.c.workspace, team_addresses.c.team == teams.c.id),
    )
    .where(teams.c.workspace == bindparam("workspace"), teams.c.id == bindparam("id"))
    .order_by(team_addresses.c.position)
)
_ADDRESSES: Final = (
    select(team_addresses.c.team, team_addresses.c.address)
    .where(team_addresses.c.workspace == bindparam("workspace"))
    .order_by(team_addresses.c.position)
)
_FORGET_ADDRESSES: Final = delete(team_addresses).where(
    team_addresses.c.workspace == bindparam("workspace"),
    team_addresses.c.team == bindparam("team"),
)


def person(connection: Connection, workspace: WorkspaceId, id: PersonId) -> Person | None:
    return _person(connection.execute(_PERSON, {"workspace": workspace, "id": id}).all())


def person_by(connection: Connection, workspace: WorkspaceId, identity: Identity) -> Person | None:
    named = {"kind": identity.kind, "issuer": identity.issuer, "subject": identity.subject}
    return _person(connection.execute(_PERSON_BY, {"workspace": workspace} | named).all())


def people_named(connection: Connection, workspace: WorkspaceId, name: str) -> Sequence[Person]:
    wanted = {"workspace": workspace, "name": name.strip().casefold()}
    found = connection.execute(_PEOPLE_NAMED, wanted).all()
    return whole(connection, workspace, found)


def agents(connection: Connection, workspace: WorkspaceId) -> Sequence[Person]:
    found = connection.execute(_AGENTS, {"workspace": workspace}).all()
    return whole(connection, workspace, found)


def keep_person(
    connection: Connection, workspace: WorkspaceId, person: Person, owner: Owner | None
) -> None:
    key = {"workspace": workspace, "id": person.id} | _owned_by(owner)
    insert_or_advance(connection, people, [key | people_rows.person_values(person)])
    stays = {"workspace": workspace, "person": person.id, "teams": list(person.teams)}
    connection.execute(_LEAVE, stays)
    _keep_memberships(connection, workspace, person, owner)


def _keep_memberships(
    connection: Connection, workspace: WorkspaceId, person: Person, owner: Owner | None
) -> None:
    def rows_of(teams: Iterable[TeamId], owner: str) -> list[Values]:
        member = {"workspace": workspace, "person": person.id, "owner": owner}
        return [member | {"team": team} for team in sorted(teams)]

    listed = person.teams - person.vouched
    insert_or_update(connection, memberships, rows_of(person.teams & person.vouched, VOUCHED))
    if owner is not None:
        insert_or_update(connection, memberships, rows_of(listed, owner))
        return
    insert_new(connection, memberships, rows_of(listed, Owner.RUN))
    if listed:
        mine = {"of_workspace": workspace, "of_person": person.id, "of_teams": sorted(listed)}
        connection.execute(_LIST, mine)


def _owned_by(owner: Owner | None) -> Values:
    return {} if owner is None else {"owner": owner.value}


def people_of_the_file(connection: Connection, workspace: WorkspaceId) -> frozenset[PersonId]:
    found = connection.execute(_OF_THE_FILE, {"workspace": workspace})
    return frozenset(PersonId(row.id) for row in found)


def keep_identity(
    connection: Connection, workspace: WorkspaceId, identity: Identity, proof: rows.Values
) -> None:
    row = {
        "workspace": workspace,
        "kind": identity.kind,
        "issuer": identity.issuer,
        "subject": identity.subject,
        **proof,
    }
    insert_or_update(connection, identities, [row])


def proof(person: PersonId, at: datetime, how: str) -> rows.Values:
    return {"person": person, "verified_at": at, "how": how}


def team(connection: Connection, workspace: WorkspaceId, id: TeamId) -> Team | None:
    found = connection.execute(_TEAM, {"workspace": workspace, "id": id}).all()
    return people_rows.team(found[0], _given(row.own_address for row in found)) if found else None


def all_teams(connection: Connection, workspace: WorkspaceId) -> Sequence[Team]:
    found = connection.execute(_TEAMS, {"workspace": workspace}).all()
    return join_addresses(found, connection.execute(_ADDRESSES, {"workspace": workspace}))


def keep_team(
    connection: Connection, workspace: WorkspaceId, team: Team, owner: Owner | None
) -> None:
    department = {"workspace": workspace, "id": team.department, "name": team.department}
    insert_new(connection, departments, [department])
    key = {"workspace": workspace, "id": team.id} | _owned_by(owner)
    insert_or_advance(connection, teams, [key | people_rows.team_values(team)])
    connection.execute(_FORGET_ADDRESSES, {"workspace": workspace, "team": team.id})
    addresses = [
        {"workspace": workspace, "team": team.id, "address": address, "position": position}
        for position, address in enumerate(team.addresses)
    ]
    # An address another team had before is this team's now.
    insert_or_update(connection, team_addresses, addresses)


def _person(found: Sequence[AnyRow]) -> Person | None:
    return next(iter(people_of(found)), None)


def people_of(found: Iterable[AnyRow]) -> Iterable[Person]:
    """Of rows of WHOLE_PERSON."""
    by_id: dict[str, list[AnyRow]] = {}
    for row in found:
        by_id.setdefault(row.id, []).append(row)
    for each in by_id.values():
        names = [_identity(row) for row in each if row.kind is not None]
        person = people_rows.person(each[0], _in_use_first(each[0], names))
        yield _with_teams(person, ((row.member_of, row.member_by) for row in each))


def _given(words: Iterable[str | None]) -> Iterable[str]:
    return (word for word in words if word is not None)


def whole(
    connection: Connection, workspace: WorkspaceId, found: Sequence[AnyRow]
) -> Sequence[Person]:
    """With their teams and names."""
    if not found:
        return ()
    wanted = {"workspace": workspace, "people": [row.id for row in found]}
    teams_of: dict[str, list[tuple[str, str]]] = {}
    for row in connection.execute(_MEMBERSHIPS, wanted):
        teams_of.setdefault(row.person, []).append((row.team, row.owner))
    names_of: dict[str, list[Identity]] = {}
    for row in connection.execute(_NAMES, wanted):
        names_of.setdefault(row.person, []).append(_identity(row))
    return [
        _with_teams(
            people_rows.person(row, _in_use_first(row, names_of.get(row.id, ()))),
            teams_of.get(row.id, ()),
        )
        for row in found
    ]


def _with_teams(person: Person, memberships: Iterable[tuple[str | None, str | None]]) -> Person:
    """Of (team, owner)."""
    owners = {TeamId(team): owner for team, owner in memberships if team is not None}
    vouched = frozenset(team for team, owner in owners.items() if owner == VOUCHED)
    return replace(person, teams=frozenset(owners), vouched=vouched)


def join_addresses(found: Iterable[AnyRow], addresses: Iterable[AnyRow]) -> Sequence[Team]:
    addresses_of: dict[str, list[str]] = {}
    for row in addresses:
        addresses_of.setdefault(row.team, []).append(row.address)
    return [people_rows.team(row, addresses_of.get(row.id, ())) for row in found]


def _identity(row: AnyRow) -> Identity:
    return Identity(row.kind, row.issuer, row.subject)


def _in_use_first(row: AnyRow, names: Iterable[Identity]) -> tuple[Identity, ...]:
    """The columns of a person say which of several names of a kind is the one to be used."""
    used = [
        Identity(kind, "", subject)
        for kind, subject in (("slack", row.slack), ("mail", row.mail))
        if subject
    ]
    kept = {(name.kind, name.subject): name for name in names}
    first = [kept.pop((name.kind, name.subject), name) for name in used]
    return (*first, *kept.values())
