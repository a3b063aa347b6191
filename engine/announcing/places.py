"""Where a person hears of something: from the names the outside knows them by to addresses. Knows no channel."""

from collections.abc import Sequence

from engine.tickets.people import OPERATOR, Address, Person


def places(person: Person, via: Sequence[str], channels: Sequence[str]) -> list[Address]:
    """At most one for each channel of `via`; whoever is on none of those hears it on the first they are on.

    `channels`: those there are (Workspace.channels), the one to be taken first in front.
    """
    names = person.identities
    spoken = channels or tuple(name.kind for name in names if name.kind != OPERATOR)
    known = {channel: person.known_as(channel) for channel in spoken}
    there = [Address(channel, place) for channel, place in known.items() if place]
    return [at for channel in via for at in there if at.channel == channel] or there[:1]


def name_at(person: Person | None, place: Address | None) -> str:
    """What they are called where that is read, so that they can be mentioned there; "" when they are not."""
    return (person.known_as(place.channel) or "") if person and place else ""
