"""The forecast of a desk as a whole: whose hours count, which promises are owed, when nothing can be said."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from engine.calendars.calendar import Calendar, Hours
from engine.promises.rules import Rules
from engine.reports.facts import TicketFacts
from engine.reports.forecast import NotEnough, Range
from engine.reports.outlook import Outlook, hours_of, outlook, owed
from engine.reports.shortfall import Owed
from engine.tickets.people import DEFAULT, TeamId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import State
from engine.tickets.workspace import Workspace
from tests.engine.make import ANA, BEN, TEAM
from tests.engine.reports.test_report import one

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE = Calendar(Hours("UTC", {day: ((time(9), time(17)),) for day in ("mon", "tue", "wed")}))
RULES = Rules(Workspace(DEFAULT), calendars={"office": (1, OFFICE)})


def promise(
    kind: ClockKind, due: timedelta, *, goal: timedelta = HOUR, **changes: object
) -> PromiseClock:
    plain = PromiseClock(kind, 1, goal, NOW - HOUR, running_since=NOW - HOUR, due_at=NOW + due)
    return replace(plain, **changes)  # type: ignore[arg-type]  # a clock's own fields


def weeks(count: int, *clocks: PromiseClock) -> list[TicketFacts]:
    """One ticket each morning, solved by Ana in the same hour; and one open, if it has clocks."""
    solved = [
        one(
            number=ago,
            created_at=NOW - timedelta(days=ago),
            resolved_at=NOW - timedelta(days=ago) + HOUR / 2,
            state=State.RESOLVED,
            assignee=ANA.id,
            assignee_name=ANA.name,
        )
        for ago in range(1, 7 * count + 1)
    ]
    return [*solved, *([one(number=999, created_at=NOW - HOUR, clocks=clocks)] if clocks else [])]


def told(facts: list[TicketFacts], hours: list[Calendar]) -> Outlook:
    found = outlook(facts, hours, now=NOW, zone=UTC)
    assert isinstance(found, Outlook)
    return found


def test_too_little_history_is_said_of_the_whole() -> None:
    assert outlook(weeks(2), [OFFICE], now=NOW, zone=UTC) == NotEnough(2.0)


def test_what_comes_what_each_resolves_and_what_one_ticket_takes() -> None:
    found = told(weeks(8), [OFFICE, OFFICE])
    assert [round(day.arrivals.likely, 3) for day in found.forecast.days] == [1] * 7
    (ana,) = found.agents
    assert (ana.name, round(ana.resolved.likely, 3)) == ("Ana", 7)
    assert found.staffing is not None
    # Two agents of eight hours, one ticket a day.
    assert found.staffing.minutes == Range(960, 960, 960)


def test_of_each_open_ticket_the_promise_due_first_is_owed_if_it_can_be_kept() -> None:
    response, resolution = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
    tickets = [
        one(number=1, clocks=(promise(resolution, 9 * HOUR), promise(response, HOUR))),
        one(number=2, clocks=(promise(resolution, HOUR, running_since=None),)),
        one(number=3, clocks=(promise(resolution, HOUR, breached_at=NOW),)),
        one(number=4, clocks=(promise(resolution, HOUR, waived=True),)),
        one(number=5, clocks=(promise(resolution, -HOUR),)),
    ]
    assert list(owed(tickets, NOW)) == [Owed(1, NOW + HOUR)]


def test_a_promise_that_the_people_there_can_not_keep_is_named() -> None:
    """It is due in two hours, and a ticket has been taking eight."""
    late = told(weeks(8, promise(ClockKind.RESOLUTION, 2 * HOUR)), [OFFICE])
    assert late.staffing is not None
    assert [each.ticket for each in late.staffing.shortfall.likely] == [999]
    in_time = told(weeks(8, promise(ClockKind.RESOLUTION, 30 * HOUR)), [OFFICE])
    assert in_time.staffing is not None
    assert in_time.staffing.shortfall.likely == ()


def test_nobodys_hours_known_says_nothing_of_staffing() -> None:
    assert told(weeks(8), []).staffing is None


def test_an_agent_counts_once_by_the_first_of_their_teams_that_has_hours() -> None:
    network = replace(TEAM, id=TeamId("network"), calendar="office")
    both = replace(ANA, teams=frozenset({TEAM.id, network.id}))
    gone = replace(both, status="suspended")
    assert hours_of([both, BEN, gone], [TEAM, network], RULES) == [OFFICE]
