"""Every figure of a report twice: from the engine's clocks, and from a ledger of what happened."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reports.facts import PageFacts, TicketFacts, seen_by
from engine.reports.kinds import Period
from engine.reports.lists import Age
from engine.reports.report import (
    By,
    Figures,
    Rate,
    Report,
    Spread,
    figures,
    looks_back,
    report,
    spread,
)
from engine.tickets.errors import Refused
from engine.tickets.people import Person, PersonId, Role, TeamId
from engine.tickets.promise_clock import ClockKind, PromiseClock
from engine.tickets.ticket import Priority, State
from tests.engine.report_stories import (
    AGENTS,
    DAY,
    END,
    LABELS,
    TEAMS,
    Debt,
    Ledger,
    Life,
    books,
    facts,
    lateness,
    lives,
    minute,
)

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Period(date(2026, 11, 23), date(2026, 11, 30), BERLIN)
"""The stories begin on the 16th and end on the 1st: some lie before, some in it, some later."""
NOW = minute(END)
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def made(told: Sequence[Life], period: Period = WEEK) -> Report:
    return report(list(map(facts, told)), period=period, now=NOW, lateness=lateness)


def one(**changes: object) -> TicketFacts:
    plain = TicketFacts(
        number=1,
        subject="VPN",
        priority=Priority.P3,
        category="VM",
        team=TeamId("net"),
        team_name="Network",
        department="it",
        state=State.OPEN,
        created_at=AT,
    )
    return replace(plain, **changes)


def clock(kind: ClockKind = ClockKind.RESOLUTION, **changes: object) -> PromiseClock:
    plain = PromiseClock(
        kind, 1, goal=4 * HOUR, started_at=AT, running_since=AT, due_at=AT + 4 * HOUR
    )
    return replace(plain, **changes)


def stopped(after: timedelta, **changes: object) -> PromiseClock:
    end = {"running_since": None, "stopped_at": AT + after, "used": after}
    return clock(**{**end, **changes})


# The second path


def told(period: Period, at: int | None) -> bool:
    """By the local calendar day, not by bounds in UTC."""
    if at is None:
        return False
    day = minute(at).astimezone(period.zone).date()
    return period.first <= day < period.end


def debts(told_books: Sequence[Ledger]) -> list[Debt]:
    return [debt for book in told_books for debt in book.debts]


def counted(kept: Sequence[Debt], period: Period) -> dict[str, Rate]:
    judged = [debt for debt in kept if told(period, debt.judged)]
    whole = Counter(debt.kind for debt in judged)
    met = Counter(debt.kind for debt in judged if debt.broken is None)
    return {kind: Rate(met[kind], whole[kind]) for kind in whole}


def check(found: Figures, ledgers: Sequence[Ledger], period: Period) -> None:
    resolved = [book for book in ledgers if told(period, book.resolved)]
    assert found.opened == sum(told(period, book.life.opened) for book in ledgers)
    assert found.resolved == len(resolved)
    assert found.open_now == sum(book.open for book in ledgers)
    assert found.reopened == Rate(sum(book.reopened > 0 for book in resolved), len(resolved))
    assert {k.value: rate for k, rate in found.kept.items() if rate.whole} == counted(
        debts(ledgers), period
    )
    check_spread(
        found.resolution_wall, [b.resolved - b.life.opened for b in resolved if b.resolved]
    )
    check_spread(found.resolution_working, [b.debts[1].used for b in resolved])
    first = [book.debts[0] for book in ledgers]
    check_spread(found.response, [d.used for d in first if told(period, d.ended)])
    check_pages(found, ledgers, period)


def check_pages(found: Figures, ledgers: Sequence[Ledger], period: Period) -> None:
    pages = [page for book in ledgers for page in book.life.pages if told(period, page.at)]
    check_spread(found.acknowledged, [page.after for page in pages if page.after is not None])
    assert found.unacknowledged == sum(page.after is None for page in pages)


def check_spread(found: Spread | None, minutes: Sequence[int]) -> None:
    """Mean and median by the standard library, the percentile by counting who took no longer."""
    if not minutes:
        assert found is None
        return
    assert found is not None
    assert found.count == len(minutes)
    assert found.mean / timedelta(minutes=1) == pytest.approx(sum(minutes) / len(minutes))
    assert found.median / timedelta(minutes=1) == pytest.approx(median(minutes))
    enough = [m for m in minutes if 10 * sum(each <= m for each in minutes) >= 9 * len(minutes)]
    assert found.p90 == timedelta(minutes=min(enough))


@given(lives)
def test_every_figure_of_the_whole_and_of_the_time_before(stories: tuple[Life, ...]) -> None:
    ledgers = list(books(stories))
    found = made(stories)
    check(found.whole, ledgers, WEEK)
    check(found.before, ledgers, Period(date(2026, 11, 16), date(2026, 11, 23), BERLIN))


@given(lives)
def test_every_figure_of_every_group(stories: tuple[Life, ...]) -> None:
    found = made(stories)
    of: dict[By, Callable[[Life], tuple[str, str]]] = {
        By.PRIORITY: lambda life: (life.priority, LABELS[life.priority]),
        By.CATEGORY: lambda life: (life.category, life.category),
        By.TEAM: lambda life: (life.team, TEAMS[life.team]),
        By.AGENT: lambda life: (life.agent, AGENTS[life.agent]),
    }
    for by, group_of in of.items():
        shown = {(group.key, group.name): group.figures for group in found.by[by]}
        for group in {group_of(life) for life in stories}:
            ledgers = [book for book in books(stories) if group_of(book.life) == group]
            check(shown.get(group, figures([], WEEK)), ledgers, WEEK)


@given(lives, st.sampled_from([7, 20, 21, 60]))
def test_the_trend_adds_up_day_by_day_or_week_by_week(stories: tuple[Life, ...], days: int) -> None:
    period = Period(WEEK.first, WEEK.first + timedelta(days=days), BERLIN)
    found, ledgers = made(stories, period), list(books(stories))
    assert found.weekly == (days > 20)
    starts = [flow.first for flow in found.trend]
    for flow, following in zip(found.trend, [*starts[1:], period.end], strict=True):
        part = Period(max(flow.first, period.first), following, BERLIN)
        assert flow.opened == sum(told(part, book.life.opened) for book in ledgers)
        assert flow.resolved == sum(told(part, book.resolved) for book in ledgers)
        rates = counted(debts(ledgers), part).values()
        assert flow.kept == Rate(sum(r.part for r in rates), sum(r.whole for r in rates))
    assert len(found.trend_before) >= 1
    assert sum(flow.opened for flow in found.trend_before) == found.before.opened


@given(lives)
def test_the_lists_name_what_is_late_and_what_will_be(stories: tuple[Life, ...]) -> None:
    found = made(stories)
    running = [
        (book.life.number, debt)
        for book in books(stories)
        for debt in book.debts
        if debt.ended is None
    ]
    late = {
        (number, debt.kind, debt.used - debt.goal)
        for number, debt in running
        if debt.broken is not None
    } | {
        (book.life.number, debt.kind, debt.used - debt.goal)
        for book in books(stories)
        for debt in book.debts
        if debt.ended is not None and debt.broken is not None and told(WEEK, debt.broken)
    }
    shown = [
        (x.ticket.number, x.clock.kind.value, x.late // timedelta(minutes=1)) for x in found.late
    ]
    assert set(shown) == late
    assert [each[2] for each in shown] == sorted((each[2] for each in shown), reverse=True)
    soon = {
        (number, debt.kind)
        for number, debt in running
        if debt.broken is None and debt.since is not None and 0 <= debt.goal - debt.used <= 120
    }
    assert {(r.ticket.number, r.clock.kind.value) for r in found.at_risk} == soon


@given(lives)
def test_the_backlog_is_sorted_by_age(stories: tuple[Life, ...]) -> None:
    days = [(END - book.life.opened) / DAY for book in books(stories) if book.open]
    bounds = [(0, 1), (1, 3), (3, 7), (7, 30), (30, 10_000)]
    expected = [sum(low <= day < high for day in days) for low, high in bounds]
    assert [age.count for age in made(stories).ages] == expected


# Promises by name


def test_nothing_is_no_data_and_neither_none_nor_all() -> None:
    empty = figures([], WEEK)
    assert {rate.share for rate in empty.kept.values()} == {None}
    assert empty.reopened.share is None
    assert empty.response is empty.resolution_wall is empty.acknowledged is None
    assert not empty.anything


def test_a_waived_a_cancelled_and_a_merged_promise_are_neither_kept_nor_broken() -> None:
    broken = stopped(5 * HOUR, breached_at=AT + 4 * HOUR)
    for outside in (
        one(clocks=(replace(broken, waived=True),)),
        one(clocks=(replace(broken, cancelled_at=AT),)),
        one(clocks=(broken,), state=State.MERGED),
    ):
        assert figures([outside], WEEK).kept_all == Rate(0, 0)
        found = report([outside], period=WEEK, now=NOW, lateness=lateness)
        assert found.late == found.at_risk == ()


def test_how_long_a_page_waits_is_no_promise_to_the_requester() -> None:
    paged = one(clocks=(stopped(HOUR, kind=ClockKind.ACK),))
    assert figures([paged], WEEK).kept_all == Rate(0, 0)


def test_a_promise_that_broke_last_week_is_not_judged_again_when_it_is_met_this_week() -> None:
    late = stopped(HOUR, breached_at=AT - 4 * timedelta(days=1), stopped_at=AT)
    assert figures([one(clocks=(late,))], WEEK).kept_all.whole == 0
    assert figures([one(clocks=(late,))], WEEK.before).kept_all == Rate(0, 1)


def test_a_goal_set_anew_says_nothing_of_how_long_the_work_took() -> None:
    rebased = stopped(HOUR, rebased=True)
    found = figures([one(state=State.RESOLVED, resolved_at=AT + HOUR, clocks=(rebased,))], WEEK)
    assert found.resolution_working is None
    assert found.resolution_wall is not None


def test_a_warned_promise_is_at_risk_however_far_its_due_time() -> None:
    far = clock(warnings=1, due_at=NOW + 9 * HOUR)
    quiet = clock(due_at=NOW + 9 * HOUR)
    found = report([one(clocks=(far, quiet))], period=WEEK, now=NOW, lateness=lateness)
    assert [risk.clock for risk in found.at_risk] == [far]


def test_a_promise_is_late_in_the_moment_before_its_timer_rings() -> None:
    unrung = clock(due_at=NOW - timedelta(seconds=1))
    found = report([one(clocks=(unrung,))], period=WEEK, now=NOW, lateness=lateness)
    assert found.late[0].open
    assert not found.at_risk


def test_a_period_is_whole_local_days_whatever_the_clocks_do() -> None:
    autumn = Period(date(2026, 10, 25), date(2026, 10, 26), BERLIN)
    assert autumn.ends_at - autumn.starts_at == timedelta(hours=25)
    assert autumn.before.ends_at == autumn.starts_at
    assert autumn.holds(datetime(2026, 10, 24, 22, tzinfo=UTC))
    assert not autumn.holds(datetime(2026, 10, 25, 23, tzinfo=UTC))
    beirut = Period(date(2026, 3, 29), date(2026, 3, 30), ZoneInfo("Asia/Beirut"))
    assert beirut.ends_at - beirut.starts_at == timedelta(hours=23)  # midnight itself was skipped


def test_two_agents_of_one_name_are_two_groups() -> None:
    twins = [one(number=n, assignee=PersonId(f"p{n}"), assignee_name="Ana") for n in (1, 2)]
    found = report(twins, period=WEEK, now=NOW, lateness=lateness)
    assert [(group.key, group.name) for group in found.by[By.AGENT]] == [
        ("p1", "Ana"),
        ("p2", "Ana"),
    ]


def test_a_day_is_drawn_at_the_end_of_its_week() -> None:
    day = Period(date(2026, 11, 24), date(2026, 11, 25), BERLIN)
    found = report([one()], period=day, now=NOW, lateness=lateness)
    assert [flow.first.day for flow in found.trend] == [18, 19, 20, 21, 22, 23, 24]
    assert [flow.opened for flow in found.trend] == [0, 0, 0, 0, 0, 0, 1]
    assert looks_back(day) == datetime(2026, 11, 10, 23, tzinfo=UTC)


def test_ages_have_no_upper_end_at_last() -> None:
    old = one(created_at=NOW - timedelta(days=400))
    found = report([old], period=WEEK, now=NOW, lateness=lateness)
    assert found.ages[-1] == Age(None, 1)


def test_the_ninth_of_ten_is_the_ninetieth_percentile() -> None:
    found = spread(timedelta(hours=hours) for hours in range(1, 11))
    assert found is not None
    assert (found.p90, found.median) == (9 * HOUR, 5.5 * HOUR)


# Who sees what

TICKETS = [
    one(number=1, assignee=PersonId("ana"), pages=(PageFacts(0, "p1", AT),)),
    one(number=2, assignee=PersonId("ben")),
    one(number=3, assignee=PersonId("ben"), team=TeamId("db")),
    one(number=4, team=TeamId("pay"), department="finance"),
]


@pytest.mark.parametrize(
    ("role", "numbers"),
    [
        (Role.AGENT, [1]),
        (Role.SENIOR, [1]),
        (Role.LEAD, [1, 2, 3]),  # a lead who is listed with the department is its head
        (Role.MANAGER, [1, 2, 3]),
        (Role.ADMIN, [1, 2, 3, 4]),
    ],
)
def test_agents_see_their_own_leads_their_teams_managers_their_departments(
    role: Role, numbers: list[int]
) -> None:
    who = Person(PersonId("ana"), "Ana", role, frozenset({TeamId("net")}), department="it")
    assert [each.number for each in seen_by(who, TICKETS)] == numbers


def test_a_lead_of_a_team_and_of_no_department_sees_their_teams() -> None:
    who = Person(PersonId("ana"), "Ana", Role.LEAD, frozenset({TeamId("net")}))
    assert [each.number for each in seen_by(who, TICKETS)] == [1, 2]


def test_requesters_and_suspended_people_see_no_figures() -> None:
    for who in (
        Person(PersonId("bob"), "Bob"),
        Person(PersonId("ana"), "Ana", Role.ADMIN, status="suspended"),
    ):
        with pytest.raises(Refused) as refused:
            seen_by(who, TICKETS)
        assert refused.value.code == "forbidden"


def test_what_was_closed_as_no_request_in_the_period_is_listed_by_agent() -> None:
    """Nobody outside heard of it, so somebody inside looks at it."""
    silent = [
        one(number=number, state=State.CLOSED, closed_at=at, no_request_by=agent)
        for number, at, agent in (
            (7, AT, "ben"),
            (3, AT + HOUR, "Ana"),
            (5, AT + HOUR, "Ana"),
            (9, AT - timedelta(days=30), "Ana"),
        )
    ]
    told = report([*silent, one(number=1)], period=WEEK, now=NOW, lateness=lateness)
    assert [(each.agent, each.tickets) for each in told.set_aside] == [
        ("Ana", (3, 5)),
        ("ben", (7,)),
    ]
