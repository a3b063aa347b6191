"""Killed again and again under mail: nothing is lost, nothing is opened twice, every repeat is marked.

The daemon has no Slack in the large loop, since one post a second per channel would make its cards last for half
an hour; a smaller loop has one.
"""

import asyncio
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from deskd.base.clock import WallClock
from sandbox.mailbox.mailbox import Mailboxes
from sandbox.slack.driver import SlackStandIn
from tests.proof.sender import Letter, Sender, letters
from tests.proof.victim import Victim, victim

pytestmark = pytest.mark.proof

MAILS = 2_000
KILLS = 30
CARDS = 60
CARD_KILLS = 5
# Some kills hit the start (schema, roster, first leases), most hit the work.
START_SECONDS = 1.5
EARLY_KILLS = 0.2
# A burst comes at a random moment of a life, and the end at a random moment from then on, rather soon than late: a
# burst of this loop is accepted in a quarter of a second and answered in one, and most lives end in its midst.
BEFORE_BURST_SECONDS = 1.0
AFTER_BURST_SECONDS = 0.8
# Leases of the last dead daemon run for 30 s; the rest is work.
AFTERWARDS_SECONDS = 150


@dataclass
class Loop:
    """One run: who is killed, when it was, and what came of it."""

    victim: Victim
    mailbox: Mailboxes
    mail: Sequence[Letter]
    seed: int = field(
        default_factory=lambda: int(os.environ.get("DESKD_PROOF_SEED") or time.time_ns() % 10**6)
    )
    killed_at: list[datetime] = field(default_factory=list)

    async def run(self, kills: int) -> Sender:
        chance = random.Random(self.seed)
        sender = Sender(self.victim.port, self.mail)
        async with asyncio.TaskGroup() as group:
            group.create_task(sender.send())
            for _ in range(kills):
                await self._one_life(chance, sender, burst=len(self.mail) // kills + 1)
            await self.victim.start()
            sender.release(len(self.mail))
        await self.victim.emptied(AFTERWARDS_SECONDS)
        return sender

    async def _one_life(self, chance: random.Random, sender: Sender, *, burst: int) -> None:
        await self.victim.start()
        if chance.random() < EARLY_KILLS:
            sender.release(burst)
            await asyncio.sleep(chance.uniform(0, START_SECONDS))
        else:
            await self.victim.door()
            await asyncio.sleep(chance.uniform(0, BEFORE_BURST_SECONDS))
            sender.release(burst)
            await asyncio.sleep(AFTER_BURST_SECONDS * chance.random() ** 2)
        await self.victim.kill()
        self.killed_at.append(WallClock().now())

    def repeats(self) -> dict[str, int]:
        """Receiver -> how often the sink got the same mail beyond once."""
        got = Counter((one.mailbox, one.message_id) for one in self.mailbox.received())
        return {place: times - 1 for (place, _), times in got.items() if times > 1}

    def worst_kill(self) -> int:
        """Most mails that one kill made come twice."""
        lives: Counter[int] = Counter()
        seen: set[str] = set()
        twice = {one.message_id for one in self.mailbox.received() if one.mailbox in self.repeats()}
        for one in self.mailbox.received():
            if one.message_id in twice and one.message_id not in seen:
                seen.add(one.message_id)
                lives[sum(at < one.at for at in self.killed_at)] += 1
        return max(lives.values(), default=0)


async def check(loop: Loop) -> dict[str, object]:
    """What must hold of mail, whatever was killed when."""
    subjects = Counter(await loop.victim.subjects())
    assert subjects == Counter(one.subject for one in loop.mail), "lost or doubled tickets"
    spool, outbox = await loop.victim.rows()
    assert Counter((row.state, row.reason) for row in spool if row.channel == "mail") == {
        ("done", "opened"): len(loop.mail)
    }
    assert {row.state for row in outbox} == {"sent"}
    receipts = [row for row in outbox if row.kind == "receipt"]
    senders = sorted(one.sender for one in loop.mail)
    assert sorted(row.place for row in receipts) == senders, "one receipt parcel per mail"
    assert {one.mailbox for one in loop.mailbox.received()} == set(senders)
    marked = {row.place for row in receipts if row.possible_duplicate}
    repeats = loop.repeats()
    assert repeats.keys() <= marked, "a repeat is not marked"
    assert sum(repeats.values()) <= len(loop.killed_at), "a kill repeated more than one mail"
    assert await loop.victim.promises_broken() == []
    return {
        "repeats": sum(repeats.values()),
        "repeats of the worst kill": loop.worst_kill(),
        "marked": len(marked),
    }


async def test_2000_mails_and_30_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    async with sink() as mailbox, victim(tmp_path, database) as desk:
        desk.configure(mailbox.address)
        loop = Loop(desk, mailbox, letters(MAILS))
        tell(capsys, f"\nDESKD_PROOF_SEED={loop.seed}")
        sender = await loop.run(KILLS)
        figures = await check(loop)
        await desk.stop()
    kind, seconds = database.partition(":")[0], time.monotonic() - begun
    tell(
        capsys,
        f"{kind}: {MAILS} mails, {KILLS} kills, {sender.repeated} handed in again, 0 lost, 0 doubled,"
        f" {figures}, fsck clean, {seconds:.0f} s",
    )


async def test_60_mails_and_5_kills_draw_each_card_once(
    tmp_path: Path, sqlite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    async with (
        sink() as mailbox,
        SlackStandIn.start(WallClock()) as slack,
        victim(tmp_path, sqlite) as desk,
    ):
        slack.add_user("ana")
        slack.add_channel("it-desk", private=True, members=["ana"])
        desk.configure(mailbox.address, slack)
        loop = Loop(desk, mailbox, letters(CARDS))
        tell(capsys, f"\nDESKD_PROOF_SEED={loop.seed}")
        await loop.run(CARD_KILLS)
        figures = await check(loop)
        await desk.stop()
        cards = slack.messages("it-desk")
        found = [re.search(r"Trouble number \d+", card.visible_text()) for card in cards]
        drawn = Counter(one.group() for one in found if one)
        assert drawn == Counter(one.subject for one in loop.mail), "a card lacks or stands twice"
        assert len(cards) == CARDS
    seconds = time.monotonic() - begun
    tell(capsys, f"with Slack: {CARDS} cards, {CARD_KILLS} kills, {figures}, {seconds:.0f} s")


@asynccontextmanager
async def sink() -> AsyncIterator[Mailboxes]:
    mailbox = Mailboxes(WallClock())
    await mailbox.start()
    try:
        yield mailbox
    finally:
        await mailbox.close()


def tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Whether or not the proof holds, at once."""
    with capsys.disabled():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
