"""What follows by itself from what was decided: acknowledgements, clocks, waiting, pages, waking. Pure.

In this order, each seeing what came before: answering acknowledges, acknowledging stops the `ack` clock, a clock
that turns out broken climbs the ladder, and each of these ends a snooze.
"""

from collections.abc import Sequence

from engine.promises import escalation, pending_info, sla, snoozing
from engine.promises.step_context import StepContext
from engine.tickets.events import Entry, Event
from engine.tickets.ticket import Ticket


def unfold(events: Sequence[Event], here: StepContext) -> tuple[Sequence[Entry], Ticket]:
    """`events` and all that follows from them, as entries, and the ticket as they leave it. A new ticket is `here` as
    it was born, before its first entry."""
    acks = escalation.acknowledgements(here.ticket, events, here.actor_id)
    decided = [*events, *acks]
    first = here.entries(decided)
    now = here.after(first)
    clocks = sla.follow(here.ticket.clocks, decided, now)
    following = [*clocks, *pending_info.follow(decided, now)]
    second = now.entries(following)
    then = now.after(second)
    paged = escalation.follow([*decided, *following], then)
    third = then.entries(paged)
    end = then.after(third)
    last = end.entries(snoozing.follow([*decided, *following, *paged], end))
    return [*first, *second, *third, *last], end.after(last).ticket
