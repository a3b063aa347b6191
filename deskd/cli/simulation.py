"""`deskd sla simulate`: the recorded tickets replayed under other policies, some at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.shapes.simulation import SimulationShape, simulation
from deskd.base.errors import Failure
from deskd.config.load import TriedOut
from deskd.declared.declared_calendars import calendars
from deskd.declared.declared_policies import policies
from engine.announcing.places import places
from engine.calendars.calendar_history import CalendarHistory
from engine.ports.store import Transaction
from engine.promises.level_members import reach
from engine.promises.rules import Declared, Level, Policy, Rules
from engine.promises.step_context import Reached
from engine.tickets.people import DEFAULT, Person, Team
from engine.whatif.comparison import Comparison
from engine.whatif.simulate import Stage, editions, live, tried_out
from storage.checks.ticket_pages import all_kept, opened_since
from storage.open.open_storage import Storage


@dataclass(frozen=True, slots=True)
class RecordedDesk:
    """What tickets live by today, and who answers for them."""

    rules: Rules
    almanac: CalendarHistory
    teams: tuple[Team, ...]
    agents: tuple[Person, ...]
    now: datetime

    def stage(self, tried: Declared | None = None) -> Stage:
        book = editions(self.rules, self.almanac)
        if tried is not None:
            book = [(at, tried_out(rules, tried.policies, tried.calendars)) for at, rules in book]
        return Stage(book, {team.id: team for team in self.teams}, self.reached)

    def reached(self, level: Level, team: Team) -> Reached:
        """By today's people and plans."""
        return reach(
            level,
            [one for one in self.agents if places(one, (), self.rules.workspace.channels)],
            team,
            is_there=lambda _person: True,
            on_duty=lambda rotation: self.rules.on_duty(rotation, self.now),
        )


def tried(over: TriedOut) -> Declared:
    """What of the file is tried out; anything else holds as it did."""
    hours = calendars(over.settings)
    return Declared(
        calendars={id: hours[id] for id in over.calendars},
        policies=tuple(one for one in policies(over.settings) if one.id in over.policies),
    )


async def desk_of(storage: Storage, now: datetime) -> RecordedDesk:
    def look(transaction: Transaction) -> RecordedDesk:
        teams, agents = tuple(transaction.teams()), tuple(transaction.agents())
        return RecordedDesk(transaction.rules(), transaction.almanac(), teams, agents, now)

    return await storage.store.run(DEFAULT, look)


async def compared(
    storage: Storage, desk: RecordedDesk, other: Declared, since: datetime
) -> Comparison:
    """Raises Failure for a policy that no ticket lives by."""
    _refuse_unnamed(other.policies, desk)
    found, before, after = Comparison(), desk.stage(), desk.stage(other)
    async for page in all_kept(storage.readers, opened_since(DEFAULT, since)):
        for each in page:
            entries, ticket = each.entries, each.ticket
            was = live(DEFAULT, ticket.number, entries, before, desk.now)
            would_be = live(DEFAULT, ticket.number, entries, after, desk.now)
            found.add(ticket, was, would_be)
    return found


# What people and programs are shown


def shape(found: Comparison, desk: RecordedDesk, since: datetime) -> SimulationShape:
    names = {str(person.id): person.name for person in desk.agents}
    return simulation(
        found,
        since=since,
        timezone=desk.rules.workspace.timezone,
        level_name=lambda level: _called(level, desk),
        person_name=lambda person: names.get(person, person),
    )


def _called(level: int, desk: RecordedDesk) -> str:
    """As the teams' ladders call it."""
    ladders = (desk.rules.ladder(team, desk.rules.number) for team in desk.teams)
    called = (ladder.levels[level].called for ladder in ladders if level < len(ladder.levels))
    return ", ".join(dict.fromkeys(called))


def _refuse_unnamed(others: Iterable[Policy], desk: RecordedDesk) -> None:
    own = desk.rules.workspace
    named = {own.policy, *own.department_policies.values(), *own.category_policies.values()}
    named |= {team.policy for team in desk.teams if team.policy}
    for policy in others:
        if policy.id not in named:
            known = ", ".join(sorted(named))
            raise Failure(
                f'policy "{policy.id}": no ticket lives by it, so nothing would change; '
                f"give it the id of one that it is to replace: {known}"
            )
