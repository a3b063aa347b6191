"""A small desk with something of everything in it, as it stands at one fixed hour: what `--json` is tried on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deskd.base.ids import TimeSortedIds
from deskd.config.load import load
from deskd.declared.declared_workspace import roster
from engine.desk.directory import DeclaredWorkspace
from engine.duty.presence import Out
from engine.ports.spool import Incoming
from engine.shifts import timer_due
from engine.shifts.duty_desk import DutyDesk
from engine.tickets.message import Attachment, Draft
from engine.tickets.people import DEFAULT, Caller, Identity
from engine.tickets.ticket import Ticket
from storage.open.open_storage import open_storage
from tests.clock import ManualClock
from tests.deskd.commands import KEY
from tests.engine.world import World, asks

NOW: Final = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
"""A Thursday afternoon."""
DAYS: Final = 42
RINGS_MAX: Final = 5
ANA: Final = Caller(Identity("mail", "", "ana@example.com"), "Ana", "mail")
BEN: Final = Caller(Identity("mail", "", "ben@example.com"), "Ben", "mail")
TOML: Final = """
[mail]
address = "support@example.com"
[desk]
timezone = "Europe/Berlin"
domains = ["example.com"]
categories = ["Network", "Other"]
[[teams]]
id = "support"
name = "Support"
calendar = "office"
[[people]]
name = "Ana"
mail = "ana@example.com"
role = "agent"
teams = ["support"]
limit = 1
[[people]]
name = "Ben"
mail = "ben@example.com"
role = "manager"
teams = ["support"]
[[calendars]]
id = "office"
timezone = "Europe/Berlin"
hours = { mon-fri = ["08:00-18:00"] }
holidays = [2026-03-09]
yearly_holidays = ["12-25"]
breaks = { "2026-03-10" = ["12:00-13:00"] }
[calendars.overrides]
"2026-12-24" = ["09:00-12:00"]
"""
EDITED: Final = """
[[policies]]
id = "devops"
base = "devops"
[policies.goals.P3]
resolution = "5bd"
"""
"""What the file says since this afternoon, after the tickets were opened."""


async def fill(folder: Path) -> None:
    """Weeks of a quiet desk, then an afternoon in which everything happens that has a shape of its own."""
    file = folder / "deskd.toml"
    clock = ManualClock(NOW - timedelta(days=DAYS))
    storage = await open_storage(f"sqlite+aiosqlite:///{folder}/deskd.db", folder / "f", clock)
    world = World(storage, clock)
    await _declare(world, file, TOML)
    await _quiet_weeks(world)
    await clock.move_to(NOW - timedelta(days=2, hours=6))
    await _busy_morning(world)
    await clock.move_to(NOW - timedelta(hours=1))
    await _afternoon(world)
    await _declare(world, file, TOML + EDITED)
    await storage.close()


async def _declare(world: World, file: Path, text: str) -> None:
    await world.desk.declare(DEFAULT, _written(file, text))


def _written(file: Path, text: str) -> DeclaredWorkspace:
    file.write_text(f'secret_key = "{KEY}"\n{text}', encoding="utf-8")
    return roster(load(config=file, environment={}, flags={}, cwd=file.parent).settings)


async def _quiet_weeks(world: World) -> None:
    """One a day: answered in ten minutes, solved in an hour, the last of a week late."""
    for day in range(DAYS - 3):
        await world.clock.move_to(NOW - timedelta(days=DAYS - day, hours=4))
        ticket = await world.mail()
        by = BEN if day % 7 == 0 else ANA
        await world.clock.forward(minutes=10)
        await world.desk.reply(asks(ticket, by), "Try again")
        await world.clock.forward(hours=20 if day % 7 == 0 else 1)
        await world.desk.resolve(asks(ticket, by), "It works again")


async def _busy_morning(world: World) -> None:
    """A ticket that is paged for, acknowledged and asked about; two that become one; one that is cut in two."""
    desk = world.desk
    one = await world.mail(attachments=_FILES)
    await desk.set_priority(asks(one, BEN), "P1")
    await _ring(world)
    await world.clock.forward(hours=2)
    await _ring(world)
    await desk.escalate(asks(one, ANA), "nobody can work")
    await desk.acknowledge(asks(one, BEN))
    await desk.claim(asks(one, BEN))
    await desk.note(asks(one, BEN), "the disk is full")
    await desk.ask(asks(one, BEN), "Which floor?")
    await desk.set_category(asks(one, BEN), "Network")
    await desk.waive(asks(one, BEN), "the power was out")
    two, three = await world.mail(), await world.mail()
    await desk.merge(asks(two, BEN), three.number)
    await desk.split(asks(three, BEN), Draft("And the printer", "It is out of paper"))


_FILES: Final = (
    Attachment("log.txt", "text/plain", 12, "0" * 64),
    Attachment("setup.exe", "application/exe", 99, refused="blocked_type"),
)


async def _ring(world: World) -> None:
    """Every timer that is due, at its turn."""
    now = world.clock.now()
    for _ in range(RINGS_MAX):
        rung = await world.storage.timers.ring_due(
            now=now, limit=100, work=lambda t, timer: timer_due.ring(t, timer, now)
        )
        if not rung.rung:
            return


async def _afternoon(world: World) -> None:
    """Ana is on duty with more than she can carry, Ben is at lunch; something unreadable came in."""
    clock, storage = world.clock, world.storage
    floor = DutyDesk(storage.store, clock, TimeSortedIds(clock), nudge=lambda: None)
    await floor.start_shift(DEFAULT, ANA, length=timedelta(hours=3))
    await floor.start_shift(DEFAULT, BEN)
    for _ in range(4):
        mine: Ticket = await world.mail()
        await world.desk.assign(asks(mine, BEN), "Ana")
    await clock.forward(minutes=5)
    await floor.go_out(DEFAULT, ANA, Out.BREAK)
    for key, sender in (("a", "bob@example.com"), ("b", None)):
        incoming = Incoming(
            DEFAULT, "mail", "message", key, b"To: x\r\n\r\nhm", {}, clock.now(), sender
        )
        kept = await storage.spool.keep(incoming)
    await storage.spool.bury(kept.id, reason="unreadable")
