"""Foreign text is harmless on its way out, and typed text is plain on its way in."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from bot.views.text import (
    cut_bytes,
    cut_escaped,
    escape,
    first_line,
    literal,
    mentioned,
    mrkdwn,
    plain,
)

MARKS = st.text(alphabet="<>!@#|&;*_~`>\n axU1:/.\u202e\u2066\x00", max_size=60)
WORDS = st.one_of(MARKS, st.text(max_size=200))


@given(WORDS)
@example("<!channel>")
@example("<https://evil.example|bank>")
@example("> quoted\n>more")
def test_in_mrkdwn_foreign_text_pings_formats_and_links_nothing(text: str) -> None:
    safe = mrkdwn(text)
    assert not set(safe) & set("<>|*_~`")
    assert re.sub(r"&(amp|lt|gt);", "", safe).count("&") == 0
    assert not any(line.startswith("&gt;") for line in safe.split("\n"))
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00]", safe)


@given(WORDS)
@example("ps aux | grep <pid>")
@example("<||")
def test_literally_foreign_text_holds_no_mention_and_no_link(text: str) -> None:
    safe = literal(text)
    assert not re.search(r"<[!@#]", safe)
    assert not re.search(r"<[^<>\n]*\|", safe)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00]", safe)


def test_honest_text_stays_as_it_was_written() -> None:
    honest = "ps aux | grep -v *.log  # foo_bar & `x` > 3 < 5\n\tand a tab, é, 漢字, 🔥"
    assert literal(honest) == honest


@given(WORDS, st.integers(2, 50))
def test_a_cut_never_leaves_half_an_entity(text: str, most: int) -> None:
    cut = cut_escaped(mrkdwn(text), most)
    assert len(cut) <= most
    assert "&" not in re.sub(r"&(amp|lt|gt);", "", cut)


@given(st.text(alphabet="é𝄞&<a", max_size=300), st.integers(10, 200))
def test_a_cut_by_bytes_is_a_cut(text: str, most: int) -> None:
    assert len(cut_bytes(escape(text), most).encode()) <= most


def test_what_people_typed_becomes_plain() -> None:
    typed = "&lt;b&gt; &amp;amp; <@U1> <@U2|ben> <#C1|general> <!here> <!subteam^S1|@it> <https://a.b|a.b>"
    read = plain(typed, {"U1": "Ana"})
    assert read == "<b> &amp; @Ana @ben #general @here @it https://a.b"
    assert (
        plain("<mailto:a@b.c|a@b.c> <https://a.b|our wiki>", {}) == "a@b.c our wiki (https://a.b)"
    )


@given(WORDS)
def test_reading_never_fails(text: str) -> None:
    plain(text, {})
    mentioned(text)
    assert "\n" not in first_line(text, 20)


def test_mentions_are_found_once_each() -> None:
    assert mentioned("<@U1> and <@U2|ben>, <@U1> again, <@evil>") == ["U1", "U2"]
