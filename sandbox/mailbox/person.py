"""An employee at their mail program: writes, answers and clicks, over real SMTP."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, getaddresses
from uuid import uuid4

import aiosmtplib

from sandbox.mailbox.letter import MailFile, ReceivedMail
from sandbox.mailbox.links import MailAction
from sandbox.mailbox.quote import Style, answered, html_of, reply_subject

# The desk is on this machine; who does not answer by then is down.
ANSWER_SECONDS_MAX = 10.0
# What a mail program lets one type into "To"; deskd's own cap is 200.
RECIPIENTS_MAX = 200


class NotSent(Exception):
    """The mail was not accepted; `code` is the server's, 0 when it said nothing."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}" if code else reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class ComposeWindow:
    """What a compose window holds."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str | None = None
    cc: tuple[str, ...] = ()
    attachments: tuple[MailFile, ...] = ()
    references: tuple[str, ...] = ()
    # Headers beyond the usual, e.g. an automatic reply's Auto-Submitted.
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MailPerson:
    address: str
    name: str
    post: Callable[["MailPerson", Sequence[str], bytes], Awaitable[None]]
    now: Callable[[], datetime]

    async def compose(
        self,
        to: str | Sequence[str],
        subject: str,
        text: str,
        *,
        cc: Sequence[str] = (),
        attachments: Sequence[MailFile] = (),
    ) -> str:
        """Write and send a new mail; gives its Message-ID."""
        receivers = (to,) if isinstance(to, str) else tuple(to)
        draft = ComposeWindow(
            receivers, subject, text, html_of(text), tuple(cc), tuple(attachments)
        )
        return await self.send(draft)

    async def reply(
        self,
        letter: ReceivedMail,
        text: str,
        *,
        style: Style = "gmail",
        strip_references: bool = False,
        attachments: Sequence[MailFile] = (),
    ) -> str:
        """Answer as that mail program does; gives the Message-ID.

        `strip_references` is the program that forgets what it answers: no In-Reply-To either.
        """
        draft = replace(reply_draft(letter, text, style), attachments=tuple(attachments))
        return await self.send(replace(draft, references=()) if strip_references else draft)

    async def click(self, action: MailAction, text: str | None = None) -> str:
        """Follow a `mailto:` link and send what it prepared, or `text` in its place."""
        return await self.compose(action.to, action.subject, action.body if text is None else text)

    async def send(self, draft: ComposeWindow) -> str:
        """Raises NotSent when a server refuses it or is not there."""
        receivers = _addresses([*draft.to, *draft.cc])
        message_id = f"<{uuid4().hex}@{self.address.rpartition('@')[2]}>"
        await self.post(self, receivers, self._written(draft, message_id))
        return message_id

    async def hand_over(self, raw: bytes, to: Sequence[str], *, at: tuple[str, int]) -> None:
        """One SMTP transaction. A mail refused for one of its receivers counts as not sent."""
        host, port = at
        try:
            errors, _ = await aiosmtplib.send(
                raw,
                sender=self.address,
                recipients=list(to),
                hostname=host,
                port=port,
                start_tls=False,
                timeout=ANSWER_SECONDS_MAX,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            raise NotSent(first.code, first.message) from refused
        except aiosmtplib.SMTPResponseException as refused:
            raise NotSent(refused.code, refused.message) from refused
        except (aiosmtplib.SMTPException, OSError) as lost:
            raise NotSent(0, str(lost)) from lost
        for refused_one in errors.values():
            raise NotSent(refused_one.code, refused_one.message)

    def _written(self, draft: ComposeWindow, message_id: str) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((self.name, self.address))
        message["To"] = ", ".join(draft.to)
        if draft.cc:
            message["Cc"] = ", ".join(draft.cc)
        message["Subject"] = " ".join(draft.subject.split())
        message["Date"] = format_datetime(self.now())
        message["Message-ID"] = message_id
        if draft.references:
            message["In-Reply-To"] = draft.references[-1]
            message["References"] = " ".join(draft.references)
        for name, value in draft.headers:
            message[name] = value
        message.set_content(draft.text)
        if draft.html is not None:
            message.add_alternative(draft.html, subtype="html")
        for attachment in draft.attachments:
            main, _, sub = attachment.type.partition("/")
            message.add_attachment(
                attachment.content,
                maintype=main,
                subtype=sub or "octet-stream",
                filename=attachment.name,
            )
        return message.as_bytes()


def reply_draft(letter: ReceivedMail, text: str, style: Style = "gmail") -> ComposeWindow:
    """The answer to a letter: to its Reply-To when there is one, with the original quoted."""
    body = answered(letter, text, style)
    return ComposeWindow(
        to=reply_address(letter),
        subject=reply_subject(letter.subject, style),
        text=body.text,
        html=body.html,
        references=(*letter.references, letter.message_id),
    )


def reply_address(letter: ReceivedMail) -> tuple[str, ...]:
    """Where an answer goes; answering one's own mail goes where that one went."""
    if letter.sent:
        return letter.to
    asked = tuple(address for _, address in letter.people("Reply-To"))
    return asked or (letter.from_[1],)


def _addresses(typed: Sequence[str]) -> list[str]:
    """The bare addresses of what was typed; NotSent when one is none."""
    if not all(one.isprintable() for one in typed):  # a line break would start a header
        raise NotSent(0, "an address is one line")
    found = [address for _, address in getaddresses(typed)]
    if not found or len(found) > RECIPIENTS_MAX:
        raise NotSent(0, "a mail needs at least one receiver, and not hundreds")
    for address in found:
        local, _, domain = address.rpartition("@")
        if not local or not domain or " " in address:
            raise NotSent(0, f"not a mail address: {address!r}")
    return found
