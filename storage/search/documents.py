"""What the index holds of a ticket: its words by where they stand, and who may find it by them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, Table, select

from engine.lists.words import fold
from engine.tickets.people import WorkspaceId
from storage.sql.schema import people, tickets
from storage.sql.schema_streams import attachments, comments, notes, of_tickets
from storage.tickets.rows import AnyRow

COLUMN_WORDS_MAX: Final = 10_000
"""Different words of one column: a log file that somebody pasted must not become the index."""
DOCUMENT_BYTES_MAX: Final = 1_000_000
"""Of one ticket's words, with what each costs beside its letters. A tsvector of PostgreSQL holds 1,048,575, and
refuses the whole ticket beyond; SQLite is held to the same, so that both find the same."""
WORD_COST: Final = 8
"""Bytes of a word beside its letters, at most: where it stands, by how much it counts, and the gaps between."""


@dataclass(frozen=True, slots=True)
class Document:
    number: int
    subject: Sequence[str]
    words: Sequence[str]
    files: Sequence[str]
    people: Sequence[str]
    notes: Sequence[str]
    """Of what only agents may read, names of files included."""
    scope: Sequence[str]


def team_scope(team: str, *, private: bool) -> str:
    """One word: hexadecimal, since ids may hold anything, and with a colon, which no word of a person has."""
    return f"{'l' if private else 't'}:{team.encode().hex()}"


def requester_scope(person: str) -> str:
    return f"p:{person.encode().hex()}"


def assignee_scope(team: str, person: str) -> str:
    """Of a private ticket: both, since who has it reads it only while they work in its team."""
    return f"a:{team.encode().hex()}:{person.encode().hex()}"


def documents(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> Sequence[Document]:
    """Of those that are there and not deleted, in no order."""
    found = connection.execute(
        select(tickets).where(
            tickets.c.workspace == workspace,
            tickets.c.number.in_(numbers),
            tickets.c.deleted_at.is_(None),
        )
    ).all()
    said = _texts(connection, comments, workspace, numbers)
    noted = _texts(connection, notes, workspace, numbers)
    files, files_of_notes = _files(connection, workspace, numbers)
    names = _names(connection, workspace, found)

    def document(row: AnyRow) -> Document:
        room = _Room(list(_scope(row)))
        return Document(
            row.number,
            subject=room.take([row.subject]),
            people=room.take(
                name for id in (row.requester, row.assignee) for name in names.get(id, ())
            ),
            words=room.take(said[row.number]),
            files=room.take(files[row.number]),
            notes=room.take([*noted[row.number], *files_of_notes[row.number]]),
            scope=room.scope,
        )

    return [document(row) for row in found]


class _Room:
    """What is left of a document's bytes. Who may find it always has its place; words take theirs as they come."""

    def __init__(self, scope: Sequence[str]) -> None:
        self.scope = scope
        self._left = DOCUMENT_BYTES_MAX - sum(map(_cost, scope))

    def take(self, texts: Iterable[str]) -> list[str]:
        taken: list[str] = []
        for word in _words(texts):
            if _cost(word) > self._left:
                break
            self._left -= _cost(word)
            taken.append(word)
        return taken


def _cost(word: str) -> int:
    return len(word.encode()) + WORD_COST


def _words(texts: Iterable[str]) -> list[str]:
    return list(
        islice(dict.fromkeys(word for text in texts for word in fold(text)), COLUMN_WORDS_MAX)
    )


def _scope(row: AnyRow) -> Iterator[str]:
    yield team_scope(row.team, private=row.private)
    yield requester_scope(row.requester)
    if row.private and row.assignee is not None:
        yield assignee_scope(row.team, row.assignee)


def _texts(
    connection: Connection, table: Table, workspace: WorkspaceId, numbers: Sequence[int]
) -> Mapping[int, list[str]]:
    chosen = select(table.c.stream_id, table.c.text).where(
        table.c.workspace == workspace, of_tickets(table), table.c.stream_id.in_(_ids(numbers))
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection.execute(chosen.order_by(table.c.at)):
        found[int(row.stream_id)].append(row.text)
    return found


def _ids(numbers: Sequence[int]) -> list[str]:
    return [str(number) for number in numbers]


def _files(
    connection: Connection, workspace: WorkspaceId, numbers: Sequence[int]
) -> tuple[Mapping[int, list[str]], Mapping[int, list[str]]]:
    """Of comments, and of notes."""
    table = attachments.c
    chosen = select(table.stream_id, table.name, table.subject_kind).where(
        table.workspace == workspace, of_tickets(attachments), table.stream_id.in_(_ids(numbers))
    )
    public: defaultdict[int, list[str]] = defaultdict(list)
    inside: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection.execute(chosen):
        (public if row.subject_kind == "comment" else inside)[int(row.stream_id)].append(row.name)
    return public, inside


def _names(
    connection: Connection, workspace: WorkspaceId, found: Sequence[AnyRow]
) -> Mapping[str, Sequence[str]]:
    """A person's name and address."""
    ids = {row.requester for row in found} | {row.assignee for row in found if row.assignee}
    chosen = select(people.c.id, people.c.name, people.c.mail).where(
        people.c.workspace == workspace, people.c.id.in_(sorted(ids))
    )
    return {row.id: [row.name, row.mail or ""] for row in connection.execute(chosen)}
