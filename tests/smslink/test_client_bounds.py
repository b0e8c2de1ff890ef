"""No far end holds a caller for ever or fills its memory."""

import gzip
import socket
import time
import tracemalloc
import zlib

import pytest

from webapp.smslink import client as client_module
from webapp.smslink.errors import OutcomeUnknown, Reason
from webapp.smslink.wire import Contact, Registration

ONE = Registration("", (Contact("09001111101"),), "本文")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = b'{"delivery_id": "d1"}'


def fail(client):
    """Deliver without a clear answer, and return the error with the seconds it took."""
    begun = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        client.deliver(ONE)
    return caught.value, time.monotonic() - begun


def test_a_stall_is_unknown_after_the_read_timeout(provider_server, provider_client) -> None:
    provider_server.stall()
    error, seconds = fail(provider_client(provider_server.address, read_timeout=0.3))
    assert (error.reason, error.status) == (Reason.READ_TIMEOUT, None)
    assert 0.25 < seconds < 2


def test_a_stall_within_the_body_is_unknown(provider_server, provider_client) -> None:
    provider_server.script.append(
        lambda handler: (
            handler.wfile.write(HEAD + b"Content-Length: 21\r\n\r\n{"),
            provider_server.released.wait(20),
        )
    )
    error, seconds = fail(provider_client(provider_server.address, read_timeout=0.3))
    assert (error.reason, error.status) == (Reason.READ_TIMEOUT, 200)
    assert seconds < 2


@pytest.mark.parametrize(
    "head",
    [
        b"",
        HEAD + b"X-Long: ",
        HEAD + b"Content-Length: 200\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nc8\r\n",
        HEAD + b"\r\n",
    ],
)
def test_a_drip_does_not_hold_the_caller(provider_server, provider_client, head) -> None:
    provider_server.send_raw(head, *([b"1"] * 200), pause=0.1)
    client = provider_client(provider_server.address, read_timeout=0.4)
    error, seconds = fail(client)
    assert error.reason is Reason.READ_TIMEOUT
    assert 0.7 < seconds < 3


def test_endless_continues_do_not_hold_the_caller(provider_server, provider_client) -> None:
    provider_server.send_raw(*([b"HTTP/1.1 100 Continue\r\n\r\n"] * 200), pause=0.1)
    error, seconds = fail(provider_client(provider_server.address, read_timeout=0.4))
    assert error.reason is Reason.READ_TIMEOUT
    assert seconds < 3


def test_a_slow_but_steady_answer_is_read(provider_server, provider_client) -> None:
    provider_server.send_raw(HEAD + b"Content-Length: 21\r\n\r\n", BODY[:9], BODY[9:], pause=0.2)
    accepted = provider_client(provider_server.address, read_timeout=0.5).deliver(ONE)
    assert accepted.delivery_id == "d1"


def test_a_shortened_last_pause_does_not_shorten_the_next_call(provider_server, provider_client) -> None:
    provider_server.answer(200, {"delivery_id": "d1"})
    slow = provider_server.script[0]
    provider_server.script.append(lambda handler: (time.sleep(0.6), slow(handler)))
    client = provider_client(provider_server.address, connect_timeout=0.3, read_timeout=1.0)
    assert [client.deliver(ONE).delivery_id for _ in range(3)] == ["d1"] * 3
    assert len({seen.port for seen in provider_server.seen}) == 1


def test_a_far_end_that_never_reads_is_unknown(provider_client) -> None:
    large = Registration("", tuple(Contact("09001111101") for _ in range(200_000)), "本文")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        client = provider_client(address, connect_timeout=0.5, read_timeout=0.5)
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            client.deliver(large)
    assert time.monotonic() - begun < 5


def test_an_answer_beyond_all_measure_is_unknown(provider_server, provider_client, monkeypatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", 100_000)
    provider_server.answer(200, b" " * 100_001)
    error, _ = fail(provider_client(provider_server.address))
    assert (error.reason, error.status) == (Reason.TOO_LARGE, 200)
    provider_server.script.clear()
    provider_server.answer(200, BODY + b" " * (100_000 - len(BODY)))
    assert provider_client(provider_server.address).deliver(ONE).delivery_id == "d1"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_decompression_bomb_is_unpacked_no_further_than_the_limit(
    provider_server, provider_client, encoding
) -> None:
    pack = zlib.compress if encoding == "deflate" else gzip.compress
    bomb = pack(b" " * 200_000_000, 9)
    if "," in encoding:
        bomb = pack(bomb)
    provider_server.answer(200, bomb, Content_Encoding=encoding)
    client = provider_client(provider_server.address)
    tracemalloc.start()
    try:
        error, _ = fail(client)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.reason is Reason.TOO_LARGE
    assert peak < 80_000_000


def test_a_compressed_answer_is_read(provider_server, provider_client) -> None:
    provider_server.answer(200, gzip.compress(BODY), Content_Encoding="gzip")
    assert provider_client(provider_server.address).deliver(ONE).delivery_id == "d1"
    assert "gzip" in provider_server.seen[0].headers["accept-encoding"]
