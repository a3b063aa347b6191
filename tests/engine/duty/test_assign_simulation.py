"""Ten simulated days decide between the strategies: deep personal heaps are what makes answers late.

Eight agents of different speed, two of three skills each, in two shifts. A ticket is answered when its agent begins
it; everybody works one at a time, what is due first first. Times in minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from random import Random

from engine.duty.assign import Strategy, Waiting, plan
from engine.duty.presence import Duty
from engine.duty.workload import Load, Member
from engine.tickets.people import PersonId
from engine.tickets.ticket import Priority, State
from tests.engine.make import START

DAYS = 10
SHIFTS = ((7 * 60, 15 * 60), (13 * 60, 21 * 60))
SKILLS = ("network", "storage", "database")
RESPONSE = {Priority.P1: 5, Priority.P2: 30, Priority.P3: 120, Priority.P4: 24 * 60}
SEEDS = range(3)


@dataclass
class Arrived:
    ticket: Waiting
    at: int
    due: int
    work: float
    begun: int | None = None


@dataclass
class Agent:
    name: PersonId
    shift: tuple[int, int]
    speed: float
    skills: frozenset[str]
    limit: int
    heap: list[Arrived] = field(default_factory=list)
    current: Arrived | None = None
    done_at: float = 0
    last: int = 0

    def there(self, minute: int) -> bool:
        return self.shift[0] <= minute % 1440 < self.shift[1]

    def member(self, minute: int) -> Member:
        load = Load()
        for one in [*self.heap, *([self.current] if self.current else [])]:
            load = load.plus(one.ticket.priority, State.IN_PROGRESS)
        duty = Duty.ON if self.there(minute) else Duty.OFF
        last = START + timedelta(minutes=self.last)
        return Member(self.name, duty, self.skills, self.limit, load, last)

    def work(self, minute: int) -> bool:
        """True when something was finished."""
        finished = self.current is not None and minute >= self.done_at
        if finished:
            self.current = None
        if self.current is None and self.heap and self.there(minute):
            self.heap.sort(key=lambda one: one.due)
            self.current = self.heap.pop(0)
            self.current.begun = minute
            self.done_at = minute + self.current.work / self.speed
        return finished


def staff(random: Random) -> list[Agent]:
    pairs = [frozenset(pair) for pair in combinations(SKILLS, 2)]
    return [
        Agent(
            PersonId(f"a{n}"),
            SHIFTS[n % 2],
            random.uniform(0.5, 1.7),
            pairs[n % 3],
            random.randint(4, 8),
        )
        for n in range(8)
    ]


def arrivals(random: Random) -> Iterator[Arrived]:
    minute, number = 0.0, 0
    while minute < DAYS * 1440:
        minute += random.expovariate(1 / 11)
        if not SHIFTS[0][0] <= minute % 1440 < SHIFTS[1][1] - 60:
            continue
        number += 1
        at = int(minute)
        priority = random.choices(list(Priority), [3, 17, 60, 20])[0]
        due = at + RESPONSE[priority]
        needs = frozenset({random.choice(SKILLS)})
        ticket = Waiting(number, priority, START + timedelta(minutes=due), needs)
        yield Arrived(ticket, at, due, random.lognormvariate(3.6, 0.6))


class Office:
    """One run of the ten days under one strategy."""

    def __init__(self, strategy: Strategy, seed: int) -> None:
        random = Random(seed)
        self.strategy = strategy
        self.agents = {agent.name: agent for agent in staff(random)}
        self.all = list(arrivals(random))
        self.coming = self.all[::-1]
        self.line: dict[int, Arrived] = {}

    def run(self) -> float:
        """The share of tickets that were begun too late, or never."""
        for minute in range(DAYS * 1440):
            news = minute % 60 == 0
            while self.coming and self.coming[-1].at <= minute:
                arrived = self.coming.pop()
                self.line[arrived.ticket.number] = arrived
                news = True
            finished = [agent.work(minute) for agent in self.agents.values()]
            if (news or any(finished)) and self.line:
                self.share_out(minute)
            self.take_back(minute)
        return sum(one.begun is None or one.begun > one.due for one in self.all) / len(self.all)

    def share_out(self, minute: int) -> None:
        members = [agent.member(minute) for agent in self.agents.values()]
        for choice in plan(self.strategy, members, [one.ticket for one in self.line.values()]):
            agent = self.agents[choice.to]
            agent.heap.append(self.line.pop(choice.ticket))
            agent.last = minute
            agent.work(minute)

    def take_back(self, minute: int) -> None:
        """What was not begun when a shift ends waits in the team's line again."""
        for agent in self.agents.values():
            if not agent.there(minute):
                self.line |= {one.ticket.number: one for one in agent.heap}
                agent.heap.clear()


def test_pull_is_late_less_often_than_least_loaded_and_that_than_round_robin() -> None:
    strategies = (Strategy.PULL, Strategy.LEAST_LOADED, Strategy.ROUND_ROBIN)
    late = [sum(Office(strategy, seed).run() for seed in SEEDS) for strategy in strategies]
    assert late[0] < late[1] < late[2]
