"""Thousands of hostile requests, and proof that none of them would pass unseen if it did harm."""

import os
from collections.abc import Callable
from random import Random

import pytest

import fuzz
from support.hostile import parser_inputs
from support.hostile.fuzzer import PROFILES, ROUND, Fuzzer
from support.hostile.report import Report
from support.hostile.requests import operations_of
from support.server_process import ServerProcess

pytestmark = [
    pytest.mark.deep,
    pytest.mark.process,
    pytest.mark.skipif(os.name != "posix", reason="sends what other systems' sockets word otherwise"),
]

# Operations that take nothing which could be wrong.
_TAKE_ANYTHING = ("/health", "/summaries", "/queue/status", "/webhooks/test")

# A server that is spoiled: something happens to the requests, of which `count` have come.
_SPOILED = """
import os, sys, time
from mockserver.api.answers import Answer
from mockserver.api.endpoint import Endpoint
carried_out, count, held = Endpoint.carried_out, 0, []
def spoiled(self, found, scope, body, *more):
    global count
    count += 1
    {what}
    return carried_out(self, found, scope, body, *more)
Endpoint.carried_out = spoiled
"""


# They need a pair of peers in filters, and the id of a conclusion, which random values rarely are.
_RARELY_SUCCEED = {
    f"{method} /v3/workspaces/{{workspace_id}}/conclusions/{path}"
    for method, path in (("POST", "query"), ("DELETE", "{conclusion_id}"))
}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_server_stands_a_thousand_hostile_requests(profile: str) -> None:
    with ServerProcess(profile) as server:
        fuzzer = Fuzzer(server, "short", 20)
        labels = {operation.label for operation in operations_of(fuzzer.document)}
        report = fuzzer.run(4_000)
    assert report.failures == []
    assert len(labels) >= 46
    assert labels - report.succeeded.keys() <= _RARELY_SUCCEED
    refused = report.refused.keys() | {operation for operation in labels if operation.endswith(_TAKE_ANYTHING)}
    assert labels - refused == set()
    for kind in ("schema", "adversarial", "control", "unknown", "raw"):
        assert min(report.requests[kind, "2xx"], report.requests[kind, "4xx"]) > 0, kind
    assert (report.expected_errors > 0) == (profile == "live")
    assert report.memory is not None or not os.path.exists("/proc")  # noqa: PTH110 - the plainest way to ask


def test_a_seed_repeats_a_run() -> None:
    reports: list[Report] = []
    for seed in ("one", "one", "other"):
        with ServerProcess("none") as server:
            reports.append(Fuzzer(server, seed, 20).run(1))
    # Raw bytes race with their own end; whole requests do not.
    counts = [{key: count for key, count in report.requests.items() if key[0] != "raw"} for report in reports]
    assert counts[0] == counts[1] != counts[2]


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("if count == 50: return Answer(503, None)", "a 503"),
        ("if count == 50: raise LookupError", "LookupError"),
        ("if found.operation and found.operation.path.endswith('/clone'): return Answer(500, None)", "a 500"),
        ("if count == 50: time.sleep(1.2)", "no answer within 0.5 s"),
        ("if count == 50: os._exit(1)", "the server died"),
        ("if count == 50: print('Exception in callback', file=sys.stderr, flush=True)", "Exception in callback"),
        ("held.append(b'x' * 300_000)", "memory grew by"),
    ],
    ids=["status", "error", "clone", "hang", "death", "noise", "growth"],
)
def test_harm_is_noticed(what: str, complaint: str) -> None:
    if complaint == "memory grew by" and not os.path.exists("/proc"):  # noqa: PTH110 - the plainest way to ask
        pytest.skip("the system does not tell what memory a process has in use")
    with ServerProcess("none", before=_SPOILED.format(what=what)) as server:
        report = Fuzzer(server, "harm", 0.5).run(2 * ROUND)
    assert any(complaint in failure for failure in report.failures), report.failures


def test_parsers_raise_only_what_they_declare() -> None:
    report = Report()
    parser_inputs.try_parsers(report, "short", 2_500, 20)
    assert report.failures == []
    outcomes = {(name, outcome) for name in parser_inputs.PARSERS for outcome in ("accepted", "refused")}
    # Every content type is one, and some of those who ask for the world get one.
    assert outcomes - report.parsed.keys() <= {("content type", "refused"), ("name of a world", "accepted")}


@pytest.mark.parametrize(
    ("call", "complaint"), [(lambda: 1 // 0, "ZeroDivisionError"), (lambda: None, "took")], ids=["error", "slow"]
)
def test_harm_to_a_parser_is_noticed(
    call: Callable[[], object], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parser(random: Random) -> tuple[Callable[[], object], object]:
        return call, random.random()

    monkeypatch.setattr(parser_inputs, "PARSERS", {"spoiled": (parser, 1.0)})
    report = Report()
    parser_inputs.try_parsers(report, "harm", 1, -1)
    assert complaint in report.failures[0]


def test_the_command_tells_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--requests", "2", "--seed", "command", "--seconds-per-request", "20"]) == 0
    told = capsys.readouterr().out
    assert "none, on " in told
    assert "live, on " in told
    assert "seed command" in told
