"""A person, wherever one is named."""

from pydantic import Field

from api.shapes.shape import Shape
from engine.tickets.people import Person


class PersonShape(Shape):
    id: str = Field(description="Lasting, and of this desk alone.")
    name: str = Field(description="As others read it.")
    email: str | None = Field(description="Their address; null when none is known.")
    slack: str | None = Field(description="Their Slack id; null when none is known.")


def person(who: Person) -> PersonShape:
    return PersonShape(
        id=who.id, name=who.name, email=who.known_as("mail"), slack=who.known_as("slack")
    )


def person_if(who: Person | None) -> PersonShape | None:
    return person(who) if who else None
