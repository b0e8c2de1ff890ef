"""The client against a real far end: by default our simulator, else whatever the environment names.

SMSLINK_CONTRACT_DOMAIN and SMSLINK_CONTRACT_TOKEN point it at the provider's sandbox (weekdays 9:00-24:00
JST). It uses only what the API reference promises, and only the sandbox's simulator numbers: about 60
requests, 30 recipients, and a reservation or two that it cannot take back.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest

from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import NotSent, Reason, Refused
from webapp.smslink.wire import (
    Accepted,
    Contact,
    DeliveryResult,
    Registration,
    ResultsQuery,
)

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
FINAL = {200, 300, 700, 900}
PATIENCE_S = 120.0
Answer = TypeVar("Answer")

DOCOMO, AU, SOFTBANK, UNKNOWN, RAKUTEN = 10, 20, 30, 40, 50
# The provider's table "Simulator numbers": carrier, status, detail.
SIMULATOR_NUMBERS = {
    "09001111101": (SOFTBANK, 200, "DTL000001"),
    "09001111102": (DOCOMO, 200, "DTL000001"),
    "09001111103": (AU, 200, "DTL000001"),
    "09001111104": (RAKUTEN, 200, "DTL000001"),
    "09001111201": (SOFTBANK, 900, "DTL000007"),
    "09001111202": (DOCOMO, 900, "DTL000007"),
    "09001111203": (AU, 900, "DTL000007"),
    "09001111204": (RAKUTEN, 900, "DTL000007"),
    "09001111211": (SOFTBANK, 900, "DTL000007"),
    "09001111222": (DOCOMO, 900, "DTL000007"),
    "09001111233": (AU, 900, "DTL000007"),
    "09002222001": (UNKNOWN, 900, "DTL000011"),
    "09007010001": (DOCOMO, 200, "DTL000001"),
}
# The reference's worked example: 201 characters.
LONG_TEXT = "契約更新のご案内です。" + "あ" * 190
SEGMENTS_OF_201 = {DOCOMO: 4, AU: 3, RAKUTEN: 3, SOFTBANK: 1}


@dataclass(frozen=True)
class FarEnd:
    """An address and the token it accepts."""

    domain: str
    token: str


@pytest.fixture(scope="module")
def far_end(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarEnd]:
    """The far end the environment names, or a simulator of our own in a process of its own."""
    if domain := os.environ.get("SMSLINK_CONTRACT_DOMAIN"):
        yield FarEnd(domain, os.environ["SMSLINK_CONTRACT_TOKEN"])
        return
    folder = tmp_path_factory.mktemp("simulator")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SIMULATOR_")},
        "SIMULATOR_DATA": str(folder / "simulator.sqlite3"),
        "SIMULATOR_TOKEN": TOKEN,
    }
    command = [
        *(sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "1", "--threads", "8"),
        *("-b", f"127.0.0.1:{port}", "webapp.smslink.simulator:create_app()"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _await_port(port, process, folder / "log")
        yield FarEnd(f"http://127.0.0.1:{port}/", TOKEN)
    finally:
        process.terminate()
        process.wait(10)


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"the simulator did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def client(far_end: FarEnd) -> Iterator[SmslinkClient]:
    """A client of the far end."""
    with SmslinkClient(far_end.domain, far_end.token) as client:
        yield client


def patiently(call: Callable[[], Answer]) -> Answer:
    """Make the call, again when the contract's requests of this minute are used up."""
    given_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return call()
        except NotSent as error:
            if error.reason is not Reason.RATE_LIMITED or time.monotonic() > given_up_at:
                raise
        time.sleep(5)


def refuse(call: Callable[[], object]) -> Refused:
    """Make a call that must be refused, and return the refusal."""
    with pytest.raises(Refused) as caught:
        patiently(call)
    return caught.value


def fetch_all(client: SmslinkClient, delivery_id: str) -> dict[str, DeliveryResult]:
    """The results of a delivery by the number as it was sent."""
    page = patiently(lambda: client.fetch_results(ResultsQuery(delivery_ids=(delivery_id,))))
    assert page.total == page.entries == len(page.results)
    assert {result.delivery_id for result in page.results} <= {delivery_id}
    return {result.phone_number or "": result for result in page.results}


def find_statuses(
    client: SmslinkClient, accepted: Accepted, contact_ids: set[str | None]
) -> set[tuple[int | None, str | None, str | None]]:
    """Status, message and detail of these contacts; a cancelled one also says when it was."""
    page = patiently(lambda: client.fetch_results(ResultsQuery(delivery_ids=(accepted.delivery_id,))))
    found = [result for result in page.results if result.contact_id in contact_ids]
    assert len(found) == len(contact_ids)
    assert all((result.status == 300) is (result.canceled_at is not None) for result in found)
    return {(result.status, result.message, result.detail) for result in found}


def await_final(client: SmslinkClient, accepted: Accepted) -> dict[str, DeliveryResult]:
    """The results once all of them are final."""
    given_up_at = time.monotonic() + PATIENCE_S
    while True:
        results = fetch_all(client, accepted.delivery_id)
        if results and all(result.status in FINAL for result in results.values()):
            return results
        assert all(result.status in {50, 100, *FINAL} for result in results.values())
        if time.monotonic() > given_up_at:
            pytest.fail("not final in time")
        time.sleep(1)


def draw_name() -> str:
    """A delivery name nobody has used."""
    return f"契約試験 {uuid4().hex[:12]}"


def to_numbers(*numbers: str) -> tuple[Contact, ...]:
    """Contacts with nothing but a number."""
    return tuple(Contact(number) for number in numbers)


ONE = Registration("", to_numbers("09001111101"), "本文")


@dataclass(frozen=True)
class Sent:
    """An immediate delivery to every simulator number, and what became of it."""

    name: str
    accepted: Accepted
    results: dict[str, DeliveryResult]


@pytest.fixture(scope="module")
def sent(client: SmslinkClient) -> Sent:
    """Register the worked example to all simulator numbers and wait for the end."""
    name = draw_name()
    registration = Registration(name, to_numbers(*SIMULATOR_NUMBERS), LONG_TEXT)
    accepted = patiently(lambda: client.deliver(registration))
    return Sent(name, accepted, await_final(client, accepted))


def test_the_token_is_known(client: SmslinkClient) -> None:
    patiently(client.check)


def test_another_token_is_not(far_end: FarEnd) -> None:
    with SmslinkClient(far_end.domain, str(uuid4())) as stranger:
        for call in (stranger.check, lambda: stranger.deliver(ONE), lambda: stranger.cancel("1")):
            error = refuse(call)
            assert (error.status, error.code) == (401, "ERR401002")
            assert error.is_authentication
            assert error.answer is not None
            assert error.answer.message == "認証に失敗したため、アクセスできません。"


def test_an_address_the_api_does_not_have(far_end: FarEnd) -> None:
    with SmslinkClient(f"{far_end.domain.rstrip('/')}/api/v1/nowhere/", far_end.token) as lost:
        error = refuse(lost.check)
    assert (error.status, error.code) == (404, "ERR404004")
    assert error.is_wrong_address


def test_an_immediate_delivery_is_accepted(sent: Sent) -> None:
    accepted = sent.accepted
    assert 0 < len(accepted.delivery_id) <= 50
    assert accepted.accepted_at is not None
    assert abs(accepted.accepted_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert accepted.reserved_at == accepted.accepted_at
    assert accepted.click_count_urls == ()
    assert {contact.phone_number for contact in accepted.contacts} == set(SIMULATOR_NUMBERS)
    for contact in accepted.contacts:
        assert contact.is_accepted
        assert contact.result_message == "配信対象に登録しました。"
        assert contact.contact_id is not None
        assert contact.contact_id.isdigit()


@pytest.mark.parametrize("number", SIMULATOR_NUMBERS)
def test_each_simulator_number_ends_as_the_table_says(sent: Sent, number: str) -> None:
    result = sent.results[number]
    carrier, status, detail = SIMULATOR_NUMBERS[number]
    assert (result.carrier, result.status, result.detail) == (carrier, status, detail)
    assert result.message == {200: "配信成功", 900: "配信失敗"}[status]
    assert (
        result.detail_message
        == {
            "DTL000001": "端末への配信に成功",
            "DTL000007": "端末が圏外、または電源offの可能性あり",
            "DTL000011": "SMSが受信できない番号の可能性あり",
        }[detail]
    )
    contact_ids = {contact.phone_number: contact.contact_id for contact in sent.accepted.contacts}
    assert result.contact_id == contact_ids[number]
    assert (result.delivery_name, result.canceled_at) == (sent.name, None)
    assert result.reserved_at == sent.accepted.reserved_at
    assert (result.shorten_url1_click_count, result.shorten_url2_click_count) == (None, None)
    assert (result.insertion_url1_click_count, result.insertion_url2_click_count) == (None, None)
    assert result.opted_out is None
    if status == 200:
        assert result.transmission_count == SEGMENTS_OF_201[carrier]
        assert result.delivered_at is not None


def test_results_come_in_pages(client: SmslinkClient, sent: Sent) -> None:
    query = ResultsQuery(delivery_ids=(sent.accepted.delivery_id,), limit=8)
    first = patiently(lambda: client.fetch_results(query))
    second = patiently(lambda: client.fetch_results(replace(query, offset=first.entries)))
    assert (first.total, first.entries) == (13, 8)
    assert (second.total, second.entries) == (13, 5)
    numbers = {result.phone_number for result in (*first.results, *second.results)}
    assert numbers == set(SIMULATOR_NUMBERS)


def test_results_are_found_by_number_status_and_time(client: SmslinkClient, sent: Sent) -> None:
    moment = sent.accepted.reserved_at
    assert moment is not None
    query = ResultsQuery(
        phone_numbers=("09001111101", "09001111102", "09001111201"),
        statuses=(200, 100),
        reserved_from=moment - timedelta(seconds=1),
        reserved_to=moment + timedelta(seconds=1),
    )
    found = patiently(lambda: client.fetch_results(query)).results
    ours = {result.phone_number for result in found if result.delivery_name == sent.name}
    assert ours == {"09001111101", "09001111102"}
    before = replace(
        query, reserved_from=moment - timedelta(hours=1), reserved_to=moment - timedelta(minutes=1)
    )
    earlier = patiently(lambda: client.fetch_results(before)).results
    assert all(result.delivery_name != sent.name for result in earlier)


def test_several_deliveries_are_asked_for_at_once(client: SmslinkClient, sent: Sent) -> None:
    other = patiently(lambda: client.deliver(ONE))
    ids = (sent.accepted.delivery_id, other.delivery_id)
    page = patiently(lambda: client.fetch_results(ResultsQuery(delivery_ids=ids)))
    assert page.total == 14
    assert {result.delivery_id for result in page.results} == set(ids)


def test_an_unknown_delivery_has_no_results(client: SmslinkClient) -> None:
    assert fetch_all(client, uuid4().hex) == {}


def test_a_reservation_is_rounded_up_judged_by_contact_and_cancelled(client: SmslinkClient) -> None:
    asked = (datetime.now(UTC) + timedelta(days=30)).replace(minute=51, second=0, microsecond=0)
    verdicts = {
        "090-0111-1101": "RST200001",
        "+819001111102": "RST200001",
        "\uff10\uff19\uff10\uff10\uff11\uff11\uff11\uff11\uff11\uff10\uff13": "RST200001",
        "": "RST200002",
        "0900111110": "RST200003",
        "06001111101": "RST200005",
        "08001111101": "RST200005",
    }
    twice = "09001111104"
    registration = Registration(draw_name(), to_numbers(*verdicts, twice, twice), "本文", reserved_at=asked)

    accepted = patiently(lambda: client.deliver(registration))

    assert accepted.reserved_at == asked + timedelta(minutes=9)
    codes = {contact.phone_number: contact.result_code for contact in accepted.contacts[:-2]}
    assert codes == verdicts
    assert [contact.result_code for contact in accepted.contacts[-2:]] == ["RST200001", "RST200004"]
    waiting = {contact.contact_id for contact in accepted.contacts if contact.is_accepted}
    assert find_statuses(client, accepted, waiting) == {(50, "予約中", None)}

    canceled = patiently(lambda: client.cancel(accepted.delivery_id))

    assert canceled.delivery_id == accepted.delivery_id
    assert canceled.canceled_at is not None
    assert abs(canceled.canceled_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert find_statuses(client, accepted, waiting) == {(300, "配信取消", None)}


def test_cancelling_what_does_not_exist(client: SmslinkClient) -> None:
    error = refuse(lambda: client.cancel(uuid4().hex))
    assert (error.status, error.code) == (404, "ERR404002")
    assert error.is_unknown_delivery


def test_cancelling_too_late(client: SmslinkClient) -> None:
    def next_grid_point() -> datetime:
        return datetime.fromtimestamp((time.time() // 600 + 1) * 600, UTC)

    if (next_grid_point() - datetime.now(UTC)).total_seconds() < 15:
        time.sleep(16)
    soon = replace(ONE, delivery_name=draw_name(), reserved_at=next_grid_point())
    accepted = patiently(lambda: client.deliver(soon))
    assert accepted.reserved_at == soon.reserved_at
    error = refuse(lambda: client.cancel(accepted.delivery_id))
    assert (error.status, error.code) == (406, "ERR406003")
    assert error.is_too_late


def test_urls_of_the_text_are_counted_and_the_opt_out_link_is_watched(client: SmslinkClient) -> None:
    urls = ("https://www.example.jp/bukken/1?a=b", "http://www.example.jp/2")
    registration = Registration(
        draw_name(),
        to_numbers("09001111102"),
        f"物件のご案内 {urls[0]} \n{urls[1]}\n停止は {{{{配信停止URL}}}} から",
        click_count=True,
    )
    accepted = patiently(lambda: client.deliver(registration))
    assert accepted.click_count_urls == urls
    result = await_final(client, accepted)["09001111102"]
    assert result.status == 200
    assert (result.shorten_url1_click_count, result.shorten_url2_click_count) == (0, 0)
    assert (result.insertion_url1_click_count, result.insertion_url2_click_count) == (None, None)
    assert result.opted_out is False


def test_urls_of_a_recipient_are_merged_and_counted(client: SmslinkClient) -> None:
    contact = Contact("09001111102", insertion_urls=("https://www.example.jp/1", "https://www.example.jp/2"))
    text = "物件のご案内 {{insertion_url1}} と {{insertion_url2}}"
    accepted = patiently(lambda: client.deliver(Registration(draw_name(), (contact,), text)))
    result = await_final(client, accepted)["09001111102"]
    assert (result.insertion_url1_click_count, result.insertion_url2_click_count) == (0, 0)
    assert result.opted_out is None


def far_ahead(days: int) -> datetime:
    """A day from now, at noon in UTC."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


THREE_URLS = "https://a.example/ https://b.example/ https://c.example/"
REFUSALS: dict[str, tuple[str, Callable[[], Registration]]] = {
    "no recipient": ("_001", lambda: replace(ONE, contacts=())),
    "661 characters": ("_002", lambda: replace(ONE, text_message="あ" * 661)),
    "a line break counts two": ("_002", lambda: replace(ONE, text_message=f"{'あ' * 330}\n{'あ' * 329}")),
    "three counted URLs": ("_003", lambda: replace(ONE, text_message=THREE_URLS, click_count=True)),
    "no e-mail address": ("_007", lambda: replace(ONE, notification_emails=("not-an-address",))),
    "in the past": ("_008", lambda: replace(ONE, reserved_at=far_ahead(-1))),
    "more than a year ahead": ("_009", lambda: replace(ONE, reserved_at=far_ahead(370))),
    "nobody left": ("_010", lambda: replace(ONE, contacts=to_numbers("06001111101", "1"))),
    "an emoji": ("_023", lambda: replace(ONE, text_message="了解です😀")),
    "a rare kanji": ("_023", lambda: replace(ONE, text_message="𠮷田様")),
    "a mark without its item": ("_042", lambda: replace(ONE, text_message="{{insertion_url1}}")),
    "two opt-out links": ("_043", lambda: replace(ONE, text_message="{{配信停止URL}} {{配信停止URL}}")),
    "no URL": (
        "_127",
        lambda: Registration("", (Contact("09001111101", insertion_urls=("x",)),), "{{insertion_url1}}"),
    ),
    "three URL marks": (
        "_128",
        lambda: Registration(
            "",
            (Contact("09001111101", insertion_urls=("https://a.example/", "https://b.example/")),),
            "{{insertion_url1}} {{insertion_url2}} {{insertion_url1}}",
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_faulty_registration_is_refused_with_its_detail(client: SmslinkClient, case: str) -> None:
    suffix, make = REFUSALS[case]
    error = refuse(lambda: client.deliver(make()))
    assert (error.status, error.code) == (400, "ERR400001")
    assert f"ERR400001{suffix}" in error.detail_codes
    assert error.answer is not None
    assert error.answer.message == "リクエストパラメータに誤りがあります。"
    assert all(detail.message for detail in error.answer.details)


def test_660_characters_are_accepted_and_blank_lines_around_them_are_not_counted(
    client: SmslinkClient,
) -> None:
    text = f"\n \t\n{'あ' * 330}\n{'あ' * 328}\n\n"
    reserved = replace(ONE, text_message=text, reserved_at=far_ahead(30))
    accepted = patiently(lambda: client.deliver(reserved))
    assert accepted.contacts[0].is_accepted
    patiently(lambda: client.cancel(accepted.delivery_id))


def test_protection_is_given_or_refused_for_want_of_a_contract(client: SmslinkClient) -> None:
    contact = Contact("09001111101", acquired_on=date(2026, 1, 5))
    registration = Registration(draw_name(), (contact,), "本文")
    try:
        accepted = patiently(lambda: client.safe_deliver(registration))
    except Refused as error:
        refusal = error
    else:
        assert accepted.contacts[0].is_accepted
        return
    assert (refusal.status, refusal.code) == (403, "ERR403003")
    assert refusal.is_protection_missing


def test_received_messages_can_be_asked_for(client: SmslinkClient) -> None:
    page = patiently(client.fetch_receptions)
    assert page.total >= page.entries == len(page.receptions)
