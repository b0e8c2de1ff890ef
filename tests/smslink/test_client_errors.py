"""Every answer that is no success is sorted into refused, not sent or unknown."""

import pytest

from webapp.smslink.errors import NotSent, OutcomeUnknown, Reason, Refused
from webapp.smslink.wire import Contact, Registration, ResultsQuery

ONE = Registration("", (Contact("09001111101"),), "本文")
# Status, code and message as the provider's Errors table has them; then how we sort and name them.
LISTED = [
    (400, "ERR400001", "リクエストパラメータに誤りがあります。", Refused, Reason.INVALID_REQUEST),
    (400, "ERR400002", "不明なリクエストパラメータです。", Refused, Reason.INVALID_REQUEST),
    (
        400,
        "ERR400004",
        "対象件数が多く検索を中止しました。期間を指定して絞り込んでください。",
        Refused,
        Reason.INVALID_REQUEST,
    ),
    (
        400,
        "ERR400005",
        "配信登録の予約件数が上限に達しましたので中止しました。",
        Refused,
        Reason.LIMIT_REACHED,
    ),
    (
        400,
        "ERR400006",
        "配信登録の宛先件数が上限に達しましたので中止しました。",
        Refused,
        Reason.LIMIT_REACHED,
    ),
    (401, "ERR401002", "認証に失敗したため、アクセスできません。", Refused, Reason.AUTHENTICATION),
    (403, "ERR403001", "リクエスト元のIPが不正のため、利用できません。", Refused, Reason.AUTHENTICATION),
    (403, "ERR403003", "誤送信防止機能の契約が無効なため、利用できません。", Refused, Reason.AUTHENTICATION),
    (404, "ERR404002", "配信「ID:x」が存在しません。", Refused, Reason.NOT_FOUND),
    (404, "ERR404004", "指定したエンドポイントが存在しません。", Refused, Reason.NOT_FOUND),
    (405, "ERR405001", "指定したHTTPリクエストメソッドがサポートされていません。", Refused, Reason.REFUSED),
    (406, "ERR406003", "受付期間が過ぎたため、キャンセルできませんでした。", Refused, Reason.TOO_LATE),
    (
        415,
        "ERR415001",
        "指定したHTTPヘッダーのメディアタイプがサポートされていません。",
        Refused,
        Reason.REFUSED,
    ),
    (429, "ERR429001", "API呼び出し回数の上限に達しました。", NotSent, Reason.RATE_LIMITED),
    (500, "ERR500001", "システムエラーが発生しました。", OutcomeUnknown, Reason.SERVER_ERROR),
    (
        503,
        "ERR000000",
        "現在メンテナンス中のため、しばらくの間ご利用いただけません。",
        NotSent,
        Reason.MAINTENANCE,
    ),
]
REFUSAL_FACTS = {
    "ERR400005": {"is_limit", "is_temporary"},
    "ERR400006": {"is_limit", "is_temporary"},
    "ERR401002": {"is_authentication"},
    "ERR403001": {"is_authentication", "is_source_address_refused"},
    "ERR403003": {"is_authentication", "is_protection_missing"},
    "ERR404002": {"is_unknown_delivery"},
    "ERR404004": {"is_wrong_address"},
    "ERR405001": {"is_wrong_address"},
    "ERR406003": {"is_too_late"},
}
ALL_FACTS = set().union(*REFUSAL_FACTS.values())


def call_each(client):
    """Every method of the client, ready to be called."""
    return [
        lambda: client.deliver(ONE),
        lambda: client.safe_deliver(Registration("", (), "x")),
        lambda: client.cancel("d1"),
        lambda: client.fetch_results(ResultsQuery()),
        client.fetch_receptions,
        client.check,
    ]


@pytest.mark.parametrize("listed", LISTED, ids=lambda listed: listed[1])
def test_every_listed_error_has_its_outcome_for_every_call(provider_server, provider_client, listed) -> None:
    status, code, message, outcome, reason = listed
    body = {"code": code, "message": message, "details": []}
    provider_server.answer(status, body)
    for call in call_each(provider_client(provider_server.address)):
        with pytest.raises(outcome) as caught:
            call()
        error = caught.value
        assert type(error) is outcome
        assert (error.status, error.reason, error.code) == (status, reason, code)
        assert (error.answer.message, error.answer.raw) == (message, body)
        assert error.may_have_taken_effect is (outcome is OutcomeUnknown)
        if outcome is Refused:
            facts = {name for name in ALL_FACTS if getattr(error, name)}
            assert facts == REFUSAL_FACTS.get(code, set())
        else:
            assert error.is_temporary


def test_details_are_kept_with_what_they_name(provider_server, provider_client) -> None:
    detail = {"code": "ERR400001_010", "message": "配信可能な宛先が1件もありません", "parameter": "contacts"}
    provider_server.answer(400, {"code": "ERR400001", "message": "x", "details": [detail]})
    with pytest.raises(Refused) as caught:
        provider_client(provider_server.address).deliver(ONE)
    assert caught.value.detail_codes == ("ERR400001_010",)
    assert caught.value.answer.details[0].parameter == "contacts"
    assert str(caught.value) == "invalid_request HTTP 400 ERR400001_010 ERR400001"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 413, 415])
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"{}", "拒否".encode("shift_jis")])
def test_a_no_at_the_door_is_a_no_without_the_providers_words(
    provider_server, provider_client, status, body
) -> None:
    provider_server.answer(status, body, Content_Type="text/html")
    with pytest.raises(Refused) as caught:
        provider_client(provider_server.address).deliver(ONE)
    assert (caught.value.status, caught.value.answer) == (status, None)


@pytest.mark.parametrize("status", [400, 402, 406, 408, 409, 410, 418, 422, 499])
def test_another_client_error_without_the_providers_words_is_unknown(
    provider_server, provider_client, status
) -> None:
    provider_server.answer(status, b"<html>?</html>")
    with pytest.raises(OutcomeUnknown) as caught:
        provider_client(provider_server.address).deliver(ONE)
    assert (caught.value.status, caught.value.reason) == (status, Reason.UNEXPECTED_STATUS)


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, Refused), (409, Refused), (422, Refused), (499, Refused)]
)
def test_a_new_code_in_the_providers_words_is_a_no(provider_server, provider_client, status, outcome) -> None:
    provider_server.answer(status, {"code": "ERR499999"})
    with pytest.raises(outcome) as caught:
        provider_client(provider_server.address).deliver(ONE)
    assert caught.value.code == "ERR499999"


def test_a_request_timeout_is_unknown_in_any_words(provider_server, provider_client) -> None:
    provider_server.answer(408, {"code": "ERR408001"})
    with pytest.raises(OutcomeUnknown):
        provider_client(provider_server.address).deliver(ONE)


@pytest.mark.parametrize("body", [b"", b"Service Unavailable", b'{"code": "ERR999999"}'])
def test_429_and_503_are_not_sent_in_any_words(provider_server, provider_client, body) -> None:
    provider_server.answer(429, body, Retry_After="7")
    provider_server.answer(503, body, Retry_After="Wed, 25 Nov 2026 00:00:00 GMT")
    client = provider_client(provider_server.address)
    with pytest.raises(NotSent) as caught:
        client.deliver(ONE)
    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.RATE_LIMITED, 7)
    with pytest.raises(NotSent) as caught:
        client.deliver(ONE)
    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.UNAVAILABLE, None)


@pytest.mark.parametrize(
    ("asked", "kept"), [("0", 0), ("99999", 3600), ("1" * 9, 3600), ("-1", None), ("１", None)]
)
def test_a_wish_for_a_pause_is_bounded(provider_server, provider_client, asked, kept) -> None:
    provider_server.answer(429, b"", Retry_After=asked.encode().decode("latin-1"))
    with pytest.raises(NotSent) as caught:
        provider_client(provider_server.address).check()
    assert caught.value.retry_after_s == kept


@pytest.mark.parametrize("status", [500, 501, 502, 504, 520, 599])
@pytest.mark.parametrize("body", [b"", b'{"code": "ERR429001"}'])
def test_other_server_errors_are_unknown(provider_server, provider_client, status, body) -> None:
    provider_server.answer(status, body)
    with pytest.raises(OutcomeUnknown) as caught:
        provider_client(provider_server.address).deliver(ONE)
    assert (caught.value.status, caught.value.reason) == (status, Reason.SERVER_ERROR)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_leaks_no_token(
    provider_server, provider_client, provider_elsewhere, status
) -> None:
    provider_elsewhere.answer(200, {"delivery_id": "stolen", "total": 0, "contacts": []})
    provider_server.answer(status, b"", Location=provider_elsewhere.address + "x")
    client = provider_client(provider_server.address)
    for call in (lambda: client.deliver(ONE), client.check):
        with pytest.raises(OutcomeUnknown) as caught:
            call()
        assert (caught.value.status, caught.value.reason) == (status, Reason.REDIRECTED)
    assert len(provider_server.seen) == 2
    assert provider_elsewhere.seen == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"{}",
        b"[]",
        b'{"delivery_id": null}',
        b'{"code": "ERR400001", "message": "", "details": []}',
        '{"delivery_id": "配信"}'.encode("euc_jp"),
    ],
)
@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_success_that_says_nothing_usable_is_unknown(
    provider_server, provider_client, status, body
) -> None:
    provider_server.answer(status, b"" if status == 204 else body)
    client = provider_client(provider_server.address)
    for call in call_each(client):
        with pytest.raises(OutcomeUnknown) as caught:
            call()
        assert (caught.value.status, caught.value.reason) == (status, Reason.UNREADABLE)
