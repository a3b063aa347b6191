"""Public holidays of a country, from the `holidays` package: the extra `deskd[holidays]`, asked by one command."""

from collections.abc import Iterable

from holidays import country_holidays, list_supported_countries

from deskd.declared.ical import Holidays
from deskd.settings.names import near


def holidays_of(country: str, subdivision: str | None, years: Iterable[int]) -> Holidays:
    """`country` and `subdivision` by ISO 3166, such as DE and BE. Raises ValueError naming the nearest that exist."""
    known = list_supported_countries()
    country = country.upper()
    if country not in known:
        raise ValueError(
            f'no holidays are known of the country "{country}"{_meant(country, known)}'
        )
    parts = {part.upper(): part for part in known[country]}
    if subdivision and subdivision.upper() not in parts:
        names = ", ".join(parts.values()) or "none"
        raise ValueError(f'{country} has no subdivision "{subdivision}"; known: {names}')
    part = parts[subdivision.upper()] if subdivision else None
    found = country_holidays(country, subdiv=part, years=years)
    return Holidays(days=dict(found.items()))


def _meant(country: str, known: Iterable[str]) -> str:
    close = near(country, list(known))
    return f'; did you mean "{close}"?' if close else "; write two letters, such as DE"
