"""Forms that were sent: the desk is asked before Slack has its ack, so that a no can be shown in the form itself."""

from dataclasses import dataclass, field

from bot.context.context import BotContext
from bot.context.interaction import Interaction
from bot.context.refusal_reason import reason_for
from bot.context.slack_people import UnreachableError
from bot.listeners.clicks import choices_of
from bot.listeners.error_boundary import bury, settle
from bot.views.button_value import ButtonValue, read
from bot.views.limits import Json
from bot.views.modals import (
    INTO,
    NEW,
    PRIORITY,
    SUBJECT,
    WORDS,
    entered,
    filled,
    first_input,
    form,
    merge_form,
)
from bot.views.text import ticket_number
from bot.views.words import action_word, label, refusal, sentence
from engine.desk.acts import act
from engine.ports.views import TicketLine
from engine.tickets.actions import ACTIONS, FORMS, Action, Takes
from engine.tickets.errors import Refused, TooMuchAtOnce
from engine.tickets.message import Draft, Request
from engine.tickets.ticket import ticket_id


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What the ack says ({}: the form closes), and the same in words for when the ack has gone without it."""

    response: Json = field(default_factory=dict)
    words: str = ""


async def submit(front: BotContext, sent: Interaction) -> FormAnswer:
    """Never raises."""
    view: Json = sent.body["view"]
    try:
        return await _politely(front, sent, view)
    except UnreachableError as error:
        await settle(front, sent, reason=f"refused: {error}")
        return _no(view, sentence("unreachable", {}))
    except TooMuchAtOnce:
        await settle(front, sent, reason="refused: too much at once")
        return _no(view, sentence("not_stored", {}))
    except Exception:  # noqa: BLE001 - the boundary: one bad form ends here, logged, kept and told
        number = await bury(front, sent)
        return _no(view, sentence("unexpected", {"number": number}))


async def _politely(front: BotContext, sent: Interaction, view: Json) -> FormAnswer:
    try:
        return await _submit(front, sent, view)
    except Refused as refused:
        answer = await _refused(front, view, sent, refused)
        await settle(front, sent, reason=f"refused: {refused.code}")
        return answer


async def _submit(front: BotContext, sent: Interaction, view: Json) -> FormAnswer:
    name = str(view["callback_id"])
    pointer = sent.view_pointer
    if pointer is None or name not in {NEW, *(action.value for action in FORMS)}:
        await settle(front, sent, reason="ignored: no form of ours")
        return FormAnswer()
    by = await front.people.who_is(sent.user)
    if name == NEW:
        await front.desk.open(front.workspace, _draft(view), by=by, settles=sent.spool_id)
    else:
        request = Request(front.workspace, pointer.ticket, by, pointer.version, sent.spool_id)
        again = await _send(front, request, Action(name), view)
        if again is not None:
            await settle(front, sent, reason="form shown again")
            return again
    about = label("title_new") if name == NEW else action_word(Action(name), "title")
    return FormAnswer(words=sentence("done_late", {"about": about}))


def _draft(view: Json) -> Draft:
    subject = entered(view, SUBJECT) or ""
    return Draft(subject, entered(view, WORDS) or subject, priority=entered(view, PRIORITY))


async def _merge(front: BotContext, request: Request, view: Json) -> FormAnswer | None:
    """The other ticket is named first; what is merged is what was named."""
    written = (entered(view, INTO) or "").strip()
    into = ticket_number(written)
    pointer = read(view["private_metadata"])
    if into is None:
        raise Refused("absent", ticket=written)
    if pointer is not None and into == pointer.other:
        await front.desk.merge(request, into)
        return None
    channel = pointer.channel if pointer else ""
    return await _name_other(front, request, into, channel)


async def _name_other(front: BotContext, request: Request, into: int, channel: str) -> FormAnswer:
    """Refused as the merger itself would be, before anything is named."""
    await front.desk.check_merge(request, into)
    line, other = await _line(front, request.ticket), await _line(front, into)
    view = merge_form(line, other, await choices_of(front), channel=channel)
    return FormAnswer({"response_action": "update", "view": view})


async def _line(front: BotContext, number: int) -> TicketLine:
    line = await front.views.ticket(front.workspace, number)
    if line is None:
        raise Refused("absent", ticket=ticket_id(number))
    return line


async def _send(
    front: BotContext, request: Request, action: Action, view: Json
) -> FormAnswer | None:
    """Asks the desk for it. An answer: the form is shown once more, and nothing has been done."""
    if action is Action.MERGE:
        return await _merge(front, request, view)
    given = filled(action, view)
    if ACTIONS[action].takes is Takes.PERSON:
        # Somebody the desk has never met is introduced first, so that the private channel can vouch for them.
        await front.desk.identify(front.workspace, await front.people.who_is(given.text))
    await act(front.desk, request, action, given)
    return None


async def _refused(
    front: BotContext, view: Json, sent: Interaction, refused: Refused
) -> FormAnswer:
    pointer = sent.view_pointer
    if refused.code != "stale" or pointer is None:
        ticket = pointer.ticket if pointer else None
        return _no(
            view,
            await reason_for(front, refused, user=sent.user, place=sent.channel, ticket=ticket),
        )
    return await _once_more(front, view, pointer, refusal(refused))


async def _once_more(front: BotContext, view: Json, pointer: ButtonValue, words: str) -> FormAnswer:
    """The ticket moved while the form was open: the same form over the ticket as it is, words kept."""
    line = await front.views.ticket(front.workspace, pointer.ticket)
    if line is None:
        return _no(view, words)
    choices = await choices_of(front)
    again = form(Action(view["callback_id"]), line, choices, channel=pointer.channel, changed=True)
    return FormAnswer({"response_action": "update", "view": again}, words)


def _no(view: Json, words: str) -> FormAnswer:
    return FormAnswer({"response_action": "errors", "errors": {first_input(view): words}}, words)
