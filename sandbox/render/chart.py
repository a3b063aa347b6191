"""Where each mark of a data_visualization goes: numbers to coordinates, drawn by chart.html.j2."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

# The drawing's own units; the page scales it to the room there is.
WIDTH, HEIGHT = 560.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 12.0, 26.0
_PLOT_WIDTH = WIDTH - _LEFT - _RIGHT
_PLOT_HEIGHT = HEIGHT - _TOP - _BOTTOM
_PIE_RADIUS = 100.0
_LINES = 4
# A part of a bar group's room that stays empty, so that groups are told apart.
_GROUP_GAP = 0.3
_FULL = 0.9999
_THOUSAND, _MILLION = 1_000, 1_000_000


@dataclass(frozen=True)
class ChartMark:
    """One bar, line, area or slice, with the words that name it."""

    shape: str
    series: int
    words: str
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    path: str = ""


@dataclass(frozen=True)
class Chart:
    type: str
    legend: tuple[str, ...]
    marks: tuple[ChartMark, ...]
    # (y, words) of the lines behind, and (x, words) of the categories below.
    grid: tuple[tuple[float, str], ...] = ()
    categories: tuple[tuple[float, str], ...] = ()
    x_label: str = ""
    y_label: str = ""
    # What a screen reader hears.
    summary: str = ""


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        return _TOP + _PLOT_HEIGHT * (self.high - value) / (self.high - self.low)


def chart_of(chart: Mapping[str, Any]) -> Chart:
    """The drawing of a block's `chart`; a chart without figures has no marks."""
    if chart.get("type") == "pie":
        return _pie(chart.get("segments") or [])
    series = chart.get("series") or []
    axis = chart.get("axis_config") or {}
    categories = axis.get("categories") or _labels(series)
    scale = _scale_of(chain.from_iterable(_values(one) for one in series))
    places = [_x(number, len(categories)) for number in range(len(categories))]
    draw = _bars if chart.get("type") == "bar" else _lines
    return Chart(
        type=str(chart.get("type")),
        legend=tuple(str(one.get("name", "")) for one in series),
        marks=tuple(draw(series, places, scale, area=chart.get("type") == "area")),
        grid=tuple((scale.y(value), short(value)) for value in _steps(scale)),
        categories=tuple(zip(places, map(str, categories), strict=True)),
        x_label=str(axis.get("x_label") or ""),
        y_label=str(axis.get("y_label") or ""),
        summary="; ".join(f"{one.get('name', '')}: {_spoken(one)}" for one in series),
    )


def short(value: float) -> str:
    """35k rather than 35000."""
    if abs(value) >= _MILLION:
        return f"{value / _MILLION:.3g}M"
    return f"{value / _THOUSAND:.3g}k" if abs(value) >= _THOUSAND else f"{value:.3g}"


def _labels(series: Sequence[Mapping[str, Any]]) -> list[str]:
    points = chain.from_iterable(one.get("data") or [] for one in series)
    return list(dict.fromkeys(str(point.get("label", "")) for point in points))


def _values(series: Mapping[str, Any]) -> list[float]:
    return [float(point.get("value") or 0) for point in series.get("data") or []]


def _spoken(series: Mapping[str, Any]) -> str:
    points = series.get("data") or []
    return ", ".join(f"{point.get('label', '')} {point.get('value', 0)}" for point in points)


def _scale_of(values: Iterable[float]) -> _Scale:
    """From zero, in round steps, so that the lines have short names; what is counted has no halves."""
    held = [0.0, *values]
    whole = all(value.is_integer() for value in held)
    span = max(held) - min(held) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / _LINES))
    step = next(s * magnitude for s in (1, 2, 2.5, 5, 10) if s * magnitude * _LINES >= span)
    step = max(step, 1.0) if whole else step
    low = math.floor(min(held) / step) * step
    high = math.ceil(max(held) / step) * step
    return _Scale(low, high if high > low else low + step, step)


def _steps(scale: _Scale) -> list[float]:
    lines = round((scale.high - scale.low) / scale.step)
    return [scale.low + scale.step * n for n in range(lines + 1)]


def _x(number: int, count: int) -> float:
    """The middle of each category's room."""
    return _LEFT + _PLOT_WIDTH * (number + 0.5) / count


def _bars(
    series: Sequence[Mapping[str, Any]], places: Sequence[float], scale: _Scale, *, area: bool
) -> Iterable[ChartMark]:
    room = _PLOT_WIDTH / max(len(places), 1) * (1 - _GROUP_GAP)
    width = room / max(len(series), 1)
    for number, one in enumerate(series):
        for place, value, label in _points(one, places):
            top, bottom = scale.y(max(value, 0)), scale.y(min(value, 0))
            left = place - room / 2 + number * width
            words = f"{one.get('name', '')}, {label}: {value:g}"
            yield ChartMark("bar", number, words, left, top, max(width - 2, 1), bottom - top)


def _lines(
    series: Sequence[Mapping[str, Any]], places: Sequence[float], scale: _Scale, *, area: bool
) -> Iterable[ChartMark]:
    for number, one in enumerate(series):
        points = [(x, scale.y(value)) for x, value, _ in _points(one, places)]
        if not points:
            continue
        path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        words = f"{one.get('name', '')}: {_spoken(one)}"
        if area:
            base = scale.y(0)
            closed = f"{path} L{points[-1][0]:.1f},{base:.1f} L{points[0][0]:.1f},{base:.1f} Z"
            yield ChartMark("area", number, words, path=closed)
        yield ChartMark("line", number, words, path=path)
        for (x, y), (_, value, label) in zip(points, _points(one, places), strict=True):
            yield ChartMark("point", number, f"{one.get('name', '')}, {label}: {value:g}", x, y)


def _points(series: Mapping[str, Any], places: Sequence[float]) -> list[tuple[float, float, str]]:
    data = series.get("data") or []
    return [
        (place, float(point.get("value") or 0), str(point.get("label", "")))
        for place, point in zip(places, data, strict=False)
    ]


def _pie(segments: Sequence[Mapping[str, Any]]) -> Chart:
    total = sum(float(one.get("value") or 0) for one in segments) or 1.0
    marks, spoken, start = [], [], 0.0
    for number, one in enumerate(segments):
        share = float(one.get("value") or 0) / total
        words = f"{one.get('label', '')}: {one.get('value', 0)} ({share:.0%})"
        marks.append(ChartMark("slice", number, words, path=_slice(start, share)))
        spoken.append(words)
        start += share
    legend = tuple(str(one.get("label", "")) for one in segments)
    return Chart("pie", legend, tuple(marks), summary="; ".join(spoken))


def _slice(start: float, share: float) -> str:
    """From twelve o'clock, clockwise. A whole circle is drawn a hair short, as SVG needs."""
    share = min(share, _FULL)
    one, other = _on_circle(start), _on_circle(start + share)
    large = 1 if share > 1 / 2 else 0
    middle = f"{WIDTH / 2:.1f},{HEIGHT / 2:.1f}"
    return f"M{middle} L{one} A{_PIE_RADIUS},{_PIE_RADIUS} 0 {large} 1 {other} Z"


def _on_circle(turn: float) -> str:
    angle = 2 * math.pi * turn
    x = WIDTH / 2 + _PIE_RADIUS * math.sin(angle)
    y = HEIGHT / 2 - _PIE_RADIUS * math.cos(angle)
    return f"{x:.1f},{y:.1f}"
