"""Each person's home tab in Slack: published when they open it, and again after what they do while they look.

Published with the hash of what they see. When somebody else has published since, theirs may be older than the desk
is by now: it is redrawn and published again. A person who has not looked for a while gets a new one when they look.
"""

import logging

from bot.context.context import BotContext
from bot.context.slack_people import UnreachableError
from bot.outgoing.slack_errors import CALL_ERRORS, code_of, in_words
from bot.views import home, limits
from bot.views.limits import Json

_log = logging.getLogger("deskd.bot.homes")


async def opened(front: BotContext, event: Json) -> None:
    """app_home_opened. Never raises."""
    user = str(event.get("user"))
    front.looks.begin(user, str((event.get("view") or {}).get("hash") or ""))
    await refresh(front, user)


async def refresh(front: BotContext, user: str) -> None:
    """If they looked lately. Never raises: the tab is a picture, and another is drawn at the next look."""
    if not front.looks.are_recent(user):
        return
    try:
        await _publish(front, user)
    except UnreachableError as error:
        _log.info("the home tab of %s stays as it was: %s", user, error)
    except CALL_ERRORS as error:
        _log.warning("the home tab of %s stays as it was: %s", user, in_words(error))
    except Exception:  # noqa: BLE001 - the boundary: a picture that fails must not undo what was done
        _log.exception("the home tab of %s could not be drawn", user)


async def _publish(front: BotContext, user: str) -> None:
    try:
        await _publish_over(front, user, front.looks.seen(user))
    except CALL_ERRORS as error:
        if code_of(error) != "hash_conflict":
            raise
        await _publish_over(front, user, None)


async def _publish_over(front: BotContext, user: str, seen: str | None) -> None:
    view = await _drawn(front, user)
    answer = await front.client.views_publish(user_id=user, view=view, hash=seen)
    front.looks.begin(user, str(answer["view"].get("hash") or ""))


async def _drawn(front: BotContext, user: str) -> Json:
    standing = await front.floor.standing(front.workspace, await front.people.who_is(user))
    work = await front.work.own_work(front.workspace, standing.person)
    view = home.home_tab(home.Tab(standing, work, front.people.site))
    problems = limits.validate(view, "home")
    if problems:
        _log.error("a home tab beyond Slack's limits: %s", "; ".join(problems))
    return view
