"""The parser against mails that other projects collected, with the bars of reference/email.md section 10."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mail.parsing import charset, html_text
from mail.parsing.automatic import Envelope
from mail.parsing.mime import Branch, Leaf, Node, read_message
from mail.parsing.parse import Parsed, parse
from tests.mail.stage import DATA

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="no ../shared/data/mail beside the checkout"
)

# Their body is the page's title too, which no reader sees as text.
TITLE_IN_BODY = {"mail019.eml", "mail047.eml", "mail049.eml"}
# What Zammad writes where there are no words.
NO_WORDS = "no visible content"


def cases() -> Iterator[tuple[dict[str, Any], bytes, Parsed]]:
    for case in json.loads((DATA / "parse" / "expected.json").read_text()):
        raw = (DATA / "parse" / case["file"]).read_bytes()
        yield case, raw, parse(raw, Envelope(), attachment_bytes=10**8)


def collapsed(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").replace(NO_WORDS, "")).strip()


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def addresses(text: str | None) -> set[str]:
    return set(re.findall(r"[^\s<>,;\"()]+@[^\s<>,;\"()\]]+", (text or "").lower()))


def share(hits: list[bool]) -> float:
    assert len(hits) > 15, "too few cases to say anything"
    return sum(hits) / len(hits)


def test_subjects_senders_and_recipients_are_those_recorded() -> None:
    subjects, senders, recipients = [], [], []
    for case, _, parsed in cases():
        quirk = case["quirk"]
        subject = collapsed(case["subject"])[: len(parsed.subject)]
        subjects.append(quirk or subject == collapsed(parsed.subject))
        sender = parsed.from_[0].address if parsed.from_ else ""
        senders.append(quirk or (case["from_email"] or "").lower() == sender)
        found = {box.address for box in parsed.to}
        recipients.append(quirk or addresses(case["to"]) == found)
    assert share(subjects) >= 0.96
    assert share(senders) >= 0.95
    assert share(recipients) >= 0.93


def test_plain_words_are_those_recorded() -> None:
    hits = [
        case["quirk"] or collapsed(case["body"]) == collapsed(parsed.text)
        for case, _, parsed in cases()
        if case["content_type"] == "text/plain"
    ]
    assert share(hits) >= 0.88


def test_html_shows_the_letters_recorded() -> None:
    hits = []
    for case, raw, _ in cases():
        if case["content_type"] == "text/html" and case["file"] not in TITLE_IN_BODY:
            found = html_in(read_message(raw)[1])
            shown = letters(html_text.text_of(found)) if found else ""
            hits.append(case["quirk"] or letters(html_text.text_of(case["body"])) == shown)
    assert share(hits) >= 0.85


def html_in(node: Node) -> str:
    if isinstance(node, Branch):
        return next((found for part in node.parts if (found := html_in(part))), "")
    return decoded(node) if node.type == "text/html" else ""


def decoded(leaf: Leaf) -> str:
    return charset.decode(leaf.content(), leaf.parameters.get("charset"))


def test_files_have_the_bytes_recorded() -> None:
    hits = []
    for case, _, parsed in cases():
        contents = [file.content or b"" for file in parsed.files]
        digests = {hashlib.sha256(content).hexdigest() for content in contents}
        digests |= {hashlib.sha256(c.replace(b"\r\n", b"\n")).hexdigest() for c in contents}
        hits += [case["quirk"] or file["sha256"] in digests for file in case["attachments"]]
    assert share(hits) >= 0.85


def test_broken_mail_is_read_quickly_and_nothing_in_it_is_lost() -> None:
    files = [file for file in sorted((DATA / "robust").rglob("*")) if file.is_file()]
    assert len(files) > 300
    lost = []
    for file in files:
        raw = file.read_bytes()
        started = time.process_time()
        parsed = parse(raw, Envelope(), attachment_bytes=10**7)
        assert time.process_time() - started < 2, file.name
        body = raw.partition(b"\n\n")[2].strip() or raw.partition(b"\r\n\r\n")[2].strip()
        if body and not (parsed.text or parsed.files or parsed.subject):
            lost.append(file.name)
    assert len(lost) <= MAY_BE_EMPTY, lost


# Mails whose every part is empty once the MIME structure is taken away.
MAY_BE_EMPTY = 6


def test_bounces_are_known_as_what_machines_write() -> None:
    files = sorted((DATA / "bounce").glob("*.eml"))
    reasons = [
        parse(file.read_bytes(), Envelope(), attachment_bytes=10**7).automatic for file in files
    ]
    assert share([reason is not None for reason in reasons]) >= 0.97
    assert share([reason == "bounce" for reason in reasons]) >= 0.95
