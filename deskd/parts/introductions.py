"""[[people]] given by Slack id are declared once Slack has said who they are."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from engine.ports.clock import Clock

LOOK_EVERY: Final = timedelta(milliseconds=200)
"""The first click may come right after the connection."""


@dataclass
class Introductions:
    slack_team: Callable[[], str]
    """"" until known."""
    declare: Callable[[str], Awaitable[None]]
    clock: Clock
    name: str = "slack people"
    trouble: str | None = None

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        while not self.slack_team():
            await self.clock.sleep_until(self.clock.now() + LOOK_EVERY)
        await self.declare(self.slack_team())
        await asyncio.get_running_loop().create_future()
