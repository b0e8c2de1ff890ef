"""A test send: this customer's text to the sender's own number, in no customer's log."""

import dataclasses
import threading
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.conftest import ADMINISTRATOR, make_customer, make_staff, rung
from tests.services.outbox import change, counts, draft, in_job, message, send, submit
from tests.services.test_what_is_charged import PIECES, URLS
from webapp import clock, queue
from webapp.domain.message_status import MessageStatus
from webapp.domain.refusals import Reason
from webapp.extensions import db, write_once
from webapp.models import Customer, Message, Staff
from webapp.services import RefusedByRule, cancelling, estimates, sending, staff, test_sends
from webapp.services.sending import Draft

OWN = "09001111103"
OTHERS = "09001111104"
TEXT = "[[%氏名%]]様 内見です。"


def sender() -> Staff:
    return db.session.scalars(select(Staff).where(Staff.login_id == ADMINISTRATOR)).one()


@pytest.fixture(autouse=True)
def own_number(context) -> None:
    """Of the sender, and another one of a colleague."""
    staff.change_own_number(sender().id, OWN)
    staff.change_own_number(make_staff("sato").id, OTHERS)


def try_out(form: Draft) -> int:
    return test_sends.send_test(form, sender()).message.id


def refused(form: Draft) -> list[tuple[Reason, str]]:
    with pytest.raises(RefusedByRule) as caught:
        try_out(form)
    return [(one.reason, one.field) for one in caught.value.refusals]


def test_it_writes_delivery_and_message_and_nobodys_log(app, recipient, redis_server) -> None:
    before = counts(app)
    accepted = test_sends.send_test(draft(recipient, TEXT + f"\n{URLS[0]}", count_clicks=True), sender())
    assert accepted.is_rung
    assert rung(redis_server) == [queue.SUBMIT_JOB]
    row = message(accepted.message.id)
    assert (row.status, row.customer_id, row.staff_id) == (MessageStatus.QUEUED, None, sender().id)
    assert (row.recipient_name, row.phone_number) == ("テスト送信(管理 花子)", OWN)
    assert row.text == f"山田 太郎様 内見です。\r\n{URLS[0]}"
    assert (row.delivery.click_count, row.clicks, row.delivery.reserved_at) == (True, [0], None)
    grown = {name: count - before[name] for name, count in counts(app).items() if count != before[name]}
    assert grown == {"delivery": 1, "message": 1}


def test_the_longest_name_fits_its_column(context) -> None:
    with_long_name = make_staff("long", "あ" * 100)
    staff.change_own_number(with_long_name.id, OWN)
    name = test_sends.send_test(draft(make_customer()), with_long_name).message.recipient_name
    assert len(name) == Message.recipient_name.type.length == 100
    assert name.endswith("あ)")


def test_it_leaves_at_once_whatever_the_time_says(recipient) -> None:
    for moment in (clock.now() + timedelta(days=1), clock.now() - timedelta(days=1)):
        row = message(try_out(draft(recipient, reserve_for=moment)))
        assert row.delivery.reserved_at is None
        assert row.next_attempt_at <= clock.now()


def test_the_same_text_again_is_the_same_message(app, recipient) -> None:
    form = draft(recipient, TEXT)
    first = try_out(form)
    before = counts(app)
    assert try_out(form) == first
    assert try_out(dataclasses.replace(form, subject="別の件名", reserve_for=clock.now())) == first
    change(first, status=MessageStatus.DELIVERED)
    assert try_out(form) == first
    assert counts(app) == before


def test_many_clicks_at_once_are_one_message(app, recipient) -> None:
    form = draft(recipient, TEXT)
    before = counts(app)
    db.session.remove()
    barrier = threading.Barrier(6)
    ids: list[int] = []

    def post() -> None:
        with app.app_context():
            person = sender()
            barrier.wait()
            ids.append(test_sends.send_test(form, person).message.id)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1
    assert counts(app)["message"] == before["message"] + 1


def test_what_arrives_otherwise_is_a_new_test(recipient) -> None:
    form = draft(recipient, TEXT + f"\n{URLS[0]}")
    other = make_customer(name="山田 太郎", mobile_number=OTHERS)
    changes = (
        {"body": "別の文"},
        {"count_clicks": True},
        {"submission_key": "k" * 8},
        {"customer_id": other.id},
    )
    made = [try_out(form), *(try_out(dataclasses.replace(form, **changed)) for changed in changes)]
    staff.change_own_number(sender().id, OTHERS)
    made.append(try_out(form))
    assert message(made[-1]).phone_number == OTHERS
    recipient.name = "新 姓名"
    db.session.commit()
    made.append(try_out(form))
    assert message(made[-1]).text.startswith("新 姓名様")
    assert len(set(made)) == len(made)


def test_without_a_key_the_same_text_is_the_same_test_for_a_while(app, recipient) -> None:
    form = draft(recipient, TEXT, submission_key="")
    first = try_out(form)
    assert try_out(form) == first
    assert try_out(dataclasses.replace(form, body="別の文")) != first
    change(first, created_at=clock.now() - test_sends.SAME_TEST)
    again = try_out(form)
    assert again != first
    assert try_out(form) == again
    # With a key it is the same for as long as the page is open.
    keyed = draft(recipient, TEXT)
    kept = try_out(keyed)
    change(kept, created_at=clock.now() - 2 * test_sends.SAME_TEST)
    assert try_out(keyed) == kept


@pytest.mark.parametrize("shown", ["", OTHERS])
def test_it_goes_to_no_other_number_than_was_seen(app, recipient, redis_server, shown) -> None:
    before = counts(app)
    assert refused(draft(recipient, shown_number=shown)) == [(Reason.OWN_NUMBER_CHANGED, test_sends.FIELD)]
    assert counts(app) == before
    assert rung(redis_server) == []
    assert message(try_out(draft(recipient, shown_number=OWN))).phone_number == OWN


def test_a_database_that_lets_two_begin_keeps_one(app, recipient, monkeypatch) -> None:
    """The other request's row is not seen at first: the unique index refuses ours, and theirs is found."""
    form = draft(recipient, TEXT)
    first, sent = try_out(form), sending.send(form, sender()).message.id
    before = counts(app)
    looks = []

    def blind_once(real, nothing):
        def look(*arguments):
            looks.append(real.__name__)
            return real(*arguments) if looks.count(real.__name__) > 1 else nothing

        return look

    monkeypatch.setattr(test_sends, "_list_tried", blind_once(test_sends._list_tried, []))
    monkeypatch.setattr(sending, "_find_submitted", blind_once(sending._find_submitted, None))
    assert try_out(form) == first
    assert sending.send(form, sender()).message.id == sent
    assert looks == ["_list_tried"] * 2 + ["_find_submitted"] * 2
    assert counts(app) == before


def test_what_is_refused_for_another_reason_stays_refused(app, context) -> None:
    calls = []

    def write() -> None:
        calls.append(1)
        db.session.add(Message())
        db.session.flush()

    before = counts(app)
    with pytest.raises(IntegrityError):
        write_once(write)
    assert len(calls) == 2
    assert counts(app) == before


@pytest.mark.parametrize("status", test_sends.NOT_DELIVERED)
def test_what_did_not_arrive_is_tried_again(recipient, status) -> None:
    form = draft(recipient, TEXT)
    first = try_out(form)
    change(first, status=status)
    again = try_out(form)
    assert again != first
    assert try_out(form) == again
    change(again, status=status)
    assert try_out(form) not in {first, again}


def test_two_people_try_the_same_form_on_their_own_phones(recipient) -> None:
    form = draft(recipient, TEXT)
    colleague = db.session.scalars(select(Staff).where(Staff.login_id == "sato")).one()
    staff.change_own_number(colleague.id, OWN)
    theirs = test_sends.send_test(form, colleague).message
    assert theirs.id != try_out(form)
    assert theirs.recipient_name == "テスト送信(佐藤 健一)"


def test_the_forms_key_stays_free_for_the_customer(recipient) -> None:
    form = draft(recipient, TEXT)
    tried = try_out(form)
    sent = sending.send(form, sender()).message
    assert sent.id != tried
    assert (sent.customer_id, sent.submission_key) == (recipient.id, form.submission_key)
    assert try_out(form) == tried


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", Reason.BODY_EMPTY),
        ("あ" * 661, Reason.BODY_TOO_LONG),
        ("内見です😀", Reason.CHARACTER_UNSENDABLE),
        ("[[%物件%]]です", Reason.PLACEHOLDER_UNKNOWN),
        ("[[%担当者%]]です", Reason.PLACEHOLDER_EMPTY),
        ("{{insertion_item1}}です", Reason.MARK_FOREIGN),
    ],
)
def test_a_text_that_could_not_be_sent_is_refused(app, recipient, redis_server, body, reason) -> None:
    before = counts(app)
    assert (reason, "body") in refused(draft(recipient, body))
    assert counts(app) == before
    assert rung(redis_server) == []


def test_without_an_own_number_nothing_is_sent(app, recipient) -> None:
    staff.change_own_number(sender().id, "")
    before = counts(app)
    assert refused(draft(recipient)) == [(Reason.OWN_NUMBER_MISSING, test_sends.FIELD)]
    assert counts(app) == before


def test_a_number_that_cannot_receive_any_more_is_refused(recipient) -> None:
    staff.change_own_number(sender().id, "0312345678")
    assert refused(draft(recipient)) == [(Reason.NUMBER_NOT_DELIVERABLE, test_sends.FIELD)]


def test_a_customer_who_is_not_there_is_refused(recipient) -> None:
    assert refused(draft(recipient, customer_id=4711)) == [(Reason.CUSTOMER_UNKNOWN, "customer_id")]


@pytest.mark.parametrize("number", ["", "0312345678"])
def test_whether_the_customer_can_receive_does_not_matter(context, number) -> None:
    assert message(try_out(draft(make_customer(mobile_number=number)))).phone_number == OWN


def test_the_customers_opt_out_does_not_stop_it(app, recipient, provider) -> None:
    change(send(recipient), status=MessageStatus.DELIVERED, opted_out=True)
    tried = try_out(draft(recipient))
    submit(app)
    assert message(tried).status == MessageStatus.SENDING


def test_an_opt_out_of_the_own_number_does(app, recipient, provider) -> None:
    waiting = try_out(draft(recipient))
    change(try_out(draft(recipient, "別の文")), status=MessageStatus.DELIVERED, opted_out=True)
    assert refused(draft(recipient)) == [(Reason.OWN_NUMBER_OPTED_OUT, test_sends.FIELD)]
    # Asked again by the worker.
    submit(app)
    assert (message(waiting).status, message(waiting).reason) == (MessageStatus.ERROR, "opted_out")
    assert provider.ledger() == []


def test_a_waiting_one_can_be_cancelled_and_leaves_no_log(app, recipient) -> None:
    tried = try_out(draft(recipient))
    before = counts(app)
    in_job(app, lambda: cancelling.request_cancel(tried, Staff(id=1)))
    assert message(tried).status == MessageStatus.CANCELLED
    assert counts(app) == before


def test_safe_delivery_of_the_contract_needs_no_date_of_the_own_number(app, recipient, provider) -> None:
    recipient.acquired_on = clock.today()
    db.session.execute(db.text("UPDATE office SET has_safe_delivery = 1"))
    db.session.commit()
    tried = try_out(draft(recipient))
    submit(app)
    assert message(tried).status == MessageStatus.SENDING
    assert provider.contacts()[0]["phone_number"] == OWN


@settings(max_examples=25)
@given(st.lists(PIECES | st.just("[[%氏名%]]様"), min_size=1, max_size=12).map("".join), st.booleans())
def test_it_is_the_text_that_the_customer_gets(app, context, provider, body, count_clicks) -> None:
    provider.reset()
    customer = db.session.scalar(select(Customer)) or make_customer()
    form = draft(customer, body, count_clicks=count_clicks)
    if estimates.estimate_draft(body, customer.id, count_clicks=count_clicks).refusals:
        assert refused(form)
        return
    tried = try_out(form)
    sent = sending.send(form, sender()).message.id
    assert submit(app) == 2
    test, real = message(tried), message(sent)
    names = ("body", "text", "characters", "estimated_segments", "shortened_links", "shortened_url_length")
    for name in (*names, "clicks", "template_id"):
        assert getattr(test, name) == getattr(real, name), name
    first, second = provider.ledger()
    assert first["text_message"] == second["text_message"]
    arrived, meant = first["contacts"][0], second["contacts"][0]
    assert {arrived["phone_number"], meant["phone_number"]} == {OWN, customer.mobile_number}
    assert arrived["characters"] == meant["characters"]
    # The same links are shortened; where to is random.
    assert set(arrived["links"]) == set(meant["links"])
