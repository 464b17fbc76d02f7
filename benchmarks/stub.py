"""The AWS the measured processes talk to: a loopback server in a process of its own, plain and over TLS.

It answers SendMessage, GetSecretValue and GetParametersByPath as fast as it can and checks nothing: what is measured
is the client's CPU.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_shared.environments.topology import load_topology

WEBHOOK_TOKEN = "bench-webhook-token-0123456789abcdef"
FLAGS = {
    **load_topology("bench").flag_defaults,
    "automation_enabled": "true",
    "rollout_stage": "tier2",
}
_SECRET = {
    "token_current": WEBHOOK_TOKEN,
    "api_key": "bench-key",
    "salt": "bench-salt-0123456789abcdef-0123456789",
    "access_token": "bench-token",
}


@dataclass(frozen=True, slots=True)
class Stub:
    """Where the server listens."""

    plain_url: str
    tls_url: str


@contextlib.contextmanager
def running_stub(certificate: Path, key: Path) -> Any:
    """Run the server while the block runs; yields a Stub."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, certificate, key), daemon=True)
    process.start()
    try:
        if not here.poll(120):
            raise RuntimeError("the loopback server did not start")
        plain_port, tls_port = here.recv()
        yield Stub(f"http://127.0.0.1:{plain_port}", f"https://127.0.0.1:{tls_port}")
    finally:
        process.terminate()
        process.join(5)


def _serve(pipe: Any, certificate: Path, key: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2)]
    pipe.send([listener.getsockname()[1] for listener in listeners])
    plain, tls = (
        threading.Thread(target=_accept, args=(listener, wrap), daemon=True)
        for listener, wrap in zip(listeners, (None, context), strict=True)
    )
    plain.start()
    tls.start()
    plain.join()


def _accept(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_converse, args=(connection, context), daemon=True).start()


def _converse(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = context.wrap_socket(connection, server_side=True) if context else connection
        reader = stream.makefile("rb")
        while request_line := reader.readline():
            headers = _read_headers(reader)
            body = reader.read(int(headers.get(b"content-length", b"0")))
            if request_line:
                stream.sendall(_answer(headers.get(b"x-amz-target", b"").decode(), body))


def _read_headers(reader: Any) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    while (line := reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return headers


def _answer(target: str, body: bytes) -> bytes:
    content = json.dumps(_result(target.partition(".")[2], body)).encode()
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-RequestId: bench\r\ncontent-length: "
        + str(len(content)).encode()
        + b"\r\n\r\n"
        + content
    )


def _result(operation: str, body: bytes) -> dict[str, Any]:
    if operation == "SendMessage":
        import hashlib

        sent = json.loads(body)["MessageBody"].encode()
        digest = hashlib.md5(sent, usedforsecurity=False).hexdigest()
        return {"MessageId": "m-1", "MD5OfMessageBody": digest, "SequenceNumber": "1"}
    if operation == "GetSecretValue":
        return {"Name": json.loads(body)["SecretId"], "SecretString": json.dumps(_SECRET)}
    if operation == "GetParametersByPath":
        path = json.loads(body)["Path"].rstrip("/")
        return {"Parameters": [{"Name": f"{path}/{name}", "Value": value} for name, value in FLAGS.items()]}
    return {}
