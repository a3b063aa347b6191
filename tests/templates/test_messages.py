"""A message and its templates bear one name: whoever reads a sentence finds its class, and the other way round."""

from pathlib import Path
from typing import get_args

import pytest

import templates
from engine.messages.message import KINDS, ToPerson, ToTeam
from mail.outgoing.compose import AUTOMATIC

FOLDER = Path(templates.__file__).parent
IN_PARTS = {"report_digest": "figures, charts and lists: templates/slack/report_digest_*.j2"}
"""Messages without one Slack template, each with its reason."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_message_has_its_sentence_in_slack(kind: str) -> None:
    if kind in IN_PARTS:
        assert list((FOLDER / "slack").glob(f"{kind}_*.j2")), IN_PARTS[kind]
    else:
        assert templates.exists(f"slack/{kind}.j2")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_may_be_said_to_one_person_has_its_mail_and_nothing_else_has(kind: str) -> None:
    to_person = KINDS[kind] in get_args(ToPerson)
    for part in ("subject", "txt"):
        assert templates.exists(f"mail/{kind}.{part}.j2") is to_person
    assert (KINDS[kind] in AUTOMATIC) is to_person


def test_no_mail_is_written_that_no_message_asks_for() -> None:
    subjects = {file.name.removesuffix(".subject.j2") for file in FOLDER.glob("mail/*.subject.j2")}
    assert subjects == {name for name, cls in KINDS.items() if cls not in get_args(ToTeam)}
