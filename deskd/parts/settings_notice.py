"""A part that does nothing but say what is not done: its trouble is read on /ready."""

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
