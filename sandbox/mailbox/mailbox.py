"""The stand-in for every employee's mailbox: real SMTP in, threads as a mail client shows them.

It accepts mail for anyone, keeps each delivery (so that a double is seen), and knows nothing of
the desk. What a person writes is in `mailbox_person`, what fails on purpose in `mailbox_smtp`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from zoneinfo import ZoneInfo

from engine.ports.clock import Clock
from sandbox.base.log import EventLog
from sandbox.mailbox.letter import ReceivedMail
from sandbox.mailbox.person import MailPerson
from sandbox.mailbox.smtp import Faults, Sink, SmtpServer

# A demo left running for days must not eat the machine: the oldest letters go first.
LETTERS_MAX = 20_000
LETTER_BYTES_MAX = 256 * 1024 * 1024
# One test or one page waits for a handful of things; more is a leak.
WATCHERS_MAX = 100

Address = tuple[str, int]


@dataclass(frozen=True)
class Thread:
    """Letters of one mailbox that answer each other, oldest first."""

    letters: tuple[ReceivedMail, ...]
    unread: bool

    @property
    def id(self) -> int:
        """The number of its first letter: stable while the thread grows."""
        return self.letters[0].number

    @property
    def last(self) -> ReceivedMail:
        return self.letters[-1]

    @property
    def subject(self) -> str:
        return self.letters[0].subject


class Mailboxes:
    """All mailboxes of the stand-in, one per address that ever got mail or was opened."""

    def __init__(
        self, clock: Clock, *, via: Address | None = None, log: EventLog | None = None
    ) -> None:
        self.via = via
        self.faults = Faults()
        self.log = log if log is not None else EventLog(clock)
        self._clock = clock
        self._letters: deque[ReceivedMail] = deque()
        self._bytes = 0
        self._count = 0
        self._opened: dict[str, str] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._read: set[int] = set()
        self._watchers: set[asyncio.Event] = set()
        self._server = SmtpServer(Sink(self._receive, self.faults, clock, self.log))

    # The server

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises OSError when the place is taken."""
        await self._server.listen(host, port)

    async def close(self) -> None:
        await self._server.stop()

    async def down(self) -> None:
        """From now on connections are refused; `up` listens again at the same port."""
        await self._server.stop()
        self.log.add("mailbox_down", "The mailboxes take no connections.")

    async def up(self) -> None:
        if not self._server.is_up:
            await self._server.listen(self._server.host, self._server.port)
            self.log.add("mailbox_up", "The mailboxes take connections again.")

    @property
    def address(self) -> Address:
        return self._server.host, self._server.port

    # What is in the boxes

    def open(self, address: str, name: str = "", zone: str | None = None) -> None:
        """Make an empty mailbox, so that the page lists it before the first mail. `zone`: the person's own time."""
        self._opened.setdefault(address.lower(), name)
        if zone is not None:
            self._zones[address.lower()] = ZoneInfo(zone)
        self._changed()

    def zones(self) -> dict[str, str]:
        """Of those whose own time was given."""
        return {address: zone.key for address, zone in self._zones.items()}

    def addresses(self) -> list[str]:
        """Those opened by name first, in their order, then whoever got mail."""
        return list(dict.fromkeys([*self._opened, *(one.mailbox for one in self._letters)]))

    def name_of(self, address: str) -> str:
        return self._opened.get(address.lower(), "")

    def letters(self, address: str | None = None) -> list[ReceivedMail]:
        """Oldest first, what the person sent included; of all mailboxes when none is named."""
        wanted = address.lower() if address is not None else None
        return [one for one in self._letters if wanted is None or one.mailbox == wanted]

    def received(self, address: str | None = None) -> list[ReceivedMail]:
        return [one for one in self.letters(address) if not one.sent]

    def letter(self, number: int) -> ReceivedMail | None:
        return next((one for one in self._letters if one.number == number), None)

    def threads(self, address: str) -> list[Thread]:
        """Newest first."""
        threads = [
            Thread(letters=tuple(group), unread=any(map(self.is_unread, group)))
            for group in threaded(self.letters(address))
        ]
        return sorted(threads, key=lambda thread: thread.last.number, reverse=True)

    def is_unread(self, letter: ReceivedMail) -> bool:
        return not letter.sent and letter.number not in self._read

    def unread_count(self, address: str) -> int:
        return sum(self.is_unread(one) for one in self.letters(address))

    def mark_read(self, thread: Thread) -> None:
        fresh = {one.number for one in thread.letters if self.is_unread(one)}
        if fresh:
            self._read |= fresh
            self._changed()

    def person(self, address: str, name: str = "") -> MailPerson:
        """The employee at this address, who writes through `via` (the desk's SMTP server)."""
        self.open(address, name)
        return MailPerson(
            address=address,
            name=name or self.name_of(address),
            post=self._post,
            now=lambda: self._clock.now().astimezone(self._zones.get(address.lower(), UTC)),
        )

    # Waiting

    async def message(
        self,
        *,
        to: str | None = None,
        subject_contains: str = "",
        after: ReceivedMail | None = None,
        timeout: float = 5,  # noqa: ASYNC109  # a test says how long it is ready to wait
    ) -> ReceivedMail:
        """The first received letter that fits, as soon as it is there; TimeoutError otherwise."""

        def first() -> ReceivedMail | None:
            return next(
                (
                    one
                    for one in self.received(to)
                    if (after is None or one.number > after.number)
                    and subject_contains in one.subject
                ),
                None,
            )

        async with asyncio.timeout(timeout), self.watch() as changes:
            found = first()
            while found is None:
                await anext(changes)
                found = first()
            return found

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[None]]:
        """Ticks after each change (several changes may give one tick), from the entering on."""
        if len(self._watchers) >= WATCHERS_MAX:
            raise RuntimeError("too many watchers of the mailbox")
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            yield _ticks(changed)
        finally:
            self._watchers.discard(changed)

    # Filing

    def _receive(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        for recipient in recipients:
            letter = self._file(recipient.lower(), sender, raw, sent=False)
            self.log.add(
                "mail_received",
                f"Mail for {letter.mailbox}: {letter.subject}",
                number=letter.number,
                size=len(raw),
            )
        self._changed()

    async def _post(self, person: MailPerson, recipients: Sequence[str], raw: bytes) -> None:
        """Over real SMTP: to colleagues through this server, to everybody else through `via`."""
        colleagues = [one for one in recipients if one.lower() in self._opened]
        others = [one for one in recipients if one.lower() not in self._opened]
        if others:
            if self.via is None:
                raise ValueError("the mailbox has no way out: give it `via`")
            await person.hand_over(raw, others, at=self.via)
        if colleagues:
            await person.hand_over(raw, colleagues, at=self.address)
        letter = self._file(person.address.lower(), person.address, raw, sent=True)
        self.log.add(
            "mail_sent",
            f"{person.address} wrote to {', '.join(recipients)}: {letter.subject}",
            number=letter.number,
            size=len(raw),
        )
        self._changed()

    def _file(self, mailbox: str, sender: str, raw: bytes, *, sent: bool) -> ReceivedMail:
        self._count += 1
        letter = ReceivedMail(self._count, mailbox, raw, self._clock.now(), sender, sent)
        self._letters.append(letter)
        self._bytes += len(raw)
        while len(self._letters) > LETTERS_MAX or self._bytes > LETTER_BYTES_MAX:
            gone = self._letters.popleft()
            self._bytes -= len(gone.raw)
            self._read.discard(gone.number)
        return letter

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher.set()


async def _ticks(changed: asyncio.Event) -> AsyncIterator[None]:
    while True:
        await changed.wait()
        changed.clear()
        yield


def threaded(letters: Sequence[ReceivedMail]) -> list[list[ReceivedMail]]:
    """Groups by Message-ID, In-Reply-To and References, as a mail client does.

    Two mails that name the same ancestor belong together even when nobody here has that ancestor.
    """
    group_of: dict[str, list[ReceivedMail]] = {}
    for letter in letters:
        ids = _ids(letter)
        known = {id(group_of[one]): group_of[one] for one in ids if one in group_of}
        largest_first = sorted(known.values(), key=len, reverse=True)
        group = largest_first[0] if largest_first else []
        for other in largest_first[1:]:
            group.extend(other)
            group_of.update((one, group) for moved in other for one in _ids(moved))
        group.append(letter)
        group_of.update((one, group) for one in ids)
    groups = {id(group): group for group in group_of.values()}
    return [sorted(group, key=lambda one: one.number) for group in groups.values()]


def _ids(letter: ReceivedMail) -> tuple[str, ...]:
    return letter.message_id, *letter.references
