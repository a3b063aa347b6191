"""Every kind of message comes back from its row as it was."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.messages.digests import OverdueDigest
from engine.messages.message import KINDS, kind_of
from engine.messages.page_messages import PersonPaged
from engine.messages.values import Code, Foreign
from engine.messages.work import OfferedBecause
from storage.codecs.message_codec import decode, encode, names_of
from storage.sql.columns import storable
from tests.engine.messages.made import HOSTILE, made, messages
from tests.examples import examples

# What no database can hold is replaced on its way in, in events, words and messages alike.
TEXT = st.sampled_from([HOSTILE, "half \ud83e a pair", "a|b", "C, C++", "T-1|P1||x", ""]).map(
    storable
) | (st.text(max_size=12).map(storable))


@pytest.mark.parametrize("kind", sorted(KINDS))
@examples(20, suppress_health_check=[HealthCheck.data_too_large])
@given(data=st.data())
def test_a_message_comes_back_from_json_as_it_was(kind: str, data: st.DataObject) -> None:
    message = data.draw(messages(kind, TEXT))
    row = json.loads(json.dumps(encode(message)))
    assert decode(kind_of(message), row) == message


def test_a_skill_with_a_comma_is_one_skill() -> None:
    offer = OfferedBecause(Code("least_loaded"), 2, (Foreign("C, C++"),), ())
    message = made("ticket_assigned", offer=offer)
    assert decode("ticket_assigned", encode(message)) == message


def test_what_a_database_cannot_hold_is_replaced_and_the_message_is_kept() -> None:
    kept = decode("reply", encode(made("reply", "half \ud83e and \x00")))
    assert kept == made("reply", storable("half \ud83e and \x00"))


def test_a_field_that_is_gone_tomorrow_does_not_stop_what_waits() -> None:
    row = encode(made("reply"))
    row["message"]["mood"] = "cheerful"
    assert decode("reply", row) == made("reply")


def test_rows_are_found_by_the_names_of_today_and_of_before() -> None:
    assert set(names_of(PersonPaged)) == {"person_paged", "page"}
    assert names_of(OverdueDigest) == ["overdue_digest"]
