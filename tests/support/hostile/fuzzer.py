"""Sends hostile requests to a server, and reports errors, hangs, crashes and growing memory."""

import json
import re
import time
from random import Random

from ..server_process import ServerProcess
from . import broken_http
from .connection import Answer, Connection, Hung, Unanswered
from .report import Report
from .requests import Request, Requests

PROFILES = ("none", "live")
# The number of requests between two resets.
ROUND = 400
# How many MiB the server may be larger after the run than after the warm-up, both measured after a reset.
GROWTH_LIMIT = 32.0
# The part of the rounds that is the warm-up.
_WARM_UP = 0.2
_RESET = b"POST /_mock/reset HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
_DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n"
_INNER_FAILURE = b'{"detail":"An unexpected error occurred"}'
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [ \w-]*\r\n")


class Failure(Exception):
    """The server misbehaved after it received `sent`."""

    def __init__(self, problem: str, sent: bytes) -> None:
        super().__init__(problem)
        self.sent = sent


class Fuzzer:
    """Sends hostile requests to one server. The seed determines all of them."""

    def __init__(self, server: ServerProcess, seed: str, seconds: float) -> None:
        self._server = server
        self._seed = seed
        self._seconds = seconds
        self._connection = Connection(server.address, seconds)
        self._sender = broken_http.Sender(server.address, seconds)
        self.report = Report()
        # The server builds the document at the first request for it, which takes longer than any other request.
        with Connection(server.address, max(seconds, 20)) as connection:
            self.document = json.loads(connection.ask(_DOCUMENT).body)

    def run(self, requests: int) -> Report:
        """Send at least this many requests, in rounds that each start with a reset."""
        rounds = -(-requests // ROUND)
        warm = max(1, round(rounds * _WARM_UP))
        before = None
        try:
            for number in range(rounds):
                self._round(number)
                if number + 1 == warm:
                    before = self._memory()
                if self.report.is_full():
                    break
            after = self._memory()
        except (OSError, Hung, Unanswered) as error:
            self.report.failures.append(f"the server died, or does not answer a reset ({error!r})")
            return self.report
        finally:
            self._sender.close()
            self._connection.close()
        if before is not None and after is not None:
            self.report.memory = before, after
            if after - before > GROWTH_LIMIT:
                self.report.failures.append(f"memory grew by {after - before:.1f} MiB, more than {GROWTH_LIMIT:.0f}")
        return self.report

    def _round(self, number: int) -> None:
        seed = f"{self._seed} round {number}"
        random = Random(seed)
        self._ask(_RESET)
        requests = Requests(self.document, "127.0.0.1:80", self._server.token, random)
        for index in range(ROUND):
            try:
                self._send_one(requests, random)
            except Failure as failure:
                self.report.fail(str(failure), f"seed {seed}, request {index}: {_shortened(failure.sent)}")
            if not self._server.is_alive():
                raise ConnectionRefusedError("the server died")

    def _send_one(self, requests: Requests, random: Random) -> None:
        choice = random.random()
        if choice < 0.08:
            self._send_broken(broken_http.attempt(random, requests.read_only()))
        elif choice < 0.16:
            self._send_request(requests.outside_the_api(), requests)
        elif choice < 0.5:
            self._send_request(requests.against_the_schema(), requests)
        else:
            self._send_request(requests.valid(), requests)

    def _send_request(self, request: Request, requests: Requests) -> None:
        start = time.monotonic()
        try:
            answer = self._ask(request.data)
        except Hung:
            raise Failure(f"no answer within {self._seconds} s", request.data) from None
        except (Unanswered, OSError) as error:
            raise Failure(f"no answer: {error!r}", request.data) from None
        self.report.count(request.kind, request.label, answer.status, time.monotonic() - start)
        if answer.status >= 500:
            self._check_error(request, answer)
        self._check_stderr(request.data)
        if request.operation is not None:
            requests.learn(request.operation, request.ids, answer.status, answer.body)

    def _send_broken(self, attempt: broken_http.Attempt) -> None:
        start = time.monotonic()
        sent = b"".join(attempt.pieces)
        try:
            received = self._sender.send(attempt)
        except (Hung, TimeoutError):
            raise Failure(f"the server did not close a half-closed connection within {self._seconds} s", sent) from None
        except OSError as error:
            raise Failure(f"no connection: {error!r}", sent) from None
        statuses = [int(status) for status in _STATUS.findall(received)] or [0]
        self.report.count("raw", attempt.label, max(statuses), time.monotonic() - start)
        if max(statuses) >= 500 and not self._is_asked_for(max(statuses), received):
            raise Failure(f"a {max(statuses)}", sent)
        self._check_stderr(sent)

    def _check_error(self, request: Request, answer: Answer) -> None:
        """Raise Failure for a 5xx, except for a 500 that a quirk asks for."""
        if not self._is_asked_for(answer.status, answer.body):
            raise Failure(f"a {answer.status}: {answer.body[:200]!r} {self._server.unexpected_stderr()}", request.data)

    def _is_asked_for(self, status: int, received: bytes) -> bool:
        """Whether a quirk asks for this 5xx. An error of the mock itself has another body, and is on stderr."""
        is_of_quirk = status == 500 and self._server.profile == "live" and _INNER_FAILURE in received
        if not is_of_quirk or self._server.unexpected_stderr():
            return False
        self.report.expected_errors += 1
        return True

    def _check_stderr(self, sent: bytes) -> None:
        stderr = self._server.unexpected_stderr()
        if stderr:
            raise Failure(f"it wrote to stderr:\n{stderr[:3_000]}", sent)

    def _ask(self, request: bytes) -> Answer:
        return self._connection.ask(request)

    def _memory(self) -> float | None:
        self._ask(_RESET)
        return self._server.memory()


def _shortened(sent: bytes) -> str:
    return repr(sent) if len(sent) <= 2_000 else f"{sent[:1_500]!r}... {len(sent)} bytes"
