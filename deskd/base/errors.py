"""Trouble an operator can do something about: what went wrong, why, and the fix; never a trace."""

from typing import Final

FAILED: Final = 1
WRONG_USAGE: Final = 2
TRY_LATER: Final = 75
"""EX_TEMPFAIL of sysexits.h: the same may work later."""


class Failure(Exception):
    """Ends a command with a sentence on stderr and an exit code."""

    def __init__(self, message: str, *, code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class BadSettings(Failure):
    """Settings that cannot be used; every one found is named, with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems), code=WRONG_USAGE)
        self.problems = problems
