"""01: the answer's fields and every refusal of a whole registration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.smslink.simulator_server import SimulatorProcess

pytest_plugins = ["tests.smslink.simulator_server"]

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00")


def details(answer: requests.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "ERR400001"
    assert answer.json()["message"] == "リクエストパラメータに誤りがあります。"
    return [detail["code"].removeprefix("ERR400001") for detail in answer.json()["details"]]


def test_it_answers_with_exactly_the_fields_of_the_reference(simulator: SimulatorProcess) -> None:
    answer = simulator.deliver(contacts=[{"phone_number": "090-0111-1102"}])

    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["delivery_id", "accepted_at", "reserved_at", "contacts", "click_count_urls"]
    assert len(body["delivery_id"]) <= 50
    assert STAMP.fullmatch(body["accepted_at"])
    assert body["reserved_at"] == body["accepted_at"]
    assert body["click_count_urls"] == []
    [contact] = body["contacts"]
    assert isinstance(contact.pop("contact_id"), int)
    assert contact == {
        "phone_number": "090-0111-1102",
        "result_code": "RST200001",
        "result_message": "配信対象に登録しました。",
    }


def test_it_names_a_delivery_by_the_time_when_it_has_no_name(simulator: SimulatorProcess) -> None:
    accepted = simulator.deliver().json()["accepted_at"]

    [contact] = simulator.results()["contacts"]

    assert contact["delivery_name"] == re.sub(r"[-T:]", "", accepted[:19])


def test_it_keeps_what_was_registered(simulator: SimulatorProcess) -> None:
    simulator.deliver(
        delivery_name="あ" * 255,
        notification_emails=["a@example.jp", "b@example.co.jp"],
        bill_split_code="Ab0-_",
        text_message="一行目\n二行目",
    )

    [delivery] = simulator.ledger()

    assert delivery["delivery_name"] == "あ" * 255
    assert delivery["text_message"] == "一行目\r\n二行目"
    assert delivery["notification_emails"] == ["a@example.jp", "b@example.co.jp"]
    assert delivery["bill_split_code"] == "Ab0-_"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"contacts": []}, ["_001"]),
        ({"contacts": None}, ["_001"]),
        ({"text_message": ""}, ["_001"]),
        ({"text_message": None}, ["_001"]),
        ({"text_message": " \r\n\t\n "}, ["_001"]),
        ({"text_message": "あ" * 661}, ["_002"]),
        ({"text_message": "あ" * 659 + "\nい"}, ["_002"]),
        ({"delivery_name": "あ" * 256}, ["_002"]),
        ({"bill_split_code": "a" * 21}, ["_002"]),
        ({"text_message": "http://a.jp http://b.jp http://c.jp", "click_count": True}, ["_003"]),
        ({"notification_emails": [f"{n}@example.jp" for n in range(6)]}, ["_004"]),
        ({"notification_emails": ["a@example.jp", "誰か@example.jp"]}, ["_007"]),
        ({"notification_emails": ["nobody"]}, ["_007"]),
        ({"notification_emails": [""]}, ["_007"]),
        ({"reserved_at": "2020-01-01T10:00:00+09:00"}, ["_008"]),
        ({"reserved_at": "2099-01-01T10:00:00+09:00"}, ["_009"]),
        ({"contacts": [{"phone_number": "0312345678"}]}, ["_010"]),
        ({"text_message": "😀"}, ["_023"]),
        ({"text_message": "𠮷田様"}, ["_023"]),
        (
            {"contacts": [{"phone_number": "09001111102", "insertion_item1": "a"}]}
            | {"text_message": "{{insertion_item1}}" * 6},
            ["_041"],
        ),
        ({"text_message": "{{insertion_item1}}様"}, ["_042"]),
        ({"text_message": "{{insertion_url1}}"}, ["_042"]),
        ({"text_message": "{{insertion_item6}} {{名前}}"}, ["_042", "_042"]),
        ({"text_message": "{{配信停止URL}} {{配信停止URL}}"}, ["_043"]),
        ({"bill_split_code": "あ"}, ["_073"]),
        ({"bill_split_code": "a b"}, ["_073"]),
        ({"bill_split_code": "auto_reply"}, ["_073"]),
        ({"bill_split_code": "smslink_verify"}, ["_073"]),
        ({"contacts": [{"phone_number": "09001111102", "insertion_url1": "ftp://a.jp"}]}, ["_127"]),
        ({"contacts": [{"phone_number": "09001111102", "insertion_url2": "https://a.jp/あ"}]}, ["_127"]),
        (
            {"contacts": [{"phone_number": "09001111102", "insertion_url1": "https://a.jp"}]}
            | {"text_message": "{{insertion_url1}} {{insertion_url1}} {{insertion_url1}}"},
            ["_128"],
        ),
        ({"text_message": 5}, [""]),
        ({"contacts": "09001111102"}, [""]),
        ({"contacts": ["09001111102"]}, [""]),
        ({"contacts": [{"phone_number": 9001111102}]}, [""]),
        ({"click_count": "true"}, [""]),
        ({"reserved_at": "tomorrow"}, [""]),
        ({"reserved_at": "2026-12-01"}, [""]),
        ({"notification_emails": "a@example.jp"}, [""]),
    ],
)
def test_it_refuses_with_the_detail_code(
    simulator: SimulatorProcess, fields: dict[str, Any], expected: list[str]
) -> None:
    assert details(simulator.deliver(**fields)) == expected
    assert simulator.ledger() == []


def test_it_names_every_fault_at_once(simulator: SimulatorProcess) -> None:
    answer = simulator.call(
        "POST",
        "api/v1/delivery",
        json={
            "text_message": "😀" + "あ" * 700,
            "reserved_at": "2020-01-01T10:00:00+09:00",
            "notification_emails": ["nobody"],
            "bill_split_code": "!",
        },
    )

    assert sorted(details(answer)) == ["_001", "_002", "_007", "_008", "_023", "_073"]
    first = answer.json()["details"][0]
    assert first == {"code": "ERR400001_001", "message": '"宛先"は必須です', "parameter": "contacts"}


def test_it_refuses_parameters_it_does_not_know(simulator: SimulatorProcess) -> None:
    answer = simulator.deliver(
        text="x", contacts=[{"phone_number": "09001111102", "acquired_on": "2026-01-01", "name": "x"}]
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == "ERR400002"
    assert [detail["parameter"] for detail in answer.json()["details"]] == [
        "text",
        "contacts[0].acquired_on",
        "contacts[0].name",
    ]
    assert simulator.call("POST", "api/v1/delivery?a=1", json={}).json()["code"] == "ERR400002"


def test_it_refuses_more_than_50_000_contacts_and_takes_as_many(simulator: SimulatorProcess) -> None:
    contacts = [{"phone_number": f"0901{number:07}"} for number in range(50_001)]

    answer = simulator.call(
        "POST", "api/v1/delivery", json={"text_message": "一斉", "contacts": contacts}, timeout=60
    )
    assert details(answer) == ["_004"]
    answer = simulator.call(
        "POST", "api/v1/delivery", json={"text_message": "一斉", "contacts": contacts[:-1]}, timeout=60
    )
    assert len({contact["contact_id"] for contact in answer.json()["contacts"]}) == 50_000


def test_it_refuses_mail_domains_that_are_not_allowed(simulator: SimulatorProcess) -> None:
    simulator.options(mail_domains="example.jp, example.com")

    answer = simulator.deliver(notification_emails=["a@EXAMPLE.jp", "b@example.org"])

    assert details(answer) == ["_094"]
    assert answer.json()["details"][0]["message"].endswith('メールアドレス:"b@example.org"')


def test_it_stops_when_the_contract_is_full_of_reservations(simulator: SimulatorProcess) -> None:
    simulator.options(reservation_limit=1)
    reserved = {"reserved_at": simulator.later(3600)}
    assert simulator.deliver(**reserved).status_code == 200

    assert simulator.deliver(**reserved).json()["code"] == "ERR400005"

    assert simulator.deliver().status_code == 200
    simulator.advance(7200)
    assert simulator.deliver(reserved_at=simulator.later(3600)).status_code == 200


def test_it_stops_when_the_contract_is_full_of_reserved_contacts(simulator: SimulatorProcess) -> None:
    simulator.options(reserved_contact_limit=1)
    two = [{"phone_number": "09001111101"}, {"phone_number": "09001111102"}]

    answer = simulator.deliver(contacts=two, reserved_at=simulator.later(3600))

    assert (answer.status_code, answer.json()["code"]) == (400, "ERR400006")
    assert simulator.ledger() == []
