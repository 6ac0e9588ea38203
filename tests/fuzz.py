"""Sends a server what nobody means to send, and tells whether it answered, lived and stayed small.

    python tests/fuzz.py --requests 100000 --seed 1

Exits with 1 where an answer was a 5xx that no quirk documents, a request hung, the server died or complained, its memory
grew beyond the bound, or a parser raised what it does not declare; each with the request and the seed to repeat it.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from hostility import raw, texts
from hostility.process import ServerProcess
from hostility.requests import Request, Requests
from hostility.sockets import Answer, Connection, Hung, Unanswered

PROFILES = ("none", "live")
ROUND = 400  # requests between two resets
GROWTH_LIMIT = 32.0  # MiB that the server may be larger after the run than after the warm-up, with the state reset
_WARM_UP = 0.2
_ENOUGH_FAILURES = 5
_RESET = b"POST /_mock/reset HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
_DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n"
_CLONE = re.compile(rb"POST /v3/workspaces/[^/ ?]+/sessions/[^/ ?]+/clone[ ?]")
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [ \w-]*\r\n")


class Failure(Exception):
    """The server did what it must not; `sent` is what it was sent."""

    def __init__(self, complaint: str, sent: bytes) -> None:
        super().__init__(complaint)
        self.sent = sent


@dataclass
class Tally:
    """What one run came to."""

    requests: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and class of status
    succeeded: Counter[str] = field(default_factory=Counter)  # by operation
    refused: Counter[str] = field(default_factory=Counter)
    parsed: Counter[tuple[str, str]] = field(default_factory=Counter)
    documented: int = 0  # 500s that the quirk asks for
    slowest: tuple[float, str] = (0.0, "")
    memory: tuple[float, float] | None = None  # MiB after the warm-up and after the end
    failures: list[str] = field(default_factory=list)

    def count(self, kind: str, label: str, status: int, seconds: float) -> None:
        self.requests[kind, f"{status // 100}xx" if status else "no answer"] += 1
        if 200 <= status < 300:
            self.succeeded[label] += 1
        elif 400 <= status < 500:
            self.refused[label] += 1
        self.slowest = max(self.slowest, (seconds, label))

    def fail(self, complaint: str, where: str) -> None:
        """Note a failure, with what repeats it; the same complaint once."""
        if not any(known.startswith(complaint) for known in self.failures):
            self.failures.append(f"{complaint}\n    {where}")

    def report(self) -> Iterator[str]:
        yield from _table(self.requests)
        if self.documented:
            yield f"  500s that clone_crosses_workspaces asks for: {self.documented}"
        yield from _table(self.parsed)
        yield f"  slowest: {self.slowest[0]:.3f} s, {self.slowest[1]}"
        if self.memory is not None:
            yield f"  memory: {self.memory[0]:.1f} MiB after the warm-up, {self.memory[1]:.1f} MiB at the end"
        yield from (f"  FAILED: {failure}" for failure in self.failures)


def _table(counts: Counter[tuple[str, str]]) -> Iterator[str]:
    for kind in sorted({kind for kind, _ in counts}):
        parts = {outcome: count for (one, outcome), count in sorted(counts.items()) if one == kind}
        yield f"  {kind}: {sum(parts.values())} ({', '.join(f'{count} {name}' for name, count in parts.items())})"


class Fuzzer:
    """Sends hostile requests to one server; everything that it draws follows from the seed."""

    def __init__(self, server: ServerProcess, seed: str, seconds: float) -> None:
        self._server = server
        self._seed = seed
        self._seconds = seconds
        self._connection = Connection(server.address, seconds)
        self._sender = raw.Sender(server.address, seconds)
        self.tally = Tally()
        with Connection(server.address, max(seconds, 20)) as patient:  # It is the dearest answer, and only made once.
            self.document = json.loads(patient.ask(_DOCUMENT).body)

    def run(self, requests: int) -> Tally:
        """Send at least so many requests, in rounds that each begin with a reset."""
        rounds = -(-requests // ROUND)
        warm = max(1, round(rounds * _WARM_UP))
        before = None
        try:
            for number in range(rounds):
                self._round(number)
                if number + 1 == warm:
                    before = self._size()
                if len(self.tally.failures) >= _ENOUGH_FAILURES:
                    break
            after = self._size()
        except (OSError, Hung, Unanswered) as error:
            self.tally.failures.append(f"the server is gone, or does not answer to a reset ({error!r})")
            return self.tally
        finally:
            self._sender.close()
            self._connection.close()
        if before is not None and after is not None:
            self.tally.memory = before, after
            if after - before > GROWTH_LIMIT:
                self.tally.failures.append(f"memory grew by {after - before:.1f} MiB, more than {GROWTH_LIMIT:.0f}")
        return self.tally

    def _round(self, number: int) -> None:
        seed = f"{self._seed} round {number}"
        random = Random(seed)
        self._ask(_RESET)
        requests = Requests(self.document, "127.0.0.1:80", self._server.token, random)
        for place in range(ROUND):
            try:
                self._one(requests, random)
            except Failure as failure:
                self.tally.fail(str(failure), f"seed {seed}, request {place}: {_shown(failure.sent)}")
            if not self._server.is_alive():
                raise ConnectionRefusedError("the server died")

    def _one(self, requests: Requests, random: Random) -> None:
        choice = random.random()
        if choice < 0.08:
            self._raw(raw.attempt(random, requests.reading()))
        elif choice < 0.16:
            self._whole(requests.elsewhere(), requests)
        elif choice < 0.5:
            self._whole(requests.against_the_schema(), requests)
        else:
            self._whole(requests.valid(), requests)

    def _whole(self, request: Request, requests: Requests) -> None:
        began = time.monotonic()
        try:
            answer = self._ask(request.data)
        except Hung:
            raise Failure(f"no answer within {self._seconds} s", request.data) from None
        except (Unanswered, OSError) as error:
            raise Failure(f"no answer: {error!r}", request.data) from None
        self.tally.count(request.kind, request.label, answer.status, time.monotonic() - began)
        if answer.status >= 500:
            self._judge(request, answer)
        self._heed_complaints(request.data)
        if request.operation is not None:
            requests.learn(request.operation, request.ids, answer.status, answer.body)

    def _raw(self, attempt: raw.Attempt) -> None:
        began = time.monotonic()
        sent = b"".join(attempt.pieces)
        try:
            received = self._sender.send(attempt)
        except (Hung, TimeoutError):
            raise Failure(f"half closed, and not closed within {self._seconds} s", sent) from None
        except OSError as error:
            raise Failure(f"no connection: {error!r}", sent) from None
        statuses = [int(status) for status in _STATUS.findall(received)] or [0]
        self.tally.count("raw", attempt.label, max(statuses), time.monotonic() - began)
        if max(statuses) >= 500:
            raise Failure(f"a {max(statuses)}", sent)
        self._heed_complaints(sent)

    def _judge(self, request: Request, answer: Answer) -> None:
        """Raise Failure for a 5xx, but for the one that the quirk asks for."""
        is_clone = _CLONE.match(request.data) is not None
        if answer.status == 500 and is_clone and self._server.profile == "live" and not self._server.complaints():
            self.tally.documented += 1
            return
        raise Failure(f"a {answer.status}: {answer.body[:200]!r} {self._server.complaints()}", request.data)

    def _heed_complaints(self, sent: bytes) -> None:
        complaints = self._server.complaints()
        if complaints:
            raise Failure(f"it said on stderr:\n{complaints[:3_000]}", sent)

    def _ask(self, request: bytes) -> Answer:
        return self._connection.ask(request)

    def _size(self) -> float | None:
        self._ask(_RESET)
        return self._server.memory()


def _shown(sent: bytes) -> str:
    return repr(sent) if len(sent) <= 2_000 else f"{sent[:1_500]!r}... {len(sent)} bytes"


def try_parsers(tally: Tally, seed: str, count: int, seconds: float) -> None:
    """Give the parsers so many inputs."""
    for number in range(count):
        name, call, given = texts.drawn(Random(f"{seed} parser {number}"))
        began = time.monotonic()
        try:
            is_taken = texts.is_taken(call)
        except Exception as error:  # noqa: BLE001 - whatever it is was not declared
            tally.fail(f"{name}: {error!r}", f"seed {seed}, parser {number}: {str(given)[:2_000]!r}")
            if len(tally.failures) >= _ENOUGH_FAILURES:
                return
            continue
        tally.parsed[name, "taken" if is_taken else "refused"] += 1
        took = time.monotonic() - began
        tally.slowest = max(tally.slowest, (took, name))
        if took > seconds:
            tally.fail(f"{name} took {took:.1f} s", f"seed {seed}, parser {number}: {str(given)[:2_000]!r}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000, help="how many at least, both profiles together")
    parser.add_argument("--seed", default=str(time.time_ns()), help="what everything is drawn from")
    parser.add_argument("--seconds-per-request", type=float, default=5.0, help="after which one counts as hung")
    options = parser.parse_args(arguments)
    seconds = options.seconds_per_request
    failed = False
    for profile in PROFILES:
        began = time.monotonic()
        with ServerProcess(profile) as server:
            tally = Fuzzer(server, f"{options.seed} {profile}", seconds).run(-(-options.requests // len(PROFILES)))
        _tell(f"{profile}, on {server.loop}: {tally.requests.total()} requests", began, tally)
        failed = failed or bool(tally.failures)
    began, tally = time.monotonic(), Tally()
    try_parsers(tally, options.seed, options.requests // 2, seconds)
    _tell(f"parsers: {tally.parsed.total()} inputs", began, tally)
    print(f"seed {options.seed}")
    return int(failed or bool(tally.failures))


def _tell(title: str, began: float, tally: Tally) -> None:
    print(f"{title} in {time.monotonic() - began:.0f} s")
    print("\n".join(tally.report()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
