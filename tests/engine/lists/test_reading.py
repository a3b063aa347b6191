"""Lists and search show exactly what rights show: one rule, said twice, held together here."""

from hypothesis import given
from hypothesis import strategies as st

from engine.lists.reading import may_read, may_read_notes
from engine.tickets.access import Right, about_ticket, may, sees
from engine.tickets.people import WorkspaceId
from tests.storage.crowd import drawn_crowd


@given(seed=st.integers(0, 2**32))
def test_lists_show_exactly_what_rights_show(seed: int) -> None:
    crowd = drawn_crowd(seed, WorkspaceId("w"))
    for who in crowd.people:
        for ticket in (drawn.ticket for drawn in crowd.tickets):
            team = crowd.team(ticket.team)
            about = about_ticket(ticket, team)
            assert may_read(who, ticket, team) == sees(who, about), (who, ticket)
            assert may_read_notes(who, ticket, team) == may(who, Right.READ, about), (who, ticket)
