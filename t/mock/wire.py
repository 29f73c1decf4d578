"""One client's socket, and the few things the stand-in does with it.

Sockets stay blocking; every wait goes through poll(), which also notices when
the client has gone (POLLRDHUP), even if it still has requests in the pipe.
"""

from __future__ import annotations

import array
import fcntl
import os
import select
import socket
import ssl
import struct
import termios
import time

_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR
_PIECE = 1 << 20
_LINGER_SECONDS = 0.5


class ClientGone(Exception):
    """The client closed its side while we had something to say or to wait for."""


class Link:
    """A connection; `sent` counts the bytes handed to the kernel."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self._sock = sock
        self.number = number
        self.sent = 0

    def encrypt(self, context: ssl.SSLContext, patience: float) -> None:
        """Shakes hands, or raises OSError."""
        self._sock.settimeout(patience)
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._sock.settimeout(None)

    # --- reading

    def readable_within(self, seconds: float) -> bool:
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        return bool(self._poll(select.POLLIN | _GONE, seconds))

    def receive(self, size: int) -> bytes:
        """Some bytes, none at the end."""
        return self._sock.recv(size)

    # --- writing

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            done = self._sock.send(view[:_PIECE])
            self.sent += done
            view = view[done:]

    def send_file(self, fd: int, offset: int, count: int) -> None:
        """A piece of a file, by the kernel alone where that is possible."""
        encrypted = isinstance(self._sock, ssl.SSLSocket)
        end = offset + count
        while offset < end:
            piece = min(_PIECE, end - offset)
            if encrypted:
                data = os.pread(fd, piece, offset)
                self.send(data)
                done = len(data)
            else:
                done = os.sendfile(self._sock.fileno(), fd, offset, piece)
                self.sent += done
            if done == 0:
                raise OSError("the file is shorter than it was")
            offset += done

    def unacknowledged(self) -> int:
        """Bytes that the kernel holds because the peer has not taken them."""
        queued = array.array("i", [0])
        fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, queued)
        return queued[0]

    def drain(self, seconds: float = 1.0) -> None:
        """Wait until the client's kernel has everything we sent."""
        until = time.monotonic() + seconds
        while self.unacknowledged() and time.monotonic() < until:
            time.sleep(0.002)

    # --- waiting and ending

    def wait(self, seconds: float) -> None:
        """Do nothing for a while, unless the client leaves."""
        if seconds > 0 and self._poll(_GONE, seconds):
            raise ClientGone

    def reset(self) -> None:
        """End with RST, after the client got what was sent so far."""
        self.drain()
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
        self._sock.close()

    def finish(self) -> None:
        """End with FIN, and read on for a moment.

        Closing with unread bytes in the buffer would send RST, which may throw
        away the answer on its way.
        """
        until = time.monotonic() + _LINGER_SECONDS
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                self._sock.settimeout(_LINGER_SECONDS)
                self._sock = self._sock.unwrap()
            self._sock.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0:
                if not self._poll(select.POLLIN, left) or not self._sock.recv(65536):
                    break
        except (OSError, ValueError):
            pass
        self.close()

    def interrupt(self) -> None:
        """Called from another thread: make whatever is blocked return."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        self._sock.close()

    def _poll(self, events: int, seconds: float) -> int:
        poll = select.poll()
        poll.register(self._sock.fileno(), events)
        ready = poll.poll(max(0, round(seconds * 1000)))
        return ready[0][1] if ready else 0
