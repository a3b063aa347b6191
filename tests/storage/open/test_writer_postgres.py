"""What PostgreSQL's writers say when all of them are busy."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from engine.tickets.errors import TooMuchAtOnce
from engine.tickets.people import DEFAULT
from storage.open.store import SqlStore
from storage.open.writer_postgres import PostgresTransaction, PostgresWriter
from storage.queues.spool_postgres import PostgresSpool
from tests.clock import ManualClock
from tests.storage.conftest import Database
from tests.storage.make import TEAM, message


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_whoever_gets_no_connection_in_time_is_told_to_come_again(database: Database) -> None:
    """As those are beyond what may wait on SQLite: it is no fault of the mail, so it costs it no try."""
    engine = create_async_engine(
        make_url(database.url).set(drivername="postgresql+asyncpg"),
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.05,
    )
    writer = PostgresWriter(engine)
    store = SqlStore(writer, ManualClock().now, bind=PostgresTransaction)
    spool = PostgresSpool(writer)
    try:
        await store.run(DEFAULT, lambda t: t.keep_team(TEAM))
        async with engine.connect():
            with pytest.raises(TooMuchAtOnce):
                await store.run(DEFAULT, lambda t: t.next_number())
            keeps = map(partial(_keep, spool), range(10))
            answers = await asyncio.gather(*keeps, return_exceptions=True)
            assert {type(answer) for answer in answers} == {TooMuchAtOnce}
        assert await _keep(spool, 0), "nothing of it was done before"
        assert await store.run(DEFAULT, lambda t: t.next_number()) == 1
    finally:
        await writer.close()


async def _keep(spool: PostgresSpool, number: int) -> bool:
    return (await spool.keep(message(f"k{number}"))).fresh
