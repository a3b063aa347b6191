"""Rows of the spool and of the outbox: what came in, and what goes out."""

from pydantic import Field

from api.shapes.shape import Instant, Shape
from engine.ports.views import OutboxLine, SpoolLine


class SpoolShape(Shape):
    id: int = Field(description="The number that `spool show` and `retry` take.")
    channel: str = Field(description="How it came: mail, slack.")
    state: str = Field(description="waiting, done or dead.")
    reason: str | None = Field(description="Why it is so; null: nothing to say.")
    attempts: int = Field(description="How often it was tried.")
    sender: str | None = Field(description="As the channel names them; null: nobody.")
    received_at: Instant = Field(description="When it was kept.")
    ticket: str | None = Field(description="What became of it: T-123; null: no ticket.")


class OutboxShape(Shape):
    id: int = Field(description="The number that `outbox show`, `retry` and `drop` take.")
    key: str = Field(description="The same key is told once.")
    ticket: str | None = Field(description="T-123; null: it belongs to none.")
    channel: str = Field(description="How it goes: mail, slack.")
    place: str = Field(description="Where to: an address, a channel's or a person's id.")
    kind: str = Field(description="show, or which message it is.")
    state: str = Field(description="waiting, sending, sent or dead.")
    attempts: int = Field(description="How often it was tried.")
    next_at: Instant | None = Field(description="When it is tried next; null: no more.")
    last_error: str | None = Field(description="What the last try ended with; null: nothing.")
    possible_duplicate: bool = Field(description="A try was cut off: it may have arrived twice.")


def spool_row(row: SpoolLine) -> SpoolShape:
    return SpoolShape(
        id=row.id,
        channel=row.channel,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        sender=row.sender,
        received_at=row.received_at,
        ticket=_ticket(row.ticket),
    )


def outbox_row(row: OutboxLine) -> OutboxShape:
    return OutboxShape(
        id=row.id,
        key=row.key,
        ticket=_ticket(row.ticket),
        channel=row.channel,
        place=row.place,
        kind=row.kind,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        last_error=row.last_error,
        possible_duplicate=row.possible_duplicate,
    )


def _ticket(number: int | None) -> str | None:
    return f"T-{number}" if number else None
