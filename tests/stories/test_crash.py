"""Killed at the worst moments: nothing is lost, nothing is done twice unmarked.

The daemon that dies is a process of its own (crashing.py) and lives two minutes before the town's clock: when the
next one starts, in the town itself, the dead one's leases have run out.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import aiosmtplib
import pytest

from engine.ports.views import OutboxLine
from sandbox.base.workspace import Message
from tests.stories.town import DESK, Town, town

BOB: Final = "bob@example.com"
BEFORE: Final = timedelta(minutes=2)
# A slow machine may take long to start Python; a daemon that does not die must not hang the suite.
PATIENCE_SECONDS: Final = 30
REPOSITORY: Final = Path(__file__).parents[2]


def _mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = BOB, DESK, "VPN is down"
    mail["Message-ID"] = "<one@example.com>"
    mail["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    mail.set_content("Nothing works.")
    return mail


async def _said_yes(port: int) -> bool:
    """One try of a mail program: was the mail accepted?"""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
    try:
        await client.connect()
        await client.sendmail(BOB, [DESK], _mail().as_bytes())
    except aiosmtplib.SMTPServerDisconnected:
        return False
    finally:
        client.close()
    return True


async def _mail_to_a_dying_desk(desk: Town, point: str) -> bool:
    """The daemon's only life: it takes one mail and is killed at that point. Did it say 250?"""
    desk.settings()  # writes deskd.toml
    start = (desk.clock.now() - BEFORE).isoformat()
    command = ["-m", "tests.stories.crashing", str(desk.folder / "deskd.toml"), point, start]
    with (desk.folder / "crashed.log").open("wb") as log:
        child = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert child.stdout is not None
            port = int(await child.stdout.readline())
            accepted = await _said_yes(port)
            assert await child.wait() == -signal.SIGKILL
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return accepted


async def _only_outcome(desk: Town) -> tuple[OutboxLine, list[Message]]:
    """One ticket, all is sent; its receipt's row and the roots in the team's channel."""
    await desk.quiet()
    assert [line.ticket.subject for line in await desk.tickets()] == ["VPN is down"]
    rows = await desk.outbox()
    assert {row.state for row in rows} == {"sent"}
    (receipt,) = [row for row in rows if row.kind == "receipt"]
    roots = [m for m in desk.slack.messages("it-desk") if m.thread_ts in (None, m.ts)]
    return receipt, roots


@pytest.fixture
async def desk(tmp_path: Path, database: str) -> AsyncIterator[Town]:
    """Without a daemon yet. Nine o'clock falls between its two lives: no digest is wanted among the cards."""
    quiet = '[reports]\ndaily = ""\nweekly = ""\n'
    async with town(tmp_path, database, extra=quiet, start=False) as made:
        yield made


async def test_killed_between_commit_and_250_the_mail_repeated_is_one_ticket(desk: Town) -> None:
    assert not await _mail_to_a_dying_desk(desk, "between commit and 250")
    await desk.start()
    assert desk.smtp is not None
    assert await _said_yes(desk.smtp[1])
    await desk.letter(BOB, "[T-1]")
    await desk.card("VPN is down")
    receipt, roots = await _only_outcome(desk)
    assert len(desk.mailbox.received(BOB)) == 1
    assert len(roots) == 1
    assert not receipt.possible_duplicate
    assert [(row.state, row.reason) for row in await desk.spool()] == [("done", "opened")]


async def test_killed_after_the_ticket_its_receipt_and_card_still_go_out_once(desk: Town) -> None:
    assert await _mail_to_a_dying_desk(desk, "between ticket and effects")
    assert desk.mailbox.received(BOB) == []
    assert desk.slack.messages("it-desk") == []
    await desk.start()
    await desk.letter(BOB, "[T-1]")
    await desk.card("VPN is down")
    receipt, roots = await _only_outcome(desk)
    assert len(desk.mailbox.received(BOB)) == 1
    assert len(roots) == 1
    assert not receipt.possible_duplicate


async def test_killed_between_send_and_mark_the_mail_comes_again_recognisably(desk: Town) -> None:
    assert await _mail_to_a_dying_desk(desk, "between mail sent and marked")
    (first,) = desk.mailbox.received(BOB)
    await desk.start()
    again = await desk.letter(BOB, count=2)
    assert again.message_id == first.message_id
    receipt, roots = await _only_outcome(desk)
    assert len(desk.mailbox.received(BOB)) == 2
    assert receipt.possible_duplicate
    assert len(roots) == 1


async def test_killed_between_post_and_mark_the_card_is_found_again(desk: Town) -> None:
    assert await _mail_to_a_dying_desk(desk, "between card posted and marked")
    (posted,) = desk.slack.messages("it-desk")
    await desk.start()
    await desk.letter(BOB, "[T-1]")
    _, roots = await _only_outcome(desk)
    assert [root.ts for root in roots] == [posted.ts]
    assert len(desk.slack.calls("chat.postMessage", ok=True)) == 1
    (card,) = [row for row in await desk.outbox() if row.kind == "show"]
    assert not card.possible_duplicate
