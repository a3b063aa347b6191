"""Delivers letters to people through the outgoing mail server, and says what trying again can help."""

import logging
from typing import Final

import aiosmtplib

from engine.messages.effects import Tell, Unreadable
from engine.ports.clock import Clock
from engine.ports.outbox import Later, Never, Parcel, Sent
from engine.ports.views import Views
from engine.tickets.message import Reference
from mail.outgoing.compose import Letterhead, Occasion, can_say, compose
from mail.outgoing.message import Letter, to_bytes
from mail.outgoing.relay import DATA_SECONDS, Relay
from mail.parsing.headers import one_line

log = logging.getLogger("deskd.mail.courier")

# What the server says is kept as the reason; it may say a lot.
REASON_CHARS_MAX: Final = 300

# Who we are is the trouble, not this mail: everything waits for a person to mend the settings.
_ACCOUNT_CODES: Final = frozenset({421, 454, 530, 534, 535, 538})
_TOO_LARGE: Final = 552
_FINAL: Final = 500


class MailCourier:
    """A Courier. `aclose` ends its connections."""

    def __init__(self, relay: Relay, views: Views, house: Letterhead, clock: Clock) -> None:
        self._relay = relay
        self._views = views
        self._house = house
        self._clock = clock

    async def deliver(self, parcel: Parcel) -> Sent:
        letter = await self._letter(parcel)
        await self._send(letter)
        log.info("mail %s is with the relay", parcel.key)
        reference = Reference("mail", "", "message", letter.message_id)
        return Sent(references=(reference,), repeated=parcel.uncertain)

    async def aclose(self) -> None:
        await self._relay.aclose()

    async def _letter(self, parcel: Parcel) -> Letter:
        tell = parcel.effect
        if isinstance(tell, Unreadable):
            raise Never(tell.reason)
        if not isinstance(tell, Tell) or not can_say(tell.message):
            raise Never("there is no mail for this kind of message")
        if tell.note is not None:
            raise Never("a note is never mailed")
        occasion = await self._occasion(parcel, tell)
        return compose(occasion, self._house, at=self._clock.now())

    async def _occasion(self, parcel: Parcel, tell: Tell) -> Occasion:
        if parcel.ticket is None:
            return Occasion(parcel, tell, None)
        line = await self._views.ticket(parcel.workspace, parcel.ticket)
        if line is None:
            raise Never("the ticket is gone")
        comment = None
        if tell.comment is not None:
            said = await self._views.comment(parcel.workspace, tell.comment)
            if said is None:
                raise Never("the words are gone")
            comment = said[0]
        references = await self._views.references(
            parcel.workspace, parcel.ticket, channel="mail", kind="message"
        )
        return Occasion(parcel, tell, line, comment, references)

    async def _send(self, letter: Letter) -> None:
        try:
            content = to_bytes(letter)
        except ValueError:
            raise Never("the address can not be used in a mail") from None
        try:
            async with self._relay.connection() as client:
                await self._introduce(client, letter)
                await client.rcpt(letter.to)
                await self._hand_over(client, content)
        except aiosmtplib.SMTPResponseException as refusal:
            raise _verdict(refusal) from refusal
        except (aiosmtplib.SMTPException, OSError) as trouble:
            raise Later(_reason(trouble), whole_channel=True) from trouble

    async def _introduce(self, client: aiosmtplib.SMTP, letter: Letter) -> None:
        """Automatic mail has no sender to bounce to, so that two machines never answer each other's reports."""
        if letter.automatic:
            try:
                await client.mail("")
            except aiosmtplib.SMTPSenderRefused as refusal:
                if not is_final(refusal) or refusal.code in _ACCOUNT_CODES:
                    raise
                # Some submission servers take mail only from the account's own address.
                await client.rset()
            else:
                return
        try:
            await client.mail(letter.from_)
        except aiosmtplib.SMTPSenderRefused as refusal:
            if not is_final(refusal) or refusal.code == _TOO_LARGE:
                raise
            # The desk's own address refused is a matter of settings: no mail goes until they are mended.
            raise Later(_words(refusal), whole_channel=True) from refusal

    async def _hand_over(self, client: aiosmtplib.SMTP, content: bytes) -> None:
        try:
            await client.data(content, timeout=DATA_SECONDS)
        except aiosmtplib.SMTPResponseException:
            raise
        except (aiosmtplib.SMTPException, OSError) as trouble:
            # The line broke around the final dot: the relay may have the mail, and only says so no more.
            raise Later(_reason(trouble), uncertain=True) from trouble


def _verdict(refusal: aiosmtplib.SMTPResponseException) -> Later | Never:
    if refusal.code in _ACCOUNT_CODES or isinstance(refusal, aiosmtplib.SMTPConnectResponseError):
        return Later(_words(refusal), whole_channel=True)
    return Never(_words(refusal)) if is_final(refusal) else Later(_words(refusal))


def is_final(refusal: aiosmtplib.SMTPResponseException) -> bool:
    """5xx: the server will never take it; 4xx: not now."""
    return refusal.code >= _FINAL


def _words(refusal: aiosmtplib.SMTPResponseException) -> str:
    return one_line(f"{refusal.code} {refusal.message}")[:REASON_CHARS_MAX]


def _reason(trouble: Exception) -> str:
    return one_line(f"{type(trouble).__name__}: {trouble}")[:REASON_CHARS_MAX]
