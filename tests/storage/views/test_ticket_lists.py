"""Lists hold what their reader may read and what was asked for, in order, on pages that cover each ticket once."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.lists.asking import Asked
from engine.tickets.errors import Refused
from engine.tickets.people import Person, WorkspaceId
from storage.open.open_storage import Storage
from storage.views.work_views import MINE_MAX, WAITING_MAX
from tests.clock import MORNING
from tests.examples import examples
from tests.storage.crowd import Crowd, drawn_crowd, drawn_question, expected, settle

# Each example lives in a workspace of its own, in one database.
EXAMPLES = examples(
    8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SEEDS = st.integers(0, 2**32)
NUMBERED = count()


async def settled(storage: Storage, seed: int) -> Crowd:
    crowd = drawn_crowd(seed, WorkspaceId(f"w{next(NUMBERED)}"))
    await settle(storage, crowd)
    return crowd


async def listed(storage: Storage, crowd: Crowd, who: Person, asked: Asked) -> list[int]:
    page = await storage.views.tickets(crowd.workspace, who, asked, now=MORNING)
    assert page.next is None
    assert not page.cut
    return [line.ticket.number for line in page.lines]


@EXAMPLES
@given(seed=SEEDS)
async def test_a_list_is_what_its_reader_may_read_and_asked_for(
    storage: Storage, seed: int
) -> None:
    crowd = await settled(storage, seed)
    for who in crowd.people:
        for number in range(6):
            asked = drawn_question(seed + number, crowd)
            found = await listed(storage, crowd, who, asked)
            assert found == expected(crowd, who, asked, MORNING), (who, asked)


@EXAMPLES
@given(seed=SEEDS)
async def test_the_counts_of_ones_own_work_hold_what_its_lists_do(
    storage: Storage, seed: int
) -> None:
    crowd = await settled(storage, seed)
    for who in crowd.people:
        work = await storage.work.own_work(crowd.workspace, who)
        assert len(work.mine) == min(work.mine_count, MINE_MAX), who
        assert len(work.waiting) == min(work.waiting_count, WAITING_MAX), who


@EXAMPLES
@given(seed=SEEDS)
async def test_pages_cover_each_ticket_once_and_in_order(storage: Storage, seed: int) -> None:
    crowd = await settled(storage, seed)
    for who in crowd.people:
        asked = drawn_question(seed, crowd)
        wanted = expected(crowd, who, asked, MORNING)
        assert await walked(storage, crowd, who, replace(asked, limit=3)) == wanted, (who, asked)


async def walked(storage: Storage, crowd: Crowd, who: Person, asked: Asked) -> list[int]:
    found: list[int] = []
    while True:
        page = await storage.views.tickets(crowd.workspace, who, asked, now=MORNING)
        assert len(page.lines) == asked.limit or page.next is None
        found += [line.ticket.number for line in page.lines]
        if page.next is None:
            return found
        asked = replace(asked, after=page.next)


@pytest.mark.parametrize("after", ["", "nonsense", "é", "WzEsMl0", "bnVsbA"])
async def test_a_place_that_is_none_is_refused(storage: Storage, after: str) -> None:
    crowd = await settled(storage, 1)
    with pytest.raises(Refused, match="bad_cursor"):
        await storage.views.tickets(
            crowd.workspace, crowd.people[0], Asked(after=after), now=MORNING
        )
