"""Compiled statements, one copy for a process: SQLAlchemy keeps them by engine, so a second one compiles anew."""

from typing import Any, Final

from sqlalchemy.util import LRUCache

KEPT_MAX: Final = 1000
"""More than there are: those of lists and searches are put together by what is asked."""


class CompiledStatements(LRUCache[Any, Any]):
    """By what the dialect is and not by which. Fits all engines here: those of one driver are opened alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_shared(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_shared(key), value)


def _shared(key: Any) -> Any:
    dialect, *rest = key
    return (dialect.name, dialect.driver, dialect.server_version_info, *rest)


COMPILED: Final = {"compiled_cache": CompiledStatements(KEPT_MAX)}
"""The `execution_options` of every engine but that of upgrades, which sees one table in many shapes."""
