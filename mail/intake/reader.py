"""Spooled mail -> the desk: leases rows, parses, keeps files, hands an Inbound in. No row stops the next one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from engine.ports.clock import Clock
from engine.ports.spool import Spool, SpoolRow
from engine.ports.store import Files
from engine.ports.views import DeskAddress
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.message import Attachment, Inbound, Reference
from engine.tickets.people import Address, Identity, WorkspaceId
from mail.intake.address_book import AddressBook
from mail.intake.pace import CROWD_TIME, Pace
from mail.parsing.automatic import Envelope
from mail.parsing.parse import Parsed, parse
from mail.thread import Signer, named_in, newest_first

log = logging.getLogger("deskd.mail.reader")

# Rows in hand: enough company for a commit that many share (16: 710 tickets/s, 32: 790, 64: 800), few enough
# to lose little time after a crash.
IN_HAND_MAX: Final = 32
# Rows leased and not renewed for this long wait again for anybody.
LEASE: Final = timedelta(seconds=30)
RENEW_EVERY: Final = timedelta(seconds=10)
# The spool is looked at this often even when nobody nudges.
POLL: Final = timedelta(seconds=1)
# Smaller messages are parsed at once: a thread would cost more than they do.
INLINE_BYTES_MAX: Final = 32 * 1024
# The largest honest message takes a tenth of this.
PARSE_SECONDS: Final = 20.0
# How often a row may fail, and the pauses between.
ATTEMPTS_MAX: Final = 3
RETRY_AFTER: Final = timedelta(seconds=10)
# A row handed out this often that was never answered ends the process each time. More than ATTEMPTS_MAX, since
# any daemon that is killed has innocent rows in hand too.
HANDED_OUT_MAX: Final = 5
# What is in hand when the daemon ends may be finished; it is only a few milliseconds each.
FINISH_SECONDS: Final = 5.0
# People in To and Cc who are told of public replies; more is a mailing.
COPIED_MAX: Final = 40

NO_SENDER: Final = "no usable From"


class Receives(Protocol):
    """The use case of the desk that takes a message."""

    async def receive(
        self, workspace: WorkspaceId, inbound: Inbound, *, settles: int | None
    ) -> object: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader reads with."""

    addresses: AddressBook
    signer: Signer
    files: Files
    attachment_bytes: int


class MailReader:
    """A Part."""

    name = "mail.reader"

    def __init__(self, spool: Spool, desk: Receives, reading: Reading, clock: Clock) -> None:
        self._spool = spool
        self._desk = desk
        self._reading = reading
        self._clock = clock
        self._pace = Pace(clock)
        self._looking: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._in_hand: dict[int, asyncio.Task[None]] = {}
        self._line = _Line()
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        return self._trouble

    def nudge(self, senders: int = 1) -> None:
        """One more mail is in the spool, and so many senders are at it; losing a nudge costs POLL at most."""
        self._pace.let_in(senders=senders)
        self._wake.set()

    def crowded(self) -> bool:
        """Senders queue at the door now."""
        return self._pace.is_crowded()

    async def run(self, *, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            group.create_task(self._renew())
            ready()
            taking: asyncio.Task[None] | None = None
            try:
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    if self._pace.holds():
                        self._look_again(group)
                        continue
                    # Shielded: rows leased by a call that was cut short would have to wait out their lease.
                    taking = group.create_task(self._take_rows(group))
                    await asyncio.shield(taking)
            finally:
                if taking is not None:
                    await asyncio.wait({taking})
                await self._finish()

    async def _tick(self) -> None:
        while True:
            self._wake.set()
            await self._clock.sleep_until(self._clock.now() + POLL)

    def _look_again(self, group: asyncio.TaskGroup) -> None:
        """When the crowd may be gone, since nobody nudges then."""
        if self._looking is None or self._looking.done():
            self._looking = group.create_task(self._wake_at(self._clock.now() + CROWD_TIME))

    async def _wake_at(self, at: datetime) -> None:
        await self._clock.sleep_until(at)
        self._wake.set()

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + RENEW_EVERY)
            if self._in_hand:
                try:
                    await self._spool.renew(tuple(self._in_hand), until=self._clock.now() + LEASE)
                except Exception:
                    # The boundary to storage: a lease not renewed only means that a row is read twice, harmlessly.
                    log.exception("leases of %d mails could not be renewed", len(self._in_hand))

    async def _take_rows(self, group: asyncio.TaskGroup) -> None:
        free = IN_HAND_MAX - len(self._in_hand)
        if free <= 0:
            return
        free = self._pace.share(free)
        now = self._clock.now()
        try:
            rows = await self._spool.lease("mail", now=now, until=now + LEASE, limit=free)
        except Exception as error:
            # The boundary to storage: its trouble passes, and the next tick asks again.
            if self._trouble is None:
                log.exception("the spool can not be read")
            self._trouble = f"spool: {type(error).__name__}"
            return
        self._trouble = None
        for row in rows:
            if row.id not in self._in_hand:
                self._in_hand[row.id] = group.create_task(self._work(row))
        if len(rows) == free:
            self._wake.set()

    async def _finish(self) -> None:
        tasks = tuple(self._in_hand.values())
        if tasks:
            await asyncio.wait(tasks, timeout=FINISH_SECONDS)

    async def _work(self, row: SpoolRow) -> None:
        try:
            await self._read(row)
        except Exception as error:
            # The boundary: one mail that can not be handled must not stop the others; it is parked, visibly.
            log.exception("mail %d failed (attempt %d)", row.id, row.attempts)
            await self._park(row, type(error).__name__)
        finally:
            del self._in_hand[row.id]
            self._wake.set()

    async def _park(self, row: SpoolRow, reason: str) -> None:
        try:
            if row.attempts < ATTEMPTS_MAX:
                at = self._clock.now() + RETRY_AFTER * row.attempts
                await self._spool.retry(row.id, reason=reason, at=at)
            else:
                await self._spool.bury(row.id, reason=reason)
        except Exception:
            # The boundary to storage: the row's lease runs out, and it is tried again.
            log.exception("mail %d could not be parked", row.id)

    async def _read(self, row: SpoolRow) -> None:
        if row.attempts > HANDED_OUT_MAX:
            await self._spool.bury(row.id, reason="reading it ended the daemon")
            return
        envelope = envelope_of(row.envelope)
        parsed = await self._parse(row.raw, envelope)
        reason = parsed.fault or (NO_SENDER if len(parsed.from_) != 1 else None)
        if reason:
            log.warning("mail %d is dead: %s", row.id, reason)
            await self._spool.bury(row.id, reason=reason)
            return
        async with self._line.place(_kin(row.workspace, parsed)):
            inbound = await self._inbound(row, parsed, envelope)
            while not await self._is_taken(row, inbound):
                await self._clock.sleep_until(self._clock.now() + POLL)

    async def _is_taken(self, row: SpoolRow, inbound: Inbound) -> bool:
        """False: storage has too much to do. That is no fault of the mail, so it waits here and no try is counted."""
        try:
            await self._desk.receive(row.workspace, inbound, settles=row.id)
        except TooMuchAtOnce:
            log.warning("too much at once: mail %d waits", row.id)
            return False
        return True

    async def _parse(self, raw: bytes, envelope: Envelope) -> Parsed:
        limit = self._reading.attachment_bytes
        if len(raw) <= INLINE_BYTES_MAX:
            return parse(raw, envelope, attachment_bytes=limit)
        async with asyncio.timeout(PARSE_SECONDS):
            return await asyncio.to_thread(parse, raw, envelope, attachment_bytes=limit)

    async def _inbound(self, row: SpoolRow, parsed: Parsed, envelope: Envelope) -> Inbound:
        author = parsed.from_[0]
        named = _named(parsed, envelope)
        known = await self._reading.addresses.find_all((author.address, *named))
        own = _own(row.workspace, envelope, {name: known[name] for name in named})
        is_own = bool(known[author.address]) or self._reading.signer.is_own_instance(
            parsed.instance
        )
        message_id = parsed.message_id
        copied = [box.address for box in (*parsed.to, *parsed.cc)]
        return Inbound(
            channel="mail",
            key=row.key,
            sender=Identity("mail", "", author.address),
            sender_name=author.name,
            subject=parsed.subject,
            text=parsed.text,
            received_at=row.received_at,
            recipients=tuple(dict.fromkeys(name for name in own.values() if name)),
            copied=tuple(dict.fromkeys(a for a in copied if a not in own))[:COPIED_MAX],
            reference=Reference("mail", "", "message", message_id) if message_id else None,
            replies_to=newest_first(parsed),
            proofs=self._reading.signer.proofs(parsed, envelope, row.workspace),
            asks=self._reading.signer.asked(parsed, envelope, row.workspace),
            named=named_in(parsed.subject),
            automatic="own" if is_own else parsed.automatic,
            attachments=await self._keep_files(parsed),
            utc_offset=parsed.utc_offset,
            source=Address("mail", author.address),
        )

    async def _keep_files(self, parsed: Parsed) -> tuple[Attachment, ...]:
        kept: list[Attachment] = []
        for file in parsed.files:
            sha256 = None
            if file.content is not None:
                sha256 = await self._reading.files.keep(file.content)
            kept.append(Attachment(file.name, file.type, file.size, sha256, file.refused))
        return tuple(kept)


def envelope_of(facts: Mapping[str, object]) -> Envelope:
    sender, recipients = facts.get("sender"), facts.get("recipients")
    return Envelope(
        sender=sender if isinstance(sender, str) else None,
        recipients=tuple(str(r) for r in recipients) if isinstance(recipients, list) else (),
    )


def _kin(workspace: WorkspaceId, parsed: Parsed) -> set[tuple[str, str]]:
    """The ids by which this mail and another may belong together."""
    ids = {*parsed.in_reply_to, *parsed.references, parsed.message_id}
    return {(workspace, id) for id in ids if id}


class _Line:
    """Mails that name each other go one after the other in the order they came; all others go side by side."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], asyncio.Event] = {}

    @asynccontextmanager
    async def place(self, kin: Iterable[tuple[str, str]]) -> AsyncIterator[None]:
        """Taken before anything is awaited, so that the order is that of the calls."""
        names = tuple(kin)
        before = {self._last[name] for name in names if name in self._last}
        mine = asyncio.Event()
        self._last.update(dict.fromkeys(names, mine))
        try:
            for earlier in before:
                await earlier.wait()
            yield
        finally:
            mine.set()
            for name in names:
                if self._last.get(name) is mine:
                    del self._last[name]


def _named(parsed: Parsed, envelope: Envelope) -> Sequence[str]:
    """Every recipient that the envelope or a header names, once."""
    headers = [box.address for box in (*parsed.delivered_to, *parsed.to, *parsed.cc)]
    return list(dict.fromkeys((*envelope.recipients, *headers)))


def _own(
    workspace: WorkspaceId, envelope: Envelope, known: Mapping[str, Sequence[DeskAddress]]
) -> dict[str, str]:
    """The desk's own addresses among the recipients: as written -> as the desk calls them."""
    own: dict[str, str] = {}
    for address, entries in known.items():
        # The envelope alone says which desk of which workspace it is for; headers fill in without one.
        by_envelope = address in envelope.recipients or not envelope.recipients
        for entry in entries:
            if entry.workspace == workspace and by_envelope:
                own[address] = entry.address
            else:
                own.setdefault(address, "")
    return own
