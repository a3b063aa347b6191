"""A desk on real SQLite with two teams, for the tests of whole use cases."""

from typing import Any

from deskd.base.ids import TimeSortedIds
from engine.desk.desk import Desk
from engine.desk.directory import DeclaredPerson, DeclaredWorkspace
from engine.shifts import timer_due
from engine.tickets.message import Inbound, Request
from engine.tickets.people import DEFAULT, Address, Caller, Identity, Role, Team, TeamId
from engine.tickets.promise_clock import Timer
from engine.tickets.ticket import Ticket
from engine.tickets.workspace import Workspace
from storage.open.open_storage import Storage
from tests.clock import ManualClock

SUPPORT = Team(
    TeamId("support"),
    "Support",
    "it",
    place=Address("slack", "C1"),
    addresses=("support@example.com",),
)
HR = Team(TeamId("hr"), "People", "hr", place=Address("slack", "C2"), addresses=("hr@example.com",))
ANA = Caller(Identity("slack", "T1", "U_ANA"), "Ana", "slack")
BEN = Caller(Identity("slack", "T1", "U_BEN"), "Ben", "slack")
EVE = Caller(Identity("slack", "T1", "U_EVE"), "Eve", "slack")
ROSTER = DeclaredWorkspace(
    Workspace(DEFAULT, domains=frozenset({"example.com"})),
    (SUPPORT, HR),
    (
        DeclaredPerson(
            "Ana",
            Role.AGENT,
            frozenset({SUPPORT.id, HR.id}),
            (Identity("mail", "", "ana@example.com"), ANA.identity),
        ),
        DeclaredPerson(
            "Ben",
            Role.MANAGER,
            frozenset({SUPPORT.id, HR.id}),
            (Identity("mail", "", "ben@example.com"), BEN.identity),
        ),
    ),
)


class World:
    def __init__(self, storage: Storage, clock: ManualClock) -> None:
        self.storage = storage
        self.clock = clock
        self.nudges = 0
        self.desk = Desk(storage.store, clock, TimeSortedIds(clock), nudge=self.nudge)

    def nudge(self) -> None:
        self.nudges += 1

    async def mail(self, sender: str = "bob@example.com", **more: Any) -> Ticket:
        received = await self.desk.receive(DEFAULT, self.inbound(sender, **more))
        assert received.ticket is not None
        return await self.ticket(received.ticket)

    def inbound(self, sender: str = "bob@example.com", **more: Any) -> Inbound:
        known: dict[str, Any] = {"recipients": ("support@example.com",), "text": "It is down"}
        return Inbound(
            channel="mail",
            key="k",
            sender=Identity("mail", "", sender),
            sender_name=sender.partition("@")[0].title(),
            subject="VPN is down",
            received_at=self.clock.now(),
            **(known | more),
        )

    async def ticket(self, number: int) -> Ticket:
        found = await self.storage.store.run(DEFAULT, lambda t: t.ticket(number))
        assert found is not None
        return found

    async def ring(self, timer: Timer) -> bool:
        at = self.clock.now()
        return await self.storage.store.run(DEFAULT, lambda t: timer_due.ring(t, timer, at))


def asks(ticket: Ticket, by: Caller = ANA, seen: int | None = None) -> Request:
    return Request(DEFAULT, ticket.number, by, seen=seen)
