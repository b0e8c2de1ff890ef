"""The connection in force, the trial call, the hold."""

import dataclasses

import pytest

from tests.conftest import rung
from tests.services.outbox import change, message, office, send
from webapp import queue
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db
from webapp.services import holding, smslink_account
from webapp.services.smslink_account import AccountValues, EnvironmentKind

VALUES = AccountValues(
    api_domain="https://api.smslink.jp/",
    token="",
    show_results=True,
    notify_by_email=False,
    notification_emails=[],
    confirm_before_sending=True,
    has_two_way=False,
    has_fixed_number=False,
    has_alphanumeric_sender=False,
    has_safe_delivery=False,
    unit_price=None,
    shortened_url_length=25,
    requests_per_minute=120,
)


def test_the_token_is_encrypted_and_kept_when_none_is_typed(context) -> None:
    smslink_account.edit_account(dataclasses.replace(VALUES, token="a-secret-token"))
    stored = office().token_encrypted
    assert "a-secret-token" not in stored
    assert smslink_account.connection(office()).token == "a-secret-token"
    smslink_account.edit_account(dataclasses.replace(VALUES, shortened_url_length=30))
    assert (office().token_encrypted, office().shortened_url_length) == (stored, 30)


def test_the_environment_wins_over_the_page(context, provider) -> None:
    smslink_account.edit_account(dataclasses.replace(VALUES, token="typed"))
    in_force = smslink_account.connection(office())
    assert (in_force.domain, in_force.token) == (provider.url, provider.token)
    assert smslink_account.environment(office()).kind == EnvironmentKind.SIMULATOR


@pytest.mark.parametrize(
    ("trouble", "code", "reason"),
    [
        (None, "", None),
        ("error", "ERR401002", "ERR401002"),
        ("error", "ERR403001", "ERR403001"),
        ("503", "", "ERR000000"),
        ("drop_before", "", "connection_lost"),
    ],
)
def test_the_trial_call_says_what_is_wrong(context, provider, trouble, code, reason) -> None:
    if trouble:
        provider.trouble(trouble, code=code)
    assert smslink_account.check_connection().reason == reason


def test_a_good_trial_call_resumes_sending(app, recipient, provider, redis_server) -> None:
    held = send(recipient)
    change(held, status=MessageStatus.HELD, reason="ERR401002")
    holding.hold_sending("ERR401002")
    with redis_server.connect() as connection:
        connection.flushall()
    assert smslink_account.check_connection().reason is None
    assert (office().hold_reason, office().held_since) == (None, None)
    assert (message(held).status, message(held).reason) == (MessageStatus.QUEUED, None)
    assert rung(redis_server) == [queue.SUBMIT_JOB]


def test_the_first_reason_of_a_hold_stays(context) -> None:
    holding.hold_sending("ERR401002")
    since = office().held_since
    holding.hold_sending("ERR403001")
    assert (office().hold_reason, office().held_since) == ("ERR401002", since)


def test_a_new_token_lifts_the_hold_and_a_new_price_does_not(context) -> None:
    smslink_account.edit_account(dataclasses.replace(VALUES, token="one"))
    holding.hold_sending("ERR401002")
    smslink_account.edit_account(VALUES)
    assert office().hold_reason == "ERR401002"
    smslink_account.edit_account(dataclasses.replace(VALUES, token="two"))
    assert office().hold_reason is None


def test_a_key_that_changed_is_said(app, context) -> None:
    row = office()
    row.api_domain, row.token_encrypted = VALUES.api_domain, "not a token of this key"
    db.session.commit()
    assert smslink_account.check_connection().reason == smslink_account.TOKEN_UNREADABLE


def test_contact_is_written_once_a_minute(context, moved_clock) -> None:
    holding.note_contact()
    first = office().last_contact_at
    moved_clock.advance(seconds=30)
    holding.note_contact()
    assert office().last_contact_at == first
    moved_clock.advance(seconds=31)
    holding.note_contact()
    assert office().last_contact_at > first
