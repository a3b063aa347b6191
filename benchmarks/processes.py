"""What the benchmarks start, and its end: each process is known by its id, and none outlives its measurement."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 20.0  # a daemon that is not ready by then has failed
END_SECONDS_MAX: Final = 3.0  # what it holds is measured already; a drain is not waited for
LOOK_SECONDS: Final = 0.005
COMMAND_SECONDS_MAX: Final = 120.0


class NotMeasuredError(Exception):
    """The figure can not be had here, and why."""


@dataclass(frozen=True)
class Outside:
    """Where the stand-ins are, and what they say."""

    places: Mapping[str, str]
    process: "subprocess.Popen[str]"

    def posted(self) -> list[float]:
        """When messages were posted, so far; the stand-ins end with this."""
        end(self.process)
        assert self.process.stdout
        return [json.loads(line)["posted"] for line in self.process.stdout]


@dataclass(frozen=True)
class Desk:
    """A running `deskd run`."""

    process: subprocess.Popen[bytes]
    smtp_port: int
    ready_seconds: float

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    def has_loaded(self, library: str) -> bool:
        return library in Path(f"/proc/{self.process.pid}/maps").read_text()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def end(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def started(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """A process whose stdout is read here."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process
    finally:
        end(process)
        process.stdout.close()


@contextmanager
def floor(folder: Path) -> Iterator[int]:
    """Its port."""
    with started(python("-m", "benchmarks.floor", str(folder))) as process:
        assert process.stdout
        yield int(process.stdout.readline())


@contextmanager
def outside() -> Iterator[Outside]:
    with started(python("-m", "benchmarks.outside")) as process:
        assert process.stdout
        yield Outside(json.loads(process.stdout.readline()), process)


@contextmanager
def desk(folder: Path, database: str, places: Mapping[str, str] | None) -> Iterator[Desk]:
    """`deskd run` in this folder, ready; without places it has neither Slack nor a relay."""
    smtp_port, http_port = free_port(), free_port()
    config = folder / "deskd.toml"
    config.write_text(_settings(database, smtp_port, http_port, places or {}), encoding="utf-8")
    log = folder / "log"
    begun = time.monotonic()
    with log.open("wb") as written:
        process = subprocess.Popen(
            python("-m", "deskd", "--config", str(config), "run"), stdout=written, stderr=written
        )
    try:
        _wait_until_ready(process, http_port, log)
        yield Desk(process, smtp_port, time.monotonic() - begun)
    finally:
        end(process)


def _settings(database: str, smtp_port: int, http_port: int, places: Mapping[str, str]) -> str:
    relay = f'smtp_out.url = "{places["relay"]}"' if places else ""
    names = ("bot_token", "app_token", "base_url", "channel") if places else ()
    slack = "\n".join(f'{name} = "{places[name]}"' for name in names)
    return (
        f'secret_key = "{"bench" * 8}"\n[database]\nurl = "{database}"\n'
        f'[mail]\nsmtp_in.listen = "{HOST}:{smtp_port}"\n{relay}\n'
        f'[http]\nlisten = "{HOST}:{http_port}"\n[slack]\n{slack}\n'
    )


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotMeasuredError(f"deskd run did not get ready: {log.read_text()[-600:]}")
        time.sleep(LOOK_SECONDS)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/ready", timeout=2) as answer:
            parts = json.load(answer)["parts"]
    except OSError:
        return False
    return "starting" not in parts.values()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def load(port: int, *, connections: int, mails: int) -> dict[str, float]:
    """What benchmarks.smtp_load says."""
    numbers = [str(number) for number in (port, connections, mails)]
    done = subprocess.run(
        python("-m", "benchmarks.smtp_load", *numbers),
        stdout=subprocess.PIPE,
        check=True,
        timeout=COMMAND_SECONDS_MAX,
    )
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


def wall(command: Sequence[str]) -> float:
    """Seconds that a command takes."""
    begun = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=COMMAND_SECONDS_MAX)
    return time.monotonic() - begun
