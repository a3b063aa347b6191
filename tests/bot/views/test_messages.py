"""Every kind of message as Slack shows it: taken, and harmless whatever people are called and write."""

import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from bot.views import limits
from bot.views.blocks import SlackMessage
from bot.views.messages import told
from bot.views.pages import page, page_over
from bot.views.words import FACT_TEXT, in_mrkdwn
from engine.messages.message import KINDS, Message
from engine.messages.page_messages import PageOver, PersonPaged
from engine.messages.values import Code, Foreign, GroupHandle, Handle, TicketRef, Words
from engine.messages.work import OfferedBecause
from engine.tickets.people import DEFAULT
from sandbox.blockkit.blocks import check_message
from tests.bot.make import strings
from tests.engine.messages.made import HOSTILE, LONG, TEXTS, made, messages
from tests.examples import examples

CARD = "https://acme.slack.com/archives/C1/p1772452800000100"
# Marks of Slack's that only we may write: a date, a person or a group by their id, and a link to a card.
OURS = re.compile(r"<!date\^\d+\^[^|<>]*\|[^<>|]*>|<@[UW]0ANA>|<!subteam\^S0ANA>")
MARKED = re.compile(r"\*bold\*|_it_|~no~|`code`|^>", re.MULTILINE)
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def shown(message: Message, words: str | None = None) -> SlackMessage:
    if isinstance(message, PersonPaged):
        return page(message, DEFAULT, CARD)
    if isinstance(message, PageOver):
        return page_over(message, DEFAULT, CARD)
    return told(message, words, ticket=7)


def marked(said: SlackMessage) -> list[str]:
    """Every text that Slack reads for marks: what notifications say, and mrkdwn wherever it stands."""
    found = [said.text]

    def look(part: object) -> None:
        if isinstance(part, dict):
            if part.get("type") == "mrkdwn":
                found.append(part["text"])
            for one in part.values():
                look(one)
        elif isinstance(part, list):
            for one in part:
                look(one)

    look(list(said.blocks))
    return found


def taken_and_harmless(said: SlackMessage) -> None:
    payload = said.payload()
    assert limits.validate(payload, "message") == []
    check_message(payload.get("blocks", []), [])
    assert len(said.text.encode()) <= limits.FALLBACK_TEXT_BYTES
    for text in strings(payload):
        assert not UNSEEN.search(text), text
        assert not re.search(r"<[!@#]", OURS.sub("", text)), text
    for text in marked(said):
        bare = OURS.sub("", text)
        assert "<" not in bare, bare
        assert not MARKED.search(bare), bare


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("bare", [False, True])
def test_every_message_is_taken_and_harmless(kind: str, text: str, bare: bool) -> None:
    taken_and_harmless(shown(made(kind, text, bare=bare)))


@pytest.mark.parametrize("kind", sorted(KINDS))
@examples(15, suppress_health_check=[HealthCheck.data_too_large])
@given(data=st.data())
def test_so_is_every_other_of_its_kind(kind: str, data: st.DataObject) -> None:
    texts = st.sampled_from([HOSTILE, "", "VPN"]) | st.text(max_size=12)
    taken_and_harmless(shown(data.draw(messages(kind, texts))))


@pytest.mark.parametrize("kind", ["reply", "note_written", "reminder", "ticket_resolved"])
@pytest.mark.parametrize("words", [HOSTILE, LONG])
def test_a_persons_words_under_it_are_too(kind: str, words: str) -> None:
    taken_and_harmless(shown(made(kind), words))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_not_there_leaves_a_sentence(kind: str) -> None:
    said = shown(made(kind, "x", bare=True))
    assert "None" not in said.text
    assert "**" not in said.text


@pytest.mark.parametrize(
    ("value", "shows"),
    [
        (Foreign("C, C++ & \u202e<!here>\n*x*"), "C, C++ &amp; &lt;!here&gt; \u2217x\u2217"),
        (Foreign("|a|"), "\u2223a\u2223"),
        (Words("two\nlines"), "two\nlines"),
        (Handle("U0ANA"), "U0ANA"),
        (Handle("<!channel>"), ""),
        (Handle("U0|x"), ""),
        (Handle("S0ANA"), ""),
        (GroupHandle("S0ANA"), "S0ANA"),
        (TicketRef(7), "T-7"),
        (Code("first_response"), "first_response"),
        (Code("<!here>"), "&lt;!here&gt;"),
        ("*a bare text is foreign*", "\u2217a bare text is foreign\u2217"),
        (7, 7),
    ],
)
def test_the_type_of_a_value_says_how_it_is_shown(value: object, shows: object) -> None:
    assert in_mrkdwn(value) == shows


def test_long_words_are_cut_and_no_entity_is() -> None:
    cut = str(in_mrkdwn(Foreign("&" * 500)))
    assert len(cut) <= FACT_TEXT
    assert re.fullmatch(r"(&amp;)+…", cut)


def test_skills_are_named_as_they_are() -> None:
    because = OfferedBecause(Code("least_loaded"), 2, (Foreign("C, C++"),), (Foreign("R"),))
    text = shown(made("ticket_assigned", "Ana", offer=because)).text
    assert ", C, C++ skill; nobody on duty has R. Claim it" in text
    assert "Claim it" not in shown(made("ticket_assigned", "Ana", offer=None)).text
