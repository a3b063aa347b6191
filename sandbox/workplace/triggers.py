"""Trigger ids: the three seconds in which an app may answer a person's act with a modal."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.ports.clock import Clock
from sandbox.base.errors import SlackError

TRIGGER_LIFE = timedelta(seconds=3)
# Spent and expired ones are remembered this long, to tell the two errors apart.
MAX_TRIGGERS = 2_000


@dataclass
class Trigger:
    user: str
    expires: datetime
    # The modal in which the act happened, when there was one: views.push needs it.
    view_id: str | None
    spent: bool = False


class Triggers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: OrderedDict[str, Trigger] = OrderedDict()

    def issue(self, user: str, *, view_id: str | None = None) -> str:
        trigger_id = f"{len(self._issued)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        expires = self._clock.now() + TRIGGER_LIFE
        self._issued[trigger_id] = Trigger(user, expires, view_id)
        while len(self._issued) > MAX_TRIGGERS:
            self._issued.popitem(last=False)
        return trigger_id

    def look(self, trigger_id: str) -> Trigger:
        """Refuses as Slack does, without spending it."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.spent:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() > trigger.expires:
            raise SlackError("expired_trigger_id")
        return trigger
