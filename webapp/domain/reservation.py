"""When a message may leave, as SMSLINK accepts it: a 10-minute grid, at most one year ahead."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.refusals import Reason, Refusal

JST = ZoneInfo("Asia/Tokyo")
STEP = timedelta(minutes=10)
CANCEL_LEAD = timedelta(minutes=10)


def round_up(moment: datetime) -> datetime:
    """Return the first 10-minute mark not before `moment`, in the same zone.

    Raises OverflowError in the last minutes of year 9999: check_reservation refuses those first.
    """
    _require_aware(moment)
    # In UTC no clock is ever put back; Japan's offset is whole hours, so the marks are the same.
    utc = moment.astimezone(UTC)
    mark = utc.replace(minute=utc.minute // 10 * 10, second=0, microsecond=0)
    return (mark if mark == utc else mark + STEP).astimezone(moment.tzinfo)


def latest_allowed(now: datetime) -> datetime:
    """Return the same date and time next year in Japan; 29 February becomes the 28th."""
    _require_aware(now)
    here = now.astimezone(JST)
    try:
        return here.replace(year=here.year + 1)
    except ValueError:
        return here.replace(year=here.year + 1, day=28)


def check_reservation(moment: datetime, now: datetime) -> Refusal | None:
    """Judge the rounded time: after `now`, not after latest_allowed(now)."""
    _require_aware(moment)
    latest = latest_allowed(now)
    if moment > latest:
        return _refuse_too_far(latest)
    # Years before 1900 or so have no rounded time; they are past all the same.
    rounded = round_up(moment) if moment > now - STEP else moment
    if rounded <= now:
        return _refuse_past(moment, now)
    return _refuse_too_far(latest) if rounded > latest else None


def cancel_limit(reserved_at: datetime) -> datetime:
    """Return the last moment at which SMSLINK still accepts a cancellation."""
    _require_aware(reserved_at)
    return reserved_at - CANCEL_LEAD


def _refuse_too_far(latest: datetime) -> Refusal:
    return Refusal(
        Reason.RESERVATION_TOO_FAR, "scheduled_on", {"latest": latest.isoformat(timespec="minutes")}
    )


def _refuse_past(moment: datetime, now: datetime) -> Refusal:
    here = now.astimezone(JST)
    is_today = moment >= here.replace(hour=0, minute=0, second=0, microsecond=0)
    earliest = round_up(here + timedelta.resolution)
    return Refusal(
        Reason.RESERVATION_PAST,
        "scheduled_time" if is_today else "scheduled_on",
        {"earliest": earliest.isoformat(timespec="minutes")},
    )


def _require_aware(moment: datetime) -> None:
    if moment.utcoffset() is None:
        message = "a moment needs its time zone"
        raise ValueError(message)
