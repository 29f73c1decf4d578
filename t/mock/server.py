#!/usr/bin/env python3
"""A stand-in for OpenAI: the media part of its API, on this machine, for free.

    python3 t/mock/server.py --port 8080
    curl -H 'Authorization: Bearer any' http://127.0.0.1:8080/v1/models

What it can do, how to make it misbehave and how to see what it saw is told in
docs/stand-in.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import ssl
import sys
import threading
from pathlib import Path

sys.dont_write_bytecode = True      # the tree stays as it was

import files                        # noqa: E402
import images                       # noqa: E402
import models                       # noqa: E402
import responses                    # noqa: E402
import videos                       # noqa: E402
from connection import Connection   # noqa: E402
from errors import ApiError         # noqa: E402
from router import Router           # noqa: E402
from state import Settings, State   # noqa: E402
from stats import Stats             # noqa: E402
from wire import Link               # noqa: E402

_BACKLOG = 1024
_TICK_SECONDS = 0.25
_FAREWELL_SECONDS = 1.0
_HANDSHAKE_SECONDS = 10.0


class Stop(Exception):
    """It is time to end."""


class Server:
    """Listens, and gives each connection a thread."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._state = State(Settings(render_seconds=options.render_seconds,
                                     video_bytes=options.video_bytes))
        self._stats = Stats()
        self._router = Router(files.ROUTES + images.ROUTES + images.PUBLIC_ROUTES
                              + models.ROUTES + responses.ROUTES + videos.ROUTES)
        self._tls = _tls_context(options.tls)
        self._log = open(options.log, "a", buffering=1) if options.log else None
        self._links: dict[Link, threading.Thread] = {}
        self._lock = threading.Lock()
        self._accepted = 0
        self._socket = socket.create_server((options.host, options.port),
                                            backlog=_BACKLOG)

    @property
    def scheme(self) -> str:
        return "https" if self._tls else "http"

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"{self.scheme}://{host}:{port}/v1"

    def announce(self) -> None:
        if self._options.port_file:
            _write_whole(Path(self._options.port_file),
                         f"{self._socket.getsockname()[1]}\n")
        print(f"openai stand-in listening on {self.url}", flush=True)

    def run(self) -> None:
        """Accepts connections until a signal, or the end of the parent."""
        parent = os.getppid()
        self._socket.settimeout(_TICK_SECONDS)
        while not (self._options.parent_watch and os.getppid() != parent):
            try:
                client, _ = self._socket.accept()
            except TimeoutError:
                continue
            self._welcome(client)

    def close(self) -> None:
        """No more connections; those that are open end now."""
        self._socket.close()
        with self._lock:
            open_now = list(self._links.items())
        for link, _ in open_now:
            link.interrupt()
        for _, thread in open_now:
            thread.join(_FAREWELL_SECONDS)

    def _welcome(self, client: socket.socket) -> None:
        client.settimeout(None)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._accepted += 1
        link = Link(client, self._accepted)
        thread = threading.Thread(target=self._converse, args=(link,), daemon=True)
        with self._lock:
            self._links[link] = thread
        thread.start()

    def _converse(self, link: Link) -> None:
        try:
            with self._stats.connection():
                if self._tls:
                    link.encrypt(self._tls, _HANDSHAKE_SECONDS)
                Connection(link, self._state, self._stats, self._router,
                           self._options.key, self.scheme, self._write_log).run()
        except OSError:
            link.close()            # the handshake failed
        finally:
            with self._lock:
                self._links.pop(link, None)

    def _write_log(self, line: str) -> None:
        if self._log:
            self._log.write(line)


def _tls_context(pair: list[str] | None) -> ssl.SSLContext | None:
    if not pair:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _write_whole(path: Path, text: str) -> None:
    """Whoever waits for the file to appear finds it complete."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A stand-in for OpenAI.")
    parser.add_argument("--port", type=int, default=0, metavar="N",
                        help="0, the default, takes a free one")
    parser.add_argument("--port-file", metavar="F",
                        help="write the port to this file when ready")
    parser.add_argument("--host", default="127.0.0.1",
                        help="address to listen on (default: %(default)s)")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"),
                        help="speak TLS with this certificate and key (PEM)")
    parser.add_argument("--render-seconds", type=float, default=8.0, metavar="S",
                        help="how long a video or a background image takes"
                             " (default: %(default)s)")
    parser.add_argument("--key", metavar="K",
                        help="the one API key that is accepted (default: any)")
    parser.add_argument("--log", metavar="F",
                        help="append a line per request to this file")
    parser.add_argument("--video-bytes", type=int, default=0, metavar="N",
                        help="pad the content of videos to this size")
    parser.add_argument("--parent-watch", action="store_true",
                        help="end when the parent process does")
    options = parser.parse_args()
    if options.render_seconds < 0:
        parser.error("--render-seconds must not be negative")
    try:
        videos.check_video_bytes(options.video_bytes)
    except ApiError as error:
        parser.error(error.message)
    return options


def _stop(*_: object) -> None:
    raise Stop


def main() -> int:
    options = _options()
    try:
        server = Server(options)
    except OSError as error:
        print(f"openai stand-in: {error}", file=sys.stderr)
        return 1
    try:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        server.announce()
        server.run()
    except Stop:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
