"""The Part that looks whether the teams' channels make anybody an agent, and says on /ready when one does not.

It decides nothing: bot/context/slack_people.py asks for itself, at every act.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from bot.context.context import BotContext
from bot.outgoing.slack_errors import CALL_ERRORS, code_of, in_words

_log = logging.getLogger("deskd.bot.channels")

# Whoever has just made the channel private, or invited the app, looks at /ready again within minutes.
LOOK_EVERY: Final = timedelta(minutes=2)
# Nothing can be asked before the login; it usually takes a second or two.
LOGIN_POLL: Final = timedelta(seconds=5)
# To an app that is not in it, Slack denies that a private channel is there at all.
UNSEEN: Final = frozenset({"channel_not_found", "not_in_channel"})


class Channels:
    name = "slack.channels"

    def __init__(self, front: BotContext) -> None:
        self._front = front
        self._wrong: Mapping[str, str] = {}

    @property
    def trouble(self) -> str | None:
        return "; ".join(self._wrong.values()) or None

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        clock = self._front.clock
        while True:
            logged_in = bool(self._front.people.team_id)
            if logged_in:
                await self._look()
            await clock.sleep_until(clock.now() + (LOOK_EVERY if logged_in else LOGIN_POLL))

    async def _look(self) -> None:
        try:
            teams = await self._front.views.teams(self._front.workspace)
        except Exception:  # noqa: BLE001 - the boundary: storage in trouble is told elsewhere; what was seen stays
            _log.exception("the teams could not be read")
            return
        channels = sorted({team.place.place for team in teams if team.place})
        found = {channel: await self._wrong_with(channel) for channel in channels}
        before, self._wrong = self._wrong, {at: wrong for at, wrong in found.items() if wrong}
        for channel, wrong in self._wrong.items():
            if before.get(channel) != wrong:
                _log.warning("%s", wrong)

    async def _wrong_with(self, channel: str) -> str | None:
        """A call that fails says nothing about the channel: what was known of it stays."""
        about = f"slack.channel {channel}"
        try:
            info = (await self._front.client.conversations_info(channel=channel))["channel"]
        except CALL_ERRORS as error:
            if code_of(error) in UNSEEN:
                return f"{about}: not seen by the app: check the id, or invite the app into it"
            _log.info("%s could not be looked at: %s", channel, in_words(error))
            return self._wrong.get(channel)
        wrong = []
        if not info.get("is_private"):
            wrong.append(f"{about} is public: only people listed in deskd.toml are agents")
        if info.get("is_member") is False:
            wrong.append(f"{about}: the app is not in it: invite the app into it")
        return "; ".join(wrong) or None
