"""What deskd.toml declares of promises and pages, in the engine's words: policies, ladders, mute windows."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deskd.declared.declared_calendars import people_by_name
from deskd.settings.rules import (
    GoalsSection,
    LadderSection,
    LevelSection,
    MuteSection,
    PolicySection,
    target,
)
from deskd.settings.settings import Settings
from engine.calendars.durations import Duration
from engine.duty.schedules import instant
from engine.promises.rules import PRESETS, Goals, Ladder, Level, Mute, Policy, Target
from engine.tickets.routing import priority_named

_SPANS = ("first_response", "next_response", "resolution", "ack")


def policies(settings: Settings) -> tuple[Policy, ...]:
    """Each whole, with what it takes from its base. That bases are known and go round in no circle is checked."""
    sections = {section.id: section for section in settings.policies}
    return tuple(policy(section, sections) for section in settings.policies)


def policy(section: PolicySection, others: dict[str, PolicySection]) -> Policy:
    start = _base(section, others)
    given = section.model_fields_set
    goals = dict(start.goals)
    for name, one in section.goals.items():
        priority = priority_named(name)
        goals[priority] = _goals(one, goals.get(priority, Goals()))
    shares = tuple(percent / 100 for percent in sorted(set(section.warn_at)))
    return Policy(
        section.id,
        goals,
        calendar=section.calendar if "calendar" in given else start.calendar,
        warn_at=shares if "warn_at" in given else start.warn_at,
        response_stop=section.response_stop if "response_stop" in given else start.response_stop,
    )


def _base(section: PolicySection, others: dict[str, PolicySection]) -> Policy:
    if section.base is None:
        return Policy(section.id, {})
    other = base_of(section, others)
    return policy(other, others) if other else PRESETS[section.base]


def base_of(section: PolicySection, others: dict[str, PolicySection]) -> PolicySection | None:
    """None: a preset, which is what a policy of a preset's own name starts from, or nothing."""
    return others.get(section.base) if section.base and section.base != section.id else None


def _goals(section: GoalsSection, start: Goals) -> Goals:
    given: dict[str, Any] = {name: getattr(section, name) for name in section.model_fields_set}
    spans = {name: _duration(text) for name, text in given.items() if name in _SPANS}
    return replace(start, **(given | spans))


def _duration(text: str | None) -> Duration | None:
    return Duration.read(text) if text else None


def ladders(settings: Settings) -> tuple[Ladder, ...]:
    return tuple(_ladder(section, settings) for section in settings.ladders)


def _ladder(section: LadderSection, settings: Settings) -> Ladder:
    return Ladder(section.id, tuple(_level(level, settings) for level in section.levels))


def _level(section: LevelSection, settings: Settings) -> Level:
    return Level(
        targets=tuple(_target(target(text), settings) for text in section.notify),
        via=section.via,
        wait=_duration(section.wait),
        ack_required=section.ack_required,
    )


def _target(one: Target, settings: Settings) -> Target:
    """Roles by their own name; people by mail address, or Slack id if they have none."""
    if one.kind == "role":
        role = settings.role(one.name)
        return replace(one, name=role.name.lower()) if role else one
    if one.kind == "person":
        return replace(one, name=people_by_name(settings).get(one.name, one.name))
    return one


def mutes(settings: Settings) -> tuple[Mute, ...]:
    return tuple(_mute(section, settings) for section in settings.mutes)


def _mute(section: MuteSection, settings: Settings) -> Mute:
    starts_at, ends_at = window(section, settings)
    category = section.category and category_named(section.category, settings)
    return Mute(starts_at, ends_at, section.team, category, section.reason or "")


def window(section: MuteSection, settings: Settings) -> tuple[datetime, datetime]:
    zone = ZoneInfo(section.timezone or settings.desk.timezone)
    return instant(section.start, zone), instant(section.end, zone)


def category_named(name: str, settings: Settings) -> str | None:
    """As it is spelt in `desk.categories`; None: there is none of this name."""
    spelt = {category.casefold(): category for category in settings.desk.categories}
    return spelt.get(name.casefold())
