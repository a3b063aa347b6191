"""What no single value of `[[calendars]]` and `[[rotations]]` shows: hours never open, names nobody has."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from deskd.declared.declared_calendars import declared_hours, people_by_name, rotation_document
from deskd.settings.cross_checks import Odd, Oddity, team_ids, unknown, used_twice
from deskd.settings.lines import Path
from deskd.settings.names import meant
from deskd.settings.settings import Settings
from deskd.settings.time import RotationSection
from engine.calendars.document_checks import Wrong
from engine.duty.schedules import schedule_of

_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{2,}")
"""Members of a team's private channel are its agents without being listed."""


def odd_times(settings: Settings) -> Odd:
    yield from used_twice("calendars", [one.id for one in settings.calendars])
    for number, calendar in enumerate(settings.calendars):
        try:
            declared_hours(calendar)
        except Wrong as wrong:
            yield _told(("calendars", number), wrong)
    yield from used_twice("rotations", [one.id for one in settings.rotations])
    known = people_by_name(settings)
    for number, rotation in enumerate(settings.rotations):
        here: Path = ("rotations", number)
        yield from unknown((*here, "team"), "team", rotation.team, team_ids(settings))
        for path, name in _named(rotation):
            if not is_somebody(name, known):
                yield Oddity((*here, *path), f' "{name}" is {nobody(name, known)}')
        try:
            schedule_of(rotation_document(rotation, settings))
        except Wrong as wrong:
            yield _told(here, wrong)


def _told(here: Path, wrong: Wrong) -> Oddity:
    inside = (int(name) if name.isdecimal() else name for name in wrong.where.split("."))
    return Oddity((*here, *inside), f" {wrong.what}")


def _named(rotation: RotationSection) -> Iterator[tuple[Path, str]]:
    for name in rotation.people:
        yield ("people",), name
    for number, override in enumerate(rotation.overrides):
        for part, who in (("add", override.add), ("remove", override.remove)):
            if who is not None:
                yield ("overrides", number, part), who
    for number, plan in enumerate(rotation.temporary):
        for place, turn in enumerate(plan.turns):
            yield ("temporary", number, "turns", place, "person"), turn.person


def is_somebody(name: str, known: Mapping[str, str]) -> bool:
    return name in known or _SLACK_ID.fullmatch(name) is not None


def nobody(name: str, known: Mapping[str, str]) -> str:
    return f"nobody in [[people]]; {meant(name, known)}"
