"""The climb: who is paged, when, and what stops it. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from engine.calendars.durations import Duration
from engine.promises import clock_rings, escalation, follow_up, sla
from engine.promises.rules import BY_ROLE, Ladder, Level, Mute, Rules, Target
from engine.promises.step_context import Reached, StepContext
from engine.tickets import evolve, lifecycle
from engine.tickets.events import (
    Acknowledged,
    Breached,
    Commented,
    Entry,
    Event,
    LevelEmpty,
    Moved,
    Opened,
    Paged,
    PageHeld,
    PriorityChanged,
)
from engine.tickets.message import MessageId
from engine.tickets.people import DEFAULT, Person, PersonId
from engine.tickets.promise_clock import CLOCK_OF, ClockKind, TimerKind
from engine.tickets.ticket import Priority, State, Ticket
from engine.tickets.workspace import Workspace
from tests.engine.make import ANA, BEN, START, TEAM, after, ticket

EVERYBODY = {0: "ana", 1: "ben", 2: "lea", 3: "mia", 4: "ada"}
MIN15 = timedelta(minutes=15)


class Desk:
    """A ticket and its climb, moved by events and by the clock alone."""

    def __init__(
        self,
        priority: Priority = Priority.P1,
        *,
        there: dict[int, str] = EVERYBODY,
        ladder: Ladder = BY_ROLE,
        mutes: Sequence[Mute] = (),
    ) -> None:
        self.there, self.ladder = there, ladder
        self.team = replace(TEAM, ladder=ladder.id)
        ladders = {ladder.id: [(0, ladder)]}
        self.rules = Rules(Workspace(DEFAULT), ladders=ladders, mutes=tuple(mutes))
        self.events: list[tuple[datetime, Event]] = []
        opened = Opened("VPN", "mail", PersonId("bob"), priority, "Other", TEAM.id)
        born = evolve.born(DEFAULT, 1, Entry(0, START, None, "t", opened))
        self.ticket = self._record(born, [opened], START, None)

    def around(self, ticket: Ticket, at: datetime, actor: PersonId | None = None) -> StepContext:
        def on_level(level: Level) -> Reached:
            who = self.there.get(self.ladder.levels.index(level))
            return Reached((PersonId(who),)) if who else Reached()

        by = Person(actor, "") if actor else None
        return StepContext(ticket, self.team, self.rules, on_level, at, "t", by)

    def _record(
        self, before: Ticket, events: Sequence[Event], at: datetime, actor: PersonId | None
    ) -> Ticket:
        here = self.around(before, at, actor)
        entries, after = follow_up.unfold(events, here)
        self.events += [(at, entry.event) for entry in entries]
        return after

    def do(self, events: Sequence[Event], at: datetime, by: PersonId | None = None) -> None:
        self.until(at)
        self.ticket = self._record(self.ticket, events, at, by)

    def escalate(self, at: datetime) -> None:
        self.until(at)
        level = self.ticket.escalation_level + 1
        self.do(escalation.page(level, "manual", self.around(self.ticket, at)), at)

    def until(self, at: datetime) -> None:
        """Ring what is due by then, at its time."""
        while due := [t for t in sla.timers(self.ticket) if t.due_at <= at and t.kind in CLOCK_OF]:
            timer = min(due, key=lambda one: one.due_at)
            now = self.around(self.ticket, timer.due_at)
            ring = escalation.ring if timer.kind is TimerKind.ACK_BREACH else clock_rings.ring
            self.ticket = self._record(self.ticket, ring(timer, now), timer.due_at, None)

    def pages(self) -> list[tuple[timedelta, int, str]]:
        """(since opening to the second, level, cause) of each page."""
        return [
            (timedelta(seconds=(at - START) // timedelta(seconds=1)), event.level, event.cause)
            for at, event in self.events
            if isinstance(event, Paged)
        ]


def test_a_critical_ticket_pages_the_agents_as_it_arrives() -> None:
    assert Desk().pages() == [(timedelta(), 0, "p1")]
    assert Desk(Priority.P2).pages() == []


def test_unacknowledged_it_climbs_a_level_each_interval_and_stays_at_the_top() -> None:
    desk = Desk()
    desk.until(after(minutes=60, seconds=1))
    assert desk.pages() == [
        (timedelta(), 0, "p1"),
        *((n * MIN15, n, "unacknowledged") for n in (1, 2, 3, 4)),
    ]


def test_the_top_is_paged_three_times_more_and_then_daily() -> None:
    desk = Desk()
    desk.until(after(days=3, hours=2))
    causes = [cause for _, level, cause in desk.pages() if level == 4]
    assert causes == ["unacknowledged", *["repeated"] * 3, "resolution", *["repeated"] * 2]
    top = [at for at, level, _ in desk.pages() if level == 4]
    again = [later - earlier for earlier, later in pairwise(top)]
    assert again[:3] == [MIN15] * 3
    assert again[4:] == [timedelta(days=1)] * 2


def test_acknowledging_stops_the_climb() -> None:
    desk = Desk()
    desk.do(lifecycle.acknowledge(desk.ticket), after(minutes=10), ANA.id)
    desk.until(after(minutes=60))
    assert len(desk.pages()) == 1
    assert desk.ticket.acknowledged
    assert not desk.ticket.awaits_ack


def test_claiming_and_answering_acknowledge_and_a_note_does_not() -> None:
    for events, has_it in (
        (lambda t: lifecycle.claim(t, by=ANA.id, holder=""), True),
        (lambda t: lifecycle.reply(t, message=MessageId("m"), by_agent=True), True),
        (lambda t: lifecycle.note(t, message=MessageId("m")), False),
        (lambda t: lifecycle.assign(t, to=BEN.id), False),
    ):
        desk = Desk()
        desk.do(events(desk.ticket), after(minutes=1), ANA.id)
        assert desk.ticket.acknowledged is has_it


def test_escalating_by_hand_asks_again_whoever_had_acknowledged() -> None:
    desk = Desk(Priority.P3)
    desk.do(lifecycle.claim(desk.ticket, by=ANA.id, holder=""), after(minutes=1), ANA.id)
    desk.escalate(after(minutes=20))
    assert desk.pages() == [(timedelta(minutes=20), 1, "manual")]
    assert desk.ticket.escalated
    desk.until(after(hours=4, minutes=21))
    assert desk.pages()[1] == (timedelta(hours=4, minutes=20), 2, "unacknowledged")


def test_an_empty_level_passes_on_at_once_and_says_so() -> None:
    desk = Desk(there={0: "ana", 3: "mia"})
    desk.until(after(minutes=15, seconds=1))
    empty = [event.level for _, event in desk.events if isinstance(event, LevelEmpty)]
    assert empty == [1, 2]
    assert desk.pages()[-1] == (MIN15, 3, "unacknowledged")


def test_with_nobody_above_the_highest_who_can_be_reached_is_paged_again() -> None:
    """No admin is listed: the climb ends at the manager, three times more and then daily."""
    desk = Desk(Priority.P2, there={0: "ana", 3: "mia"})
    desk.do(lifecycle.acknowledge(desk.ticket), after(minutes=1), ANA.id)
    desk.escalate(after(minutes=2))
    desk.until(after(days=2))
    assert {level for _, level, _ in desk.pages()} == {3}
    causes = [cause for _, _, cause in desk.pages()]
    assert causes == ["manual", *["repeated"] * 3, "resolution", "repeated"]
    assert not any(not event.people for _, event in desk.events if isinstance(event, Paged))


def test_with_nobody_at_all_the_top_is_paged_in_words_alone() -> None:
    desk = Desk(there={})
    paged = [event for _, event in desk.events if isinstance(event, Paged)]
    assert [(event.level, event.people) for event in paged] == [(4, ())]


def test_the_second_reopening_climbs_and_the_first_only_waits_again() -> None:
    desk = Desk(Priority.P3)
    minute = 1
    for _ in range(2):
        desk.do(lifecycle.resolve(desk.ticket, message=None), after(minutes=minute), ANA.id)
        reopened = lifecycle.answer(desk.ticket, message=MessageId("m"), moves=True)
        desk.do(reopened, after(minutes=minute + 1))
        assert desk.ticket.awaits_ack
        minute += 10
    assert desk.pages() == [(timedelta(minutes=12), 1, "reopened")]


def test_a_broken_resolution_climbs_and_a_broken_response_does_not() -> None:
    desk = Desk(Priority.P3)
    desk.do(lifecycle.acknowledge(desk.ticket), after(minutes=1), ANA.id)
    desk.until(after(hours=3))
    assert desk.pages() == []
    desk.until(after(hours=24, seconds=1))
    assert desk.pages() == [(timedelta(hours=24), 1, "resolution")]


def test_two_triggers_within_a_minute_are_one() -> None:
    """A ladder so slow that its page falls together with the broken resolution."""
    slow = replace(
        BY_ROLE, levels=tuple(replace(x, wait=Duration.read("24h")) for x in BY_ROLE.levels)
    )
    desk = Desk(Priority.P3, ladder=slow)
    desk.escalate(after(seconds=-1) + timedelta(seconds=1))
    desk.until(after(hours=24, seconds=2))
    assert [level for _, level, _ in desk.pages()] == [1, 2]


def test_raising_to_critical_pages_unless_somebody_has_it() -> None:
    raised = [PriorityChanged(Priority.P3, Priority.P1)]
    alone, had = Desk(Priority.P3), Desk(Priority.P3)
    alone.do(raised, after(minutes=1))
    assert alone.pages() == [(timedelta(minutes=1), 0, "p1")]
    had.do(lifecycle.acknowledge(had.ticket), after(minutes=1), ANA.id)
    had.do(raised, after(minutes=2))
    assert had.pages() == []


def test_giving_it_back_starts_the_wait_anew() -> None:
    desk = Desk()
    desk.do(lifecycle.claim(desk.ticket, by=ANA.id, holder=""), after(minutes=1), ANA.id)
    desk.do(lifecycle.release(desk.ticket), after(minutes=30), ANA.id)
    assert desk.ticket.awaits_ack
    desk.until(after(minutes=45, seconds=1))
    assert desk.pages()[-1] == (timedelta(minutes=45), 1, "unacknowledged")


def test_resolving_ends_the_escalation() -> None:
    desk = Desk()
    desk.until(after(minutes=31))
    assert desk.ticket.escalated
    desk.do(lifecycle.resolve(desk.ticket, message=None), after(minutes=32), ANA.id)
    assert desk.ticket.escalation_level == 0
    desk.until(after(hours=2))
    assert len(desk.pages()) == 3


def test_an_offer_that_nobody_accepts_goes_back_to_the_team() -> None:
    desk = Desk(Priority.P3)
    desk.do(lifecycle.assign(desk.ticket, to=ANA.id, why="least_loaded"), after(minutes=1))
    assert desk.ticket.offered
    desk.until(after(hours=4, seconds=1))
    assert desk.ticket.assignee is None
    assert desk.pages() == [(timedelta(hours=4), 1, "unacknowledged")]


def test_a_colleague_may_claim_what_was_only_offered() -> None:
    offered = ticket(State.NEW, events=lifecycle.assign(ticket(), to=ANA.id, why="least_loaded"))
    claimed = lifecycle.claim(offered, by=BEN.id, holder="Ana")
    assert [type(event).__name__ for event in claimed] == ["Assigned", "Moved"]


def test_a_mute_window_holds_the_page_and_makes_up_for_it_at_its_end() -> None:
    quiet = Mute(START - timedelta(minutes=1), after(minutes=50))
    desk = Desk(mutes=[quiet])
    assert desk.pages() == []
    assert [e.until for _, e in desk.events if isinstance(e, PageHeld)] == [after(minutes=50)]
    desk.until(after(minutes=50, seconds=1))
    assert desk.pages() == [(timedelta(minutes=50), 0, "mute_over")]
    desk.until(after(minutes=65, seconds=1))
    assert desk.pages()[-1] == (timedelta(minutes=65), 1, "unacknowledged")


def test_a_persons_word_goes_through_a_mute_window_and_others_are_not_muted() -> None:
    quiet = Mute(START, after(hours=9))
    by_hand = Desk(Priority.P3, mutes=[quiet])
    by_hand.escalate(after(minutes=5))
    assert by_hand.pages() == [(timedelta(minutes=5), 1, "manual")]
    elsewhere = Desk(mutes=[replace(quiet, team="hr"), replace(quiet, category="VM")])
    assert elsewhere.pages() == [(timedelta(), 0, "p1")]


def test_a_level_may_wait_its_own_time_and_one_that_is_only_told_ends_the_climb() -> None:
    ladder = Ladder(
        "short",
        (
            Level((Target("role", "agent"),), wait=Duration.read("5m")),
            Level((Target("person", "mia"),), ack_required=False),
            Level((Target("role", "admin"),)),
        ),
    )
    desk = Desk(there={0: "ana", 1: "mia", 2: "ada"}, ladder=ladder)
    desk.until(after(hours=3))
    assert [(at, level) for at, level, _ in desk.pages()] == [
        (timedelta(), 0),
        (timedelta(minutes=5), 1),
    ]


def test_a_second_acknowledgement_changes_nothing() -> None:
    desk = Desk()
    desk.do(lifecycle.acknowledge(desk.ticket), after(minutes=1), ANA.id)
    assert lifecycle.acknowledge(desk.ticket) == []


def test_ending_an_escalation_leads_back_to_the_agents() -> None:
    desk = Desk()
    desk.until(after(minutes=31))
    ended = lifecycle.end_escalation(desk.ticket)
    assert isinstance(ended[0], Acknowledged)
    desk.do(ended, after(minutes=32), ANA.id)
    assert (desk.ticket.escalation_level, desk.ticket.acknowledged) == (0, True)


def test_a_withdrawn_ticket_owes_nothing_and_a_reopened_one_owes_again() -> None:
    desk = Desk(Priority.P3)
    desk.do(lifecycle.close(desk.ticket), after(minutes=5), PersonId("bob"))
    kinds = {clock.kind: clock.cancelled_at for clock in desk.ticket.clocks}
    assert set(kinds.values()) == {after(minutes=5)}
    desk.do([Moved(State.CLOSED, State.REOPENED, "reopen")], after(hours=5))
    resolution = desk.ticket.clock(ClockKind.RESOLUTION)
    assert resolution is not None
    assert resolution.due_at == after(hours=5 + 24, minutes=-5)
    desk.do([Commented(MessageId("m"), by_agent=False)], after(hours=6))
    asked = desk.ticket.clock(ClockKind.NEXT_RESPONSE)
    assert asked is not None
    assert asked.running


def test_a_first_level_that_says_how_long_it_waits_is_asked_before_the_policy() -> None:
    first, *others = BY_ROLE.levels
    soon = Ladder("soon", (replace(first, wait=Duration.read("3m")), *others))
    desk = Desk(Priority.P3, ladder=soon)
    desk.until(after(minutes=3, seconds=1))
    assert desk.pages() == [(timedelta(minutes=3), 1, "unacknowledged")]


def test_a_first_level_that_is_only_told_is_never_climbed_from() -> None:
    told = Ladder("told", (replace(BY_ROLE.levels[0], ack_required=False), *BY_ROLE.levels[1:]))
    desk = Desk(Priority.P3, ladder=told)
    desk.until(after(hours=20))
    assert desk.pages() == []


def test_a_wait_that_was_over_before_its_timer_rang_is_broken_by_the_next_page() -> None:
    """The daemon was down, and somebody escalates before it has caught up."""
    desk, at = Desk(Priority.P3), after(hours=5)
    paged = escalation.page(1, "manual", desk.around(desk.ticket, at))
    assert paged[0] == Breached(ClockKind.ACK, 1, after(hours=4))
