"""A ticket with everything that makes managers ask: a pause, a priority raised, a reopening, and a page."""

from datetime import UTC, date, datetime, time
from typing import Final

from engine.calendars.calendar import WEEKDAYS, Calendar, Hours
from engine.calendars.durations import Duration
from engine.explain.explain import explain
from engine.explain.told import ExplainReader, ToldExplanation, told
from engine.promises.rules import Goals, Policy, Rules
from engine.tickets import lifecycle
from engine.tickets.people import DEFAULT
from engine.tickets.ticket import Priority
from engine.tickets.workspace import Workspace
from tests.engine.life import Life
from tests.engine.make import ANA, BEN, BOB

OFFICE: Final = Calendar(
    Hours(
        "Europe/Berlin",
        dict.fromkeys(WEEKDAYS[:5], ((time(9), time(17)),)),
        holidays=frozenset({date(2026, 3, 4)}),
    )
)
NAMES: Final = {each.id: each.name for each in (ANA, BEN, BOB)}
LEVELS: Final = ("agent", "senior", "lead", "manager", "admin")


def _goals(first: str, resolution: str, ack: str) -> Goals:
    return Goals(Duration.read(first), Duration.read(resolution), Duration.read(ack))


POLICY: Final = Policy(
    "office hours",
    {Priority.P3: _goals("2h", "24h", "4h"), Priority.P2: _goals("30m", "8h", "1h")},
    calendar="office",
)


def march(day: int, clock: str) -> datetime:
    """By the clocks of Berlin."""
    at = time.fromisoformat(clock)
    return datetime(2026, 3, day, at.hour - 1, at.minute, tzinfo=UTC)


OPENED: Final = march(2, "10:00")
LATER: Final = march(5, "18:00")


def office(opened: datetime = OPENED) -> Life:
    """Opened as P3."""
    rules = Rules(
        Workspace(DEFAULT, policy=POLICY.id),
        {"office": (1, OFFICE)},
        {POLICY.id: [(0, POLICY)]},
    )
    return Life(rules).born(opened)


def ended() -> Life:
    """Answered, raised, paused, resolved, reopened, paged for, and resolved again, too late."""
    life = office().claims(march(2, "10:40")).answers(march(2, "11:10"))
    raised = lifecycle.set_priority(life.before(march(2, "13:00")), to=Priority.P2)
    life.does(march(2, "13:00"), raised, by=BEN.id).waits(march(2, "15:00"))
    life.writes(march(3, "10:00")).answers(march(3, "10:20")).resolves(march(3, "12:00"))
    life.writes(march(5, "09:30")).claims(march(5, "11:15"))
    return life.resolves(march(5, "12:30"), words=True)


def story(life: Life, *, short: bool = False, now: datetime = LATER) -> ToldExplanation:
    now = max(now, life.ticket.updated_at)
    explanation = explain(life.ticket, life.entries, life.almanac, now)
    return told(explanation, ExplainReader("Europe/Berlin", NAMES, LEVELS, "Support", short))
