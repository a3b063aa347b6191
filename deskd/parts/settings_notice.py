"""A part that only reports on /ready what the settings leave undone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingsNotice:
    name: str
    trouble: str | None

    async def run(self, *, ready: Callable[[], None]) -> None:
        ready()
        await asyncio.get_running_loop().create_future()
