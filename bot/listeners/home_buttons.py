"""The home tab's own buttons. What they change is seen on the tab itself, so there is no answer."""

from bot.context.context import BotContext
from bot.context.interaction import Interaction
from bot.listeners import shifts
from bot.listeners.error_boundary import settle
from bot.views import home

# Which word of `/shift` a button says.
_VERBS = {home.START: "start", home.END: "end", home.BREAK: "break", home.BACK: "back"}


async def press(front: BotContext, done: Interaction, button: str) -> None:
    if done.replayed and button != home.NEXT:
        # Found after a crash: by now they may have gone, or be back.
        await settle(front, done, reason="ignored: too late for a shift")
    elif button == home.NEXT:
        by = await front.people.who_is(done.user)
        await front.floor.next_ticket(front.workspace, by, settles=done.spool_id)
    elif button == home.AWAY:
        chosen = str((done.body["actions"][0].get("selected_option") or {}).get("value", ""))
        await shifts.say(front, done, "away", chosen if chosen in home.AWAY_FOR else "")
    else:
        await shifts.say(front, done, _VERBS[button], "")
