"""What a person was told, nothing done or kept for later, is what happens: also when the row cannot be marked."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.transport.event_reader import MOST_ATTEMPTS
from engine.ports.spool import Spool
from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import DEFAULT
from storage.open.store import SqlStore
from storage.queues.spool import SqlSpool
from storage.sql.errors import StorageTrouble
from tests.bot.office import Office, open_office


class UnmarkableSpool(SqlSpool):
    """The real spool, except that marking a row as done fails while told to."""

    unmarkable = False

    async def done(self, id: int, *, reason: str) -> None:
        if self.unmarkable:
            raise StorageTrouble("disk full", temporary=True)
        await super().done(id, reason=reason)


@pytest.fixture
async def shaky(tmp_path: Path, template: Path) -> AsyncIterator[tuple[Office, UnmarkableSpool]]:
    built: list[UnmarkableSpool] = []

    def between(spool: Spool) -> Spool:
        assert isinstance(spool, SqlSpool)
        built.append(UnmarkableSpool(spool._writer))
        return built[0]

    async with open_office(tmp_path, template, spool=between) as office:
        office.trouble_expected = True
        yield office, built[0]


async def full(_self: object, _workspace: object, _work: object) -> None:
    raise TooMuchAtOnce


@pytest.mark.parametrize("marks", [True, False])
async def test_what_a_person_is_told_to_repeat_is_not_done_later_by_itself(
    shaky: tuple[Office, UnmarkableSpool], monkeypatch: pytest.MonkeyPatch, marks: bool
) -> None:
    """Marked: told to try again, and only that makes a ticket. Not marked: told that it will be done, and it is."""
    office, spool = shaky
    with monkeypatch.context() as crowded:
        crowded.setattr(SqlStore, "run", full)
        spool.unmarkable = not marks
        await office.cleo.command("/ticket new No coffee", channel="general")
        await office.until(lambda: office.cleo.ephemerals)
    told = office.cleo.ephemerals[-1].visible_text()
    assert ("try again" in told) is marks
    assert ("do not repeat" in told) is not marks
    spool.unmarkable = False
    if marks:
        await office.cleo.command("/ticket new No coffee", channel="general")
        await office.card("No coffee")
    office.clock.skip(timedelta(seconds=20))
    await office.card("No coffee")
    await office.settled()
    office.clock.skip(timedelta(seconds=20))
    await office.settled()
    assert await office.storage.views.ticket(DEFAULT, 1) is not None
    assert await office.storage.views.ticket(DEFAULT, 2) is None


async def test_a_form_that_will_be_done_later_closes_and_says_so(
    shaky: tuple[Office, UnmarkableSpool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that stayed open with an error would be sent again, and its words would be there twice."""
    office, spool = shaky
    await office.mail()
    card = await office.card()
    await office.ana.click(card, "reply")
    await office.until(lambda: office.ana.modal)
    with monkeypatch.context() as crowded:
        crowded.setattr(SqlStore, "run", full)
        spool.unmarkable = True
        outcome = await office.ana.submit(values={"words": "long and precious"})
        assert not outcome.errors
        await office.until(lambda: office.ana.ephemerals)
    assert "do not repeat" in office.ana.ephemerals[-1].visible_text()
    spool.unmarkable = False
    office.clock.skip(timedelta(seconds=20))

    async def written() -> bool:
        return "long and precious" in str(await office.file())

    await office.becomes(written)


@pytest.mark.parametrize("error", [TooMuchAtOnce(), StorageTrouble("disk full", temporary=True)])
async def test_trouble_of_ours_never_counts_against_a_message(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tries = 0

    async def troubled(_self: object, _workspace: object, _work: object) -> None:
        nonlocal tries
        tries += 1
        raise error

    async def tried_often() -> bool:
        office.clock.skip(timedelta(seconds=2))
        return tries > MOST_ATTEMPTS + 2

    office.trouble_expected = True
    with monkeypatch.context() as crowded:
        crowded.setattr(SqlStore, "run", troubled)
        await office.cleo.dm("Is anybody there?")
        await office.becomes(tried_often)
    office.clock.skip(timedelta(seconds=2))
    await office.card("Is anybody there?")
    await office.settled()
    (row,) = [line for line in await office.storage.views.spool() if line.kind == "event"]
    assert (row.state, row.attempts) == ("done", 1)
