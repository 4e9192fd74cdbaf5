"""HTTP/1.1 on a socket: reading a request, delivering a response as well or as badly as was ordered."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

from tests.support.faults import Delivery
from tests.support.resources import Request, Response

_PIECE = 1 << 18


def deliver(
    wire: socket.socket,
    request: Request,
    response: Response,
    delivery: Delivery,
    closing: threading.Event,
    count: Callable[[int], None],
) -> bool:
    """Send it; whether the connection may live on. `count` hears of the bytes of its body that went out."""
    if delivery.wait and closing.wait(delivery.wait):
        return False
    if delivery.stall == -1 and not _held(wire, delivery, closing):
        return False
    head = _head(response, delivery)
    bodiless = request.method == "HEAD" or response.status in (204, 304)
    if bodiless:
        wire.sendall(head)
        return True
    if delivery in (Delivery(), Delivery(wait=delivery.wait)):
        return _plain(wire, head, response.body, count)
    wire.sendall(head)
    return _hampered(wire, response.body, delivery, closing, count)


def _plain(wire: socket.socket, head: bytes, body: bytes, count: Callable[[int], None]) -> bool:
    if len(body) < _PIECE:
        count(len(body))
        wire.sendall(head + body)
        return True
    wire.sendall(head)
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        _count_out(wire, view[start : start + _PIECE], count)
    return True


def _count_out(wire: socket.socket, data: memoryview | bytes, count: Callable[[int], None]) -> None:
    """Send, and count as it goes: a client that is killed leaves in the middle."""
    view = memoryview(data)
    while view:
        gone = wire.send(view)
        count(gone)
        view = view[gone:]


def _hampered(
    wire: socket.socket,
    body: bytes,
    delivery: Delivery,
    closing: threading.Event,
    count: Callable[[int], None],
) -> bool:
    end = len(body) if delivery.cut is None else min(delivery.cut, len(body))
    end = min(end, len(body) + delivery.length_off) if delivery.length_off < 0 else end
    step = _PIECE if delivery.rate is None else max(1, min(_PIECE, int(delivery.rate / 50)))
    sent, stalled = 0, delivery.stall in (None, -1)
    while sent < end:
        until = min(sent + step, end)
        if not stalled and delivery.stall is not None:
            until = min(until, max(delivery.stall, sent))
        if until > sent:
            _send(wire, body[sent:until], delivery, count)
            sent = until
        if not stalled and delivery.stall is not None and sent >= delivery.stall:
            stalled = True
            if not _held(wire, delivery, closing):
                return False
        if delivery.rate is not None and sent < end and closing.wait(step / delivery.rate):
            return False
    if delivery.chunked and delivery.cut is None:
        wire.sendall(b"0\r\n\r\n")
    if delivery.cut is not None and delivery.reset:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return delivery.cut is None and delivery.length_off <= 0 and not delivery.unframed


def _held(wire: socket.socket, delivery: Delivery, closing: threading.Event) -> bool:
    """Say nothing for as long as the fault wants. Whether to go on: neither side has closed."""
    until = None if delivery.stall_for is None else time.monotonic() + delivery.stall_for
    while until is None or time.monotonic() < until:
        if closing.wait(0.02) or _gone(wire):
            return False
    return True


def _send(wire: socket.socket, piece: bytes, delivery: Delivery, count: Callable[[int], None]) -> None:
    if delivery.chunked:
        count(len(piece))
        wire.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
    else:
        _count_out(wire, piece, count)


def _gone(wire: socket.socket) -> bool:
    """Whether the client has closed its side."""
    if isinstance(wire, ssl.SSLSocket):
        return False  # cannot be peeked at; the server's end bounds it
    try:
        readable, _, _ = select.select([wire], [], [], 0)
        return bool(readable) and wire.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def _head(response: Response, delivery: Delivery) -> bytes:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Odd"
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name != "content-length"]
    length = response.headers.get("content-length", str(len(response.body) + delivery.length_off))
    if delivery.chunked:
        lines.append("transfer-encoding: chunked")
    elif delivery.unframed:
        lines.append("connection: close")
    elif response.status not in (204, 304):
        lines.append(f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def read_request(line: Callable[[], bytes], read: Callable[[int], bytes], number: int) -> Request | None:
    first = line().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (text := line().decode("latin-1").rstrip("\r\n")) != "":
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    read(int(headers.get("content-length", 0)))
    method, target, _ = first
    path = target.partition("?")[0]
    if "://" in path:  # asked as a proxy: the whole address is the target
        path = "/" + path.partition("://")[2].partition("/")[2]
    return Request(method, unquote(path), headers, target, number)


def end(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_WR)
    wire.close()
