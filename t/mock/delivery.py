"""How an answer goes out, whole or spoiled on purpose.

First a Plan is made out of the answer and the fault: how the body is framed,
where it stops, what happens there, how fast it goes.  Then one function
follows the plan, whatever it says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import Iterator, Protocol

from faults import Fault
from http1 import Answer, Body, FileBody
from wire import Link

# A stalled answer ends when the client leaves; this is for clients that do not.
_LONGEST_STALL = 3600.0
_FILE_PIECE = 1 << 20
_FEW_BYTES = 1 << 16
_STREAM_STOP = 1000
# Faults after which the connection is of no use any more.
_ENDINGS = {"length", "silent-close", "unread"}


class Framing(Enum):
    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"
    NONE = "none"


class Ending(Enum):
    WHOLE = "whole"
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"


@dataclass
class Plan:
    framing: Framing
    declared: int | None
    stop: int | None = None
    ending: Ending = Ending.WHOLE
    pace: tuple[int, float] | None = None
    keep_alive: bool = True

    def headers(self, close_announced: bool) -> list[tuple[str, str]]:
        headers = []
        if self.framing is Framing.LENGTH:
            headers.append(("Content-Length", str(self.declared)))
        elif self.framing is Framing.CHUNKED:
            headers.append(("Transfer-Encoding", "chunked"))
        if close_announced:
            headers.append(("Connection", "close"))
        return headers


def plan(answer: Answer, fault: Fault | None, http10: bool) -> Plan:
    length = answer.body.length
    if answer.status in (204, 304):
        return Plan(Framing.NONE, None)
    if length is not None:
        made = Plan(Framing.LENGTH, length)
    elif http10:
        made = Plan(Framing.CLOSE, None, keep_alive=False)
    else:
        made = Plan(Framing.CHUNKED, None)
    if fault is not None:
        _spoil(made, fault, length)
    return made


def _spoil(made: Plan, fault: Fault, length: int | None) -> None:
    if "no-length" in fault or "short" in fault:
        made.framing = Framing.CLOSE
    if "chunked" in fault or "chunked-cut" in fault:
        made.framing = Framing.CHUNKED
    if "length" in fault and length is not None:
        made.declared = max(0, length + fault.get("length"))

    for option, ending in (("reset-mid", Ending.RESET), ("stall", Ending.STALL),
                           ("short", Ending.CLOSE), ("chunked-cut", Ending.CLOSE)):
        if option in fault:
            made.stop = _stop(fault.get(option), length)
            made.ending = ending
    made.pace = fault.get("drip")
    made.keep_alive = made.framing is not Framing.CLOSE and made.stop is None \
        and not _ENDINGS & set(fault.options)


def _stop(wanted: int | None, length: int | None) -> int:
    """Where the body stops: before its end, or the fault would not be one."""
    if length is None:
        return _STREAM_STOP if wanted is None else wanted
    if wanted is None:
        return length // 2
    return min(wanted, max(length - 1, 0))


class Seen(Protocol):
    """Where the delivery notes how far it got."""

    sent: int


def deliver(link: Link, answer: Answer, made: Plan, head: bytes,
            seen: Seen) -> None:
    """Sends the answer as planned; `seen.sent` counts the bytes of the body."""
    start = link.sent + len(head)
    try:
        if made.framing is Framing.NONE:
            link.send(head)
        elif isinstance(answer.body, FileBody) and made.pace is None \
                and made.framing is not Framing.CHUNKED:
            link.send(head)
            _send_file(link, answer.body, made, start, seen)
        else:
            _send_pieces(link, answer.body, made, head, start, seen)
    finally:
        seen.sent = max(0, link.sent - start)

    if made.ending is Ending.RESET:
        link.reset()
    elif made.ending is Ending.STALL:
        link.wait(_LONGEST_STALL)


def _send_file(link: Link, body: FileBody, made: Plan, start: int,
               seen: Seen) -> None:
    end = body.length if made.stop is None else made.stop
    for offset in range(0, end, _FILE_PIECE):
        link.send_file(body.fd, offset, min(_FILE_PIECE, end - offset))
        seen.sent = link.sent - start


def _send_pieces(link: Link, body: Body | FileBody, made: Plan, head: bytes,
                 start: int, seen: Seen) -> None:
    """The head goes along with the first piece, unless that is yet to come."""
    waiting = head
    if body.length is None or made.pace is not None:
        link.send(waiting)
        waiting = b""
    for piece in _paced(link, _until(_pieces(body), made.stop), made.pace):
        if made.framing is Framing.CHUNKED:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        if waiting and len(piece) > _FEW_BYTES:
            link.send(waiting)
            waiting = b""
        link.send(waiting + piece if waiting else piece)
        waiting = b""
        seen.sent = link.sent - start
    if made.framing is Framing.CHUNKED and made.ending is Ending.WHOLE:
        waiting += b"0\r\n\r\n"
    link.send(waiting)


def _pieces(body: Body | FileBody) -> Iterator[bytes]:
    if isinstance(body, Body):
        yield from filter(None, body.pieces)
        return
    for offset in range(0, body.length, _FEW_BYTES):
        yield os.pread(body.fd, _FEW_BYTES, offset)


def _until(pieces: Iterator[bytes], stop: int | None) -> Iterator[bytes]:
    """The pieces up to that many bytes."""
    if stop is None:
        yield from pieces
        return
    while stop > 0 and (piece := next(pieces, b"")):
        yield piece[:stop]
        stop -= len(piece)


def _paced(link: Link, pieces: Iterator[bytes],
           pace: tuple[int, float] | None) -> Iterator[bytes]:
    """The pieces in morsels, with a rest after each."""
    if pace is None:
        yield from pieces
        return
    size, rest = pace
    for piece in pieces:
        for offset in range(0, len(piece), size):
            yield piece[offset:offset + size]
            link.wait(rest)
