"""Every message there is, as one closed union, and the name of each kind: its class in small letters."""

import re
from collections.abc import Mapping
from typing import Final, get_args

from engine.messages.conversation import (
    AgentSaid,
    NoteWritten,
    Question,
    Receipt,
    Reminder,
    Reply,
    RequesterSaid,
    Undelivered,
)
from engine.messages.digests import OverdueDigest, ReportDigest, ShiftHandover
from engine.messages.page_messages import (
    EscalationOver,
    LevelPaged,
    PageAcknowledged,
    PageOver,
    PagesHeld,
    PersonPaged,
    PromiseBroken,
    PromiseWaived,
    PromiseWarned,
)
from engine.messages.work import (
    SnoozeEnded,
    TicketAssigned,
    TicketClosed,
    TicketLinked,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketUnmerged,
)

ToPerson = (
    Receipt
    | Reply
    | Question
    | Reminder
    | TicketMerged
    | TicketResolved
    | TicketClosed
    | PromiseBroken
    | PersonPaged
    | PageOver
    | OverdueDigest
    | ShiftHandover
    | ReportDigest
)
"""What may be said to one person, so that every channel has words for it."""

ToTeam = (
    AgentSaid
    | RequesterSaid
    | NoteWritten
    | Undelivered
    | TicketAssigned
    | TicketLinked
    | TicketUnmerged
    | TicketReopened
    | SnoozeEnded
    | PromiseWarned
    | PromiseWaived
    | LevelPaged
    | PagesHeld
    | PageAcknowledged
    | EscalationOver
)
"""What is said in a team's channel alone."""

Message = ToPerson | ToTeam


def _name(message: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()


KINDS: Final[Mapping[str, type[Message]]] = {_name(each): each for each in get_args(Message)}
_NAMES: Final[Mapping[type, str]] = {each: name for name, each in KINDS.items()}


def kind_of(message: Message) -> str:
    """ "page_over" for a PageOver: how it is stored, listed, and what its templates are called."""
    return _NAMES[type(message)]
