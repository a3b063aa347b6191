"""What this machine can do right now, bare: figures of two machines, or of two hours, are compared beside it.

A fixed loop of Python, a block written and synced to where databases are kept, one byte to a thread of the same
process and back over loopback. Each is the median of many turns; none has anything to do with deskd.
"""

import os
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

TURNS: Final = 20
ADDITIONS: Final = 1_000_000
SYNCS: Final = 100
BLOCK: Final = bytes(4096)
ROUND_TRIPS: Final = 2000


@dataclass(frozen=True)
class Machine:
    cpu_ms: float
    """A million additions in a loop of Python."""
    fsync_ms: float
    loopback_us: float
    load_average: float
    cores: int

    def __str__(self) -> str:
        return (
            f"calibrator: {self.cpu_ms:.1f} ms for a million additions, {self.fsync_ms:.2f} ms for an fsync,"
            f" {self.loopback_us:.0f} us for a loopback round trip;"
            f" load average {self.load_average:.1f} on {self.cores} cores"
        )


def machine() -> Machine:
    return Machine(
        cpu_ms=1e3 * _median(TURNS, _additions),
        fsync_ms=1e3 * _fsync(),
        loopback_us=1e6 * _loopback(),
        load_average=os.getloadavg()[0],
        cores=os.cpu_count() or 1,
    )


def _additions() -> None:
    total = 0
    for number in range(ADDITIONS):
        total += number


def _fsync() -> float:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "block").open("wb") as file:

        def sync() -> None:
            file.seek(0)
            file.write(BLOCK)
            file.flush()
            os.fsync(file.fileno())

        return _median(SYNCS, sync)


def _loopback() -> float:
    with socket.create_server(("127.0.0.1", 0)) as door:
        here = socket.create_connection(door.getsockname())
        there, _ = door.accept()
    for end in (here, there):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    echo = threading.Thread(target=_echo, args=(there,))
    echo.start()

    def round_trip() -> None:
        here.sendall(b"x")
        here.recv(1)

    try:
        return _median(ROUND_TRIPS, round_trip)
    finally:
        here.close()
        echo.join()


def _echo(there: socket.socket) -> None:
    with there:
        while got := there.recv(1):
            there.sendall(got)


def _median(times: int, work: Callable[[], None]) -> float:
    """Seconds of one turn."""
    taken = []
    for _ in range(times):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return median(taken)
