"""The real daemon in a process that kills itself at a named point: `python -m tests.stories.crashing TOML POINT NOW`.

It is composed as `deskd run` composes it, except that one port of storage dies around one call. Its clock goes on
from NOW, so that a story chooses what has run out by the next start. It prints the port of its mail door.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from deskd.build import Ground, build
from deskd.config.load import load
from deskd.declared.declared_workspace import roster
from deskd.parts.open_storage import storage_opened
from deskd.upgrade_storage import upgraded
from engine.desk.receiving import Received
from engine.ports.outbox import Parcel
from engine.tickets.people import DEFAULT
from storage.open.open_storage import Storage
from tests.clock import PacedClock


@dataclass(frozen=True)
class Point:
    """Around `call` of this port of storage: with its answer in hand, or instead of making it."""

    port: str
    call: str
    after: bool
    fits: Callable[[Any], bool]
    """Of the call's answer when `after`, else of its first argument."""


def _to(channel: str) -> Callable[[Parcel], bool]:
    return lambda parcel: parcel.effect.to.channel == channel


POINTS: Final = {
    "between commit and 250": Point("spool", "keep_many", after=True, fits=lambda kept: True),
    "between ticket and effects": Point(
        "store", "run", after=True, fits=lambda answer: isinstance(answer, Received)
    ),
    "between mail sent and marked": Point("outbox", "sent", after=False, fits=_to("mail")),
    "between card posted and marked": Point("outbox", "sent", after=False, fits=_to("slack")),
}


class Dying:
    """A port of storage, and the process's end."""

    def __init__(self, part: object, point: Point) -> None:
        self._part = part
        self._point = point

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        return self._deadly(method) if name == self._point.call else method

    def _deadly(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **more: Any) -> Any:
            if not self._point.after and self._point.fits(given[0]):
                _die()
            answer = await method(*given, **more)
            if self._point.after and self._point.fits(answer):
                _die()
            return answer

        return call


def _die() -> None:
    """As a power cut has it: nothing is flushed, closed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(storage: Storage, point: Point) -> Storage:
    changed: Any = {point.port: Dying(getattr(storage, point.port), point)}
    return replace(storage, **changed)


async def live(config: Path, point: Point, now: datetime) -> None:
    settings = load(config=config, environment={}, flags={}, cwd=config.parent).settings
    clock = PacedClock(now)
    await upgraded(settings)
    async with storage_opened(settings, clock) as storage:
        built = build(Ground(settings, dying(storage, point), clock))
        await built.desk.declare(DEFAULT, roster(settings))
        async with asyncio.TaskGroup() as group:
            group.create_task(built.daemon.run())
            await built.daemon.settled()
            assert built.smtp_in is not None
            assert built.smtp_in.bound is not None
            print(built.smtp_in.bound[1], flush=True)  # noqa: T201 - the story waits for it


if __name__ == "__main__":
    toml, name, start = sys.argv[1:]
    asyncio.run(live(Path(toml), POINTS[name], datetime.fromisoformat(start)))
