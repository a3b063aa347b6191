"""What every part needs from outside: time, ids, and a place in the daemon."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time. Instants are aware and UTC."""

    def now(self) -> datetime: ...

    async def sleep_until(self, at: datetime) -> None:
        """Return at `at` or soon after; at once when it is past. A clock set back meanwhile prolongs nothing."""
        ...


class Part(Protocol):
    """Something the daemon runs."""

    @property
    def name(self) -> str: ...

    @property
    def trouble(self) -> str | None:
        """None when all is well, else one line for /ready ("slack: invalid_auth")."""
        ...

    async def run(self, *, ready: Callable[[], None]) -> None:
        """Run until cancelled; call `ready` once when able to work; finish what is in hand when cancelled."""
        ...


class Ids(Protocol):
    def new(self) -> str:
        """A new id, unique for ever, sorted by time as text (UUIDv7 or alike)."""
        ...
