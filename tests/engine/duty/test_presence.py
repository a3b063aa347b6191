"""Who is there: what people say counts to the instant, and writing down what lapsed changes nobody's duty."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.duty import presence as duty
from engine.duty.presence import Duty, Out, Presence, PresenceReason, Said, ShiftEnded
from tests.engine.make import START, after

NOBODY = Presence()
EIGHT_HOURS = timedelta(hours=8)


def said(presence: Presence, events: list[Said], *, hours: float = 0) -> Presence:
    return duty.evolve_all(presence, events, after(hours=hours))


def on_shift(length: timedelta | None = EIGHT_HOURS) -> Presence:
    return said(NOBODY, duty.start(NOBODY, START, length=length))


def test_who_never_said_anything_is_neither_on_nor_off() -> None:
    assert duty.duty(NOBODY, START) is Duty.UNSAID


def test_what_covers_somebody_puts_them_on_duty_without_a_word() -> None:
    assert duty.duty(NOBODY, START, covered=True) is Duty.ON


def test_a_shift_lasts_from_its_start_until_its_planned_end() -> None:
    shift = on_shift()
    assert duty.duty(shift, START) is Duty.ON
    assert duty.duty(shift, after(hours=8) - timedelta(microseconds=1)) is Duty.ON
    assert duty.duty(shift, after(hours=8)) is Duty.OFF


def test_a_shift_that_nobody_ends_is_over_after_sixteen_hours() -> None:
    forgotten = on_shift(length=None)
    assert duty.duty(forgotten, after(hours=15.9)) is Duty.ON
    assert duty.duty(forgotten, after(hours=16)) is Duty.OFF
    assert duty.lapsed(forgotten, after(hours=20)) == [
        ShiftEnded(after(hours=16), PresenceReason.FORGOTTEN)
    ]


def test_who_ended_the_shift_is_off_until_the_next() -> None:
    shift = on_shift()
    ended = said(shift, duty.end(shift, after(hours=1)), hours=1)
    assert duty.duty(ended, after(days=9)) is Duty.OFF
    again = said(ended, duty.start(ended, after(days=9)), hours=9 * 24)
    assert duty.duty(again, after(days=9)) is Duty.ON


def test_ending_twice_is_written_down_once() -> None:
    shift = on_shift()
    ended = said(shift, duty.end(shift, after(hours=1)), hours=1)
    assert duty.end(ended, after(hours=2)) == []


def test_who_never_had_a_shift_says_by_ending_it_that_they_are_not_there() -> None:
    ended = said(NOBODY, duty.end(NOBODY, START))
    assert duty.duty(ended, START) is Duty.OFF


def test_a_break_is_half_an_hour_unless_said_and_ends_by_itself() -> None:
    resting = said(on_shift(), duty.go_out(START, Out.BREAK))
    assert duty.duty(resting, after(minutes=29)) is Duty.OFF
    assert duty.duty(resting, after(minutes=30)) is Duty.ON


def test_away_is_stronger_than_whatever_covers_somebody() -> None:
    away = said(NOBODY, duty.go_out(START, Out.AWAY, length=timedelta(hours=2)))
    assert duty.duty(away, after(hours=1), covered=True) is Duty.OFF
    assert duty.duty(away, after(hours=2), covered=True) is Duty.ON


def test_away_without_a_time_lasts_until_back() -> None:
    away = said(on_shift(), duty.go_out(START, Out.AWAY))
    assert duty.duty(away, after(hours=7)) is Duty.OFF
    here = said(away, duty.back(away, after(hours=7)), hours=7)
    assert duty.duty(here, after(hours=7)) is Duty.ON


def test_coming_back_from_nowhere_says_nothing() -> None:
    assert duty.back(on_shift(), START) == []


def test_who_starts_a_shift_is_back() -> None:
    away = said(NOBODY, duty.go_out(START, Out.AWAY))
    started = said(away, duty.start(away, after(hours=1)), hours=1)
    assert duty.duty(started, after(hours=1)) is Duty.ON


def test_another_planned_end_does_not_make_it_another_shift() -> None:
    shift = on_shift()
    longer = said(shift, duty.start(shift, after(hours=7), length=timedelta(hours=3)), hours=7)
    assert longer.started_at == START
    assert longer.ends_at == after(hours=10)


def test_starting_again_without_a_length_changes_nothing() -> None:
    assert duty.start(on_shift(), after(hours=1)) == []


_hours = st.integers(0, 200).map(lambda quarters: quarters / 4)
_lengths = st.none() | st.integers(1, 80).map(lambda quarters: timedelta(minutes=15 * quarters))
_acts = st.lists(
    st.tuples(st.sampled_from(["start", "end", "break", "away", "back"]), _hours, _lengths),
    max_size=8,
)


def lived(acts: list[tuple[str, float, timedelta | None]]) -> Presence:
    """A life of shifts; nothing that lapses is ever written down."""
    presence = NOBODY
    for act, hours, length in sorted(acts, key=lambda act: act[1]):
        at = after(hours=hours)
        events = {
            "start": lambda p=presence, a=at, n=length: duty.start(p, a, length=n),
            "end": lambda p=presence, a=at: duty.end(p, a),
            "break": lambda a=at, n=length: duty.go_out(a, Out.BREAK, length=n),
            "away": lambda a=at, n=length: duty.go_out(a, Out.AWAY, length=n),
            "back": lambda p=presence, a=at: duty.back(p, a),
        }[act]()
        presence = duty.evolve_all(presence, events, at)
    return presence


@given(_acts, _hours, _hours, st.booleans())
def test_writing_down_what_lapsed_changes_nobodys_duty(
    acts: list[tuple[str, float, timedelta | None]], noticed: float, later: float, covered: bool
) -> None:
    presence, at = lived(acts), after(hours=50 + noticed)
    written = duty.evolve_all(presence, duty.lapsed(presence, at), at)
    then = at + timedelta(hours=later)
    assert duty.duty(written, then, covered=covered) is duty.duty(presence, then, covered=covered)
    assert duty.lapsed(written, at) == []


@given(_acts, _hours)
def test_between_two_changes_duty_stays_as_it_is(
    acts: list[tuple[str, float, timedelta | None]], hours: float
) -> None:
    presence, at = lived(acts), after(hours=50 + hours)
    presence = duty.evolve_all(presence, duty.lapsed(presence, at), at)
    lapses = [one for one in (presence.ends_at, presence.out_until) if one]
    change = min(lapses, default=None)
    then = change - timedelta(microseconds=1) if change else at + timedelta(days=999)
    assert duty.duty(presence, then) is duty.duty(presence, at)


def test_who_goes_home_during_a_break_is_off_and_not_on_a_break() -> None:
    resting = said(on_shift(), duty.go_out(START, Out.BREAK))
    gone = said(resting, duty.end(resting, after(minutes=5)), hours=0.1)
    assert (gone.out, gone.started_at) == (None, None)
