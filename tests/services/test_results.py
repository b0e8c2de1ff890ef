"""What the provider says is stored as it says it, and asked for 50 deliveries at a time."""

import dataclasses
import threading
from datetime import timedelta

import pytest
import requests as http
from structlog.testing import capture_logs

from tests.conftest import make_customer
from tests.services.outbox import (
    ask,
    draft,
    due_now,
    in_job,
    message,
    office,
    requests,
    send,
    submit,
)
from webapp import clock
from webapp.domain.message_status import MessageStatus
from webapp.extensions import db, writing
from webapp.models import Message, Staff
from webapp.services import RefusedByRule, customers, results, sending, smslink_account
from webapp.smslink.client import SmslinkClient
from webapp.smslink.wire import DeliveryResult

S = MessageStatus
URL = "https://example.jp/bukken/1"
RESULT = DeliveryResult(
    delivery_id="d1",
    contact_id="7",
    delivery_name="n",
    phone_number="09001111102",
    carrier=10,
    reserved_at=None,
    canceled_at=None,
    delivered_at=None,
    status=200,
    message="配信成功",
    detail="DTL000001",
    detail_message="端末への配信に成功",
    shorten_url1_click_count=None,
    shorten_url2_click_count=None,
    insertion_url1_click_count=None,
    insertion_url2_click_count=None,
    opted_out=None,
    transmission_count=1,
    raw={"status": 200, "brand_new": True},
)


@pytest.fixture
def on_its_way(app, recipient, provider) -> int:
    """Accepted, with a counted URL and an opt-out link."""
    message_id = send(recipient, f"{URL}\n{{{{配信停止URL}}}}", count_clicks=True)
    submit(app)
    return message_id


def told(**said: object) -> DeliveryResult:
    return dataclasses.replace(RESULT, **said)


def row(status: str = S.SENDING, **values: object) -> Message:
    return Message(status=status, clicks=[], checks=3, text="あ", **values)


def test_everything_is_applied(app, on_its_way, provider) -> None:
    provider.settle()
    due_now(on_its_way)
    assert ask(app)
    found = message(on_its_way)
    (contact,) = provider.contacts()
    assert (found.status, found.provider_status, found.provider_message) == (S.DELIVERED, 200, "配信成功")
    assert (found.detail, found.detail_message) == ("DTL000001", "端末への配信に成功")
    assert (found.carrier, found.segments, found.clicks, found.opted_out) == (10, 1, [0], False)
    assert found.contact_id == str(contact["contact_id"])
    assert found.delivered_at is not None
    assert found.settled_at is not None
    assert found.provider_answer["transmission_count"] == 1


def test_a_failure_is_final_and_not_asked_for_again(app, context, provider) -> None:
    message_id = send(make_customer(mobile_number="09001111202"))
    submit(app)
    provider.settle()
    due_now(message_id)
    ask(app)
    found = message(message_id)
    assert (found.status, found.detail, found.next_check_at) == (S.FAILED, "DTL000007", None)


def test_a_delivered_message_without_links_is_not_asked_for_again(app, recipient, provider) -> None:
    message_id = send(recipient)
    submit(app)
    provider.settle()
    due_now(message_id)
    ask(app)
    assert (message(message_id).status, message(message_id).next_check_at) == (S.DELIVERED, None)


def test_clicks_and_the_opt_out_arrive_and_stop_later_sends(app, on_its_way, recipient, provider) -> None:
    provider.settle()
    due_now(on_its_way)
    ask(app)
    (contact,) = provider.contacts()
    http.get(contact["links"]["shorten1"], allow_redirects=False, timeout=5)
    provider.control("POST", "opt_outs", {"phone_number": "09001111102"})
    due_now(on_its_way)
    ask(app)
    assert (message(on_its_way).clicks, message(on_its_way).opted_out) == ([1], True)
    person = db.session.query(Staff).first()
    with pytest.raises(RefusedByRule):
        sending.send(draft(recipient), person)


def test_codes_nobody_knows_are_kept_and_move_nothing() -> None:
    waiting = row()
    assert not results.apply_result(
        waiting, told(status=150, message="審査中", carrier=99, detail="DTL999999")
    )
    assert (waiting.status, waiting.provider_status, waiting.provider_message) == (S.SENDING, 150, "審査中")
    assert (waiting.carrier, waiting.detail) == (99, "DTL999999")
    assert waiting.provider_answer == {"status": 200, "brand_new": True}
    assert not results.apply_result(waiting, told(status=None, message=None, detail=None))
    assert waiting.status == S.SENDING


@pytest.mark.parametrize("final", [S.DELIVERED, S.FAILED, S.CANCELLED, S.REJECTED])
@pytest.mark.parametrize("said", [50, 100, 200, 300, 700, 900])
def test_a_status_never_leaves_a_final_one(final, said) -> None:
    settled = clock.now() - timedelta(hours=1)
    known = row(final, settled_at=settled, provider_status=1)
    results.apply_result(known, told(status=said))
    assert (known.status, known.settled_at) == (final, settled)


FINAL = {
    "provider_status": 200,
    "provider_message": "配信成功",
    "detail": "DTL000001",
    "detail_message": "端末への配信に成功",
    "carrier": 10,
    "contact_id": "7",
    "cancelled_at": None,
    "provider_answer": {"status": 200},
}


@pytest.mark.parametrize("said", [50, 100, 300, 700, 900, 150, None])
def test_a_final_message_is_not_rewritten(said) -> None:
    known = row(S.DELIVERED, settled_at=clock.now(), **FINAL)
    late = told(
        status=said,
        message="配信失敗",
        detail="DTL000017",
        detail_message="登録されている",
        carrier=30,
        contact_id="8",
        canceled_at=clock.now(),
        delivered_at=clock.now(),
        shorten_url1_click_count=2,
        opted_out=True,
        raw={"status": said},
    )
    with capture_logs() as logs:
        assert not results.apply_result(known, late)
    assert {name: getattr(known, name) for name in FINAL} == FINAL
    assert (known.segments, known.delivered_at) == (None, None)
    assert (known.clicks, known.opted_out) == ([2], True)
    assert [line["event"] for line in logs] == ["late_result"]


def test_a_final_message_takes_what_was_unknown() -> None:
    known = row(S.DELIVERED, settled_at=clock.now(), **FINAL)
    now = clock.now()
    assert results.apply_result(known, told(delivered_at=now, transmission_count=2, carrier=30))
    assert (known.segments, known.delivered_at, known.carrier) == (2, now, 10)
    assert known.provider_answer == RESULT.raw
    later = told(delivered_at=now + timedelta(hours=1), transmission_count=5)
    assert results.apply_result(known, later)
    assert (known.segments, known.delivered_at) == (2, now)


@pytest.mark.parametrize(("said", "is_refused"), [(150, False), (None, False), (50, False), (900, True)])
def test_the_detail_of_a_blocked_number_counts_only_with_the_failure(
    app, on_its_way, recipient, said, is_refused
) -> None:
    with writing():
        results.apply_result(db.session.get_one(Message, on_its_way), told(status=said, detail="DTL000017"))
    assert customers.has_opted_out(recipient.mobile_number) == is_refused


def test_a_status_does_not_go_back_from_sending_to_reserved() -> None:
    sent = row(S.SENDING, provider_status=100)
    assert not results.apply_result(sent, told(status=50, message="予約中"))
    assert (sent.status, sent.provider_status) == (S.SENDING, 100)


def test_what_is_missing_takes_nothing_back() -> None:
    known = row(S.DELIVERED, opted_out=True, carrier=10, segments=2, contact_id="7")
    known.clicks = [3, 1]
    bare = told(
        opted_out=None, carrier=None, transmission_count=None, contact_id=None, shorten_url1_click_count=2
    )
    results.apply_result(known, bare)
    assert (known.opted_out, known.carrier, known.segments, known.contact_id) == (True, 10, 2, "7")
    assert known.clicks == [3, 1]
    results.apply_result(known, told(insertion_url2_click_count=5, opted_out=False))
    assert (known.clicks, known.opted_out) == ([3, 5], True)


def test_fifty_deliveries_go_into_one_request(app, recipient, provider) -> None:
    office().requests_per_minute = 1000
    db.session.commit()
    ids = [send(recipient) for _ in range(101)]
    submit(app)
    provider.settle()
    for message_id in ids:
        row_ = db.session.get_one(Message, message_id, populate_existing=True)
        row_.next_check_at = clock.now()
    db.session.commit()
    assert ask(app)
    assert len(requests(provider, "delivery_results")) == 3
    assert {message(message_id).status for message_id in ids} == {S.DELIVERED}


def test_two_pollers_do_not_ask_for_the_same(app, recipient, provider, monkeypatch) -> None:
    ids = [send(recipient) for _ in range(60)]
    submit(app)
    due_now(*ids)
    asked: list[str] = []
    fetch = SmslinkClient.fetch_results

    def note(client, query):
        asked.extend(query.delivery_ids)
        return fetch(client, query)

    monkeypatch.setattr(SmslinkClient, "fetch_results", note)
    db.session.remove()

    def poll() -> None:
        with app.app_context(), smslink_account.make_client(office()) as client:
            results.check_due(client)

    threads = [threading.Thread(target=poll) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == len(set(asked)) == 60


def test_a_question_under_way_is_nobody_elses(app, on_its_way, provider) -> None:
    due_now(on_its_way)
    in_job(app, results._claim_due)
    assert ask(app)
    assert requests(provider, "delivery_results") == []
    assert message(on_its_way).next_check_at - clock.now() > timedelta(seconds=50)


def test_no_transaction_is_open_while_the_provider_is_asked(app, on_its_way, monkeypatch) -> None:
    pool = db.engine.pool
    held: list[int] = []
    exchange = SmslinkClient._exchange

    def look(*args, **kwargs):
        held.append(pool.checkedout())
        return exchange(*args, **kwargs)

    monkeypatch.setattr(SmslinkClient, "_exchange", look)
    due_now(on_its_way)
    ask(app)
    assert held == [0]


@pytest.mark.parametrize("kind", ["503", "429", "500", "unreadable", "drop_before"])
def test_a_failure_pushes_the_question_back_and_stops(app, on_its_way, provider, kind) -> None:
    due_now(on_its_way)
    provider.trouble(kind, count=None)
    assert not ask(app)
    assert len(requests(provider, "delivery_results")) == 1
    found = message(on_its_way)
    assert (found.status, found.checks) == (S.SENDING, 1)
    assert timedelta(seconds=1) < found.next_check_at - clock.now() < timedelta(seconds=10)
    assert office().hold_reason is None
    provider.control("DELETE", "troubles")


def test_a_refused_token_holds_sending_too(app, on_its_way, provider) -> None:
    due_now(on_its_way)
    provider.trouble("error", code="ERR401002")
    assert not ask(app)
    assert office().hold_reason == "ERR401002"


def test_a_refused_question_lets_the_others_go_on(app, recipient, provider) -> None:
    ids = [send(recipient) for _ in range(60)]
    submit(app)
    due_now(*ids)
    provider.trouble("error", code="ERR400001")
    assert ask(app)
    assert len(requests(provider, "delivery_results")) == 2


def test_a_delivery_missing_from_the_answer_is_asked_for_again(app, on_its_way, provider) -> None:
    provider.reset()
    due_now(on_its_way)
    ask(app)
    found = message(on_its_way)
    assert (found.status, found.checks) == (S.SENDING, 1)
    assert found.next_check_at > clock.now()
