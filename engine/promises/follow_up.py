"""What follows by itself from what was decided: acknowledgements, clocks, waiting, pages. Pure.

In this order, each seeing what came before: answering acknowledges, acknowledging stops the `ack` clock, a clock
that turns out broken climbs the ladder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.promises import escalation, pending_info, sla
from engine.promises.escalation import Climb
from engine.promises.rules import Rules, Subject
from engine.promises.sla import Situation
from engine.tickets import evolve
from engine.tickets.events import Entry, Event
from engine.tickets.people import PersonId, Team
from engine.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class StepContext:
    """What the rules need to know besides the ticket and what was decided."""

    rules: Rules
    team: Team
    """The ticket's team as the decided events leave it."""
    climb: Climb
    at: datetime
    actor: PersonId | None = None
    promise_reply: bool = True


def unfold(before: Ticket, events: Sequence[Event], around: StepContext) -> list[Event]:
    """`events` and all that follows from them. For a new ticket `before` is as it was born by the first of them."""
    acks = escalation.acknowledgements(before, events, around.actor)
    decided = [*events, *acks]
    now = situation(_after(before, decided, around), around)
    following = [*sla.follow(before.clocks, decided, now), *pending_info.follow(decided, now)]
    then = replace(now, after=_after(now.after, following, around))
    so_far = [*decided, *following]
    return [*so_far, *escalation.follow(so_far, then, around.climb)]


def situation(ticket: Ticket, around: StepContext) -> Situation:
    return Situation(
        after=ticket,
        rules=around.rules,
        subject=Subject(ticket.priority, ticket.category, around.team, ticket.rules),
        at=around.at,
        actor=around.actor,
        promise_reply=around.promise_reply,
    )


def _after(before: Ticket, events: Sequence[Event], around: StepContext) -> Ticket:
    numbered = enumerate(events, start=before.version + 1)
    entries = [Entry(seq, around.at, around.actor, "", event) for seq, event in numbered]
    return evolve.evolve_all(before, entries)
