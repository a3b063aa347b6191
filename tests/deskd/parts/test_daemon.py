"""The parts start together, stop in order, and one that fails takes no other with it."""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from deskd.base.errors import Failure
from deskd.parts.daemon import Daemon
from tests.clock import ManualClock
from tests.deskd.room import eventually

DRAIN = timedelta(seconds=8)


@dataclass
class Worker:
    """A part that does as it is told."""

    name: str
    diary: list[str]
    trouble: str | None = None
    becomes_ready: bool = True
    failures: list[Exception] = field(default_factory=list)
    finishing: asyncio.Event = field(default_factory=asyncio.Event)
    finishes_at_once: bool = True

    async def run(self, *, ready: Callable[[], None]) -> None:
        self.diary.append(f"{self.name} starts")
        if self.becomes_ready:
            ready()
        if self.failures:
            raise self.failures.pop(0)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            if not self.finishes_at_once:
                await self.finishing.wait()
            self.diary.append(f"{self.name} ends")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_parts_stop_in_the_order_of_their_stages_each_finished_before_the_next(
    clock: ManualClock,
) -> None:
    diary: list[str] = []
    door, reader, courier = (Worker(name, diary) for name in ("door", "reader", "courier"))
    reader.finishes_at_once = False
    daemon = Daemon([[door], [reader], [courier]], clock, DRAIN)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(daemon.run())
        await daemon.settled()
        daemon.stop.set()
        await clock.settle()
        assert daemon.draining
        assert diary[3:] == ["door ends"]
        reader.finishing.set()
        await asyncio.wait({running}, timeout=30)
    assert diary[3:] == ["door ends", "reader ends", "courier ends"]


async def test_who_does_not_finish_in_time_is_cut_and_the_others_still_stop(
    clock: ManualClock,
) -> None:
    diary: list[str] = []
    stuck, last = Worker("stuck", diary), Worker("last", diary)
    stuck.finishes_at_once = False
    daemon = Daemon([[stuck], [last]], clock, DRAIN)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(daemon.run())
        await daemon.settled()
        daemon.stop.set()
        await clock.settle()
        await clock.forward(seconds=7)
        assert not running.done()
        await clock.forward(seconds=1)
        await eventually(running.done)
    assert diary[2:] == ["last ends"]


async def test_a_part_that_fails_is_started_again_and_says_so(clock: ManualClock) -> None:
    diary: list[str] = []
    bad = Worker("bad", diary, failures=[RuntimeError("a bug"), RuntimeError("again")])
    good = Worker("good", diary)
    daemon = Daemon([[bad, good]], clock, DRAIN)
    async with asyncio.TaskGroup() as group:
        group.create_task(daemon.run())
        await clock.settle()
        assert daemon.states() == {"bad": "bad failed: RuntimeError", "good": "ready"}
        await clock.forward(seconds=1)
        assert diary.count("bad starts") == 2
        await clock.forward(seconds=1)
        assert diary.count("bad starts") == 2, "it waits longer each time"
        await clock.forward(seconds=1)
        assert daemon.states() == {"bad": "ready", "good": "ready"}
        assert diary.count("good starts") == 1
        daemon.stop.set()


async def test_an_address_in_use_ends_the_daemon_with_a_sentence(clock: ManualClock) -> None:
    diary: list[str] = []
    taken = OSError(errno.EADDRINUSE, "mail.smtp_in.listen 127.0.0.1:25: Address already in use")
    door = Worker("door", diary, becomes_ready=False, failures=[taken])
    daemon = Daemon([[door], [Worker("other", diary)]], clock, DRAIN)
    with pytest.raises(Failure, match=r"door cannot start: mail\.smtp_in\.listen") as failure:
        await daemon.run()
    assert failure.value.code == 1
    assert "other ends" in diary


async def test_a_part_is_starting_until_it_is_ready_and_in_trouble_when_that_takes_long(
    clock: ManualClock,
) -> None:
    slow = Worker("slack", [], trouble="slack: invalid_auth", becomes_ready=False)
    daemon = Daemon([[slow, Worker("mail", [])]], clock, DRAIN)
    async with asyncio.TaskGroup() as group:
        group.create_task(daemon.run())
        await clock.settle()
        assert daemon.states() == {"slack": "starting", "mail": "ready"}
        await clock.forward(seconds=3)
        await daemon.settled()
        assert daemon.states() == {"slack": "slack: invalid_auth", "mail": "ready"}
        daemon.stop.set()


async def test_that_it_has_settled_is_said_once(clock: ManualClock) -> None:
    said: list[dict[str, str]] = []
    bad = Worker("bad", [], failures=[RuntimeError("a bug")])
    daemon = Daemon([[bad, Worker("slow", [], trouble="away", becomes_ready=False)]], clock, DRAIN)
    daemon.on_settled = lambda: said.append(daemon.states())
    async with asyncio.TaskGroup() as group:
        group.create_task(daemon.run())
        await clock.settle()
        assert said == []
        await clock.forward(seconds=10)
        await daemon.settled()
        daemon.stop.set()
    assert said == [{"bad": "ready", "slow": "away"}]
