"""The migrations there are, by their file names, so that the newest is known without loading alembic."""

from pathlib import Path
from typing import Final

MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"

REVISIONS: Final = tuple(
    sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))
)
"""Oldest first. A file `0012_what_it_does.py` is revision 0012."""

HEAD: Final = REVISIONS[-1]
"""The schema that this program reads and writes."""
