"""The one fault plan: what goes wrong next, scripted or by a seeded chance. It injects nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

FaultKind = Literal["rate_limited", "status", "html", "error", "slow", "reset"]

EVERY_METHOD = "*"
RESPONSE_URL = "response_url"


@dataclass(frozen=True)
class Fault:
    """One thing to go wrong with calls of a method, `times` times or (None) until it is lifted."""

    kind: FaultKind
    method: str = EVERY_METHOD
    times: int | None = 1
    status: int = 503
    retry_after: int = 1
    seconds: float = 0.0
    error: str = "internal_error"
    # The work is done and kept, and only the answer is lost: "posted or not?"
    after_commit: bool = False

    def hits(self, method: str) -> bool:
        return self.method in (EVERY_METHOD, method)


@dataclass(frozen=True)
class Chance:
    """Seeded bad luck: the same seed and the same order of calls give the same faults."""

    seed: int
    rate: float
    faults: tuple[Fault, ...]

    def draw(self, number: int) -> Fault | None:
        digest = hashlib.blake2b(f"{self.seed}:{number}".encode(), digest_size=8).digest()
        luck = int.from_bytes(digest[:4], "big") / 2**32
        if luck >= self.rate or not self.faults:
            return None
        return self.faults[int.from_bytes(digest[4:], "big") % len(self.faults)]


class FaultPlan:
    """Asked once per call; scripted faults come before chance."""

    def __init__(self) -> None:
        self.down = False
        self._scripted: list[Fault] = []
        self._chance: Chance | None = None
        self._drawn = 0

    def add(self, fault: Fault) -> Fault:
        self._scripted.append(fault)
        return fault

    def rate_limit(self, method: str, retry_after: int = 1, times: int | None = 1) -> Fault:
        fault = Fault("rate_limited", method, times, retry_after=retry_after)
        return self.add(fault)

    def fail(self, method: str, status: int = 503, times: int | None = 1) -> Fault:
        return self.add(Fault("status", method, times, status=status))

    def answer_html(self, method: str, status: int = 200, times: int | None = 1) -> Fault:
        return self.add(Fault("html", method, times, status=status))

    def refuse(self, method: str, error: str, times: int | None = 1) -> Fault:
        """Slack's own error shape, with status 200."""
        return self.add(Fault("error", method, times, error=error))

    def slow(self, method: str, seconds: float, times: int | None = 1) -> Fault:
        return self.add(Fault("slow", method, times, seconds=seconds))

    def reset(self, method: str, *, after_commit: bool, times: int | None = 1) -> Fault:
        return self.add(Fault("reset", method, times, after_commit=after_commit))

    def randomly(self, seed: int, rate: float, faults: Sequence[Fault]) -> None:
        self._chance = Chance(seed, rate, tuple(faults))

    def lift(self) -> None:
        """Everything works again."""
        self.down = False
        self._scripted.clear()
        self._chance = None

    def take(self, method: str) -> Fault | None:
        for index, fault in enumerate(self._scripted):
            if fault.hits(method):
                self._use(index, fault)
                return fault
        if self._chance is None:
            return None
        self._drawn += 1
        return self._chance.draw(self._drawn)

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._scripted[index]
        else:
            self._scripted[index] = replace(fault, times=fault.times - 1)
