"""The token, the text and the number stay out of errors, reprs and logs, whatever the far end does."""

import logging
import pickle
import traceback

import pytest

from webapp.smslink.client import SmslinkClient
from webapp.smslink.errors import (
    InvalidSetting,
    OutcomeUnknown,
    Reason,
    Refused,
    SmslinkError,
)
from webapp.smslink.wire import Contact, Registration, ResultsQuery

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
NUMBER = "09001111101"
TEXT = "内見のお礼"
ONE = Registration("", (Contact(NUMBER),), TEXT)
QUERY = ResultsQuery(phone_numbers=(NUMBER,))


def chain_of(error: BaseException | None) -> list[BaseException]:
    """The error with all it was raised from or while."""
    return [] if error is None else [error, *chain_of(error.__cause__), *chain_of(error.__context__)]


def assert_silent(error: SmslinkError) -> None:
    """Nothing printable about the error, or about an error behind it, names what we sent."""
    shown = "".join(traceback.format_exception(error))
    for one in chain_of(error):
        shown += f"{one} {one!r} {one.args!r}"
        assert not hasattr(one, "request"), "requests' errors carry the request, with its headers"
    for secret in (TOKEN, NUMBER, TEXT):
        assert secret not in shown


def echo(provider_server) -> None:
    """An error that repeats what it was sent in every field."""
    words = f"{TOKEN} {NUMBER} {TEXT}"
    detail = {"code": words, "message": words, "parameter": words}
    provider_server.answer(400, {"code": words, "message": words, "details": [detail]})


def reply_half(provider_server) -> None:
    provider_server.send_raw(f"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{TOKEN} {NUMBER}".encode())


def reply_text(provider_server) -> None:
    provider_server.answer(200, f"{TOKEN} {NUMBER}".encode())


def reply_redirect(provider_server) -> None:
    provider_server.answer(302, b"", Location=f"/{TOKEN}/{NUMBER}")


@pytest.mark.parametrize(
    "prepare",
    [
        echo,
        reply_half,
        reply_text,
        reply_redirect,
        lambda server: server.drop(),
        lambda server: server.stall(),
    ],
)
def test_errors_name_nothing_that_was_sent(provider_server, provider_client, prepare) -> None:
    prepare(provider_server)
    client = provider_client(provider_server.address, read_timeout=0.3)
    for call in (lambda: client.deliver(ONE), lambda: client.fetch_results(QUERY)):
        with pytest.raises(SmslinkError) as caught:
            call()
        assert_silent(caught.value)


@pytest.mark.parametrize("domain", ["http://127.0.0.1:1/", "https://smslink.invalid/"])
def test_errors_without_a_connection_name_nothing_either(provider_client, domain) -> None:
    for call in (lambda client: client.deliver(ONE), lambda client: client.fetch_results(QUERY)):
        with pytest.raises(SmslinkError) as caught:
            call(provider_client(domain))
        assert_silent(caught.value)


def test_nothing_logged_names_the_number_or_the_token(provider_server, provider_client, caplog) -> None:
    head = b"HTTP/1.1 200 OK\r\nbroken header\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    provider_server.send_raw(head, b"0\r\n\r\n")
    provider_server.answer(200, {"total": 0, "contacts": []})
    client = provider_client(provider_server.address)
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(SmslinkError):
            client.fetch_results(QUERY)
        client.fetch_results(QUERY)
    assert "delivery_results" in caplog.text
    for secret in (TOKEN, NUMBER):
        assert secret not in caplog.text


def test_the_client_hides_its_token() -> None:
    client = SmslinkClient("https://api.smslink.jp", TOKEN)
    assert repr(client) == "SmslinkClient('https://api.smslink.jp/')"
    assert TOKEN not in str(client)
    client.close()


def test_a_token_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(InvalidSetting) as caught:
        SmslinkClient("https://api.smslink.jp/", f"{TOKEN}\n")
    assert TOKEN not in repr(caught.value)


def test_errors_survive_pickling() -> None:
    error = Refused(Reason.TOO_LATE, status=406)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert (type(copy), copy.reason, copy.status) == (Refused, Reason.TOO_LATE, 406)
    setting = pickle.loads(pickle.dumps(InvalidSetting("token", "must not be empty")))  # noqa: S301
    assert str(setting) == "token: must not be empty"


def test_errors_say_their_reason_and_status() -> None:
    error = OutcomeUnknown(Reason.SERVER_ERROR, status=500)
    assert (str(error), repr(error)) == ("server_error HTTP 500", "<OutcomeUnknown server_error HTTP 500>")
    assert str(OutcomeUnknown(Reason.READ_TIMEOUT)) == "read_timeout"
