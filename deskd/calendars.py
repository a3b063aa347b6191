"""What deskd.toml declares of time, in the engine's words: hours by calendar, and the plan of each rotation."""

from collections.abc import Mapping
from dataclasses import dataclass

from deskd.settings import PersonSection, Settings
from deskd.settings_time import CalendarSection, RotationSection
from engine.calendar import Hours
from engine.hours import PARTS as PARTS_OF_HOURS
from engine.hours import hours_of
from engine.schedules import PARTS as PARTS_OF_ROTATION


@dataclass(frozen=True, slots=True)
class DeclaredRotation:
    """`document` as engine.schedules reads it; people are written by mail address, or Slack id if they have none."""

    id: str
    team: str
    document: Mapping[str, object]


def calendars(settings: Settings) -> dict[str, Hours]:
    return {section.id: declared_hours(section) for section in settings.calendars}


def rotations(settings: Settings) -> tuple[DeclaredRotation, ...]:
    return tuple(
        DeclaredRotation(one.id, one.team, rotation_document(one, settings))
        for one in settings.rotations
    )


def declared_hours(section: CalendarSection) -> Hours:
    """Raises Wrong for hours that only together make no sense."""
    return hours_of(section.model_dump(include=set(PARTS_OF_HOURS)))


def rotation_document(section: RotationSection, settings: Settings) -> dict[str, object]:
    known = people_by_name(settings)

    def written(value: object) -> object:
        """People are named wherever they stand; all other text is no name of theirs."""
        if isinstance(value, dict):
            return {
                name: known.get(one, one) if name in {"person", "add", "remove"} else written(one)
                for name, one in value.items()
                if one is not None
            }
        return [written(one) for one in value] if isinstance(value, list | tuple) else value

    document = section.model_dump(mode="json", include=set(PARTS_OF_ROTATION))
    people = [known.get(name, name) for name in section.people]
    return {name: written(value) for name, value in document.items()} | {"people": people}


def people_by_name(settings: Settings) -> dict[str, str]:
    """Mail address or Slack id of everybody who is listed, by all that names them; a name of two names nobody."""
    names = [person.name for person in settings.people]
    found = {p.name: _key(p) for p in settings.people if names.count(p.name) == 1}
    for person in settings.people:
        found |= {name: _key(person) for name in (person.mail, person.slack) if name}
    return found


def _key(person: PersonSection) -> str:
    return person.mail or person.slack or person.name
