"""A refusal: a code and the facts its sentence needs; the sentence itself is in templates/."""

from collections.abc import Mapping
from typing import Final

from engine.tickets.message import Fact

# Every code has a sentence in templates/refused.j2; tests/test_docs.py holds the two together.
CODES: Final = frozenset(
    {
        "absent",  # there is no such ticket, or the person may not see it: both sound alike
        "forbidden",  # facts: right, holders
        "illegal_move",  # facts: action, state, allowed
        "taken",  # facts: ticket, by
        "has_it",  # facts: ticket, by
        "stale",  # facts: ticket, what
        "unknown_person",  # facts: name
        "not_an_agent",  # facts: name, team
        "unknown_team",  # facts: name, known
        "unknown_category",  # facts: name, known
        "unknown_priority",  # facts: name, known
        "empty_text",  # facts: action
        "too_late",  # facts: ticket, days
        "no_shifts",  # only agents have shifts
        "bad_length",  # facts: text
        "too_long",  # facts: hours
        "bad_instant",  # facts: text
        "past_instant",  # facts: text
        "far_instant",  # facts: text, days
        "nothing_waits",
        "bad_merge",  # facts: ticket, into
        "merge_into_done",  # facts: ticket, into, state
        "nothing_to_waive",  # facts: ticket
        "too_late_to_unmerge",  # facts: ticket, hours
        "bad_cursor",  # the place to go on from belongs to another list
        "no_words",  # nothing to look up
        "prefix_short",  # facts: word, least
        "many_words",  # facts: most
    }
)


class Refused(Exception):
    """The desk will not do this. `code` is one of CODES; `facts` fill the sentence in templates/."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code, facts)
        assert code in CODES, code
        self.code: str = code
        self.facts: Mapping[str, Fact] = facts


class Stale(Exception):
    """Somebody else changed the ticket between load and record: run the whole use case again."""


class TooMuchAtOnce(Exception):
    """So many works wait for storage already that this one was not taken: nothing was done, try again in a moment."""
