"""The life of one connection: read a request, answer it, note it, again.

A connection has a thread of its own.  It ends when the client leaves, when an
answer ends it, when it idles for too long, or when the server stops.
"""

from __future__ import annotations

import secrets
import sys
import time
import traceback
from email.utils import formatdate
from typing import Callable

import control
import faults
from delivery import Ending, Plan, Seen, deliver, plan
from errors import ApiError
from faults import Fault
from http1 import Answer, Head, Reader, Target, error_answer, split_target
from journal import Entry
from router import Call, Router
from state import Account, State
from stats import Stats
from wire import ClientGone, Link

_API_ROOT = "v1"


class Connection:
    """Serves one client."""

    def __init__(self, link: Link, state: State, stats: Stats, router: Router,
                 key: str | None, scheme: str,
                 log: Callable[[str], None]) -> None:
        self._link = link
        self._state = state
        self._stats = stats
        self._router = router
        self._key = key
        self._scheme = scheme
        self._log = log
        self._reader = Reader(link)
        self._last: Entry | None = None

    def run(self) -> None:
        try:
            while self._serve_one():
                pass
        except (ClientGone, OSError):
            pass                    # it left between two answers
        finally:
            self._link.close()

    def _serve_one(self) -> bool:
        """One request and its answer; false when the connection ends."""
        if not self._another():
            return False
        try:
            head = self._reader.head()
            target = split_target(head.target)
        except ApiError as error:
            self._refuse(error)
            return False
        if target.segments[0] == "__mock__":
            return self._control(head, target)
        return self._api(head, target)

    def _another(self) -> bool:
        """Waits for a request; finds out if the last answer was not wanted.

        A client that closes with a part of the answer unread makes its kernel
        send RST; one that closes before all has arrived leaves bytes behind.
        """
        try:
            if self._reader.waiting(self._state.settings.idle_seconds):
                return True
            left_early = self._link.unacknowledged() > 0
        except OSError:
            left_early = True
        if left_early and self._last is not None:
            self._last.aborted = True
        return False

    def _refuse(self, error: ApiError) -> None:
        """For requests that cannot be read: nobody knows where they end."""
        answer = error_answer(error)
        self._send(answer, plan(answer, None, False), False, _Uncounted())
        self._link.finish()

    # --- the control endpoints

    def _control(self, head: Head, target: Target) -> bool:
        self._last = None
        try:
            body = self._reader.body(head)
        except ApiError as error:
            self._refuse(error)
            return False
        try:
            answer = control.answer(head.method, target, body, self._state,
                                    self._stats)
        except ApiError as error:
            answer = error_answer(error)
        self._send(answer, plan(answer, None, False), head.keep_alive,
                   _Uncounted())
        return head.keep_alive

    # --- the API

    def _api(self, head: Head, target: Target) -> bool:
        account = self._state.account(head.bearer)
        entry = self._last = Entry(head, target, self._link.number)
        account.journal.add(entry)
        try:
            return self._exchange(head, target, account, entry)
        except (ClientGone, OSError):
            entry.aborted = True
            return False
        finally:
            if not entry.done:
                entry.finish()
            self._log(entry.line())

    def _exchange(self, head: Head, target: Target, account: Account,
                  entry: Entry) -> bool:
        try:
            fault = self._fault(head, target, account)
            if fault is not None:
                entry.fault = fault.text
                if "early-close" in fault:
                    self._link.finish()
                    return False
            unread = fault is not None and "unread" in fault
            body = b"" if unread else self._reader.body(head)
        except ApiError as error:
            self._deliver(head, error_answer(error), None, entry, last=True)
            return False
        account.journal.keep_body(entry, body)
        call = Call(head, target, body, self._state, account,
                    self._origin(head), self._link.wait)
        return self._deliver(head, self._answer(call, fault), fault, entry)

    def _fault(self, head: Head, target: Target, account: Account) -> Fault | None:
        """The fault for this call; what the call brings goes first."""
        brought = faults.in_request(head.headers, target.prefix)
        if brought is not None:
            if account.plan.strikes(brought, head.method, target.path):
                return brought
            return None
        if target.prefix == "/direct":
            return None
        return (account.plan.take(head.method, target.path)
                or self._state.plan.take(head.method, target.path))

    def _answer(self, call: Call, fault: Fault | None) -> Answer:
        answer = None
        if fault is not None:
            answer = faults.replacement(fault, call.target, call.origin)
        if answer is None:
            answer = self._real_answer(call)
            if fault is not None:
                faults.adjust(fault, answer)
        return answer

    def _real_answer(self, call: Call) -> Answer:
        try:
            handler, route, call.params = self._router.find(call.head.method,
                                                            call.target)
            call.account.count(route)
            if call.target.segments[0] == _API_ROOT:
                self._check_key(call.head)
            return handler(call)
        except ApiError as error:
            return error_answer(error)
        except (ClientGone, OSError):
            raise
        except Exception:           # a mistake of ours: say so, and go on
            traceback.print_exc(file=sys.stderr)
            return error_answer(ApiError(500, "The stand-in has a bug; see its"
                                         " standard error.", kind="server_error",
                                         code="stand_in_bug"))

    def _check_key(self, head: Head) -> None:
        if not head.bearer:
            raise ApiError(401, "No API key was given: it goes into an"
                           " Authorization header, after 'Bearer '.")
        if self._key is not None and head.bearer != self._key:
            raise ApiError(401, f"Incorrect API key provided:"
                           f" {head.bearer[:3]}***.", code="invalid_api_key")

    def _origin(self, head: Head) -> str:
        return f"{self._scheme}://{head.headers.get('host', 'localhost')}"

    # --- delivery

    def _deliver(self, head: Head, answer: Answer, fault: Fault | None,
                 entry: Entry, last: bool = False) -> bool:
        """Sends the answer; false when it is the last of this connection."""
        if fault is not None:
            self._link.wait(fault.get("slow-headers", 0) / 1000)
            if "reset-before" in fault:
                self._link.reset()
                return False
            if "garbage" in fault:
                self._link.send(faults.GARBAGE)
                self._link.finish()
                return False

        entry.status = answer.status
        made = plan(answer, fault, head.version == "HTTP/1.0")
        keep_alive = head.keep_alive and made.keep_alive and not last
        silent = fault is not None and "silent-close" in fault
        elapsed = round((time.monotonic() - entry.began) * 1000)
        with self._stats.streaming():
            self._send(answer, made, keep_alive or silent, entry, elapsed)
        entry.finish()
        if not keep_alive and made.ending is not Ending.RESET:
            self._link.finish()
        return keep_alive

    def _send(self, answer: Answer, made: Plan, keep_alive: bool, seen: Seen,
              elapsed: int = 0) -> None:
        head = answer.head([
            ("Date", formatdate(usegmt=True)),
            ("x-request-id", f"req_{secrets.token_hex(16)}"),
            ("openai-processing-ms", str(elapsed)),
            ("openai-version", "2020-10-01"),
            *made.headers(close_announced=not keep_alive)])
        deliver(self._link, answer, made, head, seen)


class _Uncounted:
    """For answers that no entry is kept of."""

    sent = 0
