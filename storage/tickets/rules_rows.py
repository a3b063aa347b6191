"""Policies, ladders and mutes to plain documents and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.calendars.durations import Duration
from engine.promises.rules import Goals, Ladder, Level, Mute, Policy, Target
from engine.tickets.ticket import Priority

Document = dict[str, Any]

_SPANS = ("first_response", "next_response", "resolution", "ack")


def _text(duration: Duration | None) -> str | None:
    return str(duration) if duration else None


def _duration(text: str | None) -> Duration | None:
    return Duration.read(text) if text else None


def policy_document(policy: Policy) -> Document:
    return {
        "calendar": policy.calendar,
        "warn_at": list(policy.warn_at),
        "response_stop": policy.response_stop,
        "goals": {priority.value: _goals(goals) for priority, goals in policy.goals.items()},
    }


def _goals(goals: Goals) -> Document:
    spans = {name: _text(getattr(goals, name)) for name in _SPANS}
    return {**spans, "calendar": goals.calendar}


def policy(id: str, document: Mapping[str, Any]) -> Policy:
    return Policy(
        id,
        {
            Priority(priority): Goals(
                **{name: _duration(given[name]) for name in _SPANS}, calendar=given["calendar"]
            )
            for priority, given in document["goals"].items()
        },
        calendar=document["calendar"],
        warn_at=tuple(document["warn_at"]),
        response_stop=document["response_stop"],
    )


def ladder_document(ladder: Ladder) -> Document:
    return {"levels": [_level(level) for level in ladder.levels]}


def _level(level: Level) -> Document:
    return {
        "targets": [[target.kind, target.name] for target in level.targets],
        "via": list(level.via),
        "wait": _text(level.wait),
        "ack_required": level.ack_required,
    }


def ladder(id: str, document: Mapping[str, Any]) -> Ladder:
    return Ladder(
        id,
        tuple(
            Level(
                tuple(Target(kind, name) for kind, name in given["targets"]),
                tuple(given["via"]),
                _duration(given["wait"]),
                given["ack_required"],
            )
            for given in document["levels"]
        ),
    )


def mute_document(mute: Mute) -> Document:
    return {
        "starts_at": mute.starts_at.isoformat(),
        "ends_at": mute.ends_at.isoformat(),
        "team": mute.team,
        "category": mute.category,
        "reason": mute.reason,
    }


def mute(document: Mapping[str, Any]) -> Mute:
    return Mute(
        starts_at=datetime.fromisoformat(document["starts_at"]),
        ends_at=datetime.fromisoformat(document["ends_at"]),
        team=document["team"],
        category=document["category"],
        reason=document["reason"],
    )
