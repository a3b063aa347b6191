"""What can be done to a ticket: one row per action, and everything that can be derived comes from it: the moves, the
right, buttons and menus, verbs in Slack and on the command line, the fields of a form.

Its words are the row of the same name in templates/actions.j2; what it does is its case in engine/desk/acts.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from engine.tickets import access
from engine.tickets.access import About, Right
from engine.tickets.people import Person, Role
from engine.tickets.ticket import State, Ticket


class Action(StrEnum):
    CLAIM = "claim"
    REPLY = "reply"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ASK = "ask"
    RELEASE = "release"
    ASSIGN = "assign"
    NOTE = "note"
    REOPEN = "reopen"
    PRIORITY = "priority"
    CATEGORY = "category"
    TEAM = "team"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    ESCALATE = "escalate"
    END_ESCALATION = "end_escalation"
    WAIVE = "waive"
    MERGE = "merge"
    UNMERGE = "unmerge"
    SPLIT = "split"
    NOT_A_REQUEST = "not_a_request"
    CLOSE = "close"
    # what the requester and the desk itself do; never a button
    ANSWER = "answer"  # the requester speaks; nobody is assigned
    ANSWER_ASSIGNED = "answer_assigned"  # the requester speaks; somebody is assigned
    EXPIRE = "expire"  # resolved, and 72 h without a word
    GIVE_UP = "give_up"  # a question that stayed without an answer


class Takes(StrEnum):
    """What an action needs besides the ticket; each kind is one field of a form, one way to be typed."""

    NOTHING = "nothing"
    WORDS = "words"
    PERSON = "person"
    PRIORITY = "priority"
    CATEGORY = "category"
    TEAM = "team"
    TICKET = "ticket"
    """Another ticket."""
    PART = "part"
    """A subject and words."""
    INSTANT = "instant"
    """When, as people write it."""


class Menu(StrEnum):
    """Groups of a card's menu, in their order."""

    WORK = "menu_work"
    SORT = "menu_sort"
    HELP = "menu_help"
    TIDY = "menu_tidy"


def always(_ticket: Ticket) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One row. Its place in the table is its place in menus and lists."""

    action: Action
    moves: Mapping[State, State]
    """From where to where. The same state twice: allowed there, changes something else."""
    right: Right | None = None
    """None: no person asks for it."""
    own: Right | None = None
    """What it takes on a ticket that one asked for oneself."""
    takes: Takes = Takes.NOTHING
    optional: bool = False
    """What it takes may be left out."""
    menu: Menu | None = None
    primary: bool = False
    """A button of its own, as far as there is room."""
    at_once: bool = False
    """Its button opens no form, though words could be given."""
    when: Callable[[Ticket], bool] = always
    """What else makes it possible, besides the state."""
    verb: str = ""
    """As it is typed; "": its name, with dashes."""
    also: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        return self.verb or self.action.value.replace("_", "-")

    @property
    def has_form(self) -> bool:
        shown = self.menu is not None or self.primary
        return shown and self.takes is not Takes.NOTHING and not self.at_once


@dataclass(frozen=True, slots=True)
class ActionInput:
    """What a person gave with an action, as far as it takes anything."""

    text: str = ""
    """Words, or what names a person, a priority, a category, a team, an instant."""
    other: int = 0
    """Another ticket."""
    subject: str = ""


_N, _O, _I, _P = State.NEW, State.OPEN, State.IN_PROGRESS, State.PENDING_INFO
_R, _C, _A, _M = State.RESOLVED, State.CLOSED, State.REOPENED, State.MERGED


def _stay(*states: State) -> dict[State, State]:
    return {state: state for state in states}


def _to(state: State, *states: State) -> dict[State, State]:
    return dict.fromkeys(states, state)


def _may_take(ticket: Ticket) -> bool:
    return ticket.assignee is None or ticket.state is State.OPEN or ticket.offered


_ROWS: Final = (
    ActionSpec(
        Action.CLAIM,
        _to(_I, _N, _O, _A) | _stay(_P),
        Right.CLAIM,
        menu=Menu.WORK,
        primary=True,
        when=_may_take,
        also=("take",),
    ),
    ActionSpec(
        Action.REPLY,
        _stay(_N, _O, _I, _P, _R, _A),
        Right.REPLY,
        own=Right.COMMENT,
        takes=Takes.WORDS,
        primary=True,
    ),
    ActionSpec(
        Action.ACKNOWLEDGE,
        _stay(_N, _O, _I, _P, _A),
        Right.ACKNOWLEDGE,
        menu=Menu.WORK,
        when=lambda ticket: ticket.awaits_ack,
        verb="ack",
        also=("acknowledge",),
    ),
    ActionSpec(
        Action.RESOLVE,
        _to(_R, _N, _O, _I, _A, _P),
        Right.RESOLVE,
        takes=Takes.WORDS,
        optional=True,
        menu=Menu.WORK,
        primary=True,
    ),
    ActionSpec(
        Action.ASK,
        _to(_P, _N, _O, _I, _A, _P),
        Right.ASK,
        takes=Takes.WORDS,
        menu=Menu.WORK,
    ),
    ActionSpec(
        Action.RELEASE,
        _to(_O, _O, _I, _A) | _stay(_P),
        Right.RELEASE,
        menu=Menu.WORK,
        when=lambda ticket: ticket.assignee is not None,
    ),
    ActionSpec(
        Action.ASSIGN,
        _to(_O, _N) | _stay(_O, _I, _A, _P),
        Right.ASSIGN,
        takes=Takes.PERSON,
        menu=Menu.WORK,
    ),
    ActionSpec(
        Action.SNOOZE,
        _stay(_N, _O, _I, _P, _A),
        Right.SNOOZE,
        takes=Takes.INSTANT,
        menu=Menu.WORK,
    ),
    ActionSpec(
        Action.UNSNOOZE,
        _stay(_N, _O, _I, _P, _A),
        Right.SNOOZE,
        menu=Menu.WORK,
        when=lambda ticket: ticket.snoozed_until is not None,
        also=("wake",),
    ),
    ActionSpec(Action.NOTE, _stay(_N, _O, _I, _P, _R, _C, _A), Right.NOTE, takes=Takes.WORDS),
    ActionSpec(
        Action.REOPEN,
        _to(_A, _R, _C),
        Right.REOPEN,
        own=Right.REOPEN_OWN,
        takes=Takes.WORDS,
        optional=True,
        primary=True,
        at_once=True,
    ),
    ActionSpec(
        Action.PRIORITY,
        _stay(_N, _O, _I, _P, _R, _A),
        Right.PRIORITY,
        takes=Takes.PRIORITY,
        menu=Menu.SORT,
    ),
    ActionSpec(
        Action.CATEGORY,
        _stay(_N, _O, _I, _P, _R, _A),
        Right.CATEGORY,
        takes=Takes.CATEGORY,
        menu=Menu.SORT,
    ),
    ActionSpec(
        Action.TEAM, _stay(_N, _O, _I, _P, _A), Right.TEAM, takes=Takes.TEAM, menu=Menu.SORT
    ),
    ActionSpec(
        Action.ESCALATE,
        _stay(_N, _O, _I, _P, _A),
        Right.ESCALATE,
        takes=Takes.WORDS,
        menu=Menu.HELP,
    ),
    ActionSpec(
        Action.END_ESCALATION,
        _stay(_N, _O, _I, _P, _A),
        Right.ESCALATE,
        menu=Menu.HELP,
        when=lambda ticket: ticket.escalation_level > 0,
    ),
    ActionSpec(
        Action.WAIVE,
        _stay(_N, _O, _I, _P, _R, _C, _A),
        Right.WAIVE,
        takes=Takes.WORDS,
        menu=Menu.HELP,
        when=lambda ticket: any(ticket.unexcused),
    ),
    ActionSpec(
        Action.MERGE,
        _to(_M, _N, _O, _I, _P, _A, _R),
        Right.MERGE,
        takes=Takes.TICKET,
        menu=Menu.TIDY,
    ),
    # to where it was before; the event says where
    ActionSpec(Action.UNMERGE, _stay(_M), Right.UNMERGE, primary=True),
    ActionSpec(
        Action.SPLIT,
        _stay(_N, _O, _I, _P, _A, _R),
        Right.SPLIT,
        takes=Takes.PART,
        menu=Menu.TIDY,
    ),
    ActionSpec(
        Action.NOT_A_REQUEST,
        _to(_C, _N, _O, _I, _P, _A, _R),
        Right.NOT_A_REQUEST,
        menu=Menu.TIDY,
        also=("spam",),
    ),
    ActionSpec(
        Action.CLOSE,
        _to(_C, _N, _O, _I, _A, _R),
        Right.CLOSE,
        own=Right.CANCEL,
        takes=Takes.WORDS,
        optional=True,
        menu=Menu.TIDY,
    ),
    ActionSpec(Action.ANSWER, _stay(_N, _O, _A) | _to(_O, _P) | _to(_A, _R, _C)),
    ActionSpec(Action.ANSWER_ASSIGNED, _stay(_O, _I, _A) | _to(_I, _P) | _to(_A, _R, _C)),
    ActionSpec(Action.EXPIRE, _to(_C, _R)),
    ActionSpec(Action.GIVE_UP, _to(_R, _P)),
)
ACTIONS: Final[Mapping[Action, ActionSpec]] = MappingProxyType({one.action: one for one in _ROWS})
BUTTONS: Final = frozenset(one.action for one in _ROWS if one.right is not None)
"""What a person can ask for."""
FORMS: Final = frozenset(one.action for one in _ROWS if one.has_form)
"""Whose button asks for something first."""
VERBS: Final[Mapping[str, Action]] = MappingProxyType(
    {one.typed: one.action for one in _ROWS if one.right is not None}
)
"""As they are typed after our name, after `/ticket`, after `deskd ticket`."""
ALSO: Final[Mapping[str, str]] = MappingProxyType(
    {word: one.typed for one in _ROWS for word in one.also}
)
"""Other words for the same."""


def legal(ticket: Ticket) -> frozenset[Action]:
    """The buttons that make sense on this ticket now, whoever looks at it."""
    return frozenset(
        one.action
        for one in _ROWS
        if one.right is not None and ticket.state in one.moves and one.when(ticket)
    )


def right_for(action: Action, who: Person, ticket: Ticket) -> Right:
    """The right an action takes: less on a ticket that one asked for oneself."""
    spec = ACTIONS[action]
    assert spec.right is not None, action
    if spec.own is not None and ticket.requester == who.id:
        return spec.own
    return spec.right


def allowed(who: Person, about: About) -> frozenset[Action]:
    """What this person may do to the ticket now."""
    ticket = about.ticket
    if ticket is None:
        return frozenset()
    able = (one for one in legal(ticket) if access.may(who, right_for(one, who, ticket), about))
    return frozenset(able)


def for_any_agent(ticket: Ticket) -> frozenset[Action]:
    """What whoever works on the ticket may do: for a card that many look at."""
    least = (one for one in legal(ticket) if _least(one) <= Role.AGENT)
    return frozenset(least)


def _least(action: Action) -> Role:
    right = ACTIONS[action].right
    assert right is not None, action
    return access.LEAST_ROLE[right]
