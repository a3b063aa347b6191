"""Actions by name, for every channel: buttons, forms, words in a thread, commands."""

from collections.abc import Awaitable
from typing import Literal, assert_never

from engine.desk.desk import Desk
from engine.tickets.actions import Action, ActionInput
from engine.tickets.message import Draft, Request
from engine.tickets.ticket import Ticket


def act(desk: Desk, request: Request, action: Action, given: ActionInput) -> Awaitable[Ticket]:  # noqa: C901, PLR0911, PLR0912 - one flat match: mypy names the action that is missing
    """The ticket that it leads to. Raises Refused when awaited."""
    match action:
        case Action.CLAIM:
            return desk.claim(request)
        case Action.ASSIGN:
            return desk.assign(request, given.text)
        case Action.RELEASE:
            return desk.release(request)
        case Action.REPLY:
            return desk.reply(request, given.text)
        case Action.NOTE:
            return desk.note(request, given.text)
        case Action.ASK:
            return desk.ask(request, given.text)
        case Action.RESOLVE:
            return desk.resolve(request, given.text)
        case Action.REOPEN:
            return desk.reopen(request, given.text)
        case Action.CLOSE:
            return desk.close(request, given.text)
        case Action.NOT_A_REQUEST:
            return desk.not_a_request(request)
        case Action.PRIORITY:
            return desk.set_priority(request, given.text)
        case Action.CATEGORY:
            return desk.set_category(request, given.text)
        case Action.TEAM:
            return desk.set_team(request, given.text)
        case Action.SNOOZE:
            return desk.snooze(request, given.text)
        case Action.UNSNOOZE:
            return desk.unsnooze(request)
        case Action.ESCALATE:
            return desk.escalate(request, given.text)
        case Action.ACKNOWLEDGE:
            return desk.acknowledge(request)
        case Action.END_ESCALATION:
            return desk.end_escalation(request)
        case Action.WAIVE:
            return desk.waive(request, given.text)
        case Action.MERGE | Action.UNMERGE | Action.SPLIT:
            return _with_another(desk, request, action, given)
        case Action.ANSWER | Action.ANSWER_ASSIGNED | Action.EXPIRE | Action.GIVE_UP:
            raise AssertionError(f"{action} is nobody's to ask for")
        case _ as never:
            assert_never(never)


def _with_another(
    desk: Desk,
    request: Request,
    action: Literal[Action.MERGE, Action.UNMERGE, Action.SPLIT],
    given: ActionInput,
) -> Awaitable[Ticket]:
    """Two tickets that are one, one that is two."""
    match action:
        case Action.MERGE:
            return desk.merge(request, given.other)
        case Action.UNMERGE:
            return desk.unmerge(request)
        case Action.SPLIT:
            return desk.split(request, Draft(given.subject, given.text))
        case _ as never:
            assert_never(never)
