"""Tokens and signed ids: ours are known again, anything else proves nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tickets.message import AddressAction, Proof
from engine.tickets.people import DEFAULT, WorkspaceId
from mail.parsing.automatic import Envelope
from mail.parsing.mailbox import Mailbox
from mail.parsing.parse import Parsed
from mail.thread import Signer, named_in
from tests.examples import examples
from tests.mail.stage import SIGNER, SUPPORT

TICKETS = st.integers(min_value=1, max_value=10**9)
NOWHERE = Envelope("bob@example.com", ())


def to(*addresses: str) -> Parsed:
    return Parsed(to=tuple(Mailbox("", address) for address in addresses))


@examples(100)
@given(TICKETS)
def test_a_reply_address_proves_its_ticket_whatever_clients_do_to_its_case(ticket: int) -> None:
    address = SIGNER.reply_address(SUPPORT, DEFAULT, ticket)
    for written in (address, address.upper(), address.title()):
        envelope = Envelope("bob@example.com", (written,))
        assert SIGNER.proofs(Parsed(), envelope, DEFAULT) == (Proof(ticket, "token"),)
    assert len(address.partition("@")[0]) <= 64


@examples(100)
@given(TICKETS, TICKETS)
def test_a_message_id_proves_its_ticket(ticket: int, parcel: int) -> None:
    id = SIGNER.message_id(SUPPORT, DEFAULT, ticket, parcel)
    assert SIGNER.proofs(Parsed(in_reply_to=(id,)), NOWHERE, DEFAULT) == (
        Proof(ticket, "message-id"),
    )
    assert SIGNER.proofs(Parsed(references=("<x@y>", id)), NOWHERE, DEFAULT) == (
        Proof(ticket, "message-id"),
    )


@examples(300)
@given(TICKETS, st.data())
def test_one_changed_character_proves_nothing(ticket: int, data: st.DataObject) -> None:
    address = SIGNER.reply_address(SUPPORT, DEFAULT, ticket)
    id = SIGNER.message_id(SUPPORT, DEFAULT, ticket, 7)
    for original in (address, id):
        end = original.index("@")
        start = original.index("+t") + 2 if "+t" in original else 1
        place = data.draw(st.integers(start, end - 1))
        letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.-"))
        if letter == original[place]:
            continue
        changed = original[:place] + letter + original[place + 1 :]
        parsed = Parsed(in_reply_to=(changed,), to=(Mailbox("", changed),))
        assert SIGNER.proofs(parsed, Envelope("x", (changed,)), DEFAULT) == ()


def test_a_signature_serves_one_ticket_one_workspace_one_purpose_and_one_key() -> None:
    address = SIGNER.reply_address(SUPPORT, DEFAULT, 12)
    assert SIGNER.proofs(to(address), NOWHERE, WorkspaceId("other")) == ()
    assert Signer("another secret").proofs(to(address), NOWHERE, DEFAULT) == ()
    mac = address.partition("-")[2].partition("@")[0]
    stolen = f"<t.12.0.{mac}@desk.test>"
    assert SIGNER.proofs(Parsed(in_reply_to=(stolen,)), NOWHERE, DEFAULT) == ()
    other = SIGNER.reply_address(SUPPORT, DEFAULT, 13)
    swapped = address.replace("+tc-", "+td-")
    assert SIGNER.proofs(to(other), NOWHERE, DEFAULT) == (Proof(13, "token"),)
    assert SIGNER.proofs(to(swapped), NOWHERE, DEFAULT) == ()


MIA = "mia@example.com"


def written(*to: str, by: str = MIA) -> Parsed:
    return Parsed(from_=(Mailbox("", by),), to=tuple(Mailbox("", address) for address in to))


@examples(100)
@given(TICKETS, TICKETS)
def test_an_ack_address_asks_for_one_page_of_one_ticket(ticket: int, page: int) -> None:
    address = SIGNER.ack_address(SUPPORT, DEFAULT, ticket=ticket, page=page, to="Mia@Example.com")
    for spelt in (address, address.upper()):
        assert SIGNER.asked(written(spelt), NOWHERE, DEFAULT) == AddressAction(
            "acknowledge", ticket, page
        )
        envelope = Envelope(MIA, (spelt,))
        assert SIGNER.asked(written(), envelope, DEFAULT) == AddressAction(
            "acknowledge", ticket, page
        )
    assert len(address.partition("@")[0]) <= 64
    assert SIGNER.proofs(written(address), NOWHERE, DEFAULT) == ()


@examples(200)
@given(TICKETS, TICKETS, st.data())
def test_one_changed_character_of_an_ack_address_asks_for_nothing(
    ticket: int, page: int, data: st.DataObject
) -> None:
    address = SIGNER.ack_address(SUPPORT, DEFAULT, ticket=ticket, page=page, to=MIA)
    place = data.draw(st.integers(address.index("+ack-"), address.index("@") - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567.-"))
    if letter != address[place]:
        changed = address[:place] + letter + address[place + 1 :]
        assert SIGNER.asked(written(changed), NOWHERE, DEFAULT) is None


def test_an_ack_address_is_no_use_to_anybody_else() -> None:
    address = SIGNER.ack_address(SUPPORT, DEFAULT, ticket=7, page=9, to=MIA)
    assert SIGNER.asked(written(address, by="eve@example.com"), NOWHERE, DEFAULT) is None
    assert SIGNER.asked(written(address), NOWHERE, WorkspaceId("other")) is None
    assert Signer("another secret").asked(written(address), NOWHERE, DEFAULT) is None
    two = replace(written(address), from_=(Mailbox("", MIA), Mailbox("", "eve@example.com")))
    assert SIGNER.asked(two, NOWHERE, DEFAULT) is None
    mac = address.partition("@")[0].rpartition("-")[2]
    assert SIGNER.proofs(to(f"support+t7-{mac}@desk.test"), NOWHERE, DEFAULT) == ()


@pytest.mark.parametrize("field", ["to", "cc", "delivered_to"])
def test_a_token_is_found_wherever_relays_leave_it(field: str) -> None:
    box = Mailbox("", SIGNER.reply_address(SUPPORT, DEFAULT, 5))
    parsed = Parsed(**{field: (box,)})  # type: ignore[arg-type]  # one of three fields of one type
    assert SIGNER.proofs(parsed, NOWHERE, DEFAULT) == (Proof(5, "token"),)


def test_the_nearest_proof_comes_first_and_none_twice() -> None:
    first, second = (SIGNER.message_id(SUPPORT, DEFAULT, n, 1) for n in (1, 2))
    token = SIGNER.reply_address(SUPPORT, DEFAULT, 3)
    parsed = Parsed(references=(first, second, second), to=(Mailbox("", token),))
    assert [proof.ticket for proof in SIGNER.proofs(parsed, NOWHERE, DEFAULT)] == [3, 2, 1]


@examples(200)
@given(st.text(max_size=80), st.text(max_size=80))
def test_strangers_words_prove_nothing(id: str, address: str) -> None:
    parsed = Parsed(in_reply_to=(id, f"<t.1.0.{id}@x>"), to=(Mailbox("", f"a+t1-{address}@x"),))
    assert SIGNER.proofs(parsed, Envelope(None, (address,)), DEFAULT) == ()


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: VPN is down [T-12]", (12,)),
        ("t-12 and T-7, T-12", (12, 7)),
        ("AT-12 T-12a T-", ()),
        ("T-" + "9" * 30, ()),
        (" ".join(f"T-{n}" for n in range(50)), tuple(range(10))),
    ],
)
def test_numbers_in_a_subject_are_only_named(subject: str, numbers: tuple[int, ...]) -> None:
    assert named_in(subject) == numbers
    assert SIGNER.proofs(Parsed(subject=subject), NOWHERE, DEFAULT) == ()


@pytest.mark.parametrize("letter", ["\u017f", "\u212a", "\u0131", "\u0661"])
def test_letters_that_only_look_like_ours_prove_nothing_and_raise_nothing(letter: str) -> None:
    """They fold to s, k, i and 1 for some; int() knows none of them in base 36."""
    parsed = Parsed(references=(f"<t.1.{letter}.aaaaaaaaaaaa@desk.test>",))
    assert SIGNER.proofs(parsed, NOWHERE, DEFAULT) == ()
    assert SIGNER.proofs(to(f"support+t{letter}-aaaaaaaaaaaa@desk.test"), NOWHERE, DEFAULT) == ()


def test_the_instance_mark_is_our_own_and_no_others() -> None:
    assert SIGNER.is_own_instance(SIGNER.instance())
    assert not SIGNER.is_own_instance("")
    assert not SIGNER.is_own_instance(Signer("another secret").instance())
