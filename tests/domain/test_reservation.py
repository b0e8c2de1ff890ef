"""The 10-minute grid, the year ahead, and the last moment to cancel."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.refusals import Reason, Refusal
from webapp.domain.reservation import JST, cancel_limit, check_reservation, latest_allowed, round_up

NOW = datetime(2026, 11, 24, 15, 3, 20, tzinfo=JST)


def at(*parts):
    return datetime(*parts, tzinfo=JST)


@pytest.mark.parametrize(
    ("moment", "rounded"),
    [
        (at(2026, 11, 24, 15, 0), at(2026, 11, 24, 15, 0)),
        (at(2026, 11, 24, 15, 0, 0, 1), at(2026, 11, 24, 15, 10)),
        (at(2026, 11, 24, 15, 0, 1), at(2026, 11, 24, 15, 10)),
        (at(2026, 11, 24, 15, 1), at(2026, 11, 24, 15, 10)),
        (at(2026, 11, 24, 15, 5), at(2026, 11, 24, 15, 10)),
        (at(2026, 11, 24, 15, 9), at(2026, 11, 24, 15, 10)),
        (at(2026, 11, 24, 15, 10), at(2026, 11, 24, 15, 10)),
        (at(2026, 11, 24, 23, 50), at(2026, 11, 24, 23, 50)),
        (at(2026, 11, 24, 23, 55), at(2026, 11, 25, 0, 0)),
        (at(2026, 11, 30, 23, 51), at(2026, 12, 1, 0, 0)),
        (at(2026, 12, 31, 23, 59, 59, 999999), at(2027, 1, 1, 0, 0)),
        (at(2028, 2, 28, 23, 55), at(2028, 2, 29, 0, 0)),
        (at(2027, 2, 28, 23, 55), at(2027, 3, 1, 0, 0)),
    ],
)
def test_it_rounds_up_to_ten_minutes(moment, rounded):
    assert round_up(moment) == rounded
    assert round_up(moment).tzinfo is JST
    assert round_up(moment.astimezone(UTC)) == rounded


# Japan had summer time until 1951, and clock times of the same zone subtract without it.
moments = st.datetimes(
    datetime(1952, 1, 1),  # noqa: DTZ001 - hypothesis wants the bounds naive
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, JST, timezone(timedelta(hours=5, minutes=45))]),
)


@given(moments)
def test_rounding_stays_on_the_grid_never_earlier_less_than_ten_minutes_later(moment):
    rounded = round_up(moment)
    here = rounded.astimezone(JST)
    assert (here.minute % 10, here.second, here.microsecond) == (0, 0, 0)
    assert timedelta(0) <= rounded - moment < timedelta(minutes=10)
    assert round_up(rounded) == rounded
    assert rounded.tzinfo is moment.tzinfo


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        (NOW, at(2027, 11, 24, 15, 3, 20)),
        (at(2028, 2, 29, 10, 0), at(2029, 2, 28, 10, 0)),
        (at(2027, 2, 28, 10, 0), at(2028, 2, 28, 10, 0)),
        # Still the 28th in London, already the 29th in Tokyo.
        (datetime(2028, 2, 28, 16, 0, tzinfo=UTC), at(2029, 2, 28, 1, 0)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), at(2028, 1, 1, 1, 0)),
    ],
)
def test_one_year_is_the_same_date_and_time_in_japan(now, latest):
    assert latest_allowed(now) == latest
    assert latest_allowed(now).utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize(
    ("moment", "field"),
    [
        (at(2026, 11, 24, 15, 0), "scheduled_time"),
        (at(2026, 11, 24, 14, 50), "scheduled_time"),
        (at(2026, 11, 24, 0, 0), "scheduled_time"),
        (at(2026, 11, 23, 23, 59), "scheduled_on"),
        (datetime(1, 1, 1, tzinfo=JST), "scheduled_on"),
    ],
)
def test_what_is_past_after_rounding_is_refused_with_the_next_time(moment, field):
    assert check_reservation(moment, NOW) == Refusal(
        Reason.RESERVATION_PAST, field, {"earliest": "2026-11-24T15:10+09:00"}
    )


def test_the_present_moment_is_not_the_future():
    now = at(2026, 11, 24, 15, 0)
    assert check_reservation(now, now).detail == {"earliest": "2026-11-24T15:10+09:00"}
    assert check_reservation(now + timedelta(microseconds=1), now) is None


def test_a_minute_ago_that_rounds_into_the_future_passes():
    assert check_reservation(at(2026, 11, 24, 15, 1), NOW) is None
    assert check_reservation(at(2026, 11, 24, 15, 1).astimezone(UTC), NOW.astimezone(UTC)) is None


@pytest.mark.parametrize(
    "moment",
    [
        at(2027, 11, 24, 15, 1),  # rounds to 15:10, beyond 15:03:20
        at(2027, 11, 24, 15, 4),
        at(2028, 1, 1, 0, 0),
        datetime(9999, 12, 31, 23, 59, tzinfo=JST),
    ],
)
def test_more_than_a_year_ahead_after_rounding_is_refused(moment):
    assert check_reservation(moment, NOW) == Refusal(
        Reason.RESERVATION_TOO_FAR, "scheduled_on", {"latest": "2027-11-24T15:03+09:00"}
    )


def test_the_last_mark_within_the_year_passes():
    assert check_reservation(at(2027, 11, 24, 15, 0), NOW) is None
    assert check_reservation(at(2029, 2, 28, 10, 0), at(2028, 2, 29, 10, 0)) is None
    assert check_reservation(at(2029, 2, 28, 10, 1), at(2028, 2, 29, 10, 0)) is not None


@given(moments, moments)
def test_the_limits_are_those_of_the_rounded_time(moment, now):
    rounded = round_up(moment)
    assert (check_reservation(moment, now) is None) is (now < rounded <= latest_allowed(now))


def test_cancelling_ends_ten_minutes_before():
    assert cancel_limit(at(2026, 12, 1, 0, 0)) == at(2026, 11, 30, 23, 50)


@pytest.mark.parametrize(
    "rule", [round_up, latest_allowed, cancel_limit, lambda naive: check_reservation(naive, NOW)]
)
def test_a_moment_without_zone_is_a_mistake(rule):
    with pytest.raises(ValueError, match="time zone"):
        rule(datetime(2026, 11, 24, 15, 0))  # noqa: DTZ001
