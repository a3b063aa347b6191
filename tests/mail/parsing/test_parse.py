"""Mail into Parsed: the words, the files, and every cap."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.parsing import html_text
from mail.parsing.attachments import NAME_BYTES_MAX, safe_name
from mail.parsing.automatic import Envelope
from mail.parsing.mime import MESSAGE_BYTES_MAX
from mail.parsing.parse import TEXT_CHARS_MAX, Parsed, parse
from tests.examples import examples
from tests.mail.stage import MAIL


def read(raw: bytes, *, attachment_bytes: int = 1000) -> Parsed:
    return parse(raw, Envelope("bob@example.com"), attachment_bytes=attachment_bytes)


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    head = b'From: bob@example.com\r\nContent-Type: multipart/%s; boundary="b"\r\n\r\n' % kind
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def test_a_plain_mail_is_read_whole() -> None:
    parsed = read(MAIL)
    assert [(box.name, box.address) for box in parsed.from_] == [("Bob", "bob@example.com")]
    assert (parsed.subject, parsed.text) == ("VPN is down", "It does not connect.")
    assert parsed.message_id == "<one@example.com>"
    assert parsed.utc_offset == timedelta(hours=1)
    assert parsed.automatic is None
    assert parsed.fault is None


def test_the_plain_words_are_preferred_unless_they_only_point_at_the_html() -> None:
    html = b"Content-Type: text/html\r\n\r\n<p>" + b"the whole long story " * 20 + b"</p>"
    stub = b"Content-Type: text/plain\r\n\r\nPlease view this mail as HTML."
    whole = b"Content-Type: text/plain\r\n\r\n" + b"the plain story " * 20
    assert read(mixed(stub, html, kind=b"alternative")).text.startswith("the whole long story")
    assert read(mixed(whole, html, kind=b"alternative")).text.startswith("the plain story")
    assert read(mixed(html, kind=b"alternative")).text.startswith("the whole long story")


def test_text_between_pictures_keeps_its_order() -> None:
    text = b"Content-Type: text/plain\r\n\r\n%s"
    picture = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8="
    parsed = read(mixed(text % b"before", picture, text % b"after"))
    assert parsed.text == "before\n\nafter"
    assert [(f.name, f.content) for f in parsed.files] == [("file-1.png", b"hello")]


def test_an_embedded_message_is_a_file_with_its_own_bytes() -> None:
    inner = b"Subject: inner\r\nFrom: x@y.test\r\n\r\nbody  \r\n"
    part = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + inner
    (file,) = read(mixed(part)).files
    assert (file.name, file.content) == ("message-1.eml", inner)


@pytest.mark.parametrize(
    ("head", "content", "refused"),
    [
        (b'text/csv; name="a.csv"', b"x" * 1001, "too_large"),
        (b'text/csv; name="a.csv"', b"x" * 1000, None),
        (b'application/pdf; name="invoice.pdf.exe"', b"x", "blocked_type"),
        (b'application/pdf; name="invoice.EXE "', b"x", "blocked_type"),
        (b'text/plain; name="\xe2\x80\x8b.htaccess"', b"x", "blocked_type"),
        (b'application/x-msdownload; name="notes.txt"', b"x", "blocked_type"),
        (b'text/plain; name="notes.txt"', b"MZ\x90\x00\x03", "blocked_type"),
        (b'text/plain; name="notes.txt"', b"MZ is my name", None),
    ],
)
def test_files_are_refused_by_name_with_a_reason(
    head: bytes, content: bytes, refused: str | None
) -> None:
    (file,) = read(mixed(b"Content-Type: " + head + b"\r\n\r\n" + content)).files
    assert file.refused == refused
    assert (file.content is None) == (refused is not None)
    assert file.size == len(content)


def test_the_hundred_and_first_file_is_named_as_refused() -> None:
    part = b'Content-Type: text/csv; name="a.csv"\r\n\r\nx'
    files = read(mixed(*[part] * 101)).files
    assert [f.refused for f in files[-2:]] == [None, "too_many"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\temp\\x.doc", "C_temp_x.doc"),
        (".htaccess", "htaccess"),
        ("\u200b.htaccess", "htaccess"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("a\r\nb.txt", "ab.txt"),
        ("e\u0301.txt", "é.txt"),
        ("...", ""),
    ],
)
def test_names_can_not_leave_the_store_or_lie(name: str, shown: str) -> None:
    assert safe_name(name) == shown


@examples(100)
@given(st.text(max_size=400))
def test_any_name_becomes_short_and_harmless(name: str) -> None:
    shown = safe_name(name)
    assert len(shown.encode()) <= NAME_BYTES_MAX
    assert not set(shown) & set('/\\:*?"<>|\r\n\x00')
    assert not shown.startswith(".")


def test_words_beyond_all_reading_are_kept_as_a_file() -> None:
    words = b"word " * (TEXT_CHARS_MAX // 5 + 10)
    parsed = read(b"From: a@b.test\r\n\r\n" + words)
    assert len(parsed.text) == TEXT_CHARS_MAX
    assert parsed.files[-1].name == "message.txt"
    assert parsed.files[-1].content == words.rstrip()


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"x" * (MESSAGE_BYTES_MAX + 1), "too_large"),
        (b"X-A: " + b"y" * 600_000 + b"\r\n\r\n", "headers_too_large"),
        (b"X-A: y\r\n" * 80_000 + b"\r\n", "headers_too_large"),
        (mixed(*[b"\r\nx"] * 1001), "too_many_parts"),
        (mixed(*[b"X: " + b"y" * 60_000 + b"\r\n\r\n"] * 10), "headers_too_large"),
    ],
)
def test_every_cap_has_its_own_reason(raw: bytes, fault: str) -> None:
    assert read(raw).fault == fault


def nested(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(depth)
    )
    return b"From: a@b.test\r\n" + head + b"\r\nthe words\r\n"


def test_depth_ends_at_its_cap() -> None:
    assert read(nested(50)).text == "the words"
    assert read(nested(51)).fault == "too_deep"
    assert read(nested(3000)).fault == "too_deep"


HOSTILE = {
    "content type of 477 kB": b"Content-Type: text/plain" + b'; a="b"' * 68_000 + b"\r\n\r\nx",
    "100,000 parts": mixed(*[b"\r\nx"] * 100_000),
    "messages nested 3,000": b"Content-Type: message/rfc822\r\n\r\n" * 3_000 + b"x",
    "From of parentheses": b"From: " + b"(" * 5_000 + b"\r\n\r\nx",
    "100,000 references": b"References: " + b" <a@b>" * 80_000 + b"\r\n\r\nx",
    "10,000 recipients": b"To: " + b"a@b.test, " * 10_000 + b"\r\n\r\nx",
    "encoded words": b"Subject: " + b"=?utf-8?Q?=41?= " * 25_000 + b"\r\n\r\nx",
    "beginnings of words": b"Subject: " + b"=?a?q?" * 80_000 + b"\r\n\r\nx",
    "320 kB subject": b"Subject: " + b"a" * 320_000 + b"\r\n\r\nx",
    "sections without end": b"Content-Disposition: attachment"
    + b"".join(b"; f*%d=x" % n for n in range(30_000))
    + b"\r\n\r\nx",
    "a date": b"Date: " + b"1" * 300_000 + b"\r\n\r\nx",
    "delimiters everywhere": b'Content-Type: multipart/mixed; boundary="-"\r\n\r\n'
    + b"-" * 2_000_000,
    "an empty Message-ID": b"Message-ID: <>\r\nFrom: <>\r\nTo: ,,,;;;:::\r\n\r\n",
    "nothing": b"",
    "one byte": b"\xff",
    "old line ends": b"From: a@b.test\rSubject: x\r\rbody\r",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_or_refused_in_no_time(name: str) -> None:
    started = time.process_time()
    read(HOSTILE[name])
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 50_000,
        "<a " + " ".join(f"b{n}=1" for n in range(50_000)) + ">",
        "<!--" * 60_000,
        "<a" * 120_000,
        "<![" * 80_000,
        "<b><i><u>" * 20_000,
        "<table>" * 36_000,
        "&amp;" * 50_000,
    ],
)
def test_hostile_html_costs_no_more_than_it_may(markup: str) -> None:
    started = time.process_time()
    html_text.text_of(markup)
    assert time.process_time() - started < 2


def test_html_becomes_the_lines_a_person_sees() -> None:
    markup = (
        "<html><head><title>no</title><style>p{x:1}</style></head><body><script>no()</script>"
        "<h1>Hello</h1><p>one<br>two &lt;b&gt;</p><ul><li>first</li><li>second</li></ul>"
        "<table><tr><td>a</td><td>b</td></tr></table><blockquote>quoted</blockquote>"
        "<pre>  x\n  y</pre><img src=x onerror=alert(1)>end</body></html>"
    )
    assert html_text.text_of(markup) == (
        "Hello\n\none\ntwo <b>\n\n- first\n- second\n\na b\n\n> quoted\n\n  x\n  y\n\nend"
    )


@examples(200)
@given(st.binary(max_size=600))
def test_no_bytes_stop_the_parser(raw: bytes) -> None:
    for mail in (raw, b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + raw + b"\n--b--"):
        parsed = read(mail)
        for text in (parsed.subject, parsed.text, *(f.name for f in parsed.files)):
            text.encode()
            assert "\x00" not in text


LINES = st.sampled_from(
    [
        b"From: a@b.test",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-uuencode",
        b'Content-Disposition: attachment; filename="=?utf-8?B?4pi6?="',
        b"begin 644 x",
        b"--b",
        b"--b--",
        b"",
        b"=3D=",
        b"<p>&nbsp;",
        b"\xe4\xf6",
        b" folded",
    ]
)


@examples(200)
@given(st.lists(LINES, max_size=25))
def test_no_mixture_of_parts_stops_the_parser(lines: list[bytes]) -> None:
    parsed = read(b"\r\n".join(lines))
    assert parsed.fault is None
