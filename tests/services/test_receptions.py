"""Replies: each one kept once, with the customer of that number, and none lost for want of one."""

import dataclasses
import threading
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import select
from structlog.testing import capture_logs

from tests.conftest import MOBILE, make_customer
from tests.features.rows import everything, make_message
from tests.services.outbox import Clock, in_job, office, requests
from tests.smslink.simulator_server import SimulatorProcess
from webapp import clock
from webapp.domain.reservation import JST
from webapp.extensions import db, writing
from webapp.models import Interaction, Message, Reception
from webapp.models.customer import Customer
from webapp.services import customers, receiving, receptions, smslink_account
from webapp.services.customers import CustomerValues
from webapp.services.office import load_office, lock_office
from webapp.smslink import wire
from webapp.smslink.client import SmslinkClient

OTHER = "09001111103"
STRANGER = "08012345678"
PATH = ["/api/v1/receptions"]


def move_to(moment: datetime, moved_clock: Clock, provider: SimulatorProcess) -> None:
    """Both clocks: ours and SMSLINK's."""
    distance = moment - datetime.now(UTC)
    moved_clock.ahead = distance
    provider.control("POST", "clock", {"offset_s": distance.total_seconds()})


@pytest.fixture
def two_way(context: Flask, provider: SimulatorProcess, moved_clock: Clock) -> SimulatorProcess:
    """SMSLINK with the contract option, at noon, asked on every day before: one question a round."""
    provider.options(two_way=True)
    move_to(midnight(moved_clock) + timedelta(hours=12), moved_clock, provider)
    with writing():
        lock_office().receptions_open_from = clock.today()
    return provider


def reply(provider: SimulatorProcess, message: str = "はい", number: str = MOBILE) -> str:
    """A customer answers; the id SMSLINK gives it."""
    values = {"phone_number": number, "message": message}
    return str(provider.control("POST", "receptions", values)["reception_id"])


def fetch(app: Flask) -> bool:
    """One round, as the job makes it."""

    def work() -> bool:
        with smslink_account.make_client(load_office()) as client:
            return receiving.fetch_receptions(client)

    return in_job(app, work)


def kept() -> list[tuple[str, int | None]]:
    """Text and customer of every reply, in the order of their arrival."""
    db.session.rollback()
    rows = db.session.scalars(
        select(Reception).order_by(Reception.id).execution_options(populate_existing=True)
    )
    return [(row.message, row.customer_id) for row in rows]


def logged(customer: Customer) -> list[tuple[str, str]]:
    """What the customer's log says of replies, oldest first."""
    rows = db.session.scalars(
        select(Interaction)
        .where(Interaction.customer_id == customer.id, Interaction.kind == "sms_received")
        .order_by(Interaction.id)
    )
    return [(row.subject, row.reception.message) for row in rows]


_ids = count(1)


def said(message: str = "はい", number: str | None = MOBILE, **values: object) -> wire.Reception:
    """A reply as an answer of SMSLINK says it."""
    entry = {"reception_id": f"r{next(_ids)}", "message": message, "phone_number": number}
    return wire.Reception(
        **{
            "short_code": None,
            "carrier": 10,
            "occurred_at": clock.now(),
            "noticed": False,
            "raw": dict(entry),
            **entry,
            **values,
        }
    )


def midnight(moved_clock: Clock) -> datetime:
    """The next one in Japan."""
    tomorrow = moved_clock.now().astimezone(JST).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), JST)


def test_a_reply_is_kept_with_its_customer(app, two_way, recipient) -> None:
    before = everything()
    reception_id = reply(two_way, "明日10時でお願いします。")
    assert fetch(app)
    row = db.session.scalars(select(Reception)).one()
    assert (row.reception_id, row.phone_number, row.customer_id) == (reception_id, MOBILE, recipient.id)
    assert (row.carrier, row.message) == (10, "明日10時でお願いします。")
    assert row.short_code == row.raw["short_code"] != ""
    assert row.raw["noticed"] is False
    assert abs(row.occurred_at - clock.now()) < timedelta(seconds=30)
    contact = db.session.scalars(select(Interaction)).one()
    assert (contact.customer_id, contact.kind, contact.staff_id, contact.message_id) == (
        recipient.id,
        "sms_received",
        None,
        None,
    )
    assert (contact.subject, contact.occurred_at) == (row.message, row.occurred_at)
    assert contact.reception_id == row.id
    after = everything()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"reception", "interaction", "office"}
    assert office().receptions_fetched_at is not None


def test_again_and_again_is_once(app, two_way, recipient) -> None:
    reply(two_way, "一")
    for _ in range(3):
        assert fetch(app)
    reply(two_way, "一")  # the same words are another reply
    for _ in range(2):
        assert fetch(app)
    assert kept() == [("一", recipient.id)] * 2
    assert len(logged(recipient)) == 2
    assert len(requests(two_way, "receptions")) == 5, "one question a round"


def test_a_round_with_nothing_new_writes_no_reply(app, two_way, recipient) -> None:
    reply(two_way)
    fetch(app)
    before = everything()
    fetch(app)
    after = everything()
    assert {name for name in after if after[name] != before[name]} == {"office"}


def test_a_day_of_several_pages_is_read_to_its_end(app, two_way, recipient, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "PAGE_SIZE", 2)
    for number in range(5):
        reply(two_way, str(number))
    assert fetch(app)
    assert kept() == [(str(number), recipient.id) for number in range(5)]
    assert len(requests(two_way, "receptions")) == 3


def answer_with(monkeypatch, pages) -> list[int]:
    """What SMSLINK answers by offset, whatever it is asked; the offsets that were asked for."""
    asked: list[int] = []

    def fetch_receptions(_client, query) -> wire.ReceptionsPage:
        asked.append(query.offset)
        return pages(query.offset)

    monkeypatch.setattr(SmslinkClient, "fetch_receptions", fetch_receptions)
    return asked


def test_pages_that_overlap_give_each_reply_once(app, two_way, recipient, monkeypatch) -> None:
    one, two, three = (said(message) for message in "一二三")
    pages = {0: [one, two], 2: [two, three], 4: [three, three]}
    asked = answer_with(monkeypatch, lambda offset: wire.ReceptionsPage(6, tuple(pages[offset]), 2))
    assert fetch(app)
    assert asked == [0, 2, 4]
    assert kept() == [("一", recipient.id), ("二", recipient.id), ("三", recipient.id)]
    assert len(logged(recipient)) == 3


def test_entries_that_cannot_be_read_still_count_for_the_next_page(app, two_way, monkeypatch) -> None:
    asked = answer_with(
        monkeypatch,
        lambda offset: wire.ReceptionsPage(3, (said(),) if offset else (), 1 if offset else 2),
    )
    with capture_logs() as logs:
        assert fetch(app)
    assert asked == [0, 2]
    assert len(kept()) == 1
    assert [(one["event"], one["entries"]) for one in logs if "unreadable" in one["event"]] == [
        ("receptions_unreadable", 2)
    ]


def test_a_day_without_end_is_left(app, two_way, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "MOST_PAGES", 4)
    same = said()
    asked = answer_with(monkeypatch, lambda _: wire.ReceptionsPage(10**9, (same,), 1))
    assert fetch(app)
    assert len(asked) == 4
    assert len(kept()) == 1


def test_two_who_fetch_at_once_keep_each_reply_once(app, two_way, recipient) -> None:
    for number in range(20):
        reply(two_way, str(number))
    db.session.remove()
    start = threading.Barrier(4)

    def work() -> None:
        with app.app_context(), smslink_account.make_client(load_office()) as client:
            start.wait()
            receiving.fetch_receptions(client)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept() == [(str(number), recipient.id) for number in range(20)]
    assert len(logged(recipient)) == 20


def test_what_comes_before_midnight_is_fetched_after_it(app, two_way, recipient, moved_clock) -> None:
    at = midnight(moved_clock)
    move_to(at - timedelta(seconds=30), moved_clock, two_way)
    assert fetch(app)
    reply(two_way, "真夜中の前")
    move_to(at + timedelta(seconds=30), moved_clock, two_way)
    reply(two_way, "真夜中の後")
    assert fetch(app)
    assert kept() == [("真夜中の前", recipient.id), ("真夜中の後", recipient.id)]


def test_a_day_is_asked_for_until_an_hour_after_its_end(app, two_way, moved_clock) -> None:
    at = midnight(moved_clock)
    for distance, days in ((10, 2), (50 * 60, 2), (70 * 60, 2), (75 * 60, 1)):
        move_to(at + timedelta(seconds=distance), moved_clock, two_way)
        before = len(requests(two_way, "receptions"))
        assert fetch(app)
        assert len(requests(two_way, "receptions")) - before == days, distance
    assert office().receptions_open_from == (at + timedelta(hours=2)).astimezone(JST).date()


@pytest.mark.parametrize("ahead_s", [120, -120])
def test_clocks_that_differ_at_midnight_lose_nothing(app, two_way, recipient, moved_clock, ahead_s) -> None:
    at = midnight(moved_clock)
    for seconds in (-60, 60, 200):
        move_to(at + timedelta(seconds=seconds), moved_clock, two_way)
        reply(two_way, str(seconds))
        moved_clock.advance(seconds=ahead_s)
        fetch(app)
    assert [message for message, _ in kept()] == ["-60", "60", "200"]
    assert office().receptions_trouble is None


def test_days_that_were_missed_are_fetched(app, two_way, recipient, moved_clock) -> None:
    fetch(app)
    began = moved_clock.now()
    for days in (1, 20, 34):
        move_to(began + timedelta(days=days), moved_clock, two_way)
        reply(two_way, f"{days}日")
    assert fetch(app)
    assert [message for message, _ in kept()] == ["1日", "20日", "34日"]


def test_the_first_round_asks_for_35_days_and_no_more(app, two_way, recipient) -> None:
    with writing():
        lock_office().receptions_open_from = None
    assert fetch(app)
    asked = requests(two_way, "receptions")
    assert len(asked) == 36
    assert {one["status"] for one in asked} == {200}
    assert fetch(app)
    assert len(requests(two_way, "receptions")) == 37


def test_a_day_that_became_too_old_is_passed_over(app, two_way, recipient, moved_clock) -> None:
    """SMSLINK's clock is a little ahead of ours at midnight."""
    with writing():
        lock_office().receptions_open_from = None
    at = midnight(moved_clock)
    move_to(at + timedelta(seconds=10), moved_clock, two_way)
    moved_clock.advance(seconds=-60)
    reply(two_way)
    assert fetch(app)
    moved_clock.advance(seconds=120)
    assert fetch(app)
    assert kept() == [("はい", recipient.id)]


def test_our_clock_days_ahead_forgets_no_day(app, two_way, recipient, moved_clock) -> None:
    moved_clock.advance(days=3)
    assert not fetch(app)
    assert office().receptions_trouble == "ERR400001_222"
    reply(two_way)
    moved_clock.advance(days=-3)
    assert fetch(app)
    assert kept() == [("はい", recipient.id)]
    assert office().receptions_trouble is None


def test_a_slow_smslink_is_worked_off_day_by_day(app, two_way, recipient, moved_clock, monkeypatch) -> None:
    """Each question takes longer than a job goes on: every job still comes further."""
    with writing():
        lock_office().receptions_open_from = clock.today() - timedelta(days=3)
    call = SmslinkClient.fetch_receptions

    def slowly(client, query):
        moved_clock.advance(seconds=receiving.GOES_ON_FOR.total_seconds() + 1)
        return call(client, query)

    monkeypatch.setattr(SmslinkClient, "fetch_receptions", slowly)
    reply(two_way)
    days = [fetch(app) for _ in range(4)]
    assert days == [False, False, False, True]
    assert kept() == [("はい", recipient.id)]


@pytest.mark.parametrize("trouble", ["503", "500", "drop_before", "drop_after", "unreadable", "429"])
def test_an_smslink_that_does_not_answer_is_asked_again(
    app, two_way, recipient, trouble, moved_clock
) -> None:
    reply(two_way)
    two_way.trouble(trouble, paths=PATH)
    assert not fetch(app)
    assert kept() == []
    assert office().receptions_trouble
    assert office().hold_reason is None
    moved_clock.advance(seconds=60)  # a 429 makes everybody wait for a while
    assert fetch(app)
    assert kept() == [("はい", recipient.id)]
    assert office().receptions_trouble is None


def test_what_the_first_pages_held_stays_when_a_later_one_fails(app, two_way, recipient, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "PAGE_SIZE", 1)
    for message in "一二":
        reply(two_way, message)
    pages = iter([None, "503"])
    call = SmslinkClient.fetch_receptions

    def failing(client, query):
        trouble = next(pages, None)
        if trouble:
            two_way.trouble(trouble, paths=PATH)
        return call(client, query)

    monkeypatch.setattr(SmslinkClient, "fetch_receptions", failing)
    assert not fetch(app)
    assert [message for message, _ in kept()] == ["一"]
    assert fetch(app)
    assert [message for message, _ in kept()] == ["一", "二"]


def test_a_refused_token_holds_sending(app, two_way) -> None:
    two_way.trouble("error", code="ERR401002", paths=PATH)
    assert not fetch(app)
    assert office().hold_reason == "ERR401002"


@pytest.mark.parametrize("code", ["ERR403001", "ERR404004", "ERR400002"])
def test_a_refusal_of_replies_alone_does_not_hold_sending(app, two_way, code) -> None:
    two_way.trouble("error", code=code, paths=PATH)
    assert not fetch(app)
    assert (office().hold_reason, office().receptions_trouble) == (None, code)


def test_beyond_the_limit_of_requests_nothing_is_asked(app, two_way) -> None:
    with writing():
        lock_office().requests_per_minute = 1
    assert fetch(app)
    assert not fetch(app)
    assert len(requests(two_way, "receptions")) == 1


def test_without_the_contract_there_is_nothing(app, two_way, recipient) -> None:
    two_way.options(two_way=False)
    reply(two_way)
    assert fetch(app)
    assert kept() == []


@pytest.mark.parametrize(
    "written", ["090-0111-1102", "+819001111102", "０９００１１１１１０２", "090 0111 1102"]
)
def test_however_the_number_is_written(context, recipient, written) -> None:
    assert receptions.keep_receptions([said(number=written)], clock.today()) == 1
    assert kept() == [("はい", recipient.id)]
    assert db.session.scalars(select(Reception.phone_number)).one() == MOBILE


@pytest.mark.parametrize("number", [None, "", "通知不可", "12345", "0312345678"])
def test_a_number_that_is_none_of_ours_is_kept_as_it_came(context, recipient, number) -> None:
    make_customer(name="番号なし", mobile_number="")
    assert receptions.keep_receptions([said(number=number)], clock.today()) == 1
    assert kept() == [("はい", None)]
    assert db.session.scalars(select(Reception.phone_number)).one() == (number or "")
    assert receptions.count_unknown() == 1


def test_missing_fields_lose_no_reply(context, recipient) -> None:
    bare = said(message=None, occurred_at=None, carrier=None)
    day = clock.today() - timedelta(days=2)
    assert receptions.keep_receptions([bare], day) == 1
    assert receptions.keep_receptions([bare], day) == 0
    row = db.session.scalars(select(Reception)).one()
    assert (row.message, row.customer_id) == ("", recipient.id)
    assert row.occurred_at.astimezone(JST) == datetime.combine(day, time(), JST)


def test_longer_than_said_is_kept_whole(context, recipient) -> None:
    text = "長" * 3000
    assert receptions.keep_receptions([said(text)], clock.today()) == 1
    ((subject, whole),) = logged(recipient)
    assert (len(subject), whole) == (255, text)


def test_one_id_of_two_services_is_two_replies(context, recipient) -> None:
    """An office that tried the simulator first loses no reply of the real service."""
    tried = said("試し", occurred_at=clock.now() - timedelta(days=3))
    real = said("本番", reception_id=tried.reception_id)
    assert receptions.keep_receptions([tried], clock.today()) == 1
    assert receptions.keep_receptions([real], clock.today()) == 1
    assert [message for message, _ in kept()] == ["試し", "本番"]


def test_an_unknown_number_waits_for_its_card(app, two_way, recipient) -> None:
    reply(two_way, "どなたですか", STRANGER)
    assert fetch(app)
    assert kept() == [("どなたですか", None)]
    assert db.session.scalars(select(Interaction)).all() == []
    newcomer = make_customer(name="新しい人", mobile_number=STRANGER)
    assert kept() == [("どなたですか", newcomer.id)]
    assert logged(newcomer) == [("どなたですか", "どなたですか")]
    assert fetch(app)
    assert len(logged(newcomer)) == 1


def test_a_card_that_gets_the_number_later_gets_the_reply(context, recipient) -> None:
    receptions.keep_receptions([said(number=STRANGER)], clock.today())
    values = {name: getattr(recipient, name) for name in CustomerValues.__dataclass_fields__}
    customers.edit_customer(recipient.id, CustomerValues(**values | {"note": "x"}))
    assert kept() == [("はい", None)]
    customers.edit_customer(recipient.id, CustomerValues(**values | {"mobile_number": STRANGER}))
    assert kept() == [("はい", recipient.id)]
    # A reply stays where it was put, whoever gets the number then.
    make_customer(name="次の人", mobile_number=STRANGER)
    assert kept() == [("はい", recipient.id)]


def test_a_card_saved_while_the_reply_was_being_kept_gets_it(app, two_way) -> None:
    """A database that lets both begin shows neither the other's row: the next round brings them together."""
    receptions.keep_receptions([said(number=STRANGER)], clock.today())
    with writing():
        newcomer = Customer(
            name="新しい人", mobile_number=STRANGER, created_at=clock.now(), updated_at=clock.now()
        )
        db.session.add(newcomer)
    assert fetch(app)
    assert kept() == [("はい", newcomer.id)]
    assert len(logged(newcomer)) == 1


class TestOneNumberOnTwoCards:
    """A couple with one telephone: whom we wrote to last is who answers."""

    @pytest.fixture
    def couple(self, recipient: Customer) -> tuple[Customer, Customer]:
        return recipient, make_customer(name="山田 花子")

    def keep(self, **values: object) -> int | None:
        receptions.keep_receptions([said(**values)], clock.today())
        return kept()[-1][1]

    def test_the_one_last_written_to(self, couple) -> None:
        first, second = couple
        now = clock.now()
        make_message(second, created_at=now - timedelta(hours=2))
        make_message(first, created_at=now - timedelta(hours=1))
        assert self.keep() == first.id
        # A reply that is fetched late answers what was sent before it.
        assert self.keep(occurred_at=now - timedelta(minutes=90)) == second.id

    @pytest.mark.parametrize("status", ["queued", "cancelled", "rejected", "error", "held", "reserved"])
    def test_what_was_not_sent_is_not_answered(self, couple, status) -> None:
        first, second = couple
        make_message(first)
        make_message(second, status=status)
        assert self.keep() == first.id

    def test_clocks_may_differ(self, couple) -> None:
        first, _ = couple
        make_message(first)
        assert self.keep(occurred_at=clock.now() - timedelta(minutes=1)) == first.id

    def test_nobody_was_written_to(self, couple) -> None:
        first, second = couple
        assert self.keep() is None
        assert [row.message for row in receptions.list_undecided(MOBILE)] == ["はい"]
        customers.archive_customer(second.id, archived=True)
        assert kept() == [("はい", first.id)]
        assert receptions.list_undecided(MOBILE) == []

    def test_a_card_off_the_list_gives_way(self, couple) -> None:
        first, second = couple
        make_message(second)
        customers.archive_customer(second.id, archived=True)
        assert self.keep() == first.id

    def test_a_test_send_is_nobodys(self, couple) -> None:
        first, _ = couple
        make_message(first, customer_id=None)
        assert self.keep() is None


def test_the_only_card_is_off_the_list(context, recipient) -> None:
    customers.archive_customer(recipient.id, archived=True)
    receptions.keep_receptions([said()], clock.today())
    assert kept() == [("はい", recipient.id)]


def test_a_number_that_left_its_card_is_of_who_was_written_to(context, recipient) -> None:
    message = make_message(recipient)
    with writing():
        db.session.get_one(Customer, recipient.id).mobile_number = OTHER
    receptions.keep_receptions([said()], clock.today())
    assert kept() == [("はい", recipient.id)]
    assert db.session.get_one(Message, message.id).phone_number == MOBILE


def test_the_log_names_no_number_and_no_text(context, recipient) -> None:
    with capture_logs() as logs:
        receptions.keep_receptions([said("秘密の返事"), said("知らない人", STRANGER)], clock.today())
    assert [one["event"] for one in logs] == ["reception_kept"] * 2
    assert not [one for one in logs if "秘密" in str(one) or MOBILE in str(one) or STRANGER in str(one)]


def test_the_list_is_newest_first_page_by_page(context, recipient) -> None:
    replies = [said(str(number), MOBILE if number % 2 else STRANGER) for number in range(5)]
    receptions.keep_receptions(replies, clock.today())
    first = receptions.list_receptions(size=2)
    assert [row.message for row in first.receptions] == ["4", "3"]
    second = receptions.list_receptions(size=3, older_than=first.older_than)
    assert [row.message for row in second.receptions] == ["2", "1", "0"]
    assert second.older_than is None
    unknown = receptions.list_receptions(is_unknown=True)
    assert [row.message for row in unknown.receptions] == ["4", "2", "0"]
    assert receptions.count_unknown() == 3


def test_a_reply_is_compared_by_what_smslink_calls_it(context, recipient) -> None:
    one = said()
    receptions.keep_receptions([one], clock.today())
    noticed = dataclasses.replace(one, noticed=True, raw={**one.raw, "noticed": True})
    assert receptions.keep_receptions([noticed], clock.today()) == 0


def test_what_customers_wrote_outlives_a_step_back(context, recipient) -> None:
    receptions.keep_receptions([said()], clock.today())
    db.session.remove()
    with pytest.raises(SystemExit):
        downgrade(revision="0003")
    assert kept() == [("はい", recipient.id)]
