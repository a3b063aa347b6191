"""The HTTP server as a part of the daemon: uvicorn inside our loop, without signal handlers of its own."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

from uvicorn import Config, Server

log = logging.getLogger("deskd.api.server")

CONNECTIONS_MAX: Final = 200
"""Probes, a metrics scraper and people with a browser; more is a flood."""
KEEP_ALIVE_SECONDS: Final = 5
BACKLOG: Final = 128
GOODBYE_SECONDS: Final = 2
"""Answers under way while draining; nobody's work hangs on them."""


class _Server(Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The daemon hears the signals and drains in order."""
        yield


class HttpServer:
    """A Part. `bound` is where it listens, known once it is ready."""

    name = "http"

    def __init__(self, app: Callable[..., Any], listen: tuple[str, int]) -> None:
        self._app = app
        self._listen = listen
        self.bound: tuple[str, int] | None = None

    @property
    def trouble(self) -> str | None:
        return None

    async def run(self, *, ready: Callable[[], None]) -> None:
        """Raises OSError, naming the place, when it is taken."""
        listening = self._bind()
        self.bound = listening.getsockname()[:2]
        server = _Server(
            Config(
                self._app,
                log_config=None,
                access_log=False,
                lifespan="off",
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GOODBYE_SECONDS,
            )
        )
        log.info("listening for HTTP on %s port %s", *self.bound)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve(sockets=[listening]))
            # The socket listens already: whoever connects now is answered as soon as serving begins.
            ready()
            try:
                await asyncio.shield(serving)
            except asyncio.CancelledError:
                server.should_exit = True
                await asyncio.wait({serving})
                raise
            finally:
                listening.close()

    def _bind(self) -> socket.socket:
        host, port = self._listen
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(
                error.errno or errno.EIO, f"http.listen {host}:{port}: {reason}"
            ) from error
        return listening
