"""Whose history it is. Everything that is remembered step by step is a stream: a ticket, what somebody says of
being there. Streams of every kind share one tail (what is recorded, and how); what decides for them is their own."""

from dataclasses import dataclass
from enum import StrEnum

from engine.tickets.people import PersonId


class StreamKind(StrEnum):
    TICKET = "ticket"
    PERSON = "person"


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """Within one workspace."""

    kind: StreamKind
    id: str

    @property
    def number(self) -> int:
        """Of the ticket that it is."""
        assert self.kind is StreamKind.TICKET, self
        return int(self.id)


def of_ticket(number: int) -> Stream:
    return Stream(StreamKind.TICKET, str(number))


def of_person(person: PersonId) -> Stream:
    return Stream(StreamKind.PERSON, person)
