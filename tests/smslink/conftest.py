"""A scripted provider on a real socket, and clients that talk to it."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from webapp.smslink.client import SmslinkClient

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"


@dataclass(frozen=True)
class Seen:
    """One request as it reached the provider. `port` is the client's: one port is one connection."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    port: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Provider"

    def handle(self) -> None:
        if self.server.drops_unread:
            # Only once bytes have arrived: a reset before that would be a connection that never was.
            self.connection.recv(1, socket.MSG_PEEK)
            reset(self.connection)
            return
        self.server.connections.append(self.connection)
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        port = self.client_address[1]
        self.server.seen.append(Seen(self.command, self.path, headers, body, port))
        answer = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        answer(self)

    do_POST = do_GET  # noqa: N815 (the name http.server looks for)

    def log_message(self, *args: object) -> None:
        pass


class Provider(ThreadingHTTPServer):
    """Answers by script; the last answer repeats."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self.script: list[Callable[[_Handler], None]] = []
        self.connections: list[socket.socket] = []
        self.drops_unread = False
        self.released = threading.Event()

    @property
    def address(self) -> str:
        scheme = "https" if isinstance(self.socket, ssl.SSLSocket) else "http"
        return f"{scheme}://127.0.0.1:{self.server_address[1]}/"

    def answer(self, status: int, body: object = None, **headers: str) -> None:
        """Add an answer: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

        def send(handler: _Handler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        self.script.append(send)

    def send_raw(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Add an answer of bare bytes, then the end of the connection. `pause`: seconds before each piece."""

        def send(handler: _Handler) -> None:
            handler.close_connection = True
            for piece in pieces:
                if pause and self.released.wait(pause):
                    return
                handler.wfile.write(piece)

        self.script.append(send)

    def stall(self) -> None:
        """Add an answer that never comes."""

        def wait(handler: _Handler) -> None:
            handler.close_connection = True
            self.released.wait(30)

        self.script.append(wait)

    def drop(self) -> None:
        """Add a connection reset in place of an answer."""

        def send(handler: _Handler) -> None:
            handler.close_connection = True
            reset(handler.connection)

        self.script.append(send)

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def reset(connection: socket.socket) -> None:
    """End a connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def serve(server: Provider) -> Iterator[Provider]:
    """Serve in a thread until the block ends."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def provider_server() -> Iterator[Provider]:
    """A provider without a script; it ends with the test."""
    with serve(Provider()) as server:
        yield server


@pytest.fixture
def provider_elsewhere() -> Iterator[Provider]:
    """Another host, one a client has no business with."""
    with serve(Provider()) as server:
        yield server


@pytest.fixture
def provider_certificate(tmp_path: Path) -> Path:
    """A file with the key and the self-signed certificate of 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "provider.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return path


@pytest.fixture
def provider_tls(provider_certificate: Path) -> Iterator[Provider]:
    """A provider that speaks TLS with a certificate nobody trusts by itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(provider_certificate)
    server = Provider()
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serve(server):
        yield server


@dataclass
class ClientMaker:
    """Makes clients with short time-outs and closes them."""

    made: list[SmslinkClient] = field(default_factory=list)

    def __call__(self, domain: str, token: str = TOKEN, **options: Any) -> SmslinkClient:
        client = SmslinkClient(domain, token, **{"connect_timeout": 2.0, "read_timeout": 5.0, **options})
        self.made.append(client)
        return client


@pytest.fixture
def provider_client() -> Iterator[ClientMaker]:
    """Call it with an address."""
    maker = ClientMaker()
    yield maker
    for client in maker.made:
        client.close()
