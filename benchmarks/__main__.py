"""`python -m benchmarks [--json] [--rounds N] [WHAT ...]`: the table of figures, each beside a floor of the same run.

WHAT is floods, cards, commands, demo, timers, idle or calendar; without it, all of them. Floods take turns inside a
round, so that whatever else the machine does meets all of them; a figure is the median over the rounds, and so is its
ratio. The last line says what the machine could do bare when it began. Exit 1 when a figure that must be reached is
missed.

`seed`, `lists` and `migrate` stand alone: they make a database of a million tickets, read its lists, upgrade one.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from benchmarks import calendars, calibrator, figures, idle, lists, measures, migrate, seed, timers
from benchmarks.databases import Sqlite, postgres
from benchmarks.figures import Figure, Round
from benchmarks.measures import Flood
from benchmarks.processes import NotMeasuredError

ROUNDS: Final = 3
ROUNDS_MAX: Final = 20  # about ten minutes
WITH_SLACK: Final = "SQLite, Slack and relay on"


def flood_of_postgres() -> Flood:
    with postgres() as database:
        return measures.flood(lambda _: database, mail_out=False)


VARIANTS: Final[Mapping[str, Callable[[], Flood]]] = {
    "SQLite": lambda: measures.flood(Sqlite, mail_out=False),
    WITH_SLACK: lambda: measures.flood(Sqlite, mail_out=True),
    "PostgreSQL": flood_of_postgres,
}


class Report:
    """Figures, and what could not be measured and why."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.missing: dict[str, str] = {}

    def add(self, name: str, measure: Callable[[], list[Figure]]) -> None:
        progress(name)
        try:
            self.figures += measure()
        except NotMeasuredError as reason:
            self.missing[name] = str(reason)

    def on_both(
        self, name: str, sqlite: Callable[[], list[Figure]], postgres: Callable[[], list[Figure]]
    ) -> None:
        self.add(f"{name}, SQLite", sqlite)
        self.add(f"{name}, PostgreSQL", postgres)

    def floods(self, rounds: int) -> None:
        measured = [self._round(number) for number in range(1, rounds + 1)]
        self.figures += figures.of_floods(measured)
        with_slack = [r.floods[WITH_SLACK] for r in measured if WITH_SLACK in r.floods]
        if with_slack:
            self.figures += figures.of_memory(with_slack, measures.bare_python_mb())
            ready = min(flood.ready_seconds for flood in with_slack)
            self.figures.append(
                figures.of_start("deskd run, until ready", ready, measures.bare_python())
            )

    def _round(self, number: int) -> Round:
        progress(f"round {number}: floor")
        floor = measures.floor_flood()
        floods: dict[str, Flood] = {}
        for name, measure in VARIANTS.items():
            if name in self.missing:
                continue
            progress(f"round {number}: {name}")
            try:
                floods[name] = measure()
            except NotMeasuredError as reason:
                self.missing[name] = str(reason)
        return Round(floor, floods)

    def starts(self) -> list[Figure]:
        bare = measures.bare_python()
        return [
            figures.of_start(
                "deskd --help", measures.command("--help"), bare, most=figures.HELP_SECONDS_MAX
            ),
            figures.of_start("deskd ticket list --json", measures.ticket_list(), bare),
        ]

    def demo(self) -> list[Figure]:
        seconds, most = measures.demo_ready(), figures.DEMO_SECONDS_MAX
        return [
            figures.of_start("deskd demo, until ready", seconds, measures.bare_python(), most=most)
        ]


MEASURES: Final[Mapping[str, Callable[[Report, int], None]]] = {
    "floods": lambda report, rounds: report.floods(rounds),
    "cards": lambda report, _: report.add("cards", lambda: figures.of_cards(measures.cards())),
    "commands": lambda report, _: report.add("commands", report.starts),
    "demo": lambda report, _: report.add("demo", report.demo),
    "timers": lambda report, _: report.on_both("timers", timers.on_sqlite, timers.on_postgres),
    "idle": lambda report, _: report.on_both("idle", idle.on_sqlite, idle.on_postgres),
    "calendar": lambda report, _: report.add("calendar", calendars.figures),
}


def progress(what: str) -> None:
    print(f"measuring {what}", file=sys.stderr, flush=True)


APART: Final[Mapping[str, Callable[[Sequence[str]], int]]] = {
    "seed": seed.main,
    "lists": lists.main,
    "migrate": migrate.main,
}
"""With arguments of their own, since each needs a database that takes minutes to make."""


def main() -> int:
    if sys.argv[1:2] and (apart := APART.get(sys.argv[1])):
        return apart(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON, and nothing else, to stdout")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, choices=range(1, ROUNDS_MAX + 1), metavar="N"
    )
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(MEASURES))
    chosen = parser.parse_args()
    if unknown := set(chosen.what) - MEASURES.keys():
        parser.error(f"what is {', '.join(unknown)}? Known: {', '.join(MEASURES)}")
    report = Report()
    progress("this machine")
    machine = calibrator.machine()
    for what in chosen.what or MEASURES:
        MEASURES[what](report, chosen.rounds)
    missed = [figure.name for figure in report.figures if figure.reached is False]
    if chosen.json:
        facts = {"figures": [asdict(f) for f in report.figures], "not_measured": report.missing}
        facts |= {"missed": missed, "machine": asdict(machine)}
        print(json.dumps(facts, indent=1))
    else:
        print(figures.table(report.figures))
        for name, reason in report.missing.items():
            print(f"not measured: {name}: {reason}")
        print(machine)
    return 1 if missed or any("PostgreSQL" not in name for name in report.missing) else 0


if __name__ == "__main__":
    sys.exit(main())
