"""TLS: a handshake that fails sent nothing; an alert after the request leaves its outcome open."""

import socket
import threading

import pytest

from webapp.smslink.errors import NotSent, OutcomeUnknown, Reason
from webapp.smslink.wire import Contact, Registration

ONE = Registration("", (Contact("09001111101"),), "本文")


@pytest.fixture
def trusted(provider_certificate, monkeypatch):
    """The environment trusts the provider's certificate."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(provider_certificate))


def test_a_certificate_nobody_trusts_is_not_sent(provider_tls, provider_client) -> None:
    provider_tls.answer(200, {"delivery_id": "d1"})
    with pytest.raises(NotSent) as caught:
        provider_client(provider_tls.address).deliver(ONE)
    assert caught.value.reason is Reason.TLS_FAILED
    assert provider_tls.seen == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host_is_not_sent(provider_tls, provider_client) -> None:
    with pytest.raises(NotSent) as caught:
        provider_client(provider_tls.address.replace("127.0.0.1", "localhost")).deliver(ONE)
    assert caught.value.reason is Reason.TLS_FAILED
    assert provider_tls.seen == []


def test_a_server_without_tls_is_not_sent(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1"})
    with pytest.raises(NotSent) as caught:
        provider_client(provider_server.address.replace("http:", "https:")).deliver(ONE)
    assert caught.value.reason is Reason.TLS_FAILED
    assert provider_server.seen == []


@pytest.mark.parametrize("ending", ["close", "stall"])
def test_a_handshake_that_ends_or_stalls_is_not_sent(provider_client, ending) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if ending == "close":

            def hang_up() -> None:
                listener.accept()[0].close()

            threading.Thread(target=hang_up, daemon=True).start()
        client = provider_client(f"https://127.0.0.1:{listener.getsockname()[1]}/", connect_timeout=0.3)
        with pytest.raises(NotSent) as caught:
            client.deliver(ONE)
    assert caught.value.reason is Reason.TLS_FAILED


@pytest.mark.usefixtures("trusted")
def test_tls_carries_calls_over_one_connection(provider_tls, provider_client) -> None:
    provider_tls.answer(200, {"delivery_id": "d1"})
    client = provider_client(provider_tls.address)
    assert [client.deliver(ONE).delivery_id for _ in range(2)] == ["d1", "d1"]
    assert len({seen.port for seen in provider_tls.seen}) == 1


@pytest.mark.usefixtures("trusted")
def test_a_broken_record_after_the_request_is_unknown(provider_tls, provider_client) -> None:
    def break_off(handler) -> None:
        handler.close_connection = True
        raw = socket.socket(fileno=handler.connection.detach())
        raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        raw.close()

    provider_tls.script.append(break_off)
    with pytest.raises(OutcomeUnknown) as caught:
        provider_client(provider_tls.address).deliver(ONE)
    assert caught.value.reason is Reason.CONNECTION_LOST
    assert len(provider_tls.seen) == 1


@pytest.mark.usefixtures("trusted")
def test_a_drip_over_tls_does_not_hold_the_caller(provider_tls, provider_client) -> None:
    provider_tls.send_raw(*([b"H"] * 200), pause=0.1)
    with pytest.raises(OutcomeUnknown) as caught:
        provider_client(provider_tls.address, read_timeout=0.4).deliver(ONE)
    assert caught.value.reason is Reason.READ_TIMEOUT
