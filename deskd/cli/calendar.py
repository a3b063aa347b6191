"""`deskd calendar import | show`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from deskd.base.errors import WRONG_USAGE, Failure
from deskd.base.terminal import clean, complain, show, show_json, table
from deskd.cli.global_options import Json, given

if TYPE_CHECKING:
    from deskd.declared.ical import Holidays
    from deskd.output.year import Year
    from engine.calendars.calendar import Hours

YEARS_MAX: Final = 50
"""Of one import: more cannot be foreseen."""
YEARS_AHEAD: Final = 2

app = typer.Typer(no_args_is_help=True, help="Calendars: working hours and holidays.")


@app.command("import")
def import_(
    context: typer.Context,
    *,
    file: Annotated[Path | None, typer.Argument(help="An iCalendar file (.ics).")] = None,
    country: Annotated[
        str | None, typer.Option(help="Two letters, such as DE, instead of a file.")
    ] = None,
    subdivision: Annotated[
        str | None, typer.Option(help="A part of the country, such as BE.")
    ] = None,
    years: Annotated[
        str | None,
        typer.Option(
            help="Such as 2026-2028; default: all years of a file, a country's next three."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print holidays as TOML, for a [[calendars]] entry of deskd.toml."""
    if (file is None) == (country is None):
        raise Failure("name a file, or a country with --country", code=WRONG_USAGE)
    asked = _years(years) if years else None
    this = given(context).clock.now().year
    ahead = asked or range(this, this + YEARS_AHEAD + 1)
    found = _of_file(file, asked) if file else _of_country(country or "", subdivision, ahead)
    for sentence in found.left_out:
        complain(f"left out: {clean(sentence)}")
    if as_json:
        from api.shapes.calendars import holidays

        show_json(holidays(found.days, found.yearly, found.left_out).plain())
    else:
        show(_as_toml(found))


@app.command("show")
def show_(
    context: typer.Context,
    *,
    id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The id of a [[calendars]] entry; default: the only one."
        ),
    ] = "",
    year: Annotated[
        int | None, typer.Option(min=1970, max=2200, help="Default: this year.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a calendar: the hours of a week, and the days of a year that differ."""
    from deskd.declared.declared_calendars import calendars
    from deskd.output.year import year_of
    from deskd.settings.names import near

    here = given(context)
    known = calendars(here.load().settings)
    id = id or _only(list(known))
    if id not in known:
        close = near(id, list(known))
        meant = f'; did you mean "{close}"?' if close else f"; known: {', '.join(known) or 'none'}"
        raise Failure(f'there is no calendar "{id}"{meant}')
    found = year_of(known[id], year or here.clock.now().year)
    if as_json:
        show_json(_year_as_json(id, known[id], found))
    else:
        _show_year(id, known[id], found)


def _only(known: list[str]) -> str:
    if not known:
        raise Failure("there is no [[calendars]] entry: every team counts around the clock")
    if len(known) > 1:
        raise Failure(f"which calendar? {', '.join(known)}", code=WRONG_USAGE)
    return known[0]


def _of_file(file: Path, years: range | None) -> "Holidays":
    from deskd.declared.ical import Holidays, holidays_in_file

    try:
        found = holidays_in_file(file)
    except ValueError as error:
        raise Failure(f"{file} {clean(error)}") from None
    days = {day: name for day, name in found.days.items() if years is None or day.year in years}
    return Holidays(days, found.yearly, found.left_out)


def _of_country(country: str, subdivision: str | None, years: range) -> "Holidays":
    try:
        from deskd.declared.public_holidays import holidays_of
    except ModuleNotFoundError:
        raise Failure("--country needs the extra: pip install 'deskd[holidays]'") from None
    try:
        return holidays_of(country, subdivision, years)
    except ValueError as error:
        raise Failure(clean(error), code=WRONG_USAGE) from None


def _years(text: str) -> range:
    first, dash, last = text.partition("-")
    last = last if dash else first
    if first.isdecimal() and last.isdecimal() and int(first) <= int(last) < int(first) + YEARS_MAX:
        return range(int(first), int(last) + 1)
    raise Failure(f"--years {text}: write 2026 or 2026-2028", code=WRONG_USAGE)


def _as_toml(found: "Holidays") -> str:
    days = [(day.isoformat(), name) for day, name in sorted(found.days.items())]
    yearly = [(f'"{m:02}-{d:02}"', name) for (m, d), name in sorted(found.yearly.items())]
    lists = [("holidays", days)] + ([("yearly_holidays", yearly)] if yearly else [])
    return "\n".join(line for name, items in lists for line in _list(name, items))


def _list(name: str, items: list[tuple[str, str]]) -> list[str]:
    comment = [
        f"    {value},  # {clean(what)}" if what else f"    {value}," for value, what in items
    ]
    return [f"{name} = [", *comment, "]"]


def _year_as_json(id: str, hours: "Hours", found: "Year") -> dict[str, object]:
    from api.shapes.calendars import CalendarYearShape, UnusualDayShape
    from engine.calendars.hours_document import document_of

    document: dict[str, Any] = document_of(hours)
    return CalendarYearShape(
        id=id,
        **document,
        year=found.year,
        open_days=found.open_days,
        open_seconds=found.open,
        unusual=[
            UnusualDayShape(day=one.day, hours=one.spans, why=one.why) for one in found.unusual
        ],
    ).plain()


def _show_year(id: str, hours: "Hours", found: "Year") -> None:
    open_hours = found.open.total_seconds() / 3600
    show(f"{clean(id)}, {hours.zone}")
    table(("DAYS", "OPEN"), [(name, _or_closed(spans)) for name, spans in found.week])
    show(f"{found.year}: {open_hours:,.2f} hours of working time on {found.open_days} days")
    if found.unusual:
        rows = [(f"{one.day:%Y-%m-%d %a}", _or_closed(one.spans), one.why) for one in found.unusual]
        table(("DATE", "OPEN", "WHY"), rows)


def _or_closed(spans: tuple[str, ...]) -> str:
    return ", ".join(spans) or "closed"
