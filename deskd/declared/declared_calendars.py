"""What deskd.toml declares of time, in the engine's words: hours by calendar, and the plan of each rotation."""

from dataclasses import replace
from pathlib import Path

from deskd.declared.ical import Holidays, holidays_in_file
from deskd.settings.settings import PersonSection, Settings
from deskd.settings.time import CalendarSection, RotationSection
from engine.calendars.calendar import Hours
from engine.calendars.document_checks import Wrong
from engine.calendars.hours_document import PARTS as PARTS_OF_HOURS
from engine.calendars.hours_document import check_opens, hours_of
from engine.duty.schedules import PARTS as PARTS_OF_ROTATION
from engine.promises.rules import DeclaredRotation


def calendars(settings: Settings) -> dict[str, Hours]:
    return {section.id: declared_hours(section) for section in settings.calendars}


def rotations(settings: Settings) -> tuple[DeclaredRotation, ...]:
    """People are written by mail address, or Slack id if they have none."""
    return tuple(
        DeclaredRotation(one.id, one.team, rotation_document(one, settings))
        for one in settings.rotations
    )


def declared_hours(section: CalendarSection) -> Hours:
    """Raises Wrong for hours that only together make no sense, and for a holidays_file that cannot be read whole."""
    hours = hours_of(section.model_dump(include=set(PARTS_OF_HOURS)))
    if section.holidays_file is None:
        return hours
    more = _of_file(section.holidays_file)
    with_file = replace(
        hours,
        holidays=hours.holidays | more.days.keys(),
        yearly_holidays=hours.yearly_holidays | more.yearly.keys(),
    )
    check_opens(with_file)
    return with_file


def _of_file(file: Path) -> Holidays:
    try:
        found = holidays_in_file(file)
    except ValueError as error:
        raise Wrong("holidays_file", f"{file} {error}") from error
    if found.left_out:
        raise Wrong("holidays_file", f"{file}: {found.left_out[0]}")
    return found


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
