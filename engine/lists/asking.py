"""What a list is asked for and what it answers: filters, sorts, and a cursor that nobody has to understand.

A list is read in runs: "late first" is the late ones by due time, then the others; "by priority" is P1, then P2 ...
Inside a run there is one order, and a place in it is (key, number). The cursor holds the run, the place, and the
instant by which late was judged on the first page: nothing moves between pages because time went on.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from engine.tickets.errors import Refused
from engine.tickets.ticket import Phase, Priority, State

ESCALATED: Final = "ESCALATED"
"""Shown and filtered like a state, though it is stored as a level and an acknowledgement."""
STATUSES: Final = (*(state.value for state in State), ESCALATED)
NOBODY: Final = "nobody"
"""As an assignee: those without one."""
PAGE_ROWS: Final = 50
PAGE_ROWS_MAX: Final = 100
"""Of one page for programs; commands may ask for more and get it page by page."""
LOOKED_AT_MAX: Final = 20_000
"""Rows looked at for one page of each right: what a rare filter may cost (some 40 ms); then "narrow it"."""


class Sort(StrEnum):
    CREATED = "created"
    """Newest first, by number."""
    UPDATED = "updated"
    """What changed last first."""
    DUE = "due"
    """What is due first first; then what has no due time, newest first."""
    PRIORITY = "priority"
    """P1 first, each newest first."""


class Whose(StrEnum):
    """As the reader stands to a ticket."""

    MINE = "mine"
    """Asked for by the reader, or had."""
    HELD = "held"
    ASKED = "asked"
    OTHERS = "others"
    """Somebody else has it."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` on, before `until`."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS: Final = Span()


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """All given conditions must hold; of several values of one condition, one."""

    everything: bool = False
    """Also CLOSED and MERGED; statuses and phases say it themselves."""
    statuses: tuple[str, ...] = ()
    """Of STATUSES."""
    phases: tuple[Phase, ...] = ()
    priorities: tuple[Priority, ...] = ()
    departments: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    """By id or name."""
    categories: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    """By id, address, Slack id or name; NOBODY."""
    requesters: tuple[str, ...] = ()
    whose: Whose | None = None
    created: Span = ALWAYS
    updated: Span = ALWAYS
    due: Span = ALWAYS
    late: bool = False
    """A promise that runs was due before now."""
    snoozed: bool | None = None
    """Put aside, or not; None: either."""
    words: str = ""
    """All of them stand in the ticket; then newest first, whatever the sort."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of a list."""

    filter: TicketFilter = TicketFilter()
    sort: Sort = Sort.CREATED
    late_first: bool = False
    """Lists for people; programs get the plain order."""
    limit: int = PAGE_ROWS
    after: str | None = None
    """The cursor of the page before."""


@dataclass(frozen=True, slots=True)
class Cursor:
    as_of: int
    """Microseconds since 1970."""
    run: int
    key: int
    """A number, or microseconds since 1970."""
    number: int

    def written(self, asked: Asked) -> str:
        parts = [self.as_of, self.run, self.key, self.number, fingerprint(asked)]
        return (
            base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode())
            .decode()
            .rstrip("=")
        )


def cursor_of(asked: Asked) -> Cursor | None:
    """Raises Refused for what is no cursor of this list: another filter or order has other places."""
    if asked.after is None:
        return None
    try:
        text = asked.after + "=" * (-len(asked.after) % 4)
        *places, print_ = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (ValueError, UnicodeEncodeError, binascii.Error, TypeError):
        raise Refused("bad_cursor") from None
    whole = len(places) == _PLACES and all(type(place) is int for place in places)
    if not whole or print_ != fingerprint(asked):
        raise Refused("bad_cursor")
    return Cursor(*places)


_PLACES: Final = 4


def fingerprint(asked: Asked) -> str:
    """Of what decides which tickets there are and in which order."""
    parts = repr((asked.filter, asked.sort, asked.late_first))
    return hashlib.sha256(parts.encode(errors="replace")).hexdigest()[:8]
