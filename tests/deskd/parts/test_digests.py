"""Digests and reports: who is told what, on which channel, and once per slot however often it is tried."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deskd.base.ids import TimeSortedIds
from deskd.parts.chores import Chores
from deskd.parts.digests import Digests
from deskd.parts.reports import Reports, zone_of
from deskd.parts.sweep import Sweep
from deskd.settings.reports import ReportsSection
from engine.calendars.calendar import Hours
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredPerson, DeclaredWorkspace
from engine.messages.digests import GroupedBy, ReportDigest
from engine.messages.effects import Tell
from engine.messages.values import Foreign
from engine.promises.rules import Declared
from engine.reports.kinds import ReportKind, period_of
from engine.tickets.errors import Refused
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT, Identity, Person, PersonId, Role, TeamId
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock
from tests.deskd.room import ANN, CHANNEL, SUPPORT, Room
from tests.storage import postgres

BOTH = ("slack", "mail")
TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def person(name: str, role: Role, *, teams: frozenset[TeamId] = frozenset()) -> DeclaredPerson:
    slack = Identity("slack", "T1", f"U0{name.upper()}")
    mail = Identity("mail", "", f"{name.lower()}@example.com")
    return DeclaredPerson(name, role, teams, (mail, slack), department="IT")


PEOPLE = (
    person("Mia", Role.MANAGER),
    person("Leo", Role.LEAD, teams=frozenset({SUPPORT.id})),
    person("Ana", Role.AGENT, teams=frozenset({SUPPORT.id})),
)
ROSTER = DeclaredWorkspace(Workspace(DEFAULT), (SUPPORT,), PEOPLE)


def digests(storage: Storage, clock: ManualClock, channels: tuple[str, ...] = BOTH) -> Digests:
    return Digests(Reports(storage.store, storage.views, clock), channels)


@pytest.fixture
async def busy(room: Room) -> Room:
    """Two tickets came on Monday."""
    await room.desk.declare(DEFAULT, ROSTER)
    await room.ticket("VPN is down")
    await room.ticket("No mail", priority="P1")
    for row in await room.rows():
        await room.storage.outbox.drop(row.id)
    return room


async def told(room: Room) -> dict[tuple[str, str], ReportDigest]:
    """What was said of figures, by where it goes."""
    found = await room.storage.outbox.lease(
        now=room.clock.now(), until=room.clock.now() + timedelta(minutes=1), limit=100
    )
    said = [parcel.effect for parcel in found]
    tells = [each for each in said if isinstance(each, Tell)]
    return {
        (each.to.channel, each.to.place): each.message
        for each in tells
        if isinstance(each.message, ReportDigest)
    }


async def test_the_team_hears_of_yesterday_in_its_channel_and_of_no_agent(busy: Room) -> None:
    await busy.clock.move_to(TUESDAY)
    await digests(busy.storage, busy.clock).tell_team(SUPPORT.id, ReportKind.DAILY, TUESDAY)
    ((place, report),) = (await told(busy)).items()
    assert place == ("slack", CHANNEL)
    monday = date(2026, 3, 2)
    assert (report.scope, report.first, report.last) == (Foreign("Support"), monday, monday)
    assert (report.figures.opened, report.figures.open_now) == (2, 2)
    assert GroupedBy.AGENT not in {each.by for each in report.by}


async def test_a_manager_has_the_agents_figures_too_in_a_direct_message(busy: Room) -> None:
    await busy.clock.move_to(TUESDAY)
    await digests(busy.storage, busy.clock).tell_managers(ReportKind.DAILY, TUESDAY)
    ((place, report),) = (await told(busy)).items()
    assert place == ("slack", "U0MIA")
    assert report.scope == Foreign("IT")
    assert {each.by for each in report.by} == set(GroupedBy)


async def test_the_weekly_report_goes_to_managers_by_mail_as_well(busy: Room) -> None:
    await busy.clock.move_to(NEXT_MONDAY)
    await digests(busy.storage, busy.clock).tell_managers(ReportKind.WEEKLY, NEXT_MONDAY)
    found = await told(busy)
    assert set(found) == {("slack", "U0MIA"), ("mail", "mia@example.com")}
    assert {(r.first, r.last) for r in found.values()} == {(date(2026, 3, 2), date(2026, 3, 8))}


async def test_what_no_courier_can_deliver_is_not_told(busy: Room) -> None:
    await busy.clock.move_to(TUESDAY)
    by_mail = digests(busy.storage, busy.clock, ("mail",))
    await by_mail.tell_managers(ReportKind.DAILY, TUESDAY)
    await by_mail.tell_team(SUPPORT.id, ReportKind.DAILY, TUESDAY)
    assert set(await told(busy)) == {("mail", "mia@example.com"), ("mail", "leo@example.com")}


async def test_a_team_without_a_channel_hears_it_through_its_leads(busy: Room) -> None:
    await busy.desk.declare(DEFAULT, replace(ROSTER, teams=(replace(SUPPORT, place=None),)))
    await busy.clock.move_to(TUESDAY)
    await digests(busy.storage, busy.clock).tell_team(SUPPORT.id, ReportKind.DAILY, TUESDAY)
    assert set(await told(busy)) == {("slack", "U0LEO")}


async def test_a_slot_done_twice_is_told_once(busy: Room) -> None:
    """A daemon died between telling and saying so: another does the slot again, later and with other figures."""
    made = digests(busy.storage, busy.clock)
    await busy.clock.move_to(TUESDAY)
    await made.tell_managers(ReportKind.DAILY, TUESDAY)
    await busy.ticket("One more")
    await busy.clock.forward(minutes=5)
    await made.tell_managers(ReportKind.DAILY, TUESDAY)
    assert [r.key for r in await busy.rows() if r.kind == "report_digest"] == [
        f"report.daily.{TUESDAY.isoformat()}.{await _id(busy, 'Mia')}.slack.U0MIA"
    ]


async def _id(room: Room, name: str) -> PersonId:
    found = await room.storage.store.run(DEFAULT, lambda t: t.people_named(name))
    return found[0].id


async def test_a_desk_at_which_nothing_happened_is_left_alone(room: Room) -> None:
    await room.desk.declare(DEFAULT, ROSTER)
    made = digests(room.storage, room.clock)
    await made.tell_team(SUPPORT.id, ReportKind.DAILY, TUESDAY)
    await made.tell_managers(ReportKind.WEEKLY, TUESDAY)
    await made.tell_team(TeamId("gone"), ReportKind.DAILY, TUESDAY)
    assert await told(room) == {}


async def test_an_agent_who_asks_sees_their_own_a_lead_the_teams(busy: Room) -> None:
    reports = Reports(busy.storage.store, busy.storage.views, busy.clock)
    people = {p.name: p for p in await busy.storage.store.run(DEFAULT, lambda t: t.agents())}
    own = await reports.asked(people["Ana"], ReportKind.TODAY, own=False)
    assert (own.scope, own.figures.opened) == (Foreign("Ana"), 0)
    assert [each.by for each in own.by] == [GroupedBy.PRIORITY, GroupedBy.CATEGORY]
    lead = await reports.asked(people["Leo"], ReportKind.TODAY, own=False)
    assert (lead.scope, lead.figures.opened) == (Foreign("Support"), 2)
    mine = await reports.asked(people["Leo"], ReportKind.TODAY, own=True)
    assert (mine.scope, mine.figures.opened) == (Foreign("Leo"), 0)
    with pytest.raises(Refused):
        await reports.asked(Person(PersonId("bob"), "Bob"), ReportKind.TODAY, own=True)


async def test_lateness_is_working_time_of_the_clocks_own_calendar(room: Room) -> None:
    """Due on Monday at noon, looked at on Tuesday morning: the office was closed all night."""
    hours = Hours("UTC", {"mon": ((time(9), time(17)),), "tue": ((time(9), time(17)),)})
    rules = Declared(calendars={"office": hours})
    team = replace(SUPPORT, calendar="office")
    await room.desk.declare(DEFAULT, replace(ROSTER, teams=(team,), rules=rules))
    await room.ticket()
    reports = Reports(room.storage.store, room.storage.views, room.clock)
    material = await reports.material(period_of(ReportKind.TODAY, room.clock.now(), UTC))
    (clock, *_) = material.facts[0].clocks
    inside = replace(clock, calendar="office", running_since=room.clock.now())
    late = material._lateness(inside, TUESDAY + timedelta(hours=1))
    assert late == timedelta(hours=8 + 1) - clock.goal


def test_a_teams_calendar_says_whose_morning_is_meant() -> None:
    section = ReportsSection()
    made = Digests(Reports(None, None, None), BOTH)  # type: ignore[arg-type] # nothing is asked of them
    chores = list(made.chores(section, [(SUPPORT.id, "Asia/Tokyo")], "Europe/Berlin"))
    assert [chore.name for chore in chores] == [
        "report.daily.support",
        "report.daily.managers",
        "report.weekly.support",
        "report.weekly.managers",
    ]
    after = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
    nexts = [chore.when.next(after=after) for chore in chores]
    assert nexts == [
        datetime(2026, 3, 4, 0, 0, tzinfo=UTC),  # 09:00 in Tokyo
        datetime(2026, 3, 3, 8, 0, tzinfo=UTC),  # 09:00 in Berlin
        datetime(2026, 3, 8, 23, 0, tzinfo=UTC),  # Monday 08:00 in Tokyo
        datetime(2026, 3, 9, 7, 0, tzinfo=UTC),  # Monday 08:00 in Berlin
    ]


def test_both_can_be_switched_off() -> None:
    assert list(ReportsSection(daily="", weekly="").lines) == []
    assert list(ReportsSection(daily="07:30", weekly="").lines) == [
        (ReportKind.DAILY, "30 7 * * *")
    ]


async def test_a_team_lives_by_its_calendar_and_else_by_the_workspaces_clock(room: Room) -> None:
    hours = Hours("Asia/Tokyo", {"mon": ((time(9), time(17)),)})
    roster = replace(ROSTER, settings=Workspace(DEFAULT, timezone="Europe/Berlin"))
    await room.desk.declare(DEFAULT, replace(roster, rules=Declared(calendars={"tokyo": hours})))
    rules = await Reports(room.storage.store, room.storage.views, room.clock).rules()
    assert zone_of(SUPPORT, rules) == ZoneInfo("Europe/Berlin")
    assert zone_of(replace(SUPPORT, calendar="tokyo"), rules) == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("kind", "first", "end"),
    [
        (ReportKind.DAILY, date(2026, 3, 2), date(2026, 3, 3)),
        (ReportKind.WEEKLY, date(2026, 2, 24), date(2026, 3, 3)),
        (ReportKind.TODAY, date(2026, 3, 3), date(2026, 3, 4)),
        (ReportKind.WEEK, date(2026, 2, 25), date(2026, 3, 4)),
        (ReportKind.MONTH, date(2026, 2, 2), date(2026, 3, 4)),
    ],
)
def test_a_kind_names_its_days(kind: ReportKind, first: date, end: date) -> None:
    period = period_of(kind, TUESDAY, UTC)
    assert (period.first, period.end) == (first, end)


@pytest.fixture
def url() -> Iterator[str]:
    if reason := postgres.unreachable():
        pytest.skip(reason)
    url = postgres.create()
    yield url
    postgres.drop(url)


async def test_a_manager_gets_the_digest_once_from_four_daemons(url: str, tmp_path: Path) -> None:
    """Four daemons on one PostgreSQL meet each slot, thrice each, for a week."""
    clock = ManualClock()
    storages = [await open_storage(url, tmp_path, clock) for _ in range(4)]
    desk = Desk(storages[0].store, clock, TimeSortedIds(clock), nudge=lambda: None)
    await desk.declare(DEFAULT, ROSTER)
    await desk.open(DEFAULT, Draft("VPN", "It drops.", "P3"), by=ANN)
    daemons = [_daemon(storage, clock, str(n)) for n, storage in enumerate(storages)]
    await asyncio.gather(*(each.look_at_all() for each in daemons))
    for day in range(7):
        await clock.move_to(TUESDAY + timedelta(days=day))
        await asyncio.gather(*(each.look_at_all() for each in daemons for _ in range(3)))
    rows = [row for row in await storages[0].views.outbox() if row.kind == "report_digest"]
    by_place = sorted((row.channel, row.place, row.key.split(".")[1]) for row in rows)
    assert by_place == sorted(
        [("slack", CHANNEL, "daily")] * 7
        + [("slack", CHANNEL, "weekly")]
        + [("slack", "U0MIA", "daily")] * 7
        + [("slack", "U0MIA", "weekly"), ("mail", "mia@example.com", "weekly")]
    )
    for storage in storages:
        await storage.close()


def _daemon(storage: Storage, clock: ManualClock, owner: str) -> Chores:
    calendar = digests(storage, clock).chores(ReportsSection(), [(SUPPORT.id, "UTC")], "UTC")
    sweep = Sweep(storage.store, storage.timers, storage.views)
    return Chores(sweep, clock, lambda count: None, storage.slots, owner, tuple(calendar))
