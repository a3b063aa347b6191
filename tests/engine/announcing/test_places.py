"""Where people hear of something: their names outside, by what is wanted and what there is."""

import pytest

from engine.announcing.places import name_at, places
from engine.tickets.people import OPERATOR, Address, Identity, Person, PersonId

SLACK, MAIL, SMS = ("slack", "U_ZOE"), ("mail", "zoe@example.com"), ("sms", "+4930123456")
ZOE = Person(
    PersonId("zoe"),
    "Zoe",
    identities=(
        Identity(OPERATOR, "", "zoe"),
        Identity("slack", "T1", "U_ZOE"),
        Identity("mail", "", "zoe@example.com"),
        Identity("mail", "", "zoe@old.example"),
        Identity("sms", "", "+4930123456"),
    ),
)


@pytest.mark.parametrize(
    ("via", "channels", "heard"),
    [
        ((), ("slack", "mail"), [SLACK]),
        ((), ("mail", "slack"), [MAIL]),
        (("mail", "slack"), ("slack", "mail"), [MAIL, SLACK]),
        (("pigeon",), ("slack", "mail"), [SLACK]),
        (("sms",), ("slack", "mail"), [SLACK]),
        (("sms",), ("slack", "mail", "sms"), [SMS]),
        ((), ("pigeon",), []),
        ((), (), [SLACK]),
    ],
)
def test_a_person_hears_on_what_is_wanted_and_there_else_on_the_first_they_are_on(
    via: tuple[str, ...], channels: tuple[str, ...], heard: list[tuple[str, str]]
) -> None:
    assert places(ZOE, via, channels) == [Address(*at) for at in heard]


def test_nobody_is_written_to_at_the_daemons_own_machine() -> None:
    root = Person(PersonId("root"), "root", identities=(Identity(OPERATOR, "", "root"),))
    assert places(root, (), ()) == []


def test_a_person_is_mentioned_by_the_name_they_have_where_it_is_read() -> None:
    assert name_at(ZOE, Address("slack", "C1")) == "U_ZOE"
    assert name_at(ZOE, Address("pigeon", "loft")) == ""
    assert name_at(ZOE, None) == name_at(None, Address("slack", "C1")) == ""
