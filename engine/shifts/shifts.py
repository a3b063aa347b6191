"""Shifts: people start one, take a break, are away, come back and end it; and what happens to their tickets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from engine.desk import directory, tail, team_on_duty
from engine.desk.step import Now
from engine.desk.team_on_duty import OnShift
from engine.duty import presence as duty
from engine.duty.presence import Duty, Out, Presence, Said, ShiftEnded, WentOut
from engine.duty.workload import Load
from engine.ports.duty_store import SaidEntry
from engine.ports.store import Change, Transaction
from engine.shifts import handover
from engine.shifts.handover import HandOver
from engine.tickets import access
from engine.tickets.access import WORKSPACE, Right
from engine.tickets.errors import Refused
from engine.tickets.people import Caller, Person, PersonId, Role, Team
from engine.tickets.promise_clock import Timer

SHIFT_MAX: Final = timedelta(hours=24)
BREAK_MAX: Final = timedelta(hours=4)
AWAY_MAX: Final = timedelta(days=60)
"""Longer ones are a slip of the keyboard, or somebody who should leave the team."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person stands now."""

    person: Person
    presence: Presence
    duty: Duty
    at: datetime
    covered: bool = False
    """The plan or the hours of one of their teams put them on duty."""
    load: Load = field(default_factory=Load)
    limit: int = 0
    there: tuple[Person, ...] = ()
    """Who is on duty in their teams, they themselves included."""
    said: tuple[Said, ...] = ()
    """What they have just changed."""
    handed_over: HandOver | None = None
    """When this ended their shift."""

    @property
    def is_agent(self) -> bool:
        return self.person.rank >= Role.AGENT

    @property
    def on_shift(self) -> bool:
        return duty.on_shift(self.presence, self.at)

    @property
    def is_out(self) -> bool:
        return duty.is_out(self.presence, self.at)


Speak = Callable[[Transaction, Person, Presence], list[Said]]


def start(length: timedelta | None, at: datetime) -> Speak:
    _refuse_longer(length, SHIFT_MAX)
    return lambda _transaction, _person, presence: duty.start(presence, at, length=length)


def end(at: datetime) -> Speak:
    """Whoever goes home while their team's hours would have them on duty is away until those end."""

    def speak(transaction: Transaction, person: Person, presence: Presence) -> list[Said]:
        ended = duty.end(presence, at)
        covered = [
            team_on_duty.covered_until(transaction, team, at)
            for team in teams_of(transaction, person)
            if OnShift(team.on_shift) is not OnShift.SHIFTS
            and team_on_duty.coverage(transaction, team, at)(person)
        ]
        if not covered or duty.is_out(presence, at):
            return ended
        until = max((one for one in covered if one), default=None) if all(covered) else None
        return [*ended, WentOut(Out.AWAY, until)]

    return speak


def go_out(how: Out, length: timedelta | None, at: datetime) -> Speak:
    _refuse_longer(length, BREAK_MAX if how is Out.BREAK else AWAY_MAX)
    return lambda _transaction, _person, _presence: duty.go_out(at, how, length=length)


def back(at: datetime) -> Speak:
    return lambda _transaction, _person, presence: duty.back(presence, at)


def _refuse_longer(length: timedelta | None, most: timedelta) -> None:
    if length is not None and length > most:
        raise Refused("too_long", hours=most // timedelta(hours=1))


def say(
    transaction: Transaction, by: Caller, speak: Speak, given: Now, settles: int | None = None
) -> Standing:
    """What lapsed until now is written down first, then what they say."""
    person = directory.identify(transaction, by, given.ids, given.at)
    if not access.may(person, Right.SHIFT, WORKSPACE):
        raise Refused("no_shifts")
    if settles is not None and transaction.spool_is_done(settles):
        return standing(transaction, person, given.at)
    before = transaction.staff.presence(person.id)
    lapsed = duty.lapsed(before, given.at)
    present = _record(transaction, before, lapsed, DESK, given.at)
    said = speak(transaction, person, present)
    _record(transaction, present, said, (person.id, by.via), given.at)
    if settles is not None:
        transaction.settle(settles, ticket=None, reason="acted")
    handed = _hand_over(transaction, person, [*lapsed, *said], given.at)
    now = standing(transaction, person, given.at)
    return replace(now, said=tuple(said), handed_over=handed)


def lapse(transaction: Transaction, timer: Timer, at: datetime) -> bool:
    """Something that they said has ended by itself. False: they said something else since."""
    person = transaction.person(PersonId(timer.stream.id))
    assert person is not None, timer  # a foreign key holds it
    before = transaction.staff.presence(person.id)
    lapsed = duty.lapsed(before, at)
    if timer not in duty.timers(before) or not lapsed:
        return False
    _record(transaction, before, lapsed, DESK, at)
    _hand_over(transaction, person, lapsed, at)
    return True


By = tuple[PersonId | None, str]
"""Who said it, and through which face."""

DESK: Final[By] = (None, "desk")


def _record(
    transaction: Transaction, before: Presence, said: Sequence[Said], by: By, at: datetime
) -> Presence:
    if not said:
        return before
    actor, via = by
    entries = tuple(
        SaidEntry(seq, at, actor, via, one) for seq, one in enumerate(said, before.version + 1)
    )
    after = duty.evolve_all(before, said, at)
    tail.record(transaction, Change(before if before.version else None, after, entries))
    return after


def look(transaction: Transaction, by: Caller, given: Now) -> Standing:
    person = directory.identify(transaction, by, given.ids, given.at)
    return standing(transaction, person, given.at)


def standing(transaction: Transaction, person: Person, at: datetime) -> Standing:
    crews = [team_on_duty.crew(transaction, team, at) for team in teams_of(transaction, person)]
    presence = transaction.staff.presences().get(person.id, Presence())
    covered = any(team_on_duty.coverage(transaction, one.team, at)(person) for one in crews)
    there = {id: one.people[id] for one in crews for id in one.on_duty()}
    return Standing(
        person=person,
        presence=presence,
        duty=duty.duty(presence, at, covered=covered),
        at=at,
        covered=covered,
        load=transaction.staff.loads([person.id]).get(person.id, Load()),
        limit=team_on_duty.limit_of(person),
        there=tuple(sorted(there.values(), key=lambda one: one.name.casefold())),
    )


def teams_of(transaction: Transaction, person: Person) -> list[Team]:
    return [team for team in transaction.teams() if team.id in person.teams]


def _hand_over(
    transaction: Transaction, person: Person, events: Sequence[Said], at: datetime
) -> HandOver | None:
    ended = [event for event in events if isinstance(event, ShiftEnded)]
    return handover.hand_over(transaction, person, at) if ended else None
