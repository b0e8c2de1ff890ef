"""Fetching replies from SMSLINK: today's every minute, and every day that was missed, up to 35 of them.

A day is finished only once it was asked for after its end. `Office.receptions_open_from` says which
comes next, so that nothing is missed while the server is off, and one job goes on where another ended.
"""

from datetime import date, datetime, timedelta
from http import HTTPStatus

import structlog

from webapp import clock
from webapp.domain.reservation import JST
from webapp.extensions import db, writing
from webapp.models import Office
from webapp.services import holding, receptions, results, smslink_account
from webapp.services.office import load_office, lock_office
from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import Refused, SmslinkError
from webapp.smslink.wire import MAX_RECEPTIONS_PER_PAGE, ReceptionsQuery

log = structlog.get_logger(__name__)

READ_TIMEOUT_S = 4.0
GOES_ON_FOR = timedelta(seconds=5)
"""The sweep waits behind this job; what is left is asked for a minute later."""
PAGE_SIZE = MAX_RECEPTIONS_PER_PAGE
MOST_PAGES = 100
"""A day that has more is not believed."""
KEPT_DAYS = 35
"""SMSLINK answers for so many days before today."""
COMES_LATE_BY = timedelta(hours=1)
"""So long after its end a day is still asked for."""
LATE_AFTER = timedelta(minutes=10)
"""A round this old: nobody fetches, and a person should know."""
_DAY_OUT_OF_RANGE = "ERR400001_222"


def fetch_receptions(client: SmslinkClient) -> bool:
    """Everything since the last complete round; False when it has to go on in the next one."""
    stop_at = clock.now() + GOES_ON_FOR
    today = clock.today()
    oldest = today - timedelta(days=KEPT_DAYS)
    for day in _days_to_ask(oldest, today):
        asked_at = clock.now()
        try:
            if not _fetch_day(client, day, stop_at):
                return False
        except SmslinkError as error:
            if day == today and _is_out_of_range(error):
                return False  # SMSLINK's clock has not come to midnight yet
            # A day may have become too old meanwhile; any other is asked for until it is answered.
            if day - oldest > timedelta(days=1) or not _is_out_of_range(error):
                _note_trouble(error)
                return False
        _note_checked(day, asked_at, is_all=day == today)
    receptions.attach_waiting()
    return True


def is_late(office: Office) -> bool:
    """Whether replies should have been fetched since, for the contract and the server say so."""
    if not office.has_two_way:
        return False
    return office.receptions_fetched_at is None or clock.now() - office.receptions_fetched_at > LATE_AFTER


def _days_to_ask(oldest: date, today: date) -> list[date]:
    """From the last day that may be unfinished to today."""
    open_from = load_office(fresh=True).receptions_open_from
    db.session.commit()
    # A clock that was wrong may have written a day to come.
    first = max(oldest, min(open_from or oldest, today))
    return [first + timedelta(days=distance) for distance in range((today - first).days + 1)]


def _fetch_day(client: SmslinkClient, day: date, stop_at: datetime) -> bool:
    """All pages of one day; False when the time or the limit of requests is used up."""
    offset = 0
    for _ in range(MOST_PAGES):
        if clock.now() >= stop_at or not results.may_ask():
            return False
        db.session.commit()  # no transaction stays open while SMSLINK is called
        page = client.fetch_receptions(ReceptionsQuery(day, offset=offset, limit=PAGE_SIZE))
        holding.note_contact()
        if len(page.receptions) < page.entries:
            log.warning("receptions_unreadable", entries=page.entries - len(page.receptions))
        receptions.keep_receptions(page.receptions, day)
        offset += page.entries
        if not page.entries or offset >= page.total:
            return True
    log.warning("receptions_endless", pages=MOST_PAGES)
    return True


def _is_out_of_range(error: SmslinkError) -> bool:
    return isinstance(error, Refused) and _DAY_OUT_OF_RANGE in error.listed_codes


def _note_checked(day: date, asked_at: datetime, *, is_all: bool) -> None:
    may_still_get_some = (asked_at - COMES_LATE_BY).astimezone(JST).date()
    with writing():
        office = lock_office()
        office.receptions_open_from = min(day + timedelta(days=1), may_still_get_some)
        if is_all:
            office.receptions_fetched_at = clock.now()
            office.receptions_trouble = None


def _note_trouble(error: SmslinkError) -> None:
    """Kept for the screen. What is wrong with replies alone must not hold sending."""
    reason = smslink_account.reason_of(error)
    log.warning("receptions_failed", reason=str(error))
    with writing():
        lock_office().receptions_trouble = reason
    if not isinstance(error, Refused) or error.status == HTTPStatus.UNAUTHORIZED:
        results.note_failure(error)
