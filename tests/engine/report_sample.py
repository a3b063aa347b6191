"""Two weeks of a small desk, made up once and the same every time: for the looks of digests and reports."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from engine.calendars.calendar import ALWAYS
from engine.promises.rules import DEVOPS
from engine.reports.facts import PageFacts, TicketFacts
from engine.reports.kinds import Period
from engine.reports.report import Report, report
from engine.tickets.people import PersonId, TeamId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Period(date(2026, 11, 23), date(2026, 11, 30), BERLIN)
YESTERDAY = Period(date(2026, 11, 27), date(2026, 11, 28), BERLIN)
SUBJECTS = (
    "VPN drops every few minutes",
    "Cannot open the shared calendar",
    "Disk full on build-07",
    "New laptop for Karin, starts on Monday",
    "Database restore of customer 4711 for the auditors, urgent because the board meets tomorrow",
    "<!channel> free *prizes* <https://evil.example|here>",
)
FRESH = 4
AGENTS = ("Ana Ortiz", "Ben Okafor", "Chris Lindqvist")


def tickets(count: int = 90) -> list[TicketFacts]:
    return list(_tickets(count, Random(23)))


def _tickets(count: int, random: Random) -> Iterator[TicketFacts]:
    for number in range(1, count + 1):
        created = NOW - timedelta(minutes=random.randrange(14 * 24 * 60))
        priority = random.choices(list(Priority), (1, 3, 5, 2))[0]
        agent = random.choice(("", *AGENTS)) if number % 9 == 0 else random.choice(AGENTS)
        answered = created + timedelta(minutes=random.expovariate(1 / 30))
        solved = created + timedelta(hours=random.expovariate(1 / (50 if number % 4 == 0 else 6)))
        if number <= FRESH:  # just come in, and nobody has answered
            created = NOW - timedelta(minutes=25 * number)
            answered = solved = NOW + timedelta(hours=3)
        clocks = (
            _clock(ClockKind.FIRST_RESPONSE, priority, created, answered),
            _clock(ClockKind.RESOLUTION, priority, created, solved),
        )
        yield TicketFacts(
            number=number,
            subject=random.choice(SUBJECTS),
            priority=priority,
            category=random.choice(("VM", "Network", "Database", "Other")),
            team=TeamId("support"),
            team_name="Support",
            department="IT",
            state=State.RESOLVED if solved <= NOW else State.OPEN,
            created_at=created,
            assignee=PersonId(agent) if agent else None,
            assignee_name=agent,
            resolved_at=solved if solved <= NOW else None,
            reopened=random.random() < 0.1,
            clocks=clocks,
            pages=_pages(priority, created, random),
        )


def _clock(kind: ClockKind, priority: Priority, start: datetime, end: datetime) -> PromiseClock:
    promised = DEVOPS.goals[priority].of(kind)
    assert promised is not None
    goal = promised.working(start, ALWAYS)
    due, stopped = start + goal, end if end <= NOW else None
    return PromiseClock(
        kind,
        1,
        goal,
        start,
        used=end - start if stopped else timedelta(),
        running_since=None if stopped else start,
        due_at=due,
        warnings=int(start + 0.8 * goal < NOW),
        stopped_at=stopped,
        breached_at=due if due < min(end, NOW) else None,
    )


def _pages(priority: Priority, at: datetime, random: Random) -> tuple[PageFacts, ...]:
    if priority is not Priority.P1:
        return ()
    acknowledged = at + timedelta(minutes=random.expovariate(1 / 6))
    return (PageFacts(0, "p1", at, acknowledged if random.random() < 0.8 else None),)


def lateness(clock: PromiseClock, now: datetime) -> timedelta:
    return (
        clock.used
        + (now - clock.running_since if clock.running_since else timedelta())
        - clock.goal
    )


def sample(period: Period = WEEK, count: int = 90) -> Report:
    return report(tickets(count), period=period, now=NOW, lateness=lateness)
