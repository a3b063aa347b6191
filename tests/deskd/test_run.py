"""`deskd run` and `deskd demo` as processes: they start, answer, refuse a second one, and end with 0 when asked."""

import asyncio
import json
import os
import signal
import smtplib
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

SECONDS_MAX = 120.0
"""A hang must end; no verdict depends on it, however busy the machine is."""
KEY = "k" * 40


async def start(*arguments: str) -> Process:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DESKD_")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deskd", *arguments, stdout=PIPE, stderr=PIPE, env=environment
    )


async def done(process: Process) -> tuple[int, str, str]:
    async with asyncio.timeout(SECONDS_MAX):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[Process]:
    process = await start(*arguments)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, **more: str) -> Path:
    config = folder / "deskd.toml"
    text = f'secret_key = "{KEY}"\n[http]\nlisten = "127.0.0.1:{free_port()}"\n' + more.get(
        "text", ""
    )
    config.write_text(text, encoding="utf-8")
    return config


async def test_the_daemon_runs_answers_refuses_a_second_one_and_ends_with_0(tmp_path: Path) -> None:
    config = settings(tmp_path)
    async with running("--config", str(config), "run") as daemon:
        code, out, _ = await done(await start("--config", str(config), "health", "--wait", "60"))
        assert (code, out) == (0, "ok\n")
        code, out, err = await done(await start("--config", str(config), "run"))
        assert (code, out) == (75, "")
        assert f"process {daemon.pid} runs on" in err
        code, out, _ = await done(
            await start("--config", str(config), "ticket", "new", "--subject", "x")
        )
        assert (code, out) == (0, "T-1\n")
        daemon.send_signal(signal.SIGTERM)
        code, out, err = await done(daemon)
        assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert all("event" in line for line in lines)
    [ready] = [line for line in lines if line["event"] == "ready"]
    assert (ready["smtp"], ready["slack"], ready["http"][:10]) == ("off", "off", "127.0.0.1:")
    assert "trouble" not in ready
    [doubt] = [line["event"] for line in lines if line["level"] == "warning"]
    assert "mail.smtp_in.listen is off and so is Slack" in doubt


async def test_an_address_in_use_ends_the_daemon_with_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = settings(tmp_path, text=f'[mail.smtp_in]\nlisten = "127.0.0.1:{port}"\n')
        code, _, err = await done(await start("--config", str(config), "run"))
    assert code == 1
    assert f"mail.smtp_in.listen 127.0.0.1:{port}" in err
    assert "Traceback" not in err


async def test_a_bad_slack_starts_degraded_while_mail_is_taken(tmp_path: Path) -> None:
    smtp, dead = free_port(), free_port()
    config = settings(
        tmp_path,
        text=(
            f'[mail]\naddress = "help@x.y"\n[mail.smtp_in]\nlisten = "127.0.0.1:{smtp}"\n'
            f'[mail.smtp_out]\nurl = "smtp://127.0.0.1:{dead}"\n'
            f'[slack]\nbot_token = "xoxb-no"\napp_token = "xapp-no"\nbase_url = "http://127.0.0.1:{dead}/api/"\n'
        ),
    )
    async with running("--config", str(config), "run") as daemon:
        code, out, _ = await done(
            await start("--config", str(config), "health", "--wait", "60", "--json")
        )
        ready: dict[str, Any] = json.loads(out)
        assert (code, ready["status"], ready["ready"]) == (0, "degraded", True)
        assert ready["parts"]["mail.smtp_in"] == "ready"
        assert ready["parts"]["slack"] != "ready"

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", smtp, timeout=60) as client:
                client.sendmail(
                    "ann@x.y", ["help@x.y"], b"From: ann@x.y\r\nSubject: VPN\r\n\r\nhi\r\n"
                )

        await asyncio.to_thread(send)
        daemon.send_signal(signal.SIGTERM)
        code, out, _ = await done(daemon)
        assert code == 0
    [said] = [one for one in map(json.loads, out.splitlines()) if one["event"] == "ready"]
    assert (said["smtp"], said["slack"]) == (f"127.0.0.1:{smtp}", "degraded")
    assert said["trouble"]
    _, out, _ = await done(await start("--config", str(config), "spool", "list", "--json"))
    assert len(json.loads(out)) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_demo_needs_nothing_says_ready_and_ends_with_0(
    tmp_path: Path, number: int
) -> None:
    arguments = ("demo", "--dir", str(tmp_path), "--port", "0", "--smtp-port", "0")
    async with running(*arguments) as demo:
        assert demo.stdout
        async with asyncio.timeout(SECONDS_MAX):
            line = (await demo.stdout.readline()).decode()
        assert line.startswith("ready ")
        facts = dict(fact.split("=", 1) for fact in line.split()[1:])
        assert set(facts) == {"page", "smtp", "http", "address", "config"}
        config = str(tmp_path / "deskd.toml")
        code, out, _ = await done(await start("--config", config, "ticket", "list", "--json"))
        assert (code, len(json.loads(out))) == (0, 3)
        code, _, _ = await done(await start("--config", config, "health", "--wait", "60"))
        assert code == 0
        demo.send_signal(number)
        code, out, err = await done(demo)
        assert (code, out, err) == (0, "", "")


async def test_a_port_in_use_says_so_and_how_to_choose_another(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, out, err = await done(await start("demo", "--dir", str(tmp_path), "--port", port))
    assert (code, out) == (1, "")
    assert f"port {port}" in err
    assert "--port" in err
