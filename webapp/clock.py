"""The one place that reads the clock: everything else is handed the time."""

from datetime import UTC, date, datetime

from webapp.domain.reservation import JST


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in Japan."""
    return now().astimezone(JST).date()
