"""From measurements to a table: what each figure is compared with, and what it must be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.measures import Flood

# What must be reached; `aim` is said beside it.
ACKNOWLEDGED_SHARE_MIN: Final = 0.60
TICKETS_MIN: Final = 200.0
MEMORY_MB_MAX: Final = 150.0
CARD_MS_MAX: Final = 150.0
HELP_SECONDS_MAX: Final = 0.3
DEMO_SECONDS_MAX: Final = 5.0


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    unit: str
    ratio: float | None = None
    to: str = ""
    """What the ratio is to."""
    goal: str = ""
    reached: bool | None = None
    """None: nothing must be reached."""


@dataclass(frozen=True)
class Round:
    """Floods that took turns."""

    floor: float
    floods: Mapping[str, Flood]


def of_floods(rounds: Sequence[Round]) -> list[Figure]:
    figures = [Figure("floor, mails acknowledged", median(r.floor for r in rounds), "/s")]
    for name in dict.fromkeys(name for r in rounds for name in r.floods):
        pairs = [(r.floor, r.floods[name]) for r in rounds if name in r.floods]
        figures += _of_variant(name, pairs)
    return figures


def _of_variant(name: str, pairs: Sequence[tuple[float, Flood]]) -> list[Figure]:
    def middle(values: Iterable[float]) -> float:
        return median(values)

    floods = [flood for _, flood in pairs]
    share = middle(flood.mails_per_second / floor for floor, flood in pairs)
    tickets = middle(flood.tickets_per_second for flood in floods)
    least = f">= {ACKNOWLEDGED_SHARE_MIN:.0%} of floor"
    return [
        Figure(
            f"{name}: mails acknowledged",
            middle(flood.mails_per_second for flood in floods),
            "/s",
            share,
            "floor",
            # The floor is SQLite with nothing else to do; the promise is for that database.
            *((least, share >= ACKNOWLEDGED_SHARE_MIN) if name.startswith("SQLite") else ()),
        ),
        Figure(f"{name}: p99 to 250", middle(flood.p99_ms for flood in floods), "ms"),
        Figure(
            f"{name}: tickets committed",
            tickets,
            "/s",
            middle(flood.tickets_per_second / floor for floor, flood in pairs),
            "floor",
            f">= {TICKETS_MIN:.0f}, aim 500",
            tickets >= TICKETS_MIN,
        ),
        Figure(f"{name}: CPU per mail", middle(flood.cpu_ms for flood in floods), "ms"),
    ]


def of_memory(floods: Sequence[Flood], bare: float) -> list[Figure]:
    """With mail and Slack on."""
    named = {
        "memory, idle": (median(f.idle_mb for f in floods), "aim 90"),
        "memory, after the flood": (median(f.flooded_mb for f in floods), "aim 140"),
    }
    return [
        Figure(
            name,
            megabytes,
            "MB",
            megabytes / bare,
            "bare python",
            f"< {MEMORY_MB_MAX:.0f}, {aim}",
            megabytes < MEMORY_MB_MAX,
        )
        for name, (megabytes, aim) in named.items()
    ]


def of_cards(milliseconds: Sequence[float]) -> list[Figure]:
    middle = median(milliseconds)
    return [
        Figure(
            "250 to card, idle: p50",
            middle,
            "ms",
            goal=f"< {CARD_MS_MAX:.0f}",
            reached=middle < CARD_MS_MAX,
        ),
        # Of twenty, the slowest.
        Figure(
            "250 to card, idle: p99", max(milliseconds), "ms", max(milliseconds) / middle, "p50"
        ),
    ]


def of_start(name: str, seconds: float, bare: float, *, most: float | None = None) -> Figure:
    """How long a command takes, beside a Python that does nothing."""
    return Figure(
        name,
        seconds,
        "s",
        seconds / bare,
        "bare python",
        "" if most is None else f"< {most:g}",
        None if most is None else seconds < most,
    )


def table(figures: Sequence[Figure]) -> str:
    lines = [("", "figure", "ratio", "goal", "")]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} x {figure.to}"
        verdict = {None: "", True: "reached", False: "MISSED"}[figure.reached]
        lines.append(
            (figure.name, f"{figure.value:,.4g} {figure.unit}", ratio, figure.goal, verdict)
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
