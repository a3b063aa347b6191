"""Many messages at once to one place become one digest: after downtime nobody reads sixty.

Pure: which messages may be gathered, and what a digest of them says. Where it is done: as parcels are leased
(storage/queues/flood.py), so that it holds whatever the flood came from.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, assert_never

from engine.messages.digests import Overdue, OverdueDigest, OverdueLine
from engine.messages.message import Message
from engine.messages.page_messages import (
    LevelPaged,
    Paging,
    PersonPaged,
    PromiseBroken,
    PromiseWarned,
)
from engine.messages.values import Foreign, GroupHandle

Gathered = PromiseWarned | PromiseBroken | LevelPaged | PersonPaged
"""Messages of which many at once are a flood; a person's words are never gathered."""
FLOOD: Final = 20
"""More than this at one place are too many to be read one by one."""
LATE: Final = timedelta(minutes=1)
"""What was due so long before it was recorded comes from downtime, and others will follow."""
SETTLE: Final = timedelta(seconds=3)
"""What is late waits this long for the others; so does a digest after each that joined it."""
GATHER_MAX: Final = timedelta(seconds=15)
"""A digest goes out so much after it was begun, also when others still come."""
LISTED_MAX: Final = 75
"""Lines of a digest: what one Slack message holds. The rest is counted."""
SUBJECT_CHARS: Final = 30
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Messages that wait for one place, to be told as one."""

    gathered: tuple[Gathered, ...]
    onto: OverdueDigest | None = None
    """A digest that waits there already, which they join."""


def is_late(message: Message | None, recorded_at: datetime) -> bool:
    if not isinstance(message, Gathered):
        return False
    return message.due_at is not None and recorded_at - message.due_at >= LATE


def digest(crowd: Crowd) -> OverdueDigest:
    """There is at least one message."""
    before = crowd.onto.lines if crowd.onto else ()
    lines = sorted([*before, *map(_line, crowd.gathered)], key=_in_order)
    first = crowd.onto or crowd.gathered[0]
    return OverdueDigest(
        timezone=first.timezone,
        count=(crowd.onto.count if crowd.onto else 0) + len(crowd.gathered),
        groups=_groups(crowd),
        lines=tuple(lines[:LISTED_MAX]),
    )


def _groups(crowd: Crowd) -> tuple[GroupHandle, ...]:
    """A group hears of a page only where it is mentioned: a digest mentions all of them, once."""
    pages = [one for one in crowd.gathered if isinstance(one, Paging)]
    named = {group for page in pages for group in page.groups}
    known = set(crowd.onto.groups) if crowd.onto else set()
    return tuple(sorted(named | known, key=lambda group: group.id))


def _in_order(line: OverdueLine) -> tuple[datetime, str, str]:
    """By what is due first; what promises nothing comes before all."""
    return line.due_at or _BEFORE_ALL, str(line.ticket), line.what


def _line(message: Gathered) -> OverdueLine:
    subject = message.subject.text
    short = subject if len(subject) <= SUBJECT_CHARS else subject[: SUBJECT_CHARS - 1] + "…"
    match message:
        case PromiseWarned():
            what, assignee = Overdue.DUE, message.assignee
        case PromiseBroken():
            what, assignee = Overdue.LATE, message.assignee
        case LevelPaged() | PersonPaged():
            what, assignee = Overdue.CALLED, None
        case _ as never:
            assert_never(never)
    return OverdueLine(
        what=what,
        ticket=message.ticket,
        subject=Foreign(short),
        due_at=message.due_at,
        clock=message.clock,
        assignee=assignee.handle if assignee else None,
    )
