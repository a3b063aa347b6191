"""What is said: words, files and references, and what a face hands in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType

from engine.tickets.people import Address, Caller, Identity, PersonId, WorkspaceId

MessageId = NewType("MessageId", str)
"""The id of a comment or a note inside the desk (not a mail's Message-ID)."""

Fact = str | int | bool | None | list[str]
"""What may travel in refusals: plain, frozen, and the same after a trip through JSON."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Words the requester sees."""

    id: MessageId
    author: PersonId | None
    via: str
    text: str
    at: datetime
    source: Address | None = None
    """Where the words were written, so that they are not echoed there."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words only agents see. A type of its own, so that no flag can leak it."""

    id: MessageId
    author: PersonId | None
    via: str
    text: str
    at: datetime
    source: Address | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `refused` says why its bytes were not kept."""

    name: str
    type: str
    size: int
    sha256: str | None = None
    refused: str | None = None
    """A code: too_large | blocked_type | too_many; its sentence is in templates."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An id of the outside world that stands for a ticket: a Message-ID, a Slack ts.

    kind: "message" (one message), "card" (the ticket's card in a channel), "root" (first message
    of its direct thread), "page" (a call for somebody, which says later who answered it).
    """

    channel: str
    place: str
    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Who follows a ticket, as addresses."""

    requester: Address | None
    copied: tuple[Address, ...] = ()
    team: Address | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence, verified by the channel, that a message belongs to a ticket."""

    ticket: int
    how: str  # "token" (signed address) | "message-id" (our signed Message-ID) | "thread" (a Slack thread of ours)


@dataclass(frozen=True, slots=True)
class AddressAction:
    """What a message asks for by the address it was sent to: signed by us, for whom the message is from."""

    action: str  # acknowledge
    ticket: int
    page: int  # the seq of the page that it answers


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as any channel hands it in."""

    channel: str
    key: str
    """Dedupe key: the same message handed in twice has the same key."""
    sender: Identity
    sender_name: str
    subject: str
    text: str
    received_at: datetime
    recipients: tuple[str, ...] = ()
    """The desk's own addresses it was sent to: they pick the team."""
    copied: tuple[str, ...] = ()
    reference: Reference | None = None
    """What this message is called outside (its Message-ID, its Slack ts)."""
    replies_to: tuple[str, ...] = ()
    """Message-IDs it answers, nearest first; unproven."""
    proofs: tuple[Proof, ...] = ()
    asks: AddressAction | None = None
    named: tuple[int, ...] = ()
    """Ticket numbers it merely names, e.g. in the subject: never enough to join one."""
    automatic: str | None = None
    """None for a human's words, else why we think a machine wrote it: auto-reply | bounce | list | own."""
    attachments: tuple[Attachment, ...] = ()
    utc_offset: timedelta | None = None
    """The sender's own offset (a mail's Date header): their time zone when nothing better is known."""
    source: Address | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants something of which ticket, and what they had seen of it."""

    workspace: WorkspaceId
    ticket: int
    by: Caller
    seen: int | None = None
    """The ticket's version on the card that was clicked; None when nothing was shown."""
    settles: int | None = None
    """The spool row that is done when this is done, in the same transaction."""
    reference: Reference | None = None
    """What the words are called outside (a Slack ts), so that edits and repeats find them."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket about to be opened by hand (a command, a form, the command line)."""

    subject: str
    text: str
    priority: str | None = None
    """P1..P4 or a label ("high"), any case; None: the workspace's default."""
    category: str | None = None
    team: str | None = None
