"""A floor over real SQLite with a team of three, for the tests of shifts and of sharing out."""

import shutil
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from deskd.base.ids import TimeSortedIds
from engine.calendars.calendar import Hours
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredPerson, DeclaredWorkspace
from engine.duty.presence import Duty
from engine.messages.effects import Tell
from engine.promises.rules import Declared, DeclaredRotation
from engine.shifts import timer_due
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.message import Draft
from engine.tickets.people import DEFAULT, Address, Caller, Identity, Role, Team, TeamId
from engine.tickets.ticket import Ticket
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock

TEAM = Team(TeamId("support"), "Support", "it", place=Address("slack", "C1"))
SETTINGS = Workspace(DEFAULT, category_skills={"Network": ("network",)})


def caller(name: str) -> Caller:
    return Caller(Identity("slack", "T1", f"U_{name.upper()}"), name, "slack")


def declared(
    name: str, role: Role = Role.AGENT, *, skills: frozenset[str] = frozenset()
) -> DeclaredPerson:
    teams = frozenset({TEAM.id}) if role > Role.REQUESTER else frozenset()
    address = Identity("mail", "", f"{name.lower()}@example.com")
    return DeclaredPerson(
        name, role, teams, (address, caller(name).identity), department="it", skills=skills
    )


ANA, BEN, LEA, BOB = map(caller, ("Ana", "Ben", "Lea", "Bob"))
PEOPLE = (
    declared("Ana", skills=frozenset({"network"})),
    declared("Ben"),
    declared("Lea", Role.LEAD),
)


class World:
    def __init__(self, storage: Storage, clock: ManualClock) -> None:
        self.storage, self.clock, self.nudges = storage, clock, 0
        ids = TimeSortedIds(clock)
        self.desk = Desk(storage.store, clock, ids, nudge=self.nudge)
        self.floor = DutyDesk(storage.store, clock, ids, nudge=self.nudge)

    def nudge(self) -> None:
        self.nudges += 1

    async def declare(
        self,
        team: Team = TEAM,
        *,
        managers: tuple[str, ...] = (),
        rotations: tuple[DeclaredRotation, ...] = (),
        calendars: Mapping[str, Hours] | None = None,
    ) -> None:
        people = (*PEOPLE, *(declared(name, Role.MANAGER) for name in managers))
        rules = Declared(rotations=rotations, calendars=calendars or {})
        roster = DeclaredWorkspace(SETTINGS, (team,), people, rules)
        await self.desk.declare(DEFAULT, roster)

    async def open(self, *, priority: str = "P3", category: str | None = None) -> Ticket:
        draft = Draft("VPN is down", "Nothing works", priority, category)
        return await self.desk.open(DEFAULT, draft, by=BOB)

    async def ticket(self, number: int = 1) -> Ticket:
        found = await self.storage.store.run(DEFAULT, lambda t: t.ticket(number))
        assert found is not None
        return found

    async def holder(self, number: int = 1) -> str | None:
        line = await self.storage.views.ticket(DEFAULT, number)
        assert line is not None
        return line.assignee.name if line.assignee else None

    async def dispatch(self) -> int:
        return await self.floor.dispatch(DEFAULT, TEAM.id)

    async def lapse(self) -> int:
        """Ring what is due of people; how many timers meant something."""
        at = self.clock.now()
        standing = await self.storage.timers.standing_of_people(DEFAULT)
        due = [timer for timer in standing if timer.due_at <= at]
        run = self.storage.store.run
        return sum([await run(DEFAULT, partial(timer_due.ring, timer=one, at=at)) for one in due])

    async def start(self, *callers: Caller, hours: float | None = 8) -> None:
        length = timedelta(hours=hours) if hours else None
        for by in callers:
            await self.floor.start_shift(DEFAULT, by, length=length)

    async def duty(self, by: Caller) -> Duty:
        return (await self.floor.standing(DEFAULT, by)).duty

    async def told(self, kind: str) -> list[Tell]:
        parcels = await self.storage.outbox.lease(
            now=self.clock.now(), until=self.clock.now() + timedelta(seconds=1), limit=100
        )
        effects = [parcel.effect for parcel in parcels]
        return [one for one in effects if isinstance(one, Tell) and one.kind == kind]


@pytest.fixture
async def world(tmp_path: Path, template: Path) -> AsyncIterator[World]:
    url = f"sqlite+aiosqlite:///{tmp_path}/desk.db"
    shutil.copy(template, tmp_path / "desk.db")
    clock = ManualClock()
    storage = await open_storage(url, tmp_path / "files", clock)
    made = World(storage, clock)
    await made.declare()
    yield made
    await storage.close()
