"""Logs: one honest line per record, ids on every line, no secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from deskd.base import logs
from deskd.base.safe_text import redact


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_pipe_gets_one_json_object_per_record(stream: io.StringIO) -> None:
    logs.set_up(stream=stream)
    logging.getLogger("deskd.x.y").info("hello", extra={"channel": "mail"})
    [line] = lines(stream)
    assert (line["event"], line["level"], line["logger"], line["channel"]) == (
        "hello",
        "info",
        "deskd.x.y",
        "mail",
    )
    assert str(line["timestamp"]).endswith("Z")


def test_ids_that_are_bound_are_on_every_line_of_any_module(stream: io.StringIO) -> None:
    logs.set_up(stream=stream)
    with logs.bound(ticket="T-7", parcel=12):
        logging.getLogger("somebody.else").warning("hm")
    logging.getLogger("somebody.else").warning("hm")
    inside, outside = lines(stream)
    assert (inside["ticket"], inside["parcel"]) == ("T-7", 12)
    assert "ticket" not in outside


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-123-abc",
        "xapp-1-A-2-ff",
        "Bearer abcdefghijkl",
        "sk-abcdefghijklmnopqrstuvwx",
        "smtp://joe:hunter2@host",
        "wss://h/link/?ticket=abcdef&app_id=1",
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_is_logged_in_words_facts_or_traces(
    stream: io.StringIO, secret: str, form: str
) -> None:
    logs.set_up(stream=stream, form=form)
    log = logging.getLogger("x")

    def fail() -> None:
        raise RuntimeError(f"refused {secret}")

    try:
        fail()
    except RuntimeError:
        log.exception("said %s", secret, extra={"about": secret})
    written = stream.getvalue()
    assert "refused" in written
    assert redact(secret) != secret
    assert secret not in written
    for piece in ("hunter2", "abcdefghijkl", "123-abc", "ticket=abcdef"):
        assert piece not in written


def test_text_from_outside_cannot_forge_a_line_or_move_the_terminal(stream: io.StringIO) -> None:
    logs.set_up(stream=stream, form="text")
    logging.getLogger("x").info("from %s", "a\n2026 ERROR forged \x1b[2J\u202e")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()


@pytest.mark.parametrize(
    "name", ["aioimaplib.aioimaplib", "mail.log", "slack_sdk.web", "slack_bolt.App"]
)
def test_others_do_not_write_what_passes_through_them(stream: io.StringIO, name: str) -> None:
    logs.set_up(stream=stream, level="DEBUG")
    logging.getLogger(name).info("LOGIN joe hunter2")
    assert not stream.getvalue()
