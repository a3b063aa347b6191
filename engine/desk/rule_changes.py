"""What a change of rules does to open tickets: declared, recounted, applied. Functions of a Transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.desk import directory, permission, step
from engine.desk.directory import DeclaredWorkspace
from engine.desk.step import Now, Step
from engine.ports.clock import Ids
from engine.ports.store import Transaction
from engine.promises import escalation, sla
from engine.tickets.access import Right
from engine.tickets.events import PolicyApplied
from engine.tickets.message import Request
from engine.tickets.promise_clock import PROMISES, ClockKind, PromiseClock
from engine.tickets.ticket import Ticket

MUTED_MAX: Final = 1000
"""Held pages let out by one change of mute windows; more wait for the end that they were told."""


def declare(transaction: Transaction, roster: DeclaredWorkspace, ids: Ids, at: datetime) -> None:
    """What deskd.toml says holds from now on; so do mute windows that it took back or made shorter."""
    before = transaction.settings().rules_version
    directory.declare(transaction, roster, ids, at)
    if transaction.settings().rules_version != before:
        _let_out(transaction, at)


def _let_out(transaction: Transaction, at: datetime) -> None:
    """Pages that were held for longer than any window holds them now."""
    rules = transaction.rules()
    for number in transaction.tickets_muted(limit=MUTED_MAX):
        ticket = transaction.ticket(number)
        ack = ticket.clock(ClockKind.ACK) if ticket else None
        if ticket is None or ack is None or not ack.running or ack.due_at is None:
            continue
        until = rules.muted_until(ticket, at)
        if until is None or until < ack.due_at:
            here = step.context(transaction, ticket, at, "mute")
            paged = escalation.page(ticket.escalation_level, "mute_over", here)
            step.record(transaction, here, Step(paged))


def recount(transaction: Transaction, limit: int, at: datetime) -> int:
    """How many tickets changed, of up to `limit` clocks calculated with an older edition of their calendar."""
    wanted: list[int] = []
    for id, (version, _) in transaction.rules().calendars.items():
        left = limit - len(wanted)
        if left > 0:
            wanted += transaction.tickets_by_calendar(id, older_than=version, limit=left)
    return sum(_recount(transaction, number, at) for number in dict.fromkeys(wanted))


def _recount(transaction: Transaction, number: int, at: datetime) -> bool:
    ticket = transaction.ticket(number)
    return ticket is not None and reckoned(transaction, ticket, at) != ticket


def reckoned(transaction: Transaction, ticket: Ticket, at: datetime) -> Ticket:
    """The ticket by its calendars as they are now."""
    rules = transaction.rules()
    if all(clock.settled or rules.is_reckoned_by(clock) for clock in ticket.clocks):
        return ticket
    here = step.context(transaction, ticket, at, "calendar")
    events = sla.recount(ticket.clocks, here, why="calendar")
    return step.record(transaction, here, Step(events)) if events else ticket


def former_calendars(transaction: Transaction) -> Sequence[str]:
    """Those that are no longer declared and that clocks still use."""
    rules = transaction.rules()

    def is_used(id: str) -> bool:
        version, _ = rules.calendar(id)
        return bool(transaction.tickets_by_calendar(id, older_than=version + 1, limit=1))

    return sorted(id for id in rules.former if is_used(id))


@dataclass(frozen=True, slots=True)
class Applied:
    """What today's editions of policies and ladders make of a ticket."""

    before: Ticket
    after: Ticket
    at: datetime

    @property
    def moved(self) -> int:
        """Promises whose due time is another, or that are none any more."""
        return sum(
            (old.due_at, old.cancelled_at) != (new.due_at, new.cancelled_at)
            for old, new in self._pairs()
        )

    @property
    def rebased(self) -> int:
        """Of those, how many would have been late already, and count from now."""
        return sum(new.rebased and not old.rebased for old, new in self._pairs())

    @property
    def late(self) -> int:
        """Promises that are broken with this, or at once after it."""
        return sum(
            _is_late(new, self.at) and not _is_late(old, self.at) for old, new in self._pairs()
        )

    def _pairs(self) -> Iterator[tuple[PromiseClock, PromiseClock]]:
        pairs = zip(self.before.clocks, self.after.clocks, strict=False)
        return (pair for pair in pairs if pair[0].kind in PROMISES)


def _is_late(clock: PromiseClock, at: datetime) -> bool:
    return clock.breached or (clock.running and clock.due_at is not None and clock.due_at < at)


def apply_policies(
    transaction: Transaction, request: Request, given: Now, *, dry_run: bool
) -> Applied:
    person, ticket = permission.look_up(transaction, request, given.ids, given.at)
    permission.authorize(transaction, person, Right.CONFIGURE, ticket, given.at)
    here = step.context(transaction, ticket, given.at, request.by.via).by(person)
    decided = Step([PolicyApplied(transaction.settings().rules_version)])
    _, after = step.foresee(transaction, here, decided)
    is_new = transaction.rules().edited > ticket.rules
    if not is_new and after.clocks == ticket.clocks:
        # The same rules again would only make the history longer.
        return Applied(ticket, ticket, given.at)
    if not dry_run:
        after = step.record(transaction, here, decided)
    return Applied(ticket, after, given.at)
