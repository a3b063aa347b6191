"""The promises that data can show, checked: reads only, page by page, repairs nothing."""

from collections.abc import Sequence
from functools import partial

from storage.checks import fsck_people, fsck_tables, fsck_tickets, ticket_pages
from storage.checks.findings import Finding
from storage.checks.ticket_pages import in_pages
from storage.open.open_storage import Storage

__all__ = ["Finding", "fsck"]


async def fsck(storage: Storage) -> Sequence[Finding]:
    """Empty when every promise holds. May run while the daemon works: each page is one picture."""
    findings: list[Finding] = []
    for check in fsck_tables.CHECKS:
        async with storage.readers.open() as read:
            findings += await read.run_sync(check)
    findings += await in_pages(storage.readers, ticket_pages.after, fsck_tickets.check)
    findings += await in_pages(storage.readers, fsck_people.after, fsck_people.check)
    files = partial(fsck_tickets.check_files, storage.files)
    findings += await in_pages(storage.readers, fsck_tickets.files_after, files)
    return findings
