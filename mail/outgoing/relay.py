"""Connections to the outgoing mail server: opened when needed, kept, a few at most, dropped at any trouble."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

# Connections at once: a relay takes mails faster on a few than the desk writes them.
CONNECTIONS_MAX: Final = 4
CONNECT_SECONDS: Final = 10.0
# RFC 5321 4.5.3.2: five minutes for commands, ten for the answer to the final dot.
COMMAND_SECONDS: Final = 300.0
DATA_SECONDS: Final = 600.0

_PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """`smtp://`, `smtps://` or `smtp+starttls://`, with `user:password@` where the server asks for it."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def read(cls, url: str) -> "RelayUrl":
        """Raises ValueError, without the password in its words."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS:
            raise ValueError(f"mail.smtp_out.url begins with one of {', '.join(_PORTS)}")
        if not parts.hostname:
            raise ValueError("mail.smtp_out.url names no host")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("mail.smtp_out.url: the port is a number up to 65535") from None
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=_PORTS[parts.scheme] if port is None else port,
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


class Relay:
    """Lends one connection at a time; a connection that saw trouble is not lent again."""

    def __init__(
        self, url: RelayUrl, *, hostname: str, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._url = url
        self._hostname = hostname
        self._tls_context = tls_context
        self._free = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: list[aiosmtplib.SMTP] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Fresh, or proven alive by a RSET; kept afterwards unless the work raised something but a refusal."""
        async with self._free:
            client = await self._reuse() or await self._open()
            kept = False
            try:
                yield client
                kept = True
            except aiosmtplib.SMTPResponseException as refusal:
                # The server said no, politely: the line is fine, unless it is closing it.
                kept = refusal.code != aiosmtplib.SMTPStatus.domain_unavailable
                raise
            finally:
                if kept and client.is_connected:
                    self._idle.append(client)
                else:
                    client.close()

    async def _reuse(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            client = self._idle.pop()
            try:
                await client.rset(timeout=CONNECT_SECONDS)
            except (aiosmtplib.SMTPException, OSError):
                # The relay closed it while it lay idle, which is its right.
                client.close()
            else:
                return client
        return None

    async def _open(self) -> aiosmtplib.SMTP:
        url = self._url
        client = aiosmtplib.SMTP(
            hostname=url.host,
            port=url.port,
            local_hostname=self._hostname,
            timeout=COMMAND_SECONDS,
            use_tls=url.scheme == "smtps",
            start_tls=url.scheme == "smtp+starttls",
            tls_context=self._tls_context,
        )
        try:
            await client.connect(timeout=CONNECT_SECONDS)
            if url.user is not None:
                await client.login(url.user, url.password or "")
        except BaseException:
            client.close()
            raise
        return client

    async def aclose(self) -> None:
        """Say goodbye on idle connections."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.quit(timeout=CONNECT_SECONDS)
            except (aiosmtplib.SMTPException, OSError):
                client.close()
