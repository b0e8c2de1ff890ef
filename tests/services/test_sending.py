"""From the form to the outbox."""

import dataclasses
import re
import threading

import pytest
from sqlalchemy import select

from tests.conftest import ADMINISTRATOR, make_customer, rung
from tests.services.outbox import change, counts, draft, message, send, submit
from webapp import queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason
from webapp.extensions import db
from webapp.models import Interaction, Staff
from webapp.services import RefusedByRule, estimates, office, sending

URLS = ("https://example.jp/a", "https://example.jp/bukken/22?room=3", "http://example.com/c")


def sender() -> Staff:
    return db.session.scalars(select(Staff).where(Staff.login_id == ADMINISTRATOR)).one()


def test_a_send_writes_delivery_message_and_interaction_and_rings(app, recipient, redis_server) -> None:
    before = counts(app)
    accepted = sending.send(draft(recipient, "[[%氏名%]]様 内見です。", count_clicks=True), sender())
    assert accepted.is_rung
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    row = message(accepted.message.id)
    assert (row.status, row.reason, row.clicks) == (MessageStatus.QUEUED, None, [])
    assert (row.customer_id, row.recipient_name, row.phone_number) == (
        recipient.id,
        "山田 太郎",
        "09001111102",
    )
    assert (row.body, row.text) == ("[[%氏名%]]様 内見です。", "山田 太郎様 内見です。")
    assert row.delivery.text_message == row.text
    assert row.delivery.subject == "内見"
    assert re.fullmatch(r"[0-9a-f]{10}", row.delivery.key)
    assert row.next_check_at is None
    interaction = db.session.scalars(select(Interaction)).one()
    assert (interaction.message_id, interaction.kind) == (row.id, "sms_sent")
    grown = {name: count - before[name] for name, count in counts(app).items() if count != before[name]}
    assert grown == {"delivery": 1, "message": 1, "interaction": 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", Reason.BODY_EMPTY),
        (" \n\u3000\n", Reason.BODY_EMPTY),
        ("あ" * 661, Reason.BODY_TOO_LONG),
        ("あ" * 659 + "\n" + "い", Reason.BODY_TOO_LONG),
        ("内見です😀", Reason.CHARACTER_UNSENDABLE),
        ("[[%物件%]]です", Reason.PLACEHOLDER_UNKNOWN),
        ("[[%担当者%]]です", Reason.PLACEHOLDER_EMPTY),
        ("[[%ミーティングID%]]です", Reason.PLACEHOLDER_EMPTY),
        ("{{insertion_item1}}です", Reason.MARK_FOREIGN),
        ("{{配信停止URL}} {{配信停止URL}}", Reason.OPT_OUT_REPEATED),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_and_leaves_nothing(
    app, recipient, redis_server, body, reason
) -> None:
    before = counts(app)
    with pytest.raises(RefusedByRule) as refused:
        sending.send(draft(recipient, body), sender())
    assert reason in {refusal.reason for refusal in refused.value.refusals}
    assert {refusal.field for refusal in refused.value.refusals} == {"body"}
    assert counts(app) == before
    assert rung(redis_server) == []
    assert estimates.estimate_draft(body, recipient.id, count_clicks=False).refusals


@pytest.mark.parametrize(
    ("number", "reason"),
    [("", Reason.NUMBER_MISSING), ("0312345678", Reason.NUMBER_NOT_DELIVERABLE)],
)
def test_a_customer_who_cannot_receive_is_refused(app, context, number, reason) -> None:
    customer = make_customer(mobile_number=number)
    before = counts(app)
    with pytest.raises(RefusedByRule) as refused:
        sending.send(draft(customer), sender())
    assert [(one.reason, one.field) for one in refused.value.refusals] == [(reason, "mobile_number")]
    assert counts(app) == before


def test_a_customer_who_is_not_there_is_refused(app, recipient) -> None:
    with pytest.raises(RefusedByRule) as refused:
        sending.send(draft(recipient, customer_id=4711), sender())
    assert [one.reason for one in refused.value.refusals] == [Reason.CUSTOMER_UNKNOWN]
    assert [one.reason for one in estimates.estimate_draft("あ", 4711, count_clicks=False).refusals] == [
        Reason.CUSTOMER_UNKNOWN
    ]


@pytest.mark.parametrize("sign", [{"opted_out": True}, {"detail": "DTL000017", "status": "failed"}])
def test_after_an_opt_out_nothing_more_is_sent_to_that_number(recipient, sign) -> None:
    change(send(recipient), **sign)
    other_card = make_customer(name="山田 花子")
    with pytest.raises(RefusedByRule) as refused:
        sending.send(draft(other_card), sender())
    assert [one.reason for one in refused.value.refusals] == [Reason.OPTED_OUT]
    elsewhere = make_customer(mobile_number="09001111103")
    assert sending.send(draft(elsewhere), sender()).message.id


def test_the_same_submission_twice_is_one_message(app, recipient) -> None:
    form = draft(recipient)
    first = sending.send(form, sender()).message.id
    before = counts(app)
    assert sending.send(form, sender()).message.id == first
    assert counts(app) == before
    assert sending.send(dataclasses.replace(form, submission_key="another"), sender()).message.id != first


@pytest.mark.parametrize(
    "changed", [{"body": "別の本文です。"}, {"subject": "別の件名"}, {"subject": ""}, {"count_clicks": True}]
)
def test_a_submission_that_changed_under_its_key_is_refused(app, recipient, changed) -> None:
    form = draft(recipient, f"内見のご案内です。\n{URLS[0]}")
    first = sending.send(form, sender()).message.id
    before = counts(app)
    with pytest.raises(RefusedByRule) as refused:
        sending.send(dataclasses.replace(form, **changed), sender())
    (refusal,) = refused.value.refusals
    assert (refusal.reason, refusal.detail) == (Reason.ALREADY_SUBMITTED, {"message_id": first})
    assert counts(app) == before


@pytest.mark.parametrize("urls", [0, 1, 3])
@pytest.mark.parametrize("counted", [True, False])
def test_counting_clicks_changes_a_submission_only_where_there_is_a_url(
    app, recipient, urls, counted
) -> None:
    form = draft(recipient, "\n".join(("内見です。", *URLS[:urls])), count_clicks=counted)
    first = sending.send(form, sender()).message.id
    assert sending.send(form, sender()).message.id == first
    other = dataclasses.replace(form, count_clicks=not counted)
    if urls:
        with pytest.raises(RefusedByRule):
            sending.send(other, sender())
    else:
        assert sending.send(other, sender()).message.id == first


def test_the_same_submission_from_many_threads_is_one_message(app, recipient) -> None:
    form = draft(recipient, subject="")
    before = counts(app)
    db.session.remove()
    barrier = threading.Barrier(6)
    ids: list[int] = []

    def post() -> None:
        with app.app_context():
            person = sender()
            barrier.wait()
            ids.append(sending.send(form, person).message.id)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1
    assert counts(app)["message"] == before["message"] + 1
    assert counts(app)["interaction"] == before["interaction"] + 1


def test_without_redis_the_row_waits(app, recipient, redis_server) -> None:
    configuration = app.config["CONFIGURATION"]
    app.config["CONFIGURATION"] = dataclasses.replace(configuration, redis_url="unix:///nowhere.sock?db=0")
    accepted = sending.send(draft(recipient), sender())
    assert not accepted.is_rung
    assert message(accepted.message.id).status == MessageStatus.QUEUED


def test_an_empty_subject_becomes_the_time_in_japan(recipient, moved_clock) -> None:
    row = message(send(recipient, subject=""))
    assert re.fullmatch(r"\d{14}", row.delivery.subject)
    assert row.delivery.subject == row.created_at.astimezone(sending.JST).strftime("%Y%m%d%H%M%S")
    form = draft(recipient, subject="")
    first = sending.send(form, sender()).message.id
    moved_clock.advance(seconds=90)
    assert sending.send(form, sender()).message.id == first


def test_the_longest_subject_fits_the_provider(app, recipient, provider) -> None:
    message_id = send(recipient, subject="件" * sending.MAX_SUBJECT_LENGTH)
    assert submit(app) == 1
    assert message(message_id).status == MessageStatus.SENDING


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\n \u3000\t\n[[%氏名%]]様\nご案内です。\n\n", "山田 太郎様\r\nご案内です。"),
        ("[[%会社名%]]の[[%氏名%]]様", "みなと不動産の山田 太郎様"),
        ("か\u3099っこう", "がっこう"),
        ("1行目\r2行目\r\n3行目\n4行目", "1行目\r\n2行目\r\n3行目\r\n4行目"),
    ],
)
def test_what_is_stored_is_what_the_phone_shows(app, recipient, provider, body, text) -> None:
    message_id = send(recipient, body)
    submit(app)
    assert message(message_id).text == text
    (contact,) = provider.contacts()
    assert contact["text"] == text
    (delivery,) = provider.ledger()
    assert delivery["text_message"] == text
    assert delivery["delivery_name"] == f"内見 {message(message_id).delivery.key}-1"


def test_more_than_two_counted_urls_travel_as_insertion_urls(app, recipient, provider) -> None:
    body = "\n".join(URLS)
    message_id = send(recipient, body, count_clicks=True)
    row = message(message_id)
    assert (row.delivery.click_count, row.delivery.insertion_urls) == (False, list(URLS[:2]))
    assert row.clicks == [0, 0]
    submit(app)
    (contact,) = provider.contacts()
    assert set(contact["links"]) == {"insertion1", "insertion2"}
    assert contact["characters"] == row.characters
    assert URLS[2] in contact["text"]


def test_one_or_two_counted_urls_travel_with_click_count(app, recipient, provider) -> None:
    send(recipient, URLS[0] + "\n" + URLS[1], count_clicks=True)
    submit(app)
    (contact,) = provider.contacts()
    assert set(contact["links"]) == {"shorten1", "shorten2"}


def test_notification_addresses_travel_when_they_are_on(app, recipient, provider) -> None:
    row = office.load_office()
    row.notify_by_email, row.notification_emails = True, ["a@example.jp", "b@example.jp"]
    db.session.commit()
    send(recipient)
    submit(app)
    assert provider.ledger()[0]["notification_emails"] == ["a@example.jp", "b@example.jp"]
