"""Many messages at once to one place become one digest: after downtime nobody reads sixty.

Pure: which messages may be gathered, and what a digest of them says. Where it is done: as parcels are leased
(storage/queues/flood.py), so that it holds whatever the flood came from.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from engine.tickets.effects import Tell
from engine.tickets.message import Fact

GATHERED: Final = frozenset({"warned", "breached", "paged", "page"})
"""Templates of which many at once are a flood; a person's words are never gathered."""
DIGEST: Final = "overdue_digest"
FLOOD: Final = 20
"""More than this at one place are too many to be read one by one."""
LATE: Final = timedelta(minutes=1)
"""What was due so long before it was recorded comes from downtime, and others will follow."""
SETTLE: Final = timedelta(seconds=3)
"""What is late waits this long for the others; so does a digest after each that joined it."""
GATHER_MAX: Final = timedelta(seconds=15)
"""A digest goes out so much after it was begun, also when others still come."""
LISTED_MAX: Final = 75
"""Lines of a digest: what one Slack message holds. The rest is counted."""
SUBJECT_CHARS: Final = 30


COLUMNS: Final = ("dues_at", "tickets", "subjects", "told", "clocks", "assignees_slack")
"""Facts hold lists of strings and no rows: one list per column, the lines in the order in which they were due."""

Line = tuple[str, ...]
"""One message of a digest, by columns."""


def is_late(tell: Tell, recorded_at: datetime) -> bool:
    due = tell.facts.get("due_at")
    return bool(due) and recorded_at - datetime.fromisoformat(str(due)) >= LATE


def digest(tells: Sequence[Tell], key: str, *, onto: Tell | None = None) -> Tell:
    """All to one place. `onto`: a digest that waits there already, which they join."""
    before = _lines(onto.facts) if onto else []
    lines = sorted([*before, *map(_line, tells)])
    known = int(str(onto.facts["count"])) if onto else 0
    first = onto or tells[0]
    facts: dict[str, Fact] = {
        "count": known + len(tells),
        "timezone": first.facts.get("timezone", ""),
        "groups": _groups([onto, *tells] if onto else tells),
        **_columns(lines[:LISTED_MAX]),
    }
    return Tell(first.to, DIGEST, onto.key if onto else key, facts)


def _groups(tells: Iterable[Tell]) -> list[str]:
    """A group hears of a page only where it is mentioned: a digest mentions all of them, once."""
    listed = [tell.facts.get("groups") for tell in tells]
    return sorted({group for groups in listed if isinstance(groups, list) for group in groups})


def _line(tell: Tell) -> Line:
    def fact(name: str) -> str:
        return str(tell.facts.get(name) or "")

    subject = fact("subject")
    short = subject if len(subject) <= SUBJECT_CHARS else subject[: SUBJECT_CHARS - 1] + "…"
    about = (fact("due_at"), fact("ticket"), short)
    return (*about, tell.template, fact("clock"), fact("assignee_slack"))


def _columns(lines: Iterable[Line]) -> dict[str, Fact]:
    return {
        name: list(column) for name, column in zip(COLUMNS, zip(*lines, strict=True), strict=True)
    }


def _lines(facts: Mapping[str, Fact]) -> list[Line]:
    columns = [facts[name] for name in COLUMNS]
    return list(zip(*(column for column in columns if isinstance(column, list)), strict=True))
