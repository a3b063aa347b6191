"""The spool on PostgreSQL: many callers share one commit, as the writer thread lets them on SQLite."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.ports.spool import Incoming, Kept
from engine.tickets.errors import TooMuchAtOnce
from storage.queues.spool import SqlSpool, keep_all
from storage.sql.errors import StorageTrouble
from storage.sql.writer import Writer

# Messages kept in one commit: more would make the first of them wait, without sparing a flush.
KEEP_TOGETHER_MAX: Final = 64


@dataclass(slots=True)
class _Waiting:
    incoming: Sequence[Incoming]
    kept: Sequence[Kept] = ()
    error: StorageTrouble | TooMuchAtOnce | None = None
    answered: bool = False


class PostgresSpool(SqlSpool):
    """Messages that come in during one commit share the next: whoever gets the turn keeps for all who wait."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self._turn = asyncio.Lock()
        self._queue: deque[_Waiting] = deque()

    async def keep_many(self, incoming: Sequence[Incoming]) -> Sequence[Kept]:
        mine = _Waiting(incoming)
        self._queue.append(mine)
        async with self._turn:
            # More than once when those who left while they waited fill a whole commit before us.
            while not mine.answered:
                await self._keep(mine)
        if mine.error is not None:
            raise mine.error
        return mine.kept

    async def _keep(self, mine: _Waiting) -> None:
        """The longest waiting, ours or not: those who left keep their place in the queue and are kept too."""
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), KEEP_TOGETHER_MAX))]
        try:
            await self._keep_batch(batch)
        except BaseException:
            # Cancelled: the others still wait for theirs, in their order.
            left = [each for each in batch if each is not mine and not each.answered]
            self._queue.extendleft(reversed(left))
            raise

    async def _keep_batch(self, batch: Sequence[_Waiting]) -> None:
        try:
            everything = [one for each in batch for one in each.incoming]
            kept = iter(await self._writer.run(partial(keep_all, incoming=everything)))
        except TooMuchAtOnce as error:
            # Each alone would wait as long again.
            _answer_all(batch, error)
            return
        except StorageTrouble as error:
            if len(batch) == 1 or error.temporary:
                _answer_all(batch, error)
                return
            for each in batch:
                await self._keep_batch([each])
            return
        for each in batch:
            each.kept = [next(kept) for _ in each.incoming]
            each.answered = True


def _answer_all(batch: Sequence[_Waiting], error: StorageTrouble | TooMuchAtOnce) -> None:
    for each in batch:
        each.error = error
        each.answered = True
