"""Headers, addresses and charsets as people and broken programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.parsing import charset
from mail.parsing.headers import decode_value, read_fields, read_parameters
from mail.parsing.mailbox import normalise, read_mailboxes, without_tag
from tests.examples import examples


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"VPN is down", "VPN is down"),
        (b"=?utf-8?Q?Caf=C3=A9_zu?=", "Café zu"),
        # One character cut in two words, as many senders do.
        (b"=?utf-8?B?w6TDtsM=?= =?utf-8?B?vA==?=", "äöü"),
        (b"=?utf-8?Q?a?= plain =?iso-8859-1?Q?=E4?=", "a plain ä"),
        (b"=?utf-8?Q?a?=\t=?iso-8859-1?Q?=E4?=", "aä"),
        (b"=?iso-2022-jp?B?GyRCJEYkOSRIGyhC?=", "てすと"),
        (b"=?unknown-9?Q?caf=C3=A9?=", "café"),
        (b"=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("Grüße".encode(), "Grüße"),
        (b"one\x00two\x0bthree\r\n\tfour", "onetwo three four"),
        (b"=?utf-8?Q?a=0D=0ABcc:_x@y?=", "a Bcc: x@y"),
        (b"=?hex?Q?41?= =?zlib?Q?x?=", "41x"),
    ],
)
def test_a_header_is_read_as_it_was_meant(value: bytes, text: str) -> None:
    assert decode_value(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"bob@example.com", [("", "bob@example.com")]),
        (b"Bob Smith <Bob@Example.COM>", [("Bob Smith", "bob@example.com")]),
        (
            b'"Smith, Bob" <bob@x.test>, ann@x.test',
            [("Smith, Bob", "bob@x.test"), ("", "ann@x.test")],
        ),
        (b"bob@x.test (Bob Smith)", [("Bob Smith", "bob@x.test")]),
        (b"=?utf-8?Q?M=C3=BCller=2C_J?= <j@x.test>", [("Müller, J", "j@x.test")]),
        (b"Max | [example.com] <max@x.test>", [("Max | [example.com]", "max@x.test")]),
        (b"Friends: a@x.test, b@x.test;", [("", "a@x.test"), ("", "b@x.test")]),
        (b"undisclosed-recipients:;", []),
        (b"<mailto:a@x.test>", [("", "a@x.test")]),
        ("J <j@bücher.test>".encode(), [("J", "j@xn--bcher-kva.test")]),
        (b"a@x.test.", [("", "a@x.test")]),
        (b"a@x.test b@x.test", []),
        (b"nobody", []),
        (b'"bob@evil.test" <ann@x.test>', [("bob@evil.test", "ann@x.test")]),
        (b"bob@evil.test <ann@x.test>", [("bob@evil.test", "ann@x.test")]),
        (b'"odd local"@x.test', [("", '"odd local"@x.test')]),
    ],
)
def test_addresses_are_found_with_the_names_beside_them(
    value: bytes, found: list[tuple[str, str]]
) -> None:
    assert [(box.name, box.address) for box in read_mailboxes([value])] == found


@pytest.mark.parametrize("value", [b"(" * 60_000, b'"' * 60_000, b"<" * 60_000, b"a@b," * 20_000])
def test_an_address_field_without_end_costs_nothing(value: bytes) -> None:
    assert len(read_mailboxes([value])) <= 200


def test_only_ascii_case_is_folded_in_addresses() -> None:
    # Two people stay two: a dotless i and a Kelvin sign are no i and no k.
    assert normalise("MIKE@X.test") == "mike@x.test"
    assert normalise("m\u0131ke@x.test") == "m\u0131ke@x.test"
    assert normalise("\u212aevin@x.test") == "\u212aevin@x.test"
    assert normalise("no address") is None
    assert normalise("a" * 400 + "@x.test") is None


def test_a_tag_is_no_part_of_the_address() -> None:
    assert without_tag("support+t1-abc@desk.test") == "support@desk.test"
    assert without_tag("support@desk.test") == "support@desk.test"
    assert without_tag("+odd@desk.test") == "+odd@desk.test"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        (b'attachment; filename="report.pdf"', "report.pdf"),
        (b"attachment; filename=report.pdf; size=3", "report.pdf"),
        (b"attachment; filename*=utf-8''na%C3%AFve%20plan.txt", "naïve plan.txt"),
        (b"attachment; filename*0*=utf-8''na%C3%AF; filename*1=ve.txt", "naïve.txt"),
        (b'attachment; filename*1=".txt"; filename*0="long name"', "long name.txt"),
        (b'attachment; filename="=?utf-8?Q?Gr=C3=BC=C3=9Fe.txt?="', "Grüße.txt"),
        (b'attachment; filename="Gr\xfc\xdfe.txt"', "Grüße.txt"),
        (b"attachment; filename=\"a.txt\"; filename*=utf-8''b.txt", "b.txt"),
        (b'attachment; filename="unclosed.txt', "unclosed.txt"),
        (b'attachment; filename="C:\\temp\\x.doc"', "C:\\temp\\x.doc"),
        (b'attachment; filename="semi;colon.txt"', "semi;colon.txt"),
    ],
)
def test_names_of_files_are_read_in_every_way_they_are_written(field: bytes, name: str) -> None:
    assert read_parameters(field).named["filename"] == name


def test_a_line_that_is_no_field_belongs_to_the_one_before() -> None:
    fields = read_fields(b"Subject: one\r\ntwo without indent\r\nFrom a@b Mon\r\nX-Y:z")
    assert fields.fields == (("subject", b"one two without indent"), ("x-y", b"z"))


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "GrÃ¼ÃŸe"),  # declared, fits, and so it is believed
        ("Grüße".encode("cp1252"), "utf-8", "Grüße"),
        ("“quoted”".encode("cp1252"), "iso-8859-1", "“quoted”"),
        ("简体中文镕".encode("gb18030"), "gb2312", "简体中文镕"),
        ("①１都".encode("cp932"), "iso-2022-jp", "①１都"),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp", "①"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("hello".encode("utf-16"), "utf-16", "hello"),
        (b"rot", "rot13", "rot"),
        (b"a\x00b", "utf-8", "ab"),
        (b"+2AA-", "utf-7", ""),
    ],
)
def test_bytes_become_the_text_they_were(data: bytes, declared: str, text: str) -> None:
    assert charset.decode(data, declared) == text


@examples(150)
@given(st.binary(max_size=300), st.none() | st.text(max_size=20))
def test_any_bytes_in_any_charset_become_text_that_can_be_stored(
    data: bytes, declared: str | None
) -> None:
    for text in (charset.decode(data, declared), decode_value(data, hint=declared)):
        assert "\x00" not in text
        text.encode()
