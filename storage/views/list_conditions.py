"""From a filter and a reader to branches and conditions: what an index serves, and what is tried on the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.lists.asking import ESCALATED, NOBODY, TicketFilter, Whose
from engine.lists.reading import Reading
from engine.tickets.ticket import Phase, State
from storage.sql.schema import OPEN, UNASSIGNED
from storage.tickets.rows import Values
from storage.views.list_statements import LATE, Branch

_OWN: Final = {
    Whose.MINE: ("requester", "assignee"),
    Whose.HELD: ("assignee",),
    Whose.ASKED: ("requester",),
}
"""Whoever asked needs no other right; whoever has a ticket may read it where they work."""
WAITING_STATES: Final = (State.NEW.value, State.OPEN.value, State.REOPENED.value)
CLOSED_STATES: Final = frozenset({State.CLOSED.value, State.MERGED.value})


@dataclass(frozen=True, slots=True)
class Named:
    """Whom and what the names of a filter mean; None: it names none."""

    teams: tuple[str, ...] | None = None
    assignees: tuple[str, ...] | None = None
    requesters: tuple[str, ...] | None = None
    unassigned: bool = False


@dataclass(slots=True)
class Question:
    """What a list asks the database, whatever the order."""

    branches: tuple[Branch, ...] = ()
    inside: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)

    def among(self, column: str, wanted: Sequence[str], *, name: str = "") -> str:
        """A condition; no value at all fits nothing."""
        if not wanted:
            return "1 = 0"
        names = [f"{name or column}_{index}" for index in range(len(wanted))]
        self.values.update(zip(names, map(str, wanted), strict=True))
        return f"{column} IN ({', '.join(f':{one}' for one in names)})"


def question(reader: Reading, wanted: TicketFilter, named: Named) -> Question:
    asked = Question()
    # Deleted by an admin: nobody's to list.
    asked.inside.append("deleted_at IS NULL")
    _states(asked, wanted)
    _values(asked, wanted)
    _spans(asked, wanted)
    _reader(asked, reader, wanted)
    if wanted.words:
        _tried(asked, reader, wanted, named)
    else:
        asked.branches = tuple(_branches(asked, reader, wanted, named))
    return asked


def _tried(asked: Question, reader: Reading, wanted: TicketFilter, named: Named) -> None:
    """What words found, is tried: the index may be a moment behind, also with who may read."""
    _named(asked, named, but=None)
    if not reader.everything:
        asked.outside.append(may_read(asked, reader))
    columns = _OWN.get(wanted.whose, ()) if wanted.whose else ()
    if columns:
        asked.outside.append(f"({' OR '.join(f'{column} = :reader' for column in columns)})")


def _states(asked: Question, wanted: TicketFilter) -> None:
    states = set(wanted.statuses) - {ESCALATED}
    either = [asked.among("state", sorted(states))] if states else []
    if ESCALATED in wanted.statuses:
        either.append(f"(escalation_level > 0 AND NOT acknowledged AND {OPEN})")
    if either:
        asked.outside.append(f"({' OR '.join(either)})")
    if wanted.phases:
        of_phases = [state.value for state in State if state.phase in wanted.phases]
        asked.outside.append(asked.among("state", of_phases, name="phase"))
    if _is_waiting(wanted):
        asked.inside.append(UNASSIGNED)
    if _is_of_open(wanted):
        asked.inside.append(OPEN)


def _is_waiting(wanted: TicketFilter) -> bool:
    """What is to be given out has an index of its own."""
    among = bool(wanted.statuses) and set(wanted.statuses) <= set(WAITING_STATES)
    return wanted.assignees == (NOBODY,) and among


def _is_of_open(wanted: TicketFilter) -> bool:
    """The partial indexes of what is open have it all."""
    if wanted.late:
        return True
    if wanted.statuses:
        return not CLOSED_STATES & set(wanted.statuses)
    if wanted.phases:
        return Phase.CLOSED not in wanted.phases
    return not wanted.everything


def _values(asked: Question, wanted: TicketFilter) -> None:
    if wanted.priorities:
        asked.outside.append(asked.among("priority", wanted.priorities))
    if wanted.categories:
        asked.outside.append(asked.among("category", wanted.categories))
    if wanted.late:
        asked.outside.append(LATE)
    if wanted.snoozed is not None:
        asked.outside.append(f"snoozed_until IS {'NOT ' if wanted.snoozed else ''}NULL")


def _reader(asked: Question, reader: Reading, wanted: TicketFilter) -> None:
    asked.values["reader"] = reader.person
    if wanted.whose is Whose.OTHERS:
        asked.outside.append("assignee <> :reader")


def _spans(asked: Question, wanted: TicketFilter) -> None:
    spans = {"created": wanted.created, "updated": wanted.updated, "due": wanted.due}
    for name, span in spans.items():
        if span.since is not None:
            asked.values[f"{name}_since"] = span.since
            asked.outside.append(f"{name}_at >= :{name}_since")
        if span.until is not None:
            asked.values[f"{name}_until"] = span.until
            asked.outside.append(f"{name}_at < :{name}_until")


def _branches(
    asked: Question, reader: Reading, wanted: TicketFilter, named: Named
) -> Iterator[Branch]:
    """The narrowest thing that is named leads; without one each right does."""
    if reader.nothing:
        return
    own = _OWN.get(wanted.whose, ()) if wanted.whose else ()
    leading = None if own else _leading(named)
    _named(asked, named, but=leading)
    if own:
        for column in own:
            only = () if column == "requester" else _readable(asked, reader)
            yield Branch(column, reader.person, only=only)
    elif leading is None:
        yield from _rights(reader)
    else:
        yield from _led(asked, reader, leading)


def _readable(asked: Question, reader: Reading) -> tuple[str, ...]:
    return () if reader.everything else (may_read(asked, reader),)


def _led(asked: Question, reader: Reading, leading: "Leading") -> Iterator[Branch]:
    column, ids = leading
    whole = reader.private if column == "team" else frozenset()
    readable = _readable(asked, reader)
    for id in ids:
        yield Branch(column, id, only=() if id in whole else readable)


def _named(asked: Question, named: Named, *, but: "Leading | None") -> None:
    """All that is named is a condition too, except what leads."""
    for column, ids in (("team", named.teams), ("requester", named.requesters)):
        if ids is not None and (but is None or but[0] != column):
            asked.outside.append(asked.among(column, ids, name=f"{column}_named"))
    if named.assignees is not None and (but is None or but[0] != "assignee"):
        either = [asked.among("assignee", named.assignees, name="assignee_named")]
        either += ["assignee IS NULL"] if named.unassigned else []
        asked.outside.append(f"({' OR '.join(either)})")


Leading = tuple[str, tuple[str, ...]]


def _leading(named: Named) -> Leading | None:
    if named.requesters is not None:
        return "requester", named.requesters
    if named.assignees is not None and not named.unassigned:
        return "assignee", named.assignees
    return None if named.teams is None else ("team", named.teams)


_OPEN_TO_READER: Final = "(NOT private OR assignee = :reader)"


def _rights(reader: Reading) -> Iterator[Branch]:
    if reader.everything:
        yield Branch()
        return
    for team in sorted(reader.teams):
        yield Branch("team", team, only=() if team in reader.private else (_OPEN_TO_READER,))
    yield Branch("requester", reader.person)


def may_read(asked: Question, reader: Reading) -> str:
    """The same rights as one condition, for rows that are found by something else."""
    public = sorted(reader.teams - reader.private)
    either = (
        [asked.among("team", sorted(reader.private), name="reader_private")]
        if reader.private
        else []
    )
    if public:
        either.append(f"({asked.among('team', public, name='reader_team')} AND {_OPEN_TO_READER})")
    either.append("requester = :reader")
    return f"({' OR '.join(either)})"
