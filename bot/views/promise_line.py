"""The line of a card that says how much time the nearest promise has left, and who is paged. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.views.words import sentence
from engine.promises import sla
from engine.promises.escalation import top_of
from engine.promises.rules import Rules
from engine.tickets.people import Team
from engine.tickets.promise_clock import PROMISES, ClockKind, PromiseClock
from engine.tickets.ticket import Phase, State, Ticket, ticket_id

BLOCKS: Final = 10
"""Of a bar: each is a tenth of the goal."""
_FULL: Final = "▓"
_EMPTY: Final = "░"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a card is drawn, and by which rules its promises count."""

    rules: Rules
    at: datetime


def promise(ticket: Ticket, now: Moment) -> str:
    """The promise that breaks next, as a bar with words; "" when nothing is promised."""
    clock = _nearest(ticket)
    if clock is None:
        return ""
    kind = _how(clock, ticket, now.at)
    share = 1.0 if kind == "late" else _share(clock, now)
    facts = {
        "kind": kind,
        "clock": clock.kind,
        "bar": bar(share),
        "percent": min(100, int(100 * share)),
        "due_at": clock.breached_at or clock.due_at or "",
    }
    return sentence("promise", facts)


def bar(share: float) -> str:
    full = max(0, min(BLOCKS, int(BLOCKS * share)))
    return _FULL * full + _EMPTY * (BLOCKS - full)


def _nearest(ticket: Ticket) -> PromiseClock | None:
    running = [c for c in ticket.clocks if c.kind in PROMISES and c.running and c.due_at]
    first = min(running, key=lambda clock: clock.due_at or ticket.updated_at, default=None)
    resolution = ticket.clock(ClockKind.RESOLUTION)
    owed = resolution is not None and resolution.cancelled_at is None
    return first or (resolution if owed else None)


def _how(clock: PromiseClock, ticket: Ticket, at: datetime) -> str:
    if ticket.state.phase in (Phase.DONE, Phase.CLOSED):
        return ("waived" if clock.waived else "broken") if clock.breached else "kept"
    if clock.breached or (clock.due_at is not None and at > clock.due_at):
        return "late"
    return "running" if clock.running else "paused"


def _share(clock: PromiseClock, now: Moment) -> float:
    return sla.used_by(clock, now.rules, now.at) / clock.goal if clock.goal else 1.0


def escalation(ticket: Ticket, team: Team, now: Moment) -> str:
    """Who is paged since when, and who is next; "" while nobody was called for."""
    if ticket.state is State.MERGED and ticket.merged_into is not None:
        return _said("merged", {"other": ticket_id(ticket.merged_into)})
    if ticket.state.phase not in (Phase.ACTIVE, Phase.WAITING):
        return ""
    ladder = now.rules.ladder(team, ticket.rules)
    ack = ticket.clock(ClockKind.ACK)
    top = top_of(ladder)
    level = min(ticket.escalation_level, top)
    waits = ack if ticket.awaits_ack else None
    facts = {
        "level": ladder.levels[level].called,
        "next_level": ladder.levels[min(level + 1, top)].called,
        "is_top": level == top,
        "escalated": level > 0,
        "since_at": waits.started_at if waits else "",
        "next_at": (waits.due_at or "") if waits else "",
    }
    kind = _called_for(ticket, told_only=not ladder.levels[level].ack_required)
    return _said(kind, facts) if kind else ""


def _called_for(ticket: Ticket, *, told_only: bool) -> str:
    if ticket.awaits_ack:
        paged = "paged" if ticket.pages else ""
        return "quiet" if ticket.muted else paged
    if not ticket.escalation_level:
        return ""
    return "told" if told_only and not ticket.acknowledged else "acknowledged"


def _said(kind: str, facts: Mapping[str, object]) -> str:
    return sentence("escalation", {"kind": kind, **facts})
