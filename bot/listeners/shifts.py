"""`/shift` and its buttons: read, passed to the duty desk, answered in a sentence."""

from datetime import timedelta
from typing import Final, assert_never

from bot.context.context import BotContext
from bot.context.interaction import Interaction
from bot.views.home import standing_facts
from bot.views.words import sentence
from engine.calendars.durations import Duration
from engine.duty.presence import CameBack, Out, Said, ShiftEnded, ShiftStarted, WentOut
from engine.ports.duty_store import Brief
from engine.shifts.handover import HandOver
from engine.shifts.shifts import Standing
from engine.tickets.errors import Refused

VERBS: Final = ("start", "end", "break", "back", "away", "status")
# Tickets named in an answer; the digest names them all.
_NAMED: Final = 5


async def say(front: BotContext, done: Interaction, verb: str, length: str) -> Standing:
    """`verb` is one of VERBS; `length` as people write it, or empty."""
    by = await front.people.who_is(done.user)
    workspace, settles = front.workspace, done.spool_id
    lasts = _length(length)
    match verb:
        case "start":
            return await front.floor.start_shift(workspace, by, length=lasts, settles=settles)
        case "end":
            return await front.floor.end_shift(workspace, by, settles=settles)
        case "back":
            return await front.floor.come_back(workspace, by, settles=settles)
        case "break" | "away":
            how = Out(verb)
            return await front.floor.go_out(workspace, by, how, length=lasts, settles=settles)
        case _:
            return await front.floor.standing(workspace, by)


def _length(written: str) -> timedelta | None:
    if not written:
        return None
    try:
        duration = Duration.read(written)
    except ValueError:
        raise Refused("bad_length", text=written) from None
    if duration.business_days:
        raise Refused("bad_length", text=written)
    return duration.time


def answer(standing: Standing) -> str:
    """What they changed, where they stand now, and what became of their tickets."""
    handed = standing.handed_over or HandOver()
    facts = standing_facts(standing) | {
        "did": _did(standing.said[-1]) if standing.said else "",
        "given_back": _named(handed.given_back),
        "stays": _named(handed.stays),
        "urgent": _named(handed.urgent),
    }
    return sentence("shift", facts)


def _did(said: Said) -> str:
    match said:
        case ShiftStarted():
            return "started"
        case ShiftEnded():
            return "ended"
        case WentOut(how=how):
            return how.value
        case CameBack():
            return "back"
        case _ as never:
            assert_never(never)


def _named(briefs: tuple[Brief, ...]) -> str:
    """ "T-1, T-2 and 3 more" is for the template: here are the names it needs."""
    named = [brief.id for brief in briefs[:_NAMED]]
    more = len(briefs) - len(named)
    return ", ".join([*named, *([f"+{more}"] if more else [])])
