"""Trouble on the wire, with real sockets: what certainly was not sent, and what may have been."""

import socket
import threading

import pytest

from webapp.smslink.errors import NotSent, OutcomeUnknown, Reason, Refused
from webapp.smslink.wire import Contact, Registration

ONE = Registration("", (Contact("09001111101"),), "本文")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = b'{"delivery_id": "d1"}'


def fail(client, outcome):
    """Deliver, and return the error, which is of this outcome and no other."""
    with pytest.raises(outcome) as caught:
        client.deliver(ONE)
    assert type(caught.value) is outcome
    return caught.value


@pytest.fixture
def listener():
    """A port that takes connections in its backlog and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address_of(listener, scheme="http"):
    return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"


def test_a_closed_port_is_not_sent(listener, provider_client) -> None:
    address = address_of(listener)
    listener.close()
    error = fail(provider_client(address), NotSent)
    assert (error.reason, error.status) == (Reason.NOT_REACHABLE, None)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_does_not_resolve_is_not_sent(provider_client, scheme) -> None:
    error = fail(provider_client(f"{scheme}://smslink.invalid/"), NotSent)
    assert error.reason is Reason.NAME_UNRESOLVED


def test_a_name_no_resolver_takes_is_not_sent(provider_client) -> None:
    error = fail(provider_client(f"http://{'a' * 70}.invalid/"), NotSent)
    assert error.reason is Reason.NOT_REACHABLE


def test_a_connection_that_is_not_taken_is_not_sent(provider_client) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.settimeout(0)
                one.connect_ex(full.getsockname())
            error = fail(provider_client(address_of(full), connect_timeout=0.3), NotSent)
        finally:
            for one in waiting:
                one.close()
    assert error.reason is Reason.CONNECT_TIMEOUT


def test_a_proxy_that_is_away_is_not_sent(listener, provider_client, monkeypatch) -> None:
    monkeypatch.setenv("https_proxy", address_of(listener))
    monkeypatch.setenv("http_proxy", address_of(listener))
    monkeypatch.delenv("no_proxy", raising=False)
    listener.close()
    for scheme in ("http", "https"):
        error = fail(provider_client(f"{scheme}://smslink.invalid/"), NotSent)
        assert error.reason is Reason.NOT_REACHABLE


def test_a_proxy_that_refuses_to_connect_is_not_sent(provider_server, provider_client, monkeypatch) -> None:
    monkeypatch.setenv("https_proxy", provider_server.address)
    error = fail(provider_client("https://smslink.invalid/"), NotSent)
    assert error.reason is Reason.NOT_REACHABLE


def test_a_connection_dropped_before_the_request_is_read_is_unknown(provider_server, provider_client) -> None:
    provider_server.drops_unread = True
    error = fail(provider_client(provider_server.address), OutcomeUnknown)
    assert error.reason is Reason.CONNECTION_LOST
    assert provider_server.seen == []


def test_a_connection_dropped_after_the_request_is_read_is_unknown(provider_server, provider_client) -> None:
    provider_server.drop()
    error = fail(provider_client(provider_server.address), OutcomeUnknown)
    assert error.reason is Reason.CONNECTION_LOST
    assert len(provider_server.seen) == 1


def test_a_connection_closed_without_an_answer_is_unknown_and_not_repeated(
    provider_server, provider_client
) -> None:
    provider_server.answer(200, {"delivery_id": "d1"})
    provider_server.send_raw()
    client = provider_client(provider_server.address)
    client.deliver(ONE)
    error = fail(client, OutcomeUnknown)
    assert error.reason is Reason.CONNECTION_LOST
    assert len(provider_server.seen) == 2


@pytest.mark.parametrize(
    "piece",
    [
        HEAD + b"Content-Length: 200\r\n\r\n" + BODY,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n15\r\n" + BODY,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n15\r\n" + BODY + b"\r\n",
        HEAD + b"Content-Length: 5",
        b"HTTP/1.1 2",
    ],
)
def test_half_an_answer_is_unknown(provider_server, provider_client, piece) -> None:
    provider_server.send_raw(piece)
    error = fail(provider_client(provider_server.address), OutcomeUnknown)
    assert error.reason in {Reason.CONNECTION_LOST, Reason.UNREADABLE}


@pytest.mark.parametrize(
    "piece",
    [
        b"\x16\x03\x01garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        HEAD + b"X" * 70_000 + b"\r\n\r\n",
        HEAD + b"a: b\r\n" * 200 + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY,
        HEAD + b"Content-Length: 1, 2\r\n\r\n" + BODY,
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 21\r\n\r\n" + BODY,
    ],
)
def test_garbage_is_unknown(provider_server, provider_client, piece) -> None:
    provider_server.send_raw(piece)
    error = fail(provider_client(provider_server.address), OutcomeUnknown)
    assert error.reason in {Reason.CONNECTION_LOST, Reason.UNREADABLE}


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (401, Refused, Reason.AUTHENTICATION),
        (429, NotSent, Reason.RATE_LIMITED),
        (503, NotSent, Reason.UNAVAILABLE),
        (400, OutcomeUnknown, Reason.CONNECTION_LOST),
        (500, OutcomeUnknown, Reason.SERVER_ERROR),
    ],
)
def test_a_status_stands_though_its_body_breaks_off(
    provider_server, provider_client, status, outcome, reason
) -> None:
    provider_server.send_raw(b"HTTP/1.1 %d X\r\nContent-Length: 99\r\n\r\n{" % status)
    error = fail(provider_client(provider_server.address), outcome)
    assert (error.status, error.reason, error.answer) == (status, reason, None)


def test_after_any_trouble_the_next_call_has_a_connection_of_its_own(
    provider_server, provider_client
) -> None:
    provider_server.send_raw(HEAD + b"Content-Length: 200\r\n\r\n" + BODY)
    provider_server.drop()
    provider_server.answer(200, {"delivery_id": "d1"})
    client = provider_client(provider_server.address)
    fail(client, OutcomeUnknown)
    fail(client, OutcomeUnknown)
    assert client.deliver(ONE).delivery_id == "d1"
    assert len({seen.port for seen in provider_server.seen}) == 3


def test_an_answer_sent_twice_is_not_taken_for_the_next_one(provider_server, provider_client) -> None:
    answer = HEAD + b"Content-Length: 21\r\n\r\n" + BODY
    provider_server.script.append(lambda handler: handler.wfile.write(answer + answer))
    provider_server.answer(200, {"delivery_id": "d2"})
    client = provider_client(provider_server.address)
    assert client.deliver(ONE).delivery_id == "d1"
    assert client.deliver(ONE).delivery_id == "d2"


def test_many_threads_share_a_client(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1"})
    client = provider_client(provider_server.address)
    failures = []

    def work() -> None:
        try:
            for _ in range(10):
                assert client.deliver(ONE).delivery_id == "d1"
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(provider_server.seen) == 60
