"""What messages may be made of: no value in them can be written without the face that makes it harmless."""

import inspect
import types
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from engine.messages.message import KINDS, Message, ToPerson, ToTeam, kind_of
from engine.messages.values import Foreign, Handle, TicketRef, Value, Who, Words, written
from tests.engine.messages.made import made

PLAIN = (datetime, date, timedelta, int, bool, float)


def leaves(annotation: Any) -> set[Any]:
    """What a field holds in the end, however deep."""
    if get_origin(annotation) in (tuple, Union, types.UnionType):
        inner = [each for each in get_args(annotation) if each not in (type(None), ...)]
        return set().union(*map(leaves, inner))
    if annotation in get_args(Value) or not is_dataclass(annotation):
        return {annotation}
    return set().union(*map(leaves, get_type_hints(annotation).values()))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_message_is_frozen_and_its_values_have_types_that_faces_know(kind: str) -> None:
    cls = KINDS[kind]
    message = made(kind)
    assert "__slots__" in vars(cls)
    assert hash(message) == hash(made(kind))
    for leaf in leaves(cls):
        known = leaf in (*PLAIN, *get_args(Value))
        assert known or (isinstance(leaf, type) and issubclass(leaf, StrEnum)), (
            f"{cls.__name__} holds {leaf}: a bare str does not say whether it is foreign"
        )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_message_says_when_it_is_said_and_to_whom(kind: str) -> None:
    when, *_, to = inspect.cleandoc(KINDS[kind].__doc__ or "").splitlines()
    assert when.endswith(".")
    assert to.startswith("To: ")
    assert to.endswith(".")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_field_hides_behind_a_name_that_templates_give(kind: str) -> None:
    given = {"team", "words", "report", "title", "text", "ack_address", "actions"}
    assert not given & {field.name for field in fields(KINDS[kind])}


def test_a_kind_is_called_as_its_class() -> None:
    assert kind_of(made("page_over")) == "page_over"
    assert len(KINDS) == len(get_args(Message)) == len(set(get_args(ToPerson) + get_args(ToTeam)))


@pytest.mark.parametrize("value", [Foreign("x"), Words("x")])
def test_foreign_words_are_never_written_by_accident(value: Foreign | Words) -> None:
    with pytest.raises(TypeError, match="written by a face"):
        str(value)
    with pytest.raises(TypeError, match="written by a face"):
        f"{value}"


def test_a_face_writes_every_value_and_keeps_what_holds_them() -> None:
    who = Who(Foreign("Ana"), Handle("U1"))
    seen: list[object] = []

    def write(value: object) -> object:
        seen.append(value)
        return "w"

    shown: Any = written((who, TicketRef(7), 3), write)
    assert (shown[0].name, shown[0].handle, shown[1:]) == ("w", "w", ["w", "w"])
    assert seen == [Foreign("Ana"), Handle("U1"), TicketRef(7), 3]
