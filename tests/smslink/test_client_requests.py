"""Requests as they reach the provider, and answers as they reach the caller."""

import os
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import InvalidSetting, OutcomeUnknown, Reason
from webapp.smslink.wire import (
    JST,
    Contact,
    ReceptionsQuery,
    Registration,
    ResultsQuery,
)

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
TEXT = "神田 塚本様\r\nご来店ありがとうございました。½ ㎡ ㈱ ～"
ONE = Registration("", (Contact("09001111101"),), TEXT)


def test_deliver_posts_json_in_utf8_with_the_documented_headers(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "配-1", "contacts": []})
    client = provider_client(provider_server.address)

    accepted = client.deliver(ONE)

    assert accepted.delivery_id == "配-1"
    (seen,) = provider_server.seen
    assert (seen.method, seen.target) == ("POST", "/api/v1/delivery")
    assert seen.body.decode() == (
        '{"contacts": [{"phone_number": "09001111101"}], "text_message": "神田 塚本様\\r\\nご来店ありがとう'
        'ございました。½ ㎡ ㈱ ～", "click_count": false}'
    )
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["token"] == TOKEN
    assert "authorization" not in seen.headers
    assert "cookie" not in seen.headers


def test_safe_deliver_adds_the_day_the_number_was_obtained(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1"})
    registration = Registration(
        "件名",
        (Contact("09001111101", date(2026, 4, 1)),),
        "本文",
        reserved_at=datetime(2026, 11, 24, 15, 10, tzinfo=JST),
        notification_emails=("a@example.jp",),
    )

    provider_client(provider_server.address).safe_deliver(registration)

    (seen,) = provider_server.seen
    assert (seen.method, seen.target) == ("POST", "/api/v1/safe_delivery")
    assert seen.json == {
        "delivery_name": "件名",
        "contacts": [{"phone_number": "09001111101", "acquired_on": "2026-04-01"}],
        "text_message": "本文",
        "reserved_at": "2026-11-24T15:10:00+09:00",
        "click_count": False,
        "notification_emails": ["a@example.jp"],
    }


def test_cancel_names_the_delivery(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1", "canceled_at": "2026-11-24T15:00:00+09:00"})

    canceled = provider_client(provider_server.address).cancel("d1")

    assert canceled.canceled_at == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    (seen,) = provider_server.seen
    assert (seen.method, seen.target, seen.json) == ("POST", "/api/v1/delivery/cancel", {"delivery_id": "d1"})


def test_an_answer_about_another_delivery_cancels_nothing_for_sure(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d2", "canceled_at": "2026-11-24T15:00:00+09:00"})
    with pytest.raises(OutcomeUnknown) as caught:
        provider_client(provider_server.address).cancel("d1")
    assert caught.value.reason is Reason.UNREADABLE


def test_results_are_asked_for_to_the_letter(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 0, "contacts": []})
    query = ResultsQuery(
        delivery_ids=("a&b", "配信"),
        phone_numbers=("09001111101",),
        statuses=(50,),
        reserved_from=datetime(2026, 11, 24, 15, 0, tzinfo=JST),
        limit=3,
    )

    page = provider_client(provider_server.address).fetch_results(query)

    assert (page.total, page.results) == (0, ())
    (seen,) = provider_server.seen
    assert seen.method == "GET"
    assert seen.body == b""
    assert seen.headers["token"] == TOKEN
    assert seen.target == (
        "/api/v1/delivery_results?delivery_id%5B%5D=a%26b&delivery_id%5B%5D=%E9%85%8D%E4%BF%A1"
        "&phone_number%5B%5D=09001111101&status%5B%5D=50&reserved_from=2026-11-24T15%3A00%3A00%2B09%3A00&limit=3"
    )
    assert parse_qsl(urlsplit(seen.target).query) == query.to_pairs()


def test_received_messages_are_asked_for(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 1, "receptions": [{"reception_id": 1, "message": "はい"}]})
    client = provider_client(provider_server.address)

    assert client.fetch_receptions().receptions[0].message == "はい"
    client.fetch_receptions(ReceptionsQuery(date(2026, 11, 24), noticed=True))

    targets = [seen.target for seen in provider_server.seen]
    assert targets == ["/api/v1/receptions", "/api/v1/receptions?noticed=true&occurred_on=2026-11-24"]


def test_check_asks_for_one_result_of_ten_minutes(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 0, "contacts": []})
    provider_client(provider_server.address).check()
    (seen,) = provider_server.seen
    assert seen.method == "GET"
    assert dict(parse_qsl(urlsplit(seen.target).query)) == {
        "reserved_from": "2020-01-01T00:00:00+09:00",
        "reserved_to": "2020-01-01T00:10:00+09:00",
        "limit": "1",
    }


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_with_an_id_is_accepted_whatever_its_type_says(
    provider_server, provider_client, status
) -> None:
    provider_server.answer(status, {"delivery_id": "d1"}, Content_Type="text/html; charset=shift_jis")
    assert provider_client(provider_server.address).deliver(ONE).delivery_id == "d1"


def test_a_path_in_the_domain_is_kept(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 0, "receptions": []})
    for domain in (provider_server.address + "far/end", provider_server.address + "far/end/"):
        provider_client(domain).fetch_receptions()
    assert {seen.target for seen in provider_server.seen} == {"/far/end/api/v1/receptions"}


def test_before_request_is_called_before_each_request(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 0, "contacts": []})
    order = []
    client = provider_client(
        provider_server.address, before_request=lambda: order.append(len(provider_server.seen))
    )
    client.check()
    client.check()
    assert order == [0, 1]


def test_what_before_request_raises_goes_through_and_nothing_is_sent(
    provider_server, provider_client
) -> None:
    def refuse() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        provider_client(provider_server.address, before_request=refuse).deliver(ONE)
    assert provider_server.seen == []


def test_two_calls_share_a_connection(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1", "total": 0, "contacts": []})
    client = provider_client(provider_server.address)
    client.deliver(ONE)
    client.check()
    client.deliver(ONE)
    assert len({seen.port for seen in provider_server.seen}) == 1


def test_an_error_answer_does_not_cost_the_connection(provider_server, provider_client) -> None:
    provider_server.answer(404, {"code": "ERR404002", "message": "x", "details": []})
    provider_server.answer(200, {"delivery_id": "d1"})
    client = provider_client(provider_server.address)
    with pytest.raises(Exception, match="ERR404002"):
        client.cancel("d1")
    client.deliver(ONE)
    assert len({seen.port for seen in provider_server.seen}) == 1


def test_an_idle_connection_is_not_used_again(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1"})
    client = provider_client(provider_server.address, max_idle=0.0)
    client.deliver(ONE)
    client.deliver(ONE)
    assert len({seen.port for seen in provider_server.seen}) == 2


def test_a_connection_the_provider_closed_is_not_used_again(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1"}, Connection="close")
    client = provider_client(provider_server.address)
    assert [client.deliver(ONE).delivery_id for _ in range(3)] == ["d1"] * 3
    assert len({seen.port for seen in provider_server.seen}) == 3


def test_cookies_are_not_kept(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 0, "contacts": []}, Set_Cookie="a=b; Path=/")
    client = provider_client(provider_server.address)
    client.check()
    client.check()
    assert "cookie" not in provider_server.seen[1].headers


def test_neither_netrc_nor_a_proxy_of_the_environment_touches_a_local_provider(
    provider_server, provider_client, tmp_path, monkeypatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    provider_server.answer(200, {"total": 0, "contacts": []})
    provider_client(provider_server.address).check()
    assert "authorization" not in provider_server.seen[0].headers


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_does_not_share_the_connection(provider_server, provider_client) -> None:
    provider_server.answer(200, {"total": 0, "contacts": []})
    client = provider_client(provider_server.address)
    client.check()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            client.check()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    client.check()
    ports = [seen.port for seen in provider_server.seen]
    assert ports[0] == ports[2] != ports[1]


def test_a_client_works_after_close_and_as_a_context(provider_server) -> None:
    provider_server.answer(200, {"total": 0, "contacts": []})
    with SmslinkClient(provider_server.address, TOKEN) as client:
        client.check()
    client.check()
    client.close()


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "a\r\nX: y", "トークン", "é", "a\x7f", "a\x00"])
def test_a_token_no_header_can_hold_is_refused_up_front(token) -> None:
    with pytest.raises(InvalidSetting) as caught:
        SmslinkClient("https://api.smslink.jp/", token)
    assert caught.value.setting == "token"
    assert not token.strip() or token.strip() not in str(caught.value).split()


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "api.smslink.jp",
        "ftp://api.smslink.jp/",
        "https://",
        "https://配信.jp/",
        "https://api.smslink.jp/\n",
        "https://api.smslink.jp:99999/",
        "https://api.smslink.jp:x/",
        "https://[::1/",
        "https://user:secret@api.smslink.jp/",
        "https://api.smslink.jp/?a=b",
        "https://api.smslink.jp/#a",
    ],
)
def test_a_domain_no_request_can_go_to_is_refused_up_front(domain) -> None:
    with pytest.raises(InvalidSetting) as caught:
        SmslinkClient(domain, TOKEN)
    assert caught.value.setting == "domain"
    assert "secret" not in str(caught.value)


def test_half_a_surrogate_pair_is_refused_without_repeating_the_text(
    provider_server, provider_client
) -> None:
    with pytest.raises(ValueError, match="surrogate") as caught:
        provider_client(provider_server.address).deliver(Registration("", (Contact("1"),), "秘密\ud83d"))
    assert "秘密" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert provider_server.seen == []
