"""A folder over HTTP, with ranges, by `sendfile`: a server that costs next to nothing beside its client.

`python bench/sendfile.py FOLDER [SECONDS]` prints its port; SECONDS pass before each answer, as on a network.
It ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote

FOLDER = Path(sys.argv[1])
LATENCY = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listening.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listening,), daemon=True).start()
    sys.stdin.read()


def accept(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


def talk(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError), connection, connection.makefile("rb") as reader:
        while len(first := reader.readline().split()) == 3:
            asked = b""
            while line := reader.readline().strip():
                name, _, value = line.partition(b":")
                asked = value.strip() if name.lower() == b"range" else asked
            time.sleep(LATENCY)
            answer(connection, FOLDER / unquote(first[1].decode()).lstrip("/"), asked)


def answer(connection: socket.socket, path: Path, asked: bytes) -> None:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start, end, head = 0, size, b"HTTP/1.1 200 OK\r\n"
        if span := re.fullmatch(rb"bytes=(\d+)-(\d*)", asked):
            start, end = int(span[1]), min(size, int(span[2]) + 1) if span[2] else size
            bounds = b"Content-Range: bytes %d-%d/%d\r\n" % (start, end - 1, size)
            head = b"HTTP/1.1 206 Partial Content\r\n" + bounds
        connection.sendall(head + b'ETag: "1"\r\nContent-Length: %d\r\n\r\n' % (end - start))
        while start < end:
            start += os.sendfile(connection.fileno(), file.fileno(), start, end - start)


if __name__ == "__main__":
    main()
