"""The home tab: a person's shift, their tickets, their team's line, what is due next. Pure: values in, a view out.

People see their own figures only; of colleagues only who is on duty and which ticket they have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.views import blocks
from bot.views.button_value import ButtonValue
from bot.views.cards import OVERFLOW, line_words, option_for
from bot.views.limits import Json
from bot.views.text import permalink
from bot.views.words import action_word, label, sentence
from engine.duty.presence import Duty
from engine.ports.views import OwnWork, TicketLine
from engine.shifts.shifts import Standing
from engine.tickets.access import about_ticket
from engine.tickets.actions import Action, allowed
from engine.tickets.ticket import State, Ticket

# The ids of the tab's own buttons; those of tickets are actions of the desk.
START: Final = "shift_start"
END: Final = "shift_end"
BREAK: Final = "shift_break"
BACK: Final = "shift_back"
AWAY: Final = "shift_away"
NEXT: Final = "next_ticket"
NEW: Final = "new_ticket"
BUTTONS: Final = frozenset({START, END, BREAK, BACK, AWAY, NEXT, NEW})

AWAY_FOR: Final = ("1h", "2h", "4h", "1d", "")
"""What the menu offers; "" is until they say that they are back."""

_ROW_ACTIONS: Final = (Action.REPLY, Action.ASK, Action.RESOLVE, Action.RELEASE)
# Colleagues named in one line; more are counted.
_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Tab:
    """All that a home tab shows."""

    standing: Standing
    work: OwnWork
    site: str = ""
    """Slack's address of this workspace, "https://acme.slack.com/", for links to cards."""

    def words(self, line: TicketLine, *, assignee: bool = False) -> str:
        offered = line.ticket.offered and line.ticket.assignee == self.standing.person.id
        at, card = self.standing.at, self._card(line)
        return line_words(line, at, offered=offered, assignee=assignee, card=card)

    def _card(self, line: TicketLine) -> str:
        card = self.work.cards.get(line.ticket.number)
        return permalink(self.site, card.place, card.ref) if card else ""


def home_tab(tab: Tab) -> Json:
    parts = [*_for_agent(tab)] if tab.standing.is_agent else []
    return blocks.home([*parts, *_asked(tab)])


def _for_agent(tab: Tab) -> Iterator[Json]:
    standing, work = tab.standing, tab.work
    yield blocks.section(sentence("standing", standing_facts(standing)))
    yield blocks.actions("shift", list(_shift_buttons(standing)))
    yield blocks.divider()
    yield blocks.header(label("home_mine"))
    yield blocks.context(sentence("home_mine", {"count": work.mine_count}))
    yield from (_mine(tab, line) for line in work.mine)
    yield blocks.divider()
    yield blocks.header(label("home_team"))
    yield blocks.context(sentence("home_team", _team_facts(standing, work)))
    if work.waiting_count:
        yield blocks.actions("team", [blocks.button(NEXT, label(NEXT), NEXT, style="primary")])
    yield from (_waiting(tab, line) for line in work.waiting)
    if work.due_next:
        yield blocks.divider()
        yield blocks.header(label("home_due"))
        yield from (blocks.section(tab.words(line, assignee=True)) for line in work.due_next)


def standing_facts(standing: Standing) -> dict[str, object]:
    """What templates say about somebody's shift; times as instants, "" for none."""
    presence = standing.presence
    return {
        "duty": standing.duty.value,
        "on_shift": standing.on_shift,
        "covered": standing.covered,
        "until_at": presence.until or "",
        "out": presence.out.value if standing.is_out and presence.out else "",
        "out_until_at": presence.out_until or "",
        "running": standing.load.running,
        "waiting": standing.load.waiting,
        "limit": standing.limit,
    }


def _shift_buttons(standing: Standing) -> Iterator[Json]:
    if standing.is_out:
        yield blocks.button(BACK, label(BACK), BACK, style="primary")
    elif standing.duty is Duty.ON:
        yield blocks.button(BREAK, label(BREAK), BREAK)
    if not standing.on_shift:
        style = None if standing.covered or standing.is_out else "primary"
        yield blocks.button(START, label(START), START, style=style)
    if not standing.is_out:
        options = [
            blocks.option(label(f"away_{one or 'until_back'}"), one or "-") for one in AWAY_FOR
        ]
        yield blocks.select(AWAY, options, placeholder=label(AWAY))
    if standing.on_shift:
        yield blocks.button(END, label(END), END)


def _mine(tab: Tab, line: TicketLine) -> Json:
    ticket, words = line.ticket, tab.words(line)
    if ticket.offered or ticket.state in (State.OPEN, State.REOPENED):
        word = label("accept" if ticket.offered else "start")
        return blocks.section(words, _act(ticket, Action.CLAIM, word, style="primary"))
    able = allowed(tab.standing.person, about_ticket(ticket, line.team))
    rest = [one for one in _ROW_ACTIONS if one in able]
    more = [option_for(ticket, action) for action in rest]
    return blocks.section(words, blocks.overflow(OVERFLOW, more) if more else None)


def _waiting(tab: Tab, line: TicketLine) -> Json:
    return blocks.section(
        tab.words(line), _act(line.ticket, Action.CLAIM, action_word(Action.CLAIM, "button"))
    )


def _act(ticket: Ticket, action: Action, word: str, *, style: str | None = None) -> Json:
    pointer = ButtonValue(ticket.number, ticket.version, ticket.workspace)
    return blocks.button(action.value, word, str(pointer), style=style)


def _team_facts(standing: Standing, work: OwnWork) -> dict[str, object]:
    names = [person.name for person in standing.there if person.id != standing.person.id]
    return {
        "waiting": work.waiting_count,
        "there": ", ".join(names[:_NAMED]),
        "more": max(len(names) - _NAMED, 0),
    }


def _asked(tab: Tab) -> Iterator[Json]:
    asked, agent = tab.work.asked, tab.standing.is_agent
    if not asked and agent:
        return
    if agent:
        yield blocks.divider()
    yield blocks.header(label("home_asked"))
    if not asked:
        yield blocks.context(sentence("home_nothing_asked", {}))
    yield from (blocks.section(tab.words(line, assignee=True)) for line in asked)
    yield blocks.actions("ask", [blocks.button(NEW, label(NEW), NEW)])
