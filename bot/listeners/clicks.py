"""Buttons: those that act at once, and those that open a form first. Nothing is decided here."""

import logging

from bot.context.context import BotContext
from bot.context.ephemeral import in_marked_words
from bot.context.interaction import Interaction
from bot.listeners import home_buttons, home_refresh, workloads
from bot.listeners.error_boundary import settle
from bot.outgoing.slack_errors import CALL_ERRORS, in_words
from bot.views import home, limits
from bot.views.blocks import SlackMessage
from bot.views.button_value import ButtonValue, read
from bot.views.cards import OVERFLOW, ticket_in_full
from bot.views.limits import Json
from bot.views.modals import Choices, form, new_ticket
from bot.views.promise_line import Moment
from bot.views.words import sentence
from engine.desk.acts import act
from engine.tickets.actions import BUTTONS, FORMS, Action, ActionInput
from engine.tickets.errors import Refused
from engine.tickets.message import Request
from engine.tickets.people import Caller
from engine.tickets.routing import priorities_for
from engine.tickets.ticket import Ticket, ticket_id

_log = logging.getLogger("deskd.bot.clicks")


async def click(front: BotContext, done: Interaction) -> None:
    try:
        await _click(front, done)
    finally:
        await home_refresh.refresh(front, done.user)


async def _click(front: BotContext, done: Interaction) -> None:
    button = str(done.body["actions"][0]["action_id"])
    if button == home.NEW:
        await open_new(front, done, channel="")
    elif button in home.BUTTONS:
        await home_buttons.press(front, done, button)
    elif button == workloads.APPLY:
        await workloads.apply(front, done)
    else:
        await _click_on_ticket(front, done)


async def _click_on_ticket(front: BotContext, done: Interaction) -> None:
    pressed = _pressed(done.body)
    if pressed is None:
        await settle(front, done, reason="ignored: no button of ours")
        return
    action, pointer = pressed
    if action not in FORMS:
        await _act(front, done, action, pointer)
        return
    try:
        await _open_form(front, done, action, pointer)
    finally:
        if done.is_from_menu:
            await _draw_again(front, done, pointer)


def _pressed(body: Json) -> tuple[Action, ButtonValue] | None:
    """A button says its action by its id, a menu by the option that was chosen."""
    element = body["actions"][0]
    option = element.get("selected_option") or {}
    pointer = read(str(option.get("value") or element.get("value") or ""))
    if pointer is None:
        return None
    name = pointer.action if element["action_id"] == OVERFLOW else element["action_id"]
    known = name in {action.value for action in BUTTONS}
    return (Action(name), pointer) if known else None


async def _act(front: BotContext, done: Interaction, action: Action, pointer: ButtonValue) -> None:
    by = await front.people.who_is(done.user)
    request = Request(
        front.workspace, pointer.ticket, by, seen=pointer.version, settles=done.spool_id
    )
    ticket = await act(front.desk, request, action, ActionInput())
    if done.is_ephemeral and not done.replayed:
        await front.voice.replace(done.ear, await in_full(front, by, ticket))


async def _draw_again(front: BotContext, done: Interaction, pointer: ButtonValue) -> None:
    """So that the menu shows its name again, and not what was chosen from it."""
    if done.channel is not None and done.message_ts is not None:
        await front.courier.redraw(front.workspace, pointer.ticket, done.channel, done.message_ts)


async def in_full(front: BotContext, by: Caller, ticket: Ticket) -> SlackMessage:
    """As this person may see it: a requester may have acted as such, and reads no notes."""
    file = await front.views.ticket_file(front.workspace, ticket.number)
    assert file is not None, ticket.id
    now = Moment(await front.views.rules(front.workspace), front.clock.now())
    try:
        allowed = await front.desk.allowed(Request(front.workspace, ticket.number, by))
    except Refused:  # it has just gone to where they have no say
        return ticket_in_full(file, now, frozenset(), works_on_it=False)
    return ticket_in_full(file, now, allowed.actions, works_on_it=allowed.reads_notes)


async def _open_form(
    front: BotContext, done: Interaction, action: Action, pointer: ButtonValue
) -> None:
    """The trigger lives three seconds: may they, one read, then the form. Nobody fills in what would be refused."""
    by = await front.people.who_is(done.user)
    await front.desk.check(Request(front.workspace, pointer.ticket, by), action)
    line = await front.views.ticket(front.workspace, pointer.ticket)
    if line is None:
        raise Refused("absent", ticket=ticket_id(pointer.ticket))
    choices = await choices_of(front)
    await open_view(front, done, form(action, line, choices, channel=done.channel or ""))


async def open_new(front: BotContext, done: Interaction, *, channel: str) -> None:
    """The form for a new ticket, with the priorities that this person may ask for."""
    by = await front.people.who_is(done.user)
    person = await front.desk.identify(front.workspace, by)
    settings = (await front.views.rules(front.workspace)).workspace
    able = priorities_for(person, settings)
    view = new_ticket(channel=channel, priorities=able, default=settings.default_priority)
    await open_view(front, done, view)


async def choices_of(front: BotContext) -> Choices:
    return Choices(
        await front.views.rules(front.workspace), await front.views.teams(front.workspace)
    )


async def open_view(front: BotContext, done: Interaction, view: Json) -> None:
    problems = limits.validate(view, "modal")
    if problems:
        _log.error("a form beyond Slack's limits: %s", "; ".join(problems))
    opened = False
    if not done.replayed:
        try:
            await front.client.views_open(trigger_id=done.trigger_id, view=view)
            opened = True
        except CALL_ERRORS as error:
            _log.warning("a form could not be opened: %s", in_words(error))
    await settle(front, done, reason="form opened" if opened else "ignored: too late for a form")
    if not opened:
        await front.voice.whisper(done.ear, in_marked_words(sentence("form_gone", {})))
