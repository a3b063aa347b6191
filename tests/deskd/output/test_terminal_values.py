"""Values of messages as the command line shows them: nothing in them gives a terminal an order."""

import pytest

import templates
from deskd.output.terminal_values import in_terminal
from engine.messages.values import Code, Foreign, Handle, TicketRef, Words, Zone, written
from tests.engine.messages.made import HOSTILE, TEXTS, made


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Foreign("a\x1b[2J|b\nc\u202e"), "a\\x1b[2J|b\\nc\\u202e"),
        (Words("two\nlines\x07"), "two\nlines\\x07"),
        (Handle("U0ANA"), "U0ANA"),
        (TicketRef(7), "T-7"),
        (Code("daily"), "daily"),
        (Zone("Europe/Berlin"), "Europe/Berlin"),
        (3, 3),
    ],
)
def test_the_type_of_a_value_says_how_it_is_shown(value: object, shown: object) -> None:
    assert in_terminal(value) == shown


@pytest.mark.parametrize("text", [HOSTILE, TEXTS["odd ends"]])
def test_a_report_on_the_terminal_gives_no_orders_and_has_no_line_of_others(text: str) -> None:
    def lines(said: str) -> list[str]:
        report = written(made("report_digest", said), in_terminal)
        return templates.render("mail/report_digest.txt.j2", {"report": report}).split("\n")

    assert len(lines(text)) == len(lines("x"))
    assert all(line.isprintable() for line in "".join(lines(text)).split("\u00a0"))
