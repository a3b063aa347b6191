"""The desk: every use case. Each is the same few lines: load, decide, evolve, announce, record, in one transaction.

A use case runs inside `Store.run` and may run twice, so it only reads and records; nothing is sent here. Faces await
the methods below and show what comes back, or the Refused they raise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from engine import directory, intake, lifecycle, opening, routing, sla, step
from engine.access import OWN, Right
from engine.delivery import Parcel
from engine.directory import Roster
from engine.effects import Tell
from engine.errors import Refused
from engine.events import Event
from engine.model import (
    Caller,
    Comment,
    Draft,
    Inbound,
    MessageId,
    Note,
    Person,
    Reference,
    Request,
    Ticket,
    Timer,
    TimerKind,
    WorkspaceId,
)
from engine.ports import Clock, Ids, Store, Transaction
from engine.step import Step
