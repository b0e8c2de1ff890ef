"""What comes back: read whole, read tolerantly, or called unreadable."""

import json
from datetime import UTC, datetime

import pytest

from webapp.smslink.answer_fields import read_id, read_integer, read_time
from webapp.smslink.wire import (
    ErrorDetail,
    UnreadableAnswer,
    read_accepted,
    read_canceled,
    read_error,
    read_receptions,
    read_results,
)

RESULT = {
    "delivery_id": "d1",
    "contact_id": 12345678901234567890,
    "delivery_name": "件名",
    "phone_number": "090-0111-1101",
    "carrier": 30,
    "reserved_at": "2026-11-24T15:10:00+09:00",
    "canceled_at": None,
    "delivered_at": "2026-11-24T15:10:05+09:00",
    "status": 200,
    "message": "配信成功",
    "detail": "DTL000001",
    "detail_message": "端末への配信に成功",
    "shorten_url1_click_count": 2,
    "shorten_url2_click_count": None,
    "insertion_url1_click_count": 0,
    "insertion_url2_click_count": None,
    "opted_out": False,
    "transmission_count": 4,
    "invented_later": {"a": [1]},
}


def encode(answer: object) -> bytes:
    return json.dumps(answer).encode()


def test_it_reads_an_accepted_delivery() -> None:
    answer = {
        "delivery_id": "d1",
        "accepted_at": "2018-06-19T16:11:56+09:00",
        "reserved_at": "2018-06-19T16:20:00+09:00",
        "contacts": [
            {
                "contact_id": 12345678901234567890,
                "phone_number": "09001111101",
                "result_code": "RST200001",
                "result_message": "配信対象に登録しました。",
            },
            {"phone_number": "1", "result_code": "RST299999", "result_message": None},
        ],
        "click_count_urls": ["https://a.example/"],
        "invented_later": 1,
    }
    accepted = read_accepted(encode(answer))

    assert accepted.delivery_id == "d1"
    assert accepted.accepted_at == datetime(2018, 6, 19, 7, 11, 56, tzinfo=UTC)
    assert accepted.reserved_at == datetime(2018, 6, 19, 7, 20, tzinfo=UTC)
    first, second = accepted.contacts
    assert (first.contact_id, first.phone_number) == ("12345678901234567890", "09001111101")
    assert (first.result_code, first.result_message) == ("RST200001", "配信対象に登録しました。")
    assert first.is_accepted
    assert (second.contact_id, second.result_code, second.result_message) == (None, "RST299999", None)
    assert not second.is_accepted
    assert accepted.click_count_urls == ("https://a.example/",)
    assert accepted.raw == answer


def test_a_delivery_id_is_all_an_accepted_delivery_needs() -> None:
    wrong = {
        "delivery_id": "d1",
        "accepted_at": 5,
        "reserved_at": "soon",
        "contacts": "x",
        "click_count_urls": 1,
    }
    for answer in ({"delivery_id": "d1"}, wrong):
        accepted = read_accepted(encode(answer))
        assert (accepted.delivery_id, accepted.accepted_at, accepted.contacts) == ("d1", None, ())
        assert accepted.click_count_urls == ()
        assert accepted.raw == answer
    assert read_accepted(encode({"delivery_id": 77})).delivery_id == "77"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"d1"',
        b"<html>",
        b'{"delivery_id": "d1"',
        b'{"delivery_id": ""}',
        b'{"delivery_id": null}',
        b'{"delivery_id": true}',
        b'{"code": "ERR400001"}',
        '{"delivery_id": "配信"}'.encode("shift_jis"),
        "{'delivery_id': 1}".encode("utf-16"),
        b"[" * 200_000,
        b'{"delivery_id": ' + b"9" * 5_000 + b"}",
    ],
)
def test_without_an_id_it_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        read_accepted(body)
    assert caught.value.__context__ is None, "a context would carry the body into a log"


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_accepted(b'\xef\xbb\xbf{"delivery_id": "d1"}').delivery_id == "d1"


def test_what_no_database_can_store_is_replaced() -> None:
    body = rb'{"delivery_id": "d1", "x": ["a\ud83d!", "b\u0000", "\ud83d\ude00", NaN, -Infinity, 1e999, 1.5]}'
    assert read_accepted(body).raw["x"] == ["a�!", "b�", "😀", None, None, None, 1.5]


def test_it_reads_a_cancellation_of_the_delivery_asked_for() -> None:
    body = encode({"delivery_id": "d1", "canceled_at": "2026-11-24T15:00:00+09:00"})
    canceled = read_canceled(body, "d1")
    assert canceled.canceled_at == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    assert read_canceled(encode({"delivery_id": "d1"}), "d1").canceled_at is None
    with pytest.raises(UnreadableAnswer):
        read_canceled(body, "d2")


def test_it_reads_every_field_of_a_result() -> None:
    page = read_results(encode({"total": 41, "contacts": [RESULT]}))

    assert (page.total, page.entries) == (41, 1)
    (result,) = page.results
    assert (result.delivery_id, result.contact_id) == ("d1", "12345678901234567890")
    assert (result.delivery_name, result.phone_number) == ("件名", "090-0111-1101")
    assert (result.carrier, result.status, result.message) == (30, 200, "配信成功")
    assert result.reserved_at == datetime(2026, 11, 24, 6, 10, tzinfo=UTC)
    assert result.canceled_at is None
    assert result.delivered_at == datetime(2026, 11, 24, 6, 10, 5, tzinfo=UTC)
    assert (result.detail, result.detail_message) == ("DTL000001", "端末への配信に成功")
    assert (result.shorten_url1_click_count, result.shorten_url2_click_count) == (2, None)
    assert (result.insertion_url1_click_count, result.insertion_url2_click_count) == (0, None)
    assert (result.opted_out, result.transmission_count) == (False, 4)
    assert result.raw == RESULT


def test_unknown_codes_and_wrong_types_never_stop_a_page() -> None:
    odd = {
        **{name: ["?"] for name in RESULT},
        "delivery_id": "d2",
        "status": 777,
        "carrier": "60",
        "transmission_count": 10**30,
        "shorten_url1_click_count": -1,
    }
    page = read_results(
        encode({"total": "many", "contacts": [RESULT, odd, {"delivery_id": "d3"}, {}, 5, None]})
    )

    assert (page.total, page.entries) == (6, 6)
    assert [result.delivery_id for result in page.results] == ["d1", "d2", "d3"]
    second = page.results[1]
    assert (second.status, second.carrier, second.transmission_count) == (777, 60, None)
    assert (second.shorten_url1_click_count, second.opted_out, second.reserved_at) == (None, None, None)
    assert second.raw == odd


def test_a_page_without_a_list_is_unreadable() -> None:
    for answer in ({}, {"total": 0}, {"total": 0, "contacts": None}, {"contacts": {}}):
        with pytest.raises(UnreadableAnswer):
            read_results(encode(answer))
        with pytest.raises(UnreadableAnswer):
            read_receptions(encode(answer))
    assert read_results(encode({"total": 0, "contacts": []})).results == ()


def test_it_reads_received_messages() -> None:
    entry = {
        "reception_id": 9,
        "short_code": "12345",
        "phone_number": "09007010001",
        "carrier": 10,
        "message": "承知しました",
        "occurred_at": "2026-11-24T15:10:00+09:00",
        "noticed": True,
    }
    page = read_receptions(encode({"total": 2, "receptions": [entry, {"message": "no id"}]}))

    assert (page.total, page.entries) == (2, 2)
    (reception,) = page.receptions
    assert (reception.reception_id, reception.short_code, reception.carrier) == ("9", "12345", 10)
    assert (reception.phone_number, reception.message) == ("09007010001", "承知しました")
    assert reception.occurred_at == datetime(2026, 11, 24, 6, 10, tzinfo=UTC)
    assert reception.noticed
    assert reception.raw == entry
    assert "0900" not in repr(page)
    assert "承知" not in repr(page)


def test_it_reads_an_error_with_its_details() -> None:
    answer = {
        "code": "ERR400001",
        "message": "リクエストパラメータに誤りがあります。",
        "details": [{"code": "ERR400001_010", "message": "宛先", "parameter": ["09001111101"]}, "odd", {}],
        "more": 1,
    }
    error = read_error(400, encode(answer))

    assert (error.status, error.code, error.message) == (400, "ERR400001", answer["message"])
    assert error.details == (
        ErrorDetail("ERR400001_010", "宛先", ["09001111101"]),
        ErrorDetail(None, None, None),
    )
    assert error.detail_codes == ("ERR400001_010",)
    assert error.raw == answer
    assert "0900" not in repr(error)
    assert read_error(500, b'{"code": "X", "details": null}').details == ()
    for body in (b"{}", b'{"code": 5}', b"oops"):
        with pytest.raises(UnreadableAnswer):
            read_error(400, body)


def test_times_become_aware_utc_or_none() -> None:
    noon = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    for text in ("2026-11-24T12:00:00+09:00", "2026-11-24T03:00:00Z", "2026-11-24T12:00:00"):
        assert read_time(text) == noon
        assert read_time(text).utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    for value in (None, "", "soon", 5, "0001-01-01T00:00:00+09:00", "2026-13-01T00:00:00+09:00"):
        assert read_time(value) is None
    assert read_time("2000-01-01T09:00:00+09:00") == datetime(2000, 1, 1, tzinfo=UTC)
    assert read_time("2200-01-01T08:59:59+09:00") == datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)
    implausible = (
        "9999-12-31T23:59:59Z",
        "0001-01-02T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
    )
    assert [read_time(value) for value in implausible] == [None] * len(implausible)


def test_numbers_and_ids_keep_within_what_a_database_holds() -> None:
    assert [read_integer(value) for value in (0, 200, "200", 200.0, 2**31 - 1)] == [
        0,
        200,
        200,
        200,
        2**31 - 1,
    ]
    for value in (None, True, -1, 2**31, "x", "２", 1.5, float("inf"), [], "9" * 11):
        assert read_integer(value) is None
    assert [read_id(value) for value in ("a", 7, 0, "", None, True, 1.0)] == [
        "a",
        "7",
        "0",
        None,
        None,
        None,
        None,
    ]
