"""A reservation that must not leave any more is cancelled before SMSLINK stops taking cancellations."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import make_customer
from tests.services.outbox import Clock, change, counts, in_job, message, office, requests, send, submit
from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock
from webapp.domain.message_status import MessageStatus as S
from webapp.extensions import db
from webapp.models import Customer, Interaction
from webapp.services import (
    cancelling,
    customers,
    rechecking,
    results,
    smslink_account,
)
from webapp.services.customers import CustomerValues
from webapp.services.office import load_office
from webapp.smslink.answers import ResultsPage
from webapp.smslink.client import SmslinkClient
from webapp.smslink.wire import ResultsQuery

AU = "09001111103"


@pytest.fixture
def leaves_at(recipient: Customer) -> datetime:
    """Its rounded time."""
    return (clock.now() + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def reserved(app: Flask, recipient: Customer, provider: SimulatorProcess, leaves_at: datetime) -> int:
    message_id = send(recipient, reserve_for=leaves_at)
    submit(app)
    assert message(message_id).status == S.RESERVED
    return message_id


def at(moved_clock: Clock, moment: datetime) -> None:
    moved_clock.ahead = moment - (clock.now() - moved_clock.ahead)


def recheck(app: Flask) -> bool:
    """What a poll and a sweep do, with the cancels they ring for."""

    def work() -> bool:
        with smslink_account.make_client(load_office()) as client:
            is_answered = rechecking.ask_due(client)
            rechecking.withdraw_unwanted()
            cancelling.cancel_due(client)
            return is_answered

    return in_job(app, work)


def change_number(recipient: Customer) -> None:
    customers.edit_customer(recipient.id, CustomerValues(recipient.name, AU))


def archive(recipient: Customer) -> None:
    customers.archive_customer(recipient.id, archived=True)


UNWANTED = {"number_changed": change_number, "customer_archived": archive}


@pytest.mark.parametrize("reason", UNWANTED)
def test_what_must_not_leave_is_cancelled_and_says_why(
    app, recipient, provider, reserved, leaves_at, moved_clock, reason
) -> None:
    other = send(make_customer(mobile_number=AU), reserve_for=leaves_at)
    submit(app)
    UNWANTED[reason](recipient)
    before = counts(app)
    at(moved_clock, leaves_at - timedelta(minutes=15))
    assert recheck(app)
    row = message(reserved)
    assert (row.status, row.reason, row.cancel_refused) == (S.CANCELLED, reason, None)
    assert sorted(contact["status"] for contact in provider.contacts()) == [50, 300]
    # Nothing else has changed: one line in the customer's log, by nobody.
    assert counts(app) == before | {"interaction": before["interaction"] + 1}
    line = db.session.scalars(select(Interaction).order_by(Interaction.id.desc())).first()
    assert (line.kind, line.staff_id, line.message_id, line.customer_id) == (
        "sms_cancelled",
        None,
        reserved,
        recipient.id,
    )
    row = message(other)
    assert (row.status, row.reason, row.cancel_requested_at) == (S.RESERVED, None, None)
    # The result that SMSLINK gives later takes the reason from it no more.
    change(reserved, next_check_at=clock.now())
    with smslink_account.make_client(office()) as client:
        assert in_job(app, lambda: results.check_due(client))
    assert (message(reserved).status, message(reserved).reason) == (S.CANCELLED, reason)


def test_a_lost_answer_to_the_cancel_keeps_the_reason(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    archive(recipient)
    at(moved_clock, leaves_at - timedelta(minutes=15))
    provider.trouble("drop_after", paths=["/api/v1/delivery/cancel"])
    recheck(app)
    assert (message(reserved).status, message(reserved).reason) == (S.RESERVED, "customer_archived")
    with smslink_account.make_client(office()) as client:
        in_job(app, lambda: results.check_due(client))
    assert (message(reserved).status, message(reserved).reason) == (S.CANCELLED, "customer_archived")


def test_an_opt_out_that_only_smslink_knows_is_asked_for(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    earlier = send(recipient, "前の案内です。\n{{配信停止URL}}")
    submit(app)
    provider.settle()
    # Known to be delivered, and not asked for again until tomorrow.
    change(earlier, status=S.DELIVERED, next_check_at=None)
    provider.control("POST", "opt_outs", {"phone_number": recipient.mobile_number})
    assert not customers.has_opted_out(recipient.mobile_number)
    at(moved_clock, leaves_at - timedelta(minutes=15))
    assert recheck(app)
    assert (message(reserved).status, message(reserved).reason) == (S.CANCELLED, "opted_out")
    # Kept for later sends as well.
    assert message(earlier).opted_out
    assert customers.has_opted_out(recipient.mobile_number)


def test_an_opt_out_from_a_message_that_is_not_ours_counts_too(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    provider.deliver(
        contacts=[{"phone_number": recipient.mobile_number}], text_message="別の仕組みから\n{{配信停止URL}}"
    )
    provider.control("POST", "opt_outs", {"phone_number": recipient.mobile_number})
    at(moved_clock, leaves_at - timedelta(minutes=15))
    assert recheck(app)
    assert (message(reserved).status, message(reserved).reason) == (S.CANCELLED, "opted_out")


@pytest.mark.parametrize(("minutes", "is_cancelled"), [(21, False), (20, True), (10.1, True), (10, False)])
def test_it_is_judged_in_the_ten_minutes_before_the_limit(
    app, recipient, provider, reserved, leaves_at, moved_clock, minutes, is_cancelled
) -> None:
    archive(recipient)
    at(moved_clock, leaves_at - timedelta(minutes=minutes))
    recheck(app)
    row = message(reserved)
    assert (row.status == S.CANCELLED) == (row.cancel_requested_at is not None) == is_cancelled


def test_what_changes_after_the_question_is_still_seen_until_the_limit(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    at(moved_clock, leaves_at - timedelta(minutes=20))
    recheck(app)
    assert message(reserved).status == S.RESERVED
    change_number(recipient)
    at(moved_clock, leaves_at - timedelta(minutes=10, seconds=20))
    recheck(app)
    assert (message(reserved).status, message(reserved).reason) == (S.CANCELLED, "number_changed")


def test_twice_is_once(app, recipient, provider, reserved, leaves_at, moved_clock) -> None:
    archive(recipient)
    at(moved_clock, leaves_at - timedelta(minutes=15))
    recheck(app)
    done = counts(app)
    recheck(app)
    assert counts(app) == done
    assert len(requests(provider, "delivery_results")) == 1
    assert len(requests(provider, "delivery/cancel")) == 1


def test_one_question_serves_fifty_and_is_repeated_every_four_minutes(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    for number in range(59):
        person = make_customer(mobile_number=f"0900111{number:04}")
        send(person, reserve_for=leaves_at)
    submit(app)
    # 20, 16 and 12 minutes before; later there is nothing to cancel any more.
    asked = []
    for step, minute in enumerate(range(25, 5, -1)):
        at(moved_clock, leaves_at - timedelta(minutes=minute, seconds=-step))
        recheck(app)
        recheck(app)
        asked.append(len(requests(provider, "delivery_results")))
    assert asked == [0] * 5 + [2] * 4 + [4] * 4 + [6] * 7
    assert message(reserved).status == S.RESERVED


def test_a_job_that_has_gone_on_long_enough_leaves_the_rest_to_the_next(
    app, recipient, provider, reserved, leaves_at, moved_clock, monkeypatch
) -> None:
    send(make_customer(mobile_number=AU), reserve_for=leaves_at)
    submit(app)
    monkeypatch.setattr(rechecking, "MAX_VALUES_PER_QUERY", 1)
    fetch = SmslinkClient.fetch_results

    def slowly(client: SmslinkClient, query: ResultsQuery) -> ResultsPage:
        moved_clock.advance(seconds=rechecking.RECHECKING_S + 0.1)
        return fetch(client, query)

    monkeypatch.setattr(SmslinkClient, "fetch_results", slowly)
    at(moved_clock, leaves_at - timedelta(minutes=15))
    assert recheck(app)
    assert len(requests(provider, "delivery_results")) == 1
    assert in_job(app, rechecking.has_due)
    assert recheck(app)
    assert len(requests(provider, "delivery_results")) == 2
    assert not in_job(app, rechecking.has_due)


@pytest.mark.parametrize("trouble", ["503", "429", "drop_before", "unreadable"])
def test_without_an_answer_what_is_known_here_decides(
    app, recipient, provider, reserved, leaves_at, moved_clock, trouble
) -> None:
    archive(recipient)
    at(moved_clock, leaves_at - timedelta(minutes=15))
    provider.trouble(trouble, count=None)
    assert not recheck(app)
    row = message(reserved)
    assert (row.status, row.reason) == (S.RESERVED, "customer_archived")
    provider.control("DELETE", "troubles")
    moved_clock.advance(seconds=61)
    recheck(app)
    if message(reserved).cancel_refused:  # SMSLINK had done it, and its answer was lost
        with smslink_account.make_client(office()) as client:
            in_job(app, lambda: results.check_due(client))
    row = message(reserved)
    assert (row.status, row.reason, row.cancel_refused) == (S.CANCELLED, "customer_archived", None)


def test_the_question_is_asked_again_until_it_is_answered(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    at(moved_clock, leaves_at - timedelta(minutes=19))
    provider.trouble("503", count=2)
    assert [recheck(app), recheck(app), recheck(app)] == [False, False, True]
    assert not in_job(app, rechecking.has_due)


def test_smslink_away_until_the_limit_is_shown(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    archive(recipient)
    at(moved_clock, leaves_at - timedelta(minutes=11))
    provider.trouble("503", count=None)
    recheck(app)
    assert message(reserved).cancel_requested_at is not None
    provider.control("DELETE", "troubles")
    at(moved_clock, leaves_at - timedelta(minutes=9))
    provider.trouble("error", code="ERR406003", paths=["/api/v1/delivery/cancel"])
    recheck(app)
    row = message(reserved)
    assert (row.status, row.cancel_refused, row.reason) == (S.RESERVED, "ERR406003", "customer_archived")
    # When it has left, it does not say that it should not; that nobody could stop it stays.
    provider.advance((leaves_at - clock.now() + moved_clock.ahead).total_seconds() + 60)
    at(moved_clock, leaves_at + timedelta(minutes=1))
    provider.settle()
    with smslink_account.make_client(office()) as client:
        in_job(app, lambda: results.check_due(client))
    row = message(reserved)
    assert (row.status, row.cancel_refused, row.reason) == (S.DELIVERED, "ERR406003", None)


def test_one_number_that_is_refused_keeps_no_answer_from_the_others(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    send(make_customer(mobile_number=AU), reserve_for=leaves_at)
    submit(app)
    provider.deliver(
        contacts=[{"phone_number": recipient.mobile_number}], text_message="別の仕組みから\n{{配信停止URL}}"
    )
    provider.control("POST", "opt_outs", {"phone_number": recipient.mobile_number})
    at(moved_clock, leaves_at - timedelta(minutes=15))
    provider.trouble("error", code="ERR400004")
    assert recheck(app)
    assert len(requests(provider, "delivery_results")) == 3
    assert message(reserved).status == S.CANCELLED


def test_a_persons_wish_does_not_wait_for_the_question_before_it(
    app, recipient, provider, reserved, leaves_at, moved_clock
) -> None:
    at(moved_clock, leaves_at - timedelta(minutes=19))
    recheck(app)
    assert message(reserved).cancel_tried_at is not None
    person = message(reserved).staff
    in_job(app, lambda: cancelling.request_cancel(reserved, person))
    recheck(app)
    row = message(reserved)
    assert (row.status, row.reason) == (S.CANCELLED, None)
