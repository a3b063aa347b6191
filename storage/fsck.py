"""The promises that data can show, checked: reads only, page by page, repairs nothing."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, Select

from storage import fsck_people, fsck_tables, fsck_tickets
from storage.findings import PAGE, TOLD_MAX, Finding, Page
from storage.opening import Storage
from storage.readers import Readers
from storage.rows import AnyRow

__all__ = ["Finding", "fsck"]

After = Callable[[AnyRow | None], Select[*tuple[object, ...]]]


async def fsck(storage: Storage) -> Sequence[Finding]:
    """Empty when every promise holds. May run while the daemon works: each page is one picture."""
    findings: list[Finding] = []
    for check in fsck_tables.CHECKS:
        async with storage.readers.open() as read:
            findings += await read.run_sync(check)
    findings += await _in_pages(storage.readers, fsck_tickets.after, fsck_tickets.check)
    findings += await _in_pages(storage.readers, fsck_people.after, fsck_people.check)
    files = partial(fsck_tickets.check_files, storage.files)
    findings += await _in_pages(storage.readers, fsck_tickets.files_after, files)
    return findings


async def _in_pages(
    readers: Readers, after: After, check: Callable[[Connection, Page], list[Finding]]
) -> list[Finding]:
    """`after` chooses the rows behind a row, in an order of their own."""
    findings: list[Finding] = []

    def one(connection: Connection, last: AnyRow | None) -> AnyRow | None:
        page = connection.execute(after(last).limit(PAGE)).all()
        findings.extend(check(connection, page))
        return page[-1] if page else None

    last: AnyRow | None = None
    while len(findings) < TOLD_MAX:
        async with readers.open() as read:
            last = await read.run_sync(one, last)
        if last is None:
            break
    return findings[:TOLD_MAX]
