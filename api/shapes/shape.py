"""What all shapes have in common: frozen, nothing beyond their fields, and instants as programs read them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer

Json = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def whole_seconds(length: timedelta) -> int:
    return round(length.total_seconds())


Instant = Annotated[datetime, PlainSerializer(instant, return_type=str)]
Seconds = Annotated[timedelta, PlainSerializer(whole_seconds, return_type=int)]


class Shape(BaseModel):
    """Its fields are the keys, in this order; each says what it means."""

    # Built at first use: a command pays for the shapes that it writes, not for those beside them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def plain(self) -> Json:
        """Plain values for JSON."""
        return self.model_dump(mode="json", by_alias=True)
