"""Messages about promises in danger, and about those who are called for."""

from dataclasses import dataclass
from datetime import datetime

from engine.messages.conversation import OfTicket
from engine.messages.values import Code, Foreign, GroupHandle, Who, Words
from engine.tickets.promise_clock import ClockKind
from engine.tickets.ticket import Priority


@dataclass(frozen=True, slots=True)
class PromiseWarned(OfTicket):
    """A target will soon be missed.

    To: the team's channel.
    """

    clock: ClockKind
    due_at: datetime
    assignee: Who | None


@dataclass(frozen=True, slots=True)
class PromiseBroken(OfTicket):
    """A target was missed.

    To: the team's channel, and above the agents each person of the level reached.
    """

    clock: ClockKind
    due_at: datetime
    assignee: Who | None


@dataclass(frozen=True, slots=True)
class PromiseWaived(OfTicket):
    """A manager waived a missed target.

    To: the team's channel.
    """

    clock: ClockKind
    by: Foreign | None


@dataclass(frozen=True, slots=True)
class Paging(OfTicket):
    """What every page says: which level is called, why, and when the next one is."""

    role: Foreign
    """Whom the level calls: a role, "duty", "group", or a person's name."""
    next_role: Foreign
    is_top: bool
    """Nobody else is called next."""
    cause: Code
    by: Foreign | None
    """Who escalated; None: nobody did."""
    next_at: datetime | None
    clock: ClockKind | None
    """The promise that it is about."""
    due_at: datetime | None
    groups: tuple[GroupHandle, ...]


@dataclass(frozen=True, slots=True)
class LevelPaged(Paging):
    """A level is paged.

    To: the team's channel, where groups are mentioned.
    """

    names: tuple[Foreign, ...]
    empty: tuple[Foreign, ...]
    """Levels below it that nobody stands on."""


@dataclass(frozen=True, slots=True)
class PersonPaged(Paging):
    """A person is paged.

    To: that person, on the channels of the level.
    """

    page: int
    """The event that an acknowledgement answers."""
    version: int
    priority: Priority
    requester: Foreign | None
    is_late: bool
    others: tuple[Foreign, ...]
    """Who is called with them."""
    reason: Words | None
    """Why somebody escalated. None also to the requester: it is a note."""


@dataclass(frozen=True, slots=True)
class PageOver(OfTicket):
    """A page no longer needs an answer.

    To: everybody who was paged, where they were; and people who acknowledge by mail later.
    """

    how: Code
    """acknowledged | claimed | answered | the state that the ticket went to."""
    by: Foreign | None
    yours: bool
    claimable: bool
    version: int
    answered_at: datetime
    paged_at: datetime | None
    """Since when the pages are that this is about; None: it is about one, by mail."""


@dataclass(frozen=True, slots=True)
class PagesHeld(OfTicket):
    """Paging is muted for the ticket.

    To: the team's channel.
    """

    until_at: datetime


@dataclass(frozen=True, slots=True)
class PageAcknowledged(OfTicket):
    """Somebody acknowledged the page.

    To: the team's channel.
    """

    by: Foreign | None


@dataclass(frozen=True, slots=True)
class EscalationOver(OfTicket):
    """Somebody ended the escalation.

    To: the team's channel.
    """

    by: Foreign | None
