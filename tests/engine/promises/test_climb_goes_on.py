"""Nothing lets a climb die quietly, and nothing but somebody who has it ends one. Pure."""

from dataclasses import replace
from datetime import timedelta

from engine.calendars.durations import Duration
from engine.promises.rules import Goals, Ladder, Level, Mute, Policy, Target
from engine.tickets import lifecycle
from engine.tickets.events import Acknowledged, Commented, PriorityChanged
from engine.tickets.message import MessageId
from engine.tickets.people import TeamId
from engine.tickets.ticket import Priority, State
from tests.engine.make import ANA, START, after
from tests.engine.promises.test_escalation import Desk

HR = TeamId("hr")
NO_ACK = Policy("calm", {p: Goals(resolution=Duration.read("8h")) for p in Priority})


def calm() -> Desk:
    """Nobody promised how long a page may wait: no `ack` clock runs."""
    desk = Desk(Priority.P3)
    own = replace(desk.rules.workspace, policy="calm")
    desk.rules = replace(desk.rules, workspace=own, policies={"calm": [(0, NO_ACK)]})
    desk.ticket = replace(desk.ticket, clocks=())
    return desk


def test_a_change_between_due_and_rung_swallows_no_page() -> None:
    desk = Desk(Priority.P2)
    late = after(hours=1, seconds=5)  # the daemon was down at the hour
    changed = [PriorityChanged(Priority.P2, Priority.P3)]
    desk.ticket = desk._record(desk.ticket, changed, late, ANA.id)
    desk.until(late)
    assert desk.pages() == [(timedelta(hours=1), 1, "unacknowledged")]


def test_an_offer_is_accepted_by_claiming_it_also_where_no_wait_was_promised() -> None:
    desk = calm()
    desk.do(lifecycle.assign(desk.ticket, to=ANA.id, why="least_loaded"), after(minutes=1))
    desk.do(lifecycle.claim(desk.ticket, by=ANA.id, holder=""), after(minutes=2), ANA.id)
    assert desk.ticket.state is State.IN_PROGRESS
    assert not desk.ticket.offered, "nobody may claim it away any more"


def test_an_offer_is_accepted_by_answering_also_where_no_wait_was_promised() -> None:
    desk = calm()
    desk.do(lifecycle.assign(desk.ticket, to=ANA.id, why="least_loaded"), after(minutes=1))
    desk.do([Commented(MessageId("m"), by_agent=True)], after(minutes=2), ANA.id)
    assert not desk.ticket.offered


def test_whoever_claims_ends_an_escalation_whose_level_is_only_told() -> None:
    told = Level((Target("role", "agent"),), ack_required=False)
    desk = Desk(Priority.P3, ladder=Ladder("told", (told, told)))
    desk.escalate(after(minutes=1))
    assert desk.ticket.escalated
    desk.do(lifecycle.claim(desk.ticket, by=ANA.id, holder=""), after(minutes=2), ANA.id)
    assert not desk.ticket.escalated


def test_a_critical_ticket_pages_the_team_it_is_moved_to() -> None:
    desk = Desk()
    desk.do(lifecycle.acknowledge(desk.ticket), after(minutes=1), ANA.id)
    desk.do(lifecycle.set_team(desk.ticket, to=HR), after(minutes=2), ANA.id)
    assert desk.pages() == [(timedelta(), 0, "p1"), (timedelta(minutes=2), 0, "p1")]
    assert not desk.ticket.acknowledged


def test_a_broken_resolution_is_no_second_page_when_there_was_no_first() -> None:
    """It was given back half a minute before: a wait began, but nobody was paged."""
    desk = Desk(Priority.P3)
    desk.do(lifecycle.claim(desk.ticket, by=ANA.id, holder=""), after(minutes=1), ANA.id)
    desk.do(lifecycle.release(desk.ticket), after(hours=24, seconds=-30), ANA.id)
    desk.until(after(hours=24, seconds=1))
    assert desk.pages() == [(timedelta(hours=24), 1, "resolution")]


def test_a_held_page_goes_out_when_the_ticket_leaves_what_was_muted() -> None:
    quiet = Mute(START, after(hours=8), category="Other")
    desk = Desk(Priority.P1, mutes=[quiet])
    desk.do(lifecycle.set_category(desk.ticket, to="VM"), after(minutes=2), ANA.id)
    assert desk.pages() == [(timedelta(minutes=2), 0, "mute_over")]


def test_whoever_resolves_without_a_word_has_answered_the_page_too() -> None:
    """Else it counts as unacknowledged, or as acknowledged a week later by whoever claims the reopened ticket."""
    desk = Desk()
    desk.do(lifecycle.resolve(desk.ticket, message=None), after(minutes=3), ANA.id)
    acknowledged = [at for at, event in desk.events if isinstance(event, Acknowledged)]
    assert acknowledged == [after(minutes=3)]
