"""Facts of events as older desks wrote them, made into those of today. An event is never rewritten: it is read so."""

from collections.abc import Iterable, Mapping
from typing import Any


def as_today(type: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Once the reason of an offer was one string: "least_loaded, 2 open, has network"."""
    why = facts.get("why")
    if type == "assigned" and isinstance(why, str):
        return {**facts, "why": _reason(why) if why else None}
    return facts


def _reason(written: str) -> dict[str, Any]:
    rule, *more = _parts(written.split(", "))
    bare = [part for part in more if not _begins(part)]
    running = [int(part.removesuffix(" open")) for part in bare if part.endswith(" open")]
    return {
        "rule": rule,
        "running": running[0] if running else 0,
        "skills": [part.removeprefix("has ") for part in more if part.startswith("has ")],
        "missing": [part.removeprefix("lacks ") for part in more if part.startswith("lacks ")],
        "giver": bare[0] if rule == "rebalance" and bare else None,
    }


def _parts(words: Iterable[str]) -> list[str]:
    """A skill may hold a comma: what begins like no part goes on with the skill before it."""
    parts: list[str] = []
    for word in words:
        if parts and parts[-1].startswith(("has ", "lacks ")) and not _begins(word):
            parts[-1] += f", {word}"
        else:
            parts.append(word)
    return parts


def _begins(word: str) -> bool:
    return word.startswith(("has ", "lacks "))
