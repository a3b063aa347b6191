"""Reports by mail: bars that no client blocks, and a text twin of equal worth."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from engine.messages.digests import ReportDigest
from engine.messages.effects import Tell
from engine.reports.kinds import ReportKind
from engine.reports.report import By, Group
from engine.reports.report_message import report_message
from engine.tickets.people import Address
from mail.outgoing.compose import Occasion, compose
from mail.outgoing.message import Letter, to_bytes
from tests.clock import MORNING
from tests.engine.report_sample import WEEK, YESTERDAY, sample
from tests.mail.letters import HOUSE, parcel

WEEKLY = report_message(sample(WEEK), kind=ReportKind.WEEKLY, scope="Support", listed=5)
EMPTY = report_message(sample(WEEK, 0), kind=ReportKind.WEEKLY, scope="Support")


def letter(report: ReportDigest) -> Letter:
    tell = Tell(Address("mail", "bob@example.com"), report, "k")
    return compose(
        Occasion(replace(parcel("report_digest"), ticket=None), tell, None), HOUSE, at=MORNING
    )


class Reader(HTMLParser):
    """What a screen reader hears: the words, without what is hidden from it; and which tags there are."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "table" and (self._hidden or given.get("aria-hidden") == "true"):
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(data.strip())


def heard(report: ReportDigest) -> Reader:
    reader = Reader()
    reader.feed(letter(report).html or "")
    return reader


def figures_in(text: str) -> set[str]:
    """Every share and every duration that is said."""
    plain_spaces = text.replace("\u00a0", " ")
    return set(re.findall(r"\d+%(?: \(\d+ of \d+\))?|\d+ h(?: \d+ min)?|\d+ min", plain_spaces))


def test_both_twins_say_the_same_figures() -> None:
    text, page = letter(WEEKLY).text, " ".join(heard(WEEKLY).words)
    assert figures_in(page) - figures_in(text) <= {f"{share}%" for share in range(101)}
    assert figures_in(text) - figures_in(page) <= {
        each for each in figures_in(text) if "of" in each
    }
    for name in ("Ana Ortiz", "Database", "P1 Critical", "T-52"):
        assert name in text
        assert name in page


def test_a_screen_reader_hears_tables_with_heads_and_no_bars() -> None:
    reader = heard(WEEKLY)
    shown = [given for tag, given in reader.tags if tag == "table"]
    bars = [given for given in shown if given.get("aria-hidden") == "true"]
    assert len(bars) > 20
    assert {given.get("role") for given in bars} == {"presentation"}
    scopes = {given.get("scope") for tag, given in reader.tags if tag == "th"}
    assert scopes == {"row", "col"}
    assert sum(tag == "h1" for tag, _ in reader.tags) == 1


def test_nothing_is_loaded_from_anywhere() -> None:
    page = letter(WEEKLY).html or ""
    assert not re.search(r"<img|<link|<script|url\(|https?:", page)


def test_no_name_and_no_subject_is_markup() -> None:
    busy = sample(WEEK)
    evil = (Group("<b>x</b>", "<b>x</b>", busy.whole),)
    by = dict.fromkeys(By, evil)
    listed = report_message(replace(busy, by=by), kind=ReportKind.WEEKLY, scope="<b>Support</b>")
    made = letter(listed)
    page = made.html or ""
    assert "&lt;!channel&gt; free" in page
    assert page.count("&lt;b&gt;x") == len(By)
    assert "<b>Support" not in page
    assert "<b>x" not in page
    assert "<b>x</b>: " in made.text


def test_the_mail_says_in_its_subject_what_matters_and_is_marked_automatic() -> None:
    made = letter(WEEKLY)
    assert made.subject.startswith("Support: week of Mon 23 Nov to Sun 29 Nov: 50 opened")
    assert made.automatic == "auto-generated"
    assert b"Auto-Submitted: auto-generated" in to_bytes(made)


@pytest.mark.parametrize(
    "report",
    [EMPTY, report_message(sample(YESTERDAY), kind=ReportKind.DAILY, scope="Support", listed=5)],
    ids=["nothing at all", "one day"],
)
def test_there_is_a_mail_for_every_kind(report: ReportDigest) -> None:
    made = letter(report)
    assert to_bytes(made)
    assert ("no data" in made.text) == (report is EMPTY)
