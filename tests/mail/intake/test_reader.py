"""From the spool to the desk, with real storage and the real desk: one mail, one effect, whatever happens."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from engine.desk.desk import Desk
from engine.desk.directory import DeclaredWorkspace
from engine.ports.spool import Incoming
from engine.ports.views import SpoolLine
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.message import Inbound
from engine.tickets.people import DEFAULT, Team, TeamId, WorkspaceId
from engine.tickets.workspace import Workspace
from mail.intake.address_book import KnownAddresses
from mail.intake.pace import CROWD, CROWD_TIME
from mail.intake.reader import (
    ATTEMPTS_MAX,
    HANDED_OUT_MAX,
    IN_HAND_MAX,
    MailReader,
    Reading,
    Receives,
)
from storage.open.open_storage import Storage, open_storage
from tests.clock import ManualClock
from tests.mail.stage import MAIL, SIGNER, SUPPORT


class CountingIds:
    def __init__(self) -> None:
        self._last = 0

    def new(self) -> str:
        self._last += 1
        return f"id-{self._last:08d}"


@dataclass
class Office:
    """A reader at work on a database of its own."""

    storage: Storage
    clock: ManualClock
    desk: Desk
    reader: MailReader
    received: list[Inbound] = field(default_factory=list)
    senders: int = 1
    """How many are at it at once, as the door would say."""

    async def post(self, raw: bytes, *, to: Iterable[str] = (SUPPORT,), sender: str = "x") -> int:
        kept = await self.storage.spool.keep(
            Incoming(
                DEFAULT,
                "mail",
                "message",
                f"key-{hash(raw)}-{to}",
                raw,
                {"sender": sender, "recipients": list(to)},
                self.clock.now(),
                sender,
            )
        )
        self.reader.nudge(self.senders)
        return kept.id

    async def row(self, id: int) -> SpoolLine:
        return next(row for row in await self.storage.views.spool() if row.id == id)

    async def settled(self, id: int) -> SpoolLine:
        """Waits in the loop, not for time to pass: the clock stands still."""
        async with asyncio.timeout(30):
            row = await self.row(id)
            while row.state == "waiting":
                row = await self.row(id)
        return row


@pytest.fixture
async def stored(tmp_path: Path, template: Path) -> AsyncIterator[tuple[Storage, ManualClock]]:
    url = f"sqlite+aiosqlite:///{tmp_path}/deskd.db"
    shutil.copy(template, tmp_path / "deskd.db")
    clock = ManualClock()
    opened = await open_storage(url, None, clock)
    yield opened, clock
    await opened.close()


Wrap = Callable[[Receives], Receives]


@pytest.fixture
async def office(stored: tuple[Storage, ManualClock]) -> AsyncIterator[Office]:
    async with working(*stored, wrap=lambda desk: desk) as opened:
        yield opened


@asynccontextmanager
async def working(opened: Storage, clock: ManualClock, *, wrap: Wrap) -> AsyncIterator[Office]:
    desk = Desk(opened.store, clock, CountingIds(), nudge=lambda: None)
    team = Team(TeamId("support"), "Support", "it", addresses=(SUPPORT,))
    settings = Workspace(DEFAULT, domains=frozenset({"desk.test"}))
    await desk.declare(DEFAULT, DeclaredWorkspace(settings, (team,)))
    addresses = KnownAddresses(opened.views)
    reading = Reading(addresses, SIGNER, opened.files, attachment_bytes=1000)
    recorder = _Recorder(wrap(desk))
    reader = MailReader(opened.spool, recorder, reading, clock)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(reader.run(ready=lambda: None))
        try:
            yield Office(opened, clock, desk, reader, recorder.inbounds)
        finally:
            running.cancel()


class _Recorder:
    """Passes on to the desk, and remembers."""

    def __init__(self, desk: Receives) -> None:
        self._desk = desk
        self.inbounds: list[Inbound] = []

    async def receive(
        self, workspace: WorkspaceId, inbound: Inbound, *, settles: int | None
    ) -> object:
        self.inbounds.append(inbound)
        return await self._desk.receive(workspace, inbound, settles=settles)


async def test_a_mail_becomes_a_ticket_with_its_words(office: Office) -> None:
    row = await office.settled(await office.post(MAIL))
    assert (row.state, row.reason, row.ticket) == ("done", "opened", 1)
    file = await office.storage.views.ticket_file(DEFAULT, 1)
    assert file
    assert file.line.ticket.subject == "VPN is down"
    assert [said.message.text for said in file.comments] == ["It does not connect."]
    assert (file.line.requester.name, file.line.requester.known_as("mail")) == (
        "Bob",
        "bob@example.com",
    )
    assert file.line.requester.timezone == "+01:00"
    (outgoing,) = await office.storage.views.outbox()
    assert (outgoing.kind, outgoing.place) == ("receipt", "bob@example.com")


async def test_an_inbound_carries_all_that_the_rules_need(office: Office) -> None:
    token = SIGNER.reply_address(SUPPORT, DEFAULT, 9)
    raw = (
        f"From: Bob <BOB@Example.com>\r\nTo: {token}, ann@example.com\r\n"
        "Cc: Support <support@desk.test>, zoe@example.com, ann@example.com\r\n"
        "Subject: Re: VPN [T-4]\r\nMessage-ID: <two@example.com>\r\n"
        "In-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n\r\nmore\r\n"
    )
    await office.settled(await office.post(raw.encode(), to=(token,)))
    (inbound,) = office.received
    assert inbound.sender.subject == "bob@example.com"
    assert inbound.recipients == (SUPPORT,)
    assert inbound.copied == ("ann@example.com", "zoe@example.com")
    assert inbound.replies_to == ("<b@x>", "<a@x>")
    assert inbound.named == (4,)
    assert [(proof.ticket, proof.how) for proof in inbound.proofs] == [(9, "token")]
    assert inbound.reference
    assert inbound.reference.ref == "<two@example.com>"
    assert inbound.source
    assert inbound.source.place == "bob@example.com"


async def test_a_reply_with_our_token_joins_its_ticket_and_a_mere_number_does_not(
    office: Office,
) -> None:
    await office.settled(await office.post(MAIL))
    token = SIGNER.reply_address(SUPPORT, DEFAULT, 1)
    reply = b"From: bob@example.com\r\nSubject: Re: VPN\r\nMessage-ID: <2@x>\r\n\r\nstill down\r\n"
    joined = await office.settled(await office.post(reply, to=(token,)))
    assert (joined.reason, joined.ticket) == ("joined", 1)
    stranger = b"From: eve@evil.test\r\nSubject: [T-1] let me in\r\n\r\nhello\r\n"
    opened = await office.settled(await office.post(stranger))
    assert (opened.reason, opened.ticket) == ("opened", 2)


async def test_files_are_kept_and_refused_ones_named(office: Office) -> None:
    part = '--b\r\nContent-Type: text/csv; name="{}"\r\n\r\n{}\r\n'
    body = part.format("good.csv", "a,b") + part.format("bad.exe", "x") + "--b--\r\n"
    raw = f"From: bob@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{body}"
    await office.settled(await office.post(raw.encode()))
    good, bad = office.received[0].attachments
    assert good.sha256
    assert await office.storage.files.read(good.sha256) == b"a,b"
    assert (bad.name, bad.sha256, bad.refused) == ("bad.exe", None, "blocked_type")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"Subject: nobody\r\n\r\nx\r\n", "no usable From"),
        (b"From: a@x.test, b@x.test\r\n\r\nx\r\n", "no usable From"),
        (b"From: a@x.test\r\nFrom: b@x.test\r\n\r\nx\r\n", "no usable From"),
        (b"From: a@x.test\r\nX: " + b"y" * 600_000 + b"\r\n\r\nx\r\n", "headers_too_large"),
    ],
)
async def test_what_can_not_be_read_is_dead_with_a_reason(
    office: Office, raw: bytes, reason: str
) -> None:
    row = await office.settled(await office.post(raw))
    assert (row.state, row.reason) == ("dead", reason)
    assert (await office.settled(await office.post(MAIL))).state == "done"


@pytest.mark.parametrize(
    "head",
    [
        f"From: {SUPPORT}",
        "From: support+t1-x@desk.test",
        f"From: bob@example.com\r\nX-Deskd-Instance: {SIGNER.instance()}",
    ],
)
async def test_our_own_mail_come_back_opens_nothing(office: Office, head: str) -> None:
    row = await office.settled(await office.post(f"{head}\r\nSubject: x\r\n\r\nx\r\n".encode()))
    assert (row.state, row.reason) == ("done", "ignored: own")
    assert not await office.storage.views.outbox()


async def test_a_large_mail_is_read_beside_the_small_ones(office: Office) -> None:
    large = await office.post(MAIL.replace(b"one@", b"large@") + b"words " * 200_000)
    small = await office.post(MAIL)
    assert (await office.settled(large)).reason == "opened"
    assert (await office.settled(small)).reason == "opened"


@pytest.mark.parametrize("senders", [1, CROWD])
async def test_many_mails_each_open_one_ticket(office: Office, senders: int) -> None:
    office.senders = senders
    ids = [
        await office.post(b"From: p%d@x.test\r\nSubject: %d\r\n\r\nx\r\n" % (n, n))
        for n in range(IN_HAND_MAX * 3)
    ]
    if senders >= CROWD:
        # What a crowd holds back is read when it is gone.
        assert "waiting" in {row.state for row in await office.storage.views.spool()}
        await office.clock.forward(seconds=CROWD_TIME.total_seconds())
    tickets = {(await office.settled(id)).ticket for id in ids}
    assert len(tickets) == IN_HAND_MAX * 3


class _Failing:
    """A desk in trouble for some mails, some times."""

    def __init__(self, desk: Receives, *, times: int, error: Exception | None = None) -> None:
        self._desk, self.left = desk, times
        self.error = error or RuntimeError("not now: Bob's secret words")

    async def receive(
        self, workspace: WorkspaceId, inbound: Inbound, *, settles: int | None
    ) -> object:
        if "VPN" in inbound.subject and self.left:
            self.left -= 1
            raise self.error
        return await self._desk.receive(workspace, inbound, settles=settles)


async def test_a_mail_that_fails_is_tried_again_and_others_go_on(
    stored: tuple[Storage, ManualClock], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with working(*stored, wrap=lambda desk: _Failing(desk, times=1)) as office:
        failing = await office.post(MAIL)
        other = await office.post(MAIL.replace(b"VPN", b"Disk"))
        assert (await office.settled(other)).reason == "opened"
        await has_failed(office, attempts=1)
        await office.clock.forward(seconds=30)
        assert (await office.settled(failing)).reason == "opened"


async def test_a_desk_with_too_much_to_do_costs_a_mail_no_try(
    stored: tuple[Storage, ManualClock],
) -> None:
    busy: list[_Failing] = []

    def full(desk: Receives) -> Receives:
        busy.append(_Failing(desk, times=2 * ATTEMPTS_MAX, error=TooMuchAtOnce()))
        return busy[0]

    async with working(*stored, wrap=full) as office:
        id = await office.post(MAIL)
        for left in reversed(range(2 * ATTEMPTS_MAX)):
            async with asyncio.timeout(10):
                while busy[0].left > left:
                    await office.storage.views.spool_depth()
            await office.clock.forward(seconds=1)
        assert (await office.settled(id)).attempts == 1


async def test_a_mail_that_always_fails_is_parked_without_its_words(
    stored: tuple[Storage, ManualClock], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with working(*stored, wrap=lambda desk: _Failing(desk, times=99)) as office:
        id = await office.post(MAIL)
        for attempt in range(1, ATTEMPTS_MAX):
            await has_failed(office, attempts=attempt)
            await office.clock.forward(minutes=2)
        row = await office.settled(id)
        assert (row.state, row.reason, row.attempts) == ("dead", "RuntimeError", ATTEMPTS_MAX)


async def test_a_mail_that_ended_the_daemon_each_time_is_not_parsed_again(
    stored: tuple[Storage, ManualClock],
) -> None:
    opened, clock = stored
    await opened.spool.keep(
        Incoming(DEFAULT, "mail", "message", "k", MAIL, {"recipients": [SUPPORT]}, clock.now())
    )
    for _ in range(HANDED_OUT_MAX):
        until_ = clock.now() + timedelta(seconds=30)
        assert await opened.spool.lease("mail", now=clock.now(), until=until_, limit=5)
        await clock.forward(minutes=1)
    async with working(opened, clock, wrap=lambda desk: desk) as office:
        (line,) = await opened.views.spool()
        row = await office.settled(line.id)
        assert (row.state, row.reason) == ("dead", "reading it ended the daemon")
        assert not office.received


class _Slow:
    """A desk whose first answer waits for a signal."""

    def __init__(self, desk: Receives) -> None:
        self._desk = desk
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()
        self.order: list[str] = []

    async def receive(
        self, workspace: WorkspaceId, inbound: Inbound, *, settles: int | None
    ) -> object:
        self.order.append(inbound.subject)
        if inbound.subject == "parent":
            self.entered.set()
            await self.go_on.wait()
        return await self._desk.receive(workspace, inbound, settles=settles)


async def test_a_reply_does_not_overtake_the_mail_it_answers(
    stored: tuple[Storage, ManualClock],
) -> None:
    slow: list[_Slow] = []

    def wrap(desk: Receives) -> Receives:
        slow.append(_Slow(desk))
        return slow[0]

    async with working(*stored, wrap=wrap) as office:
        head = b"From: bob@example.com\r\n"
        parent = head + b"Subject: parent\r\nMessage-ID: <p@x>\r\n\r\nx\r\n"
        child = head + b"Subject: child\r\nMessage-ID: <c@x>\r\nIn-Reply-To: <p@x>\r\n\r\nx\r\n"
        first = await office.post(parent)
        await asyncio.wait_for(slow[0].entered.wait(), 30)
        second = await office.post(child)
        third = await office.post(b"From: ann@x.test\r\nSubject: stranger\r\n\r\nx\r\n")
        await office.settled(third)
        assert slow[0].order == ["parent", "stranger"]
        slow[0].go_on.set()
        assert (await office.settled(first)).ticket == (await office.settled(second)).ticket


async def test_what_is_in_hand_is_finished_when_the_daemon_ends(
    stored: tuple[Storage, ManualClock],
) -> None:
    slow: list[_Slow] = []

    def wrap(desk: Receives) -> Receives:
        slow.append(_Slow(desk))
        return slow[0]

    raw = b"From: bob@example.com\r\nSubject: parent\r\n\r\nx\r\n"
    async with working(*stored, wrap=wrap) as office:
        id = await office.post(raw)
        await asyncio.wait_for(slow[0].entered.wait(), 30)
        asyncio.get_running_loop().call_soon(slow[0].go_on.set)
    assert (await office.row(id)).reason == "opened"


async def has_failed(office: Office, *, attempts: int) -> None:
    """The attempt is over and written down, and nobody has it in hand."""
    tried = [inbound for inbound in office.received if "VPN" in inbound.subject]
    async with asyncio.timeout(30):
        while office.reader._in_hand or len(tried) < attempts:
            await office.storage.views.spool_depth()
            tried = [inbound for inbound in office.received if "VPN" in inbound.subject]
    (row,) = [row for row in await office.storage.views.spool() if row.state == "waiting"]
    assert (row.reason, row.attempts) == ("RuntimeError", attempts)
