"""The home tab: taken by Slack whatever stands on it, the buttons that make sense, and nobody else's figures."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.listeners import shifts, workloads
from bot.views import home, limits
from bot.views.blocks import SlackMessage
from bot.views.limits import Json
from engine.duty.presence import Duty, Out, Presence, PresenceReason, ShiftEnded
from engine.duty.rebalance_plan import Move
from engine.duty.workload import Capacity, Load, Member
from engine.ports.duty_store import Brief
from engine.ports.views import OwnWork
from engine.shifts.handover import HandOver
from engine.shifts.rebalancing import Workload
from engine.shifts.shifts import Standing
from engine.tickets.message import Reference
from engine.tickets.people import Identity, Person, PersonId, Role, Team, TeamId
from engine.tickets.ticket import Priority, State
from sandbox.blockkit.blocks import check_message, check_view
from tests.bot.make import NOON, line
from tests.bot.views.test_cards import HOSTILE, LONG, harmless

ANA = Person(
    PersonId("p2"),
    "Ana",
    Role.AGENT,
    frozenset({TeamId("support")}),
    identities=(Identity("slack", "T1", "U0ANA"),),
)
BEN = Person(PersonId("p3"), "Ben", Role.AGENT, frozenset({TeamId("support")}))
LATER = NOON + timedelta(hours=8)

STANDINGS = {
    "unsaid": Standing(ANA, Presence(), Duty.UNSAID, NOON),
    "on": Standing(ANA, Presence(NOON, LATER), Duty.ON, NOON, load=Load(4.5, 2, 1), limit=3),
    "covered": Standing(ANA, Presence(), Duty.ON, NOON, covered=True, there=(ANA, BEN)),
    "break": Standing(ANA, Presence(NOON, LATER, out=Out.BREAK, out_until=LATER), Duty.OFF, NOON),
    "away": Standing(ANA, Presence(out=Out.AWAY), Duty.OFF, NOON),
    "ended": Standing(ANA, Presence(ended_at=NOON), Duty.OFF, NOON),
}


def tab(standing: Standing, work: OwnWork | None = None) -> Json:
    site = "https://acme.slack.com/"
    view = home.home_tab(home.Tab(standing, work or OwnWork(), site))
    assert limits.validate(view, "home") == []
    check_view(view)
    harmless(view)
    return view


def buttons(view: Json) -> list[str]:
    found = []
    for block in view["blocks"]:
        elements = [*block.get("elements", []), block.get("accessory") or {}]
        found += [one["action_id"] for one in elements if "action_id" in one]
    return found


def words(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False)


@pytest.mark.parametrize("text", ["", "VPN is down", HOSTILE, LONG])
@pytest.mark.parametrize("standing", STANDINGS.values(), ids=STANDINGS)
def test_every_tab_is_taken_and_harmless(standing: Standing, text: str) -> None:
    lines = tuple(line(state, text=text, name=text or "Dora") for state in State)
    many = replace(standing, there=tuple(replace(BEN, name=text or "Ben") for _ in range(40)))
    tab(many, OwnWork(lines, 90, lines, 90, lines, lines))


@pytest.mark.parametrize(
    ("standing", "offered"),
    [
        ("unsaid", {home.START, home.AWAY}),
        ("on", {home.BREAK, home.AWAY, home.END}),
        ("covered", {home.BREAK, home.START, home.AWAY}),
        ("break", {home.BACK, home.END}),
        ("away", {home.BACK, home.START}),
        ("ended", {home.START, home.AWAY}),
    ],
)
def test_only_the_shift_buttons_that_make_sense_are_there(standing: str, offered: set[str]) -> None:
    assert set(buttons(tab(STANDINGS[standing]))) == offered


def test_an_offer_is_accepted_and_what_waits_is_claimed() -> None:
    offer = line(State.OPEN, assigned=True)
    offer = replace(offer, ticket=replace(offer.ticket, offered=True))
    view = tab(STANDINGS["on"], OwnWork((offer,), 1, (line(),), 1))
    shown = words(view)
    assert "Accept" in shown
    assert "offered to you" in shown
    assert buttons(view).count("claim") == 2
    assert home.NEXT in buttons(view)


def test_what_somebody_works_on_has_the_rest_of_the_actions() -> None:
    view = tab(STANDINGS["on"], OwnWork((line(State.IN_PROGRESS, assigned=True),), 1))
    assert "more" in buttons(view)
    assert "Resolve" in words(view)


def test_where_nothing_waits_there_is_no_next() -> None:
    assert home.NEXT not in buttons(tab(STANDINGS["on"]))


def test_who_only_asks_sees_what_they_asked_for() -> None:
    asker = Standing(Person(PersonId("bob"), "Bob"), Presence(), Duty.UNSAID, NOON)
    view = tab(asker, OwnWork(asked=(line(),)))
    assert buttons(view) == [home.NEW]
    assert "My team" not in words(view)
    assert "You have no open requests" in words(tab(asker))


def test_colleagues_are_named_without_their_figures() -> None:
    shown = words(tab(replace(STANDINGS["on"], there=(ANA, BEN))))
    assert "Colleagues on duty: Ben." in shown
    assert "2 of 3 tickets in work" in shown


def test_a_ticket_links_to_its_card() -> None:
    card = Reference("slack", "C0DESK", "card", "1772442002.000100")
    work = OwnWork((line(State.IN_PROGRESS, assigned=True),), 1, cards={7: card})
    shown = words(home.home_tab(home.Tab(STANDINGS["on"], work, "https://acme.slack.com/")))
    assert "<https://acme.slack.com/archives/C0DESK/p1772442002000100|T-7>" in shown
    unknown = words(home.home_tab(home.Tab(STANDINGS["on"], work)))
    assert "*T-7*" in unknown


# Answers to /shift


def test_the_end_of_a_shift_says_what_became_of_the_tickets() -> None:
    def brief(number: int, priority: Priority) -> Brief:
        return Brief(number, "x", TeamId("support"), "Other", priority, State.OPEN, ANA.id, NOON)

    handed = HandOver((brief(2, Priority.P3),), (brief(1, Priority.P1),))
    ended = replace(
        STANDINGS["ended"], said=(ShiftEnded(NOON, PresenceReason.SAID),), handed_over=handed
    )
    said = shifts.answer(ended)
    assert "Back with the team: T-2." in said
    assert "Still yours: T-1." in said
    assert "tell a colleague what to do about T-1" in said
    assert "Off shift" in said


@pytest.mark.parametrize("standing", STANDINGS.values(), ids=STANDINGS)
def test_every_standing_reads_as_a_sentence(standing: Standing) -> None:
    said = shifts.answer(standing)
    assert said.rstrip().endswith(".")
    assert "None" not in said


# Figures and proposals


def load(name: str = "Ana", *, moves: int = 1, applied: bool = False) -> Workload:
    briefs = {
        n: Brief(n, name, TeamId("support"), "Other", Priority.P2, State.OPEN, ANA.id, None)
        for n in range(moves)
    }
    return Workload(
        reader=ANA,
        team=Team(TeamId("support"), name, "IT"),
        people={ANA.id: replace(ANA, name=name), BEN.id: BEN},
        members=[Member(ANA.id, Duty.ON, load=Load(4, 4, 1)), Member(BEN.id, Duty.OFF)] * 20,
        capacity=Capacity(2, 2, 6, 4, 1, 2),
        waiting=7,
        moves=[Move(n, ANA.id, BEN.id, "overloaded", 200, 0) for n in range(moves)],
        briefs=briefs,
        applied=applied,
    )


def taken(said: SlackMessage) -> str:
    payload = said.payload()
    assert limits.validate(payload, "message") == []
    check_message(payload["blocks"], [])
    harmless(payload)
    return words(payload)


@pytest.mark.parametrize("name", ["Ana", HOSTILE, LONG])
def test_figures_and_proposals_are_taken_and_harmless(name: str) -> None:
    taken(workloads.figures(load(name)))
    taken(workloads.proposal(load(name, moves=20), by_due=True))


def test_where_nobody_has_started_a_shift_nobody_is_called_there() -> None:
    on, unsaid = load(), load()
    unsaid = replace(unsaid, capacity=replace(unsaid.capacity, on_duty=0))
    assert "2 on duty" in taken(workloads.figures(on))
    assert "nobody has started a shift" in taken(workloads.figures(unsaid))


def test_a_proposal_is_applied_by_its_button_once() -> None:
    assert workloads.APPLY in taken(workloads.proposal(load(), by_due=False))
    assert workloads.APPLY not in taken(workloads.proposal(load(applied=True), by_due=False))
    assert "nothing to move" in taken(workloads.proposal(load(moves=0), by_due=False))
