"""What fsck finds: a broken promise, with its name and the rows that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from storage.tickets.rows import AnyRow

# Tickets checked in one read: long enough to be quick, short enough to let the write-ahead log be folded in.
PAGE: Final = 200
# More of one kind than this tells an operator nothing new.
TOLD_MAX: Final = 1_000

Page = Sequence[AnyRow]


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    text: str
