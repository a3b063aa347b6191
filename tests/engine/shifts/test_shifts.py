"""Shifts over real SQLite: what people say of being there, and what becomes of their tickets when they go."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from engine.calendars.calendar import WEEKDAYS, Hours
from engine.duty.presence import Duty, Out
from engine.messages.digests import ShiftHandover
from engine.messages.values import TicketRef
from engine.ports.store import Change
from engine.promises.rules import DeclaredRotation
from engine.tickets.errors import Refused
from engine.tickets.events import Assigned, AssignReason, Paged
from engine.tickets.message import Request
from engine.tickets.people import DEFAULT
from engine.tickets.ticket import State
from storage.checks.fsck import fsck
from tests.clock import MORNING
from tests.engine.floor import ANA, BEN, BOB, TEAM, World, caller, world

__all__ = ["world"]


# Who is there


async def test_while_nobody_ever_started_a_shift_nothing_is_given_out(world: World) -> None:
    await world.open(priority="P1")
    assert await world.dispatch() == 0
    assert await world.holder() is None
    assert await world.duty(ANA) is Duty.UNSAID


async def test_what_waits_is_given_to_who_is_on_shift_and_the_reason_is_written(
    world: World,
) -> None:
    await world.start(ANA)
    await world.open()
    assert await world.dispatch() == 1
    ticket = await world.ticket()
    assert (await world.holder(), ticket.state, ticket.offered) == ("Ana", State.OPEN, True)
    history = await world.storage.store.run(DEFAULT, lambda t: t.history(1))
    given = next(entry for entry in history if isinstance(entry.event, Assigned))
    assert (given.actor, given.via) == (None, "desk")
    assert isinstance(given.event, Assigned)
    assert given.event.why == AssignReason("least_loaded", 0)


async def test_a_ticket_goes_to_who_has_its_skill(world: World) -> None:
    await world.start(BEN, ANA)
    await world.open(category="Network")
    await world.dispatch()
    assert await world.holder() == "Ana"


async def test_nobody_is_given_more_than_their_limit_except_a_p1(world: World) -> None:
    await world.start(ANA)
    for _ in range(5):
        await world.open()
    assert await world.dispatch() == 3
    assert await world.dispatch() == 0
    await world.open(priority="P1")
    assert await world.dispatch() == 1
    assert await world.holder(6) == "Ana"


async def test_a_manual_team_gives_nothing_out(world: World) -> None:
    await world.declare(replace(TEAM, strategy="manual"))
    await world.start(ANA)
    await world.open()
    assert await world.dispatch() == 0


async def test_an_offer_may_be_claimed_by_a_colleague(world: World) -> None:
    await world.start(ANA)
    await world.open()
    await world.dispatch()
    claimed = await world.desk.claim(Request(DEFAULT, 1, BEN))
    assert await world.holder() == "Ben"
    assert not claimed.offered


async def test_what_somebody_gave_back_is_offered_to_others_only(world: World) -> None:
    await world.start(ANA)
    await world.open()
    await world.dispatch()
    await world.desk.release(Request(DEFAULT, 1, ANA))
    assert await world.dispatch() == 0
    await world.start(BEN)
    assert await world.dispatch() == 1
    assert await world.holder() == "Ben"


async def test_nothing_given_rings_no_bell(world: World) -> None:
    """The dispatcher is woken by that bell: it would wake itself for ever."""
    await world.start(ANA)
    before = world.nudges
    await world.dispatch()
    assert world.nudges == before


async def test_on_a_break_nothing_is_given_and_it_ends_by_itself(world: World) -> None:
    await world.start(ANA)
    await world.floor.go_out(DEFAULT, ANA, Out.BREAK, length=timedelta(minutes=10))
    await world.open()
    assert await world.dispatch() == 0
    await world.clock.forward(minutes=10)
    assert await world.dispatch() == 1


async def test_whoever_comes_back_early_is_back(world: World) -> None:
    await world.start(ANA)
    await world.floor.go_out(DEFAULT, ANA, Out.AWAY)
    assert await world.duty(ANA) is Duty.OFF
    await world.floor.come_back(DEFAULT, ANA)
    assert await world.duty(ANA) is Duty.ON


async def test_a_requester_has_no_shifts(world: World) -> None:
    with pytest.raises(Refused, match="no_shifts"):
        await world.floor.start_shift(DEFAULT, BOB)


async def test_nobody_works_for_two_days_on_end(world: World) -> None:
    with pytest.raises(Refused, match="too_long"):
        await world.floor.start_shift(DEFAULT, ANA, length=timedelta(hours=48))


async def test_a_team_that_is_always_there_needs_no_shifts(world: World) -> None:
    await world.declare(replace(TEAM, on_shift="always"))
    await world.open()
    assert await world.dispatch() == 1


async def test_a_manager_in_the_team_is_given_nothing_unless_they_start_a_shift(
    world: World,
) -> None:
    """They are in it to be told when something is late."""
    await world.declare(replace(TEAM, on_shift="always"), managers=("Mia",))
    for _ in range(10):
        await world.open()
    assert await world.dispatch() == 9
    await world.start(caller("Mia"))
    assert await world.dispatch() == 1


async def test_the_teams_hours_put_everybody_on_duty_and_take_them_off_again(world: World) -> None:
    """Nine to five; whoever goes home at four is away until closing, and there again in the morning."""
    open_hours = Hours("UTC", dict.fromkeys(WEEKDAYS, ((time(9), time(17)),)))
    team = replace(TEAM, on_shift="hours", calendar="office")
    await world.declare(team, calendars={"office": open_hours})
    await world.clock.move_to(MORNING.replace(hour=16))
    assert await world.duty(ANA) is Duty.ON
    gone = await world.floor.end_shift(DEFAULT, ANA)
    assert gone.presence.out_until == MORNING.replace(hour=17)
    await world.clock.move_to(MORNING.replace(hour=18))
    assert await world.duty(BEN) is Duty.UNSAID
    await world.clock.move_to(MORNING.replace(hour=10) + timedelta(days=1))
    assert await world.duty(ANA) is Duty.ON


async def test_a_page_reaches_who_said_nothing_and_not_who_went_home(world: World) -> None:
    await world.start(ANA)
    await world.floor.end_shift(DEFAULT, ANA)
    await world.open(priority="P1")
    history = await world.storage.store.run(DEFAULT, lambda t: t.history(1))
    paged = [entry.event.people for entry in history if isinstance(entry.event, Paged)]
    ben = await world.storage.store.run(DEFAULT, lambda t: t.people_named("Ben")[0].id)
    assert paged == [(ben,)]


async def test_who_is_on_the_teams_rotation_is_on_duty_without_a_word(world: World) -> None:
    plan = {"people": ["ben@example.com"], "kind": "weekly", "start": "2026-01-05T00:00"}
    await world.declare(rotations=(DeclaredRotation("week", TEAM.id, plan),))
    await world.open()
    assert await world.dispatch() == 1
    assert await world.holder() == "Ben"


async def test_who_goes_home_from_such_a_team_is_away_until_back(world: World) -> None:
    await world.declare(replace(TEAM, on_shift="always"))
    gone = await world.floor.end_shift(DEFAULT, ANA)
    assert (gone.duty, gone.is_out) == (Duty.OFF, True)
    await world.start(ANA)
    assert await world.duty(ANA) is Duty.ON


async def test_what_was_said_is_kept_in_the_persons_history(world: World) -> None:
    await world.start(ANA, hours=2)
    standing = await world.floor.go_out(DEFAULT, ANA, Out.BREAK)
    await world.clock.forward(hours=3)
    assert await world.lapse() == 1
    assert await world.lapse() == 0
    person = standing.person.id
    history = await world.storage.store.run(DEFAULT, lambda t: t.staff.history(person, limit=9))
    assert [(one.seq, type(one.event).__name__, one.via) for one in history] == [
        (4, "ShiftEnded", "desk"),
        (3, "CameBack", "desk"),
        (2, "WentOut", "slack"),
        (1, "ShiftStarted", "slack"),
    ]


# The end of a shift


async def working(world: World) -> None:
    """Ana works on a P1, was offered a P3; nobody has the third."""
    await world.start(ANA)
    await world.open(priority="P1")
    await world.dispatch()
    await world.desk.claim(Request(DEFAULT, 1, ANA))
    await world.open()
    await world.dispatch()


async def test_when_a_shift_ends_what_was_not_begun_goes_back_and_the_rest_stays(
    world: World,
) -> None:
    await working(world)
    gone = await world.floor.end_shift(DEFAULT, ANA)
    assert (await world.holder(1), await world.holder(2)) == ("Ana", None)
    assert gone.handed_over is not None
    assert [brief.number for brief in gone.handed_over.given_back] == [2]
    assert [brief.number for brief in gone.handed_over.urgent] == [1]


async def test_the_team_and_the_person_are_told_what_is_handed_over(world: World) -> None:
    await working(world)
    await world.floor.end_shift(DEFAULT, ANA)
    team, person = sorted(await world.told("shift_handover"), key=lambda tell: tell.to.place)
    assert (team.to.place, person.to.place) == ("C1", "U_ANA")
    said = team.message
    assert isinstance(said, ShiftHandover)
    assert [(one.ticket.number, one.priority) for one in said.stays.lines] == [(1, "P1")]
    assert [(one.ticket.number, one.priority) for one in said.back.lines] == [(2, "P3")]
    assert said.urgent == (TicketRef(1),)
    assert said.waiting == 1


async def test_a_shift_whose_time_is_up_is_handed_over_as_well(world: World) -> None:
    await working(world)
    await world.clock.forward(hours=9)
    await world.lapse()
    assert await world.holder(2) is None
    assert len(await world.told("shift_handover")) == 2


async def test_what_went_back_at_the_end_of_a_shift_may_be_offered_again(world: World) -> None:
    await working(world)
    await world.floor.end_shift(DEFAULT, ANA)
    await world.start(ANA)
    assert await world.dispatch() == 1
    assert await world.holder(2) == "Ana"


async def test_with_nothing_to_hand_over_nobody_is_told(world: World) -> None:
    await world.start(ANA)
    await world.floor.end_shift(DEFAULT, ANA)
    assert await world.told("shift_handover") == []


async def test_what_is_reopened_while_its_agent_is_off_finds_somebody_else(world: World) -> None:
    await world.start(ANA)
    await world.open()
    await world.dispatch()
    await world.desk.resolve(Request(DEFAULT, 1, ANA), "Done")
    await world.floor.end_shift(DEFAULT, ANA)
    await world.start(BEN)
    await world.desk.reopen(Request(DEFAULT, 1, BOB), "Still broken")
    assert await world.dispatch() == 1
    assert await world.holder() == "Ben"


async def test_fsck_finds_a_presence_that_its_history_does_not_tell(world: World) -> None:
    await working(world)
    standing = await world.floor.end_shift(DEFAULT, ANA)
    await world.start(ANA, hours=1)
    await world.floor.go_out(DEFAULT, ANA, Out.BREAK, length=timedelta(minutes=5))
    await world.clock.forward(hours=2)
    await world.lapse()
    assert [one for one in await fsck(world.storage) if one.code == "presence"] == []
    now = await world.storage.store.run(DEFAULT, lambda t: t.staff.presence(standing.person.id))
    wrong = replace(now, ended_at=MORNING)
    await world.storage.store.run(DEFAULT, lambda t: t.record(Change(now, wrong, ())))
    assert [one.code for one in await fsck(world.storage)] == ["presence"]
