"""The check that users run: it agrees with what agrees, tells what differs, and leaves nothing behind."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from mockserver import Mock, MockServer, create_app
from mockserver.domain.changes import CONTRACT
from mockserver.domain.errors import ID_MAX_LENGTH, ID_PATTERN
from mockserver.fast_path import UVICORN_SETTINGS
from mockserver.formats.keyring import Keyring
from mockserver.parity import explaining
from mockserver.parity.check import Check
from mockserver.parity.cleaning import delete_workspace
from mockserver.parity.client import Client, NoAnswer
from mockserver.parity.confirmation import is_local
from mockserver.parity.explaining import Explainer
from mockserver.parity.matching import Bindings, ReceivedAnswer
from mockserver.parity.purging import PurgeWatch
from mockserver.parity.recordings import RECORDED_SECRET, Scenario
from mockserver.parity.renaming import Renaming
from mockserver.parity.report import play_all
from mockserver.server import _Server, listen, url_of
from mockserver.uvicorn_protocol import BoundedConfig
from support.replay import SCENARIOS, SCENARIOS_BY_NAME, scenarios_of
from support.waiting import wait_until

_PROGRAM = [sys.executable, "-m", "mockserver", "check"]
# Sessions with the names that the recordings use, where a clone that is not careful would meet them.
_IN_THE_WAY = {
    "workspaces": {
        "elsewhere": {
            "peers": [{"id": "stranger"}],
            "sessions": [
                {"id": name, "messages": [{"peer_id": "stranger", "content": "in the way"}]}
                for name in ("s", "t", "orig", "src", "sess-0", "sess_1", "Sess-2", "sess_3")
            ],
        }
    }
}


def _verdicts(check: Check, scenarios: list[Scenario]) -> Counter[str]:
    outcomes = [outcome for scenario in scenarios for outcome in check.play(scenario)]
    return Counter(outcome.skipped or ("differs" if outcome.differences else "agrees") for outcome in outcomes)


def _check(*arguments: str, answer: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*_PROGRAM, *arguments], capture_output=True, text=True, check=False, input=answer)


@pytest.fixture
def check_of() -> Iterator[Callable[..., Check]]:
    """Makes checks of a URL, with a token and the options of Check; their connections are closed after the test."""
    with ExitStack() as stack:
        yield lambda url, token=None, **options: Check(stack.enter_context(Client(url, token)), **options)


def _without_purges(scenarios: Iterable[Scenario]) -> list[Scenario]:
    return [scenario for scenario in scenarios if not any("control" in step for step in scenario.steps)]


_WITHOUT_PURGES = _without_purges(SCENARIOS)


@pytest.mark.deep
@pytest.mark.parametrize("version", [CONTRACT])  # test_recordings.py replays those of all versions.
def test_every_recording_agrees_on_a_server_that_others_use_too_and_nothing_is_left(
    version: str, make_honcho_server: Callable[..., MockServer], check_of: Callable[..., Check]
) -> None:
    server = make_honcho_server(quirks="live", world=_IN_THE_WAY, auth_secret="another", api_version=version)
    chosen = _without_purges(scenarios_of(version).values())
    check = check_of(server.url, server.token(admin=True), keyring=Keyring("another"))
    check.look()
    verdicts = _verdicts(check, chosen)
    of_open_servers = verdicts.pop("was recorded with authentication off")
    assert 0 < of_open_servers < 20
    assert verdicts == {"agrees": sum(len(scenario.steps) for scenario in chosen) - of_open_servers}
    assert len(server.mock.store.workspaces) - 1 <= check.most_workspaces(chosen)
    theirs = [name for name in server.mock.store.workspaces if not name.startswith(check.prefix)]
    assert theirs == ["elsewhere"]
    check.clean_up()
    assert not check.created
    server.mock.purge()
    assert list(server.mock.store.workspaces) == ["elsewhere"]


@pytest.mark.deep
def test_a_server_that_purges_at_once_differs_nowhere(
    make_honcho_server: Callable[..., MockServer], check_of: Callable[..., Check]
) -> None:
    """What was recorded before a purge cannot be told after it: it is skipped."""
    verdicts = _verdicts(check_of(make_honcho_server(quirks="live", purge_after=0).url), _WITHOUT_PURGES)
    early = "the server has already purged data that the recorded server still had"
    assert set(verdicts) == {"agrees", early, "has tokens, which need --auth-secret"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_no_request_names_what_somebody_else_may_have(scenario: Scenario) -> None:
    """Each workspace, and each session of a scenario that clones, has the prefix, or nothing could be made under it."""
    renaming = Renaming(scenario, "5" * 24)
    requests = [step["request"] for step in renaming.scenario.steps if "request" in step]
    clones = any(request["path"].endswith("/clone") for request in requests)
    for request in requests:
        parts = request["path"].split("/")
        if len(parts) > 3 and parts[2] == "workspaces" and parts[3] != "list":
            assert _is_ours(parts[3]), request["path"]
        if clones and len(parts) > 5 and parts[4] == "sessions" and parts[5] != "list":
            assert _is_ours(parts[5]), request["path"]
        if clones and parts[-1] == "sessions" and request["method"] == "POST" and len(parts) == 5:
            body = request.get("json")
            given = body.get("id") if isinstance(body, dict) else None
            assert not isinstance(given, str) or _is_ours(given), given


def _is_ours(name: str) -> bool:
    """Whether the name has the prefix, or is made by the server, or nobody can use it."""
    is_usable = re.fullmatch(ID_PATTERN, unquote(name)) and len(name) <= ID_MAX_LENGTH
    return re.match(r"5{24}|<id:\d+>$", name) is not None or not is_usable


def test_no_two_checks_use_the_same_names(check_of: Callable[..., Check]) -> None:
    one, other = (check_of("http://127.0.0.1:9") for _ in range(2))
    assert one.prefix != other.prefix
    assert re.fullmatch(r"\d{24}", one.prefix)


def test_a_purge_that_does_not_come_skips_what_depends_on_it(
    server: MockServer, check_of: Callable[..., Check]
) -> None:
    server.mock.reset(quirks="live")
    check = check_of(server.url, purge_wait=0)
    verdicts = _verdicts(check, [SCENARIOS_BY_NAME["x-purge-frees-the-id"]])
    assert verdicts == {"agrees": 4, "the server did not purge within 0 s": 10}


def test_a_purge_that_comes_late_is_waited_for(
    server: MockServer, check_of: Callable[..., Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the deleted session had neither messages nor members to look at."""
    wait = PurgeWatch.wait

    def wait_for_one_that_comes(watch: PurgeWatch, seconds: float) -> bool:
        timer = threading.Timer(0.15, server.mock.purge)
        timer.start()
        came = wait(watch, seconds)
        timer.join()
        return came

    monkeypatch.setattr(PurgeWatch, "wait", wait_for_one_that_comes)
    server.mock.reset(quirks="live")
    scenarios = [scenario for scenario in SCENARIOS if scenario.name.startswith("x-purge")]
    assert _verdicts(check_of(server.url, purge_wait=60), scenarios) == {"agrees": 33}


def test_scenarios_that_bring_tokens_need_the_secret(server: MockServer, check_of: Callable[..., Check]) -> None:
    scenario = SCENARIOS_BY_NAME["x-auth-admin"]
    verdicts = _verdicts(check_of(server.url), [scenario])
    assert verdicts == {"has tokens, which need --auth-secret": len(scenario.steps)}
    server.mock.reset(quirks="live", auth_secret=RECORDED_SECRET)
    verdicts = _verdicts(check_of(server.url, keyring=Keyring("wrong")), [scenario])
    assert verdicts["differs"] > 0


@pytest.mark.process
def test_a_difference_is_told_with_request_field_expected_and_got(server: MockServer) -> None:
    names = ["--scenario", "x-messages-created-at", "--scenario", "x-session-create-minimal"]
    done = _check(server.url, *names, "--verbose")
    shown = """\
x-session-create-minimal, step 0: POST /v3/workspaces/x-session-create-minimal/sessions
    json: {"id": "s"}
    status
        expected 201
        got      200
"""
    assert shown in re.sub(r'"200 .*', "200", done.stdout), done.stdout
    assert '    body[0].created_at\n        expected "2024-' in done.stdout
    *_, last = done.stdout.splitlines()
    steps = sum(len(SCENARIOS_BY_NAME[name].steps) for name in ("x-messages-created-at", "x-session-create-minimal"))
    assert re.fullmatch(rf"\d+ of {steps} steps agree, \d+ differ, \d+ skipped", last)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.process
def test_differences_are_grouped_by_the_quirks_that_explain_them(server: MockServer) -> None:
    scenarios = ["--scenario", "x-session-create-minimal", "--scenario", "x-session-coercions"]
    done = _check(server.url, *scenarios)
    shown = """\
2 of 2 groups of differences are quirks: try `--quirks live`
    3  lax_types: get_or_create_session status (2), get_peer_config status (1)
       x-session-coercions, step 0: expected 201, got 422 {"detail":[{"type":"bool_typ...
    1  created_status: get_or_create_session status (1)
       x-session-create-minimal, step 0: expected 201, got 200
4 of 8 steps agree, 4 differ, 0 skipped
"""
    assert (done.stdout, done.returncode, done.stderr) == (shown, 1, "")
    page = (Path(__file__).parent.parent / "docs" / "check.md").read_text(encoding="utf-8")
    assert f"```text\n{shown}```" in page
    server.mock.reset(quirks="created_status,lax_types")
    assert _check(server.url, *scenarios).returncode == 0


def test_an_interrupted_check_shows_the_groups_that_it_found(
    server: MockServer, check_of: Callable[..., Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "STEPS_LIMIT", 0)

    def interrupted() -> Iterator[Scenario]:
        yield SCENARIOS_BY_NAME["x-session-create-minimal"]
        raise KeyboardInterrupt

    said: list[str] = []
    with Explainer() as explainer, pytest.raises(KeyboardInterrupt):
        play_all(check_of(server.url), interrupted(), said.append, explainer)
    assert said == [
        "0 of 1 groups of differences are quirks",
        "    1  get_or_create_session status",
        "       x-session-create-minimal, step 0: expected 201, got 200",
        "There are too many differences to find the quirks of all.",
    ]


@pytest.mark.process
def test_it_ends_with_0_where_nothing_differs_and_cleans_up(server: MockServer) -> None:
    server.mock.reset(quirks="live", auth_secret="s")
    names = ["--scenario", "x-session-*", "--scenario", "x-auth-required"]
    done = _check(server.url, *names, "--auth-secret", "s")
    agreeing = sum(
        len(scenario.steps) for scenario in SCENARIOS if re.match("x-session-|x-auth-required", scenario.name)
    )
    assert done.stdout == f"{agreeing} of {agreeing} steps agree, 0 differ, 0 skipped\n"
    assert (done.returncode, done.stderr) == (0, "")
    server.mock.purge()
    assert not server.mock.store.workspaces


@pytest.mark.process
@pytest.mark.parametrize(
    ("version", "notice"),
    [
        ("3.0.7", ""),
        ("3.0.9", "The server names version 3.0.9. The check plays the recordings of 3.0.7.\n"),
        ("3.0.12", "The server names version 3.0.12. The check plays the recordings of 3.0.12.\n"),
        (
            "3.0.5",
            "The server names version '3.0.5'. There are no recordings of it, so the check plays those of 3.0.7.\n",
        ),
    ],
)
def test_the_recordings_are_those_of_the_version_that_the_server_names(
    make_honcho_server: Callable[..., MockServer], version: str, notice: str
) -> None:
    server = make_honcho_server(quirks="live", api_version=version)
    done = _check(server.url, "--scenario", "x2-vr-level")
    steps = len(SCENARIOS_BY_NAME["x2-vr-level"].steps)
    assert (done.stdout, done.stderr) == (f"{notice}{steps} of {steps} steps agree, 0 differ, 0 skipped\n", "")


@pytest.mark.process
def test_the_given_version_is_checked_whatever_the_server_names(server: MockServer) -> None:
    server.mock.reset(quirks="live")
    done = _check(server.url, "--api-version", "latest", "--scenario", "x2-vr-level", "--verbose")
    assert done.returncode == 1
    assert "    body[0].level\n        expected" in done.stdout


@pytest.mark.process
def test_the_key_is_the_one_given_or_the_secret_s_or_the_environment_s(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.mock.reset(quirks="live", auth_secret="s")
    scenario = ["--scenario", "x-session-update"]
    monkeypatch.setenv("HONCHO_API_KEY", server.token(admin=True) + "\n")
    assert _check(server.url, *scenario).returncode == 0
    refused = _check(server.url, *scenario, "--token", "rubbish", "--auth-secret", "s")
    assert refused.returncode == 2
    assert 'does not accept the key, which must be an admin key: 401 {"detail":"Invalid JWT"}' in refused.stderr
    monkeypatch.setenv("HONCHO_API_KEY", "any-key-will-do")
    assert _check(server.url, *scenario, "--auth-secret", "s").returncode == 0


@pytest.mark.process
def test_where_nothing_can_be_played_it_ends_with_2(server: MockServer) -> None:
    for secret, reason in (
        ([], "which need --auth-secret"),
        (["--auth-secret", "s"], "authentication is off"),
    ):
        done = _check(server.url, "--scenario", "x-auth-*", *secret)
        assert (done.returncode, done.stderr) == (2, "")
        assert reason in done.stdout


@pytest.mark.process
def test_a_server_elsewhere_is_written_to_only_when_that_is_agreed(server: MockServer) -> None:
    elsewhere = server.url.replace("127.0.0.1", "127.1")  # leads here, and is no loopback by its name
    server.mock.reset(quirks="live")
    scenario = ["--scenario", "x-workspaces-routes"]
    for answer in ("", "n\n"):
        done = _check(elsewhere, *scenario, answer=answer)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{elsewhere} is not a loopback address. The check creates up to 7 workspaces there" in done.stderr
        assert done.stderr.endswith("nothing was done; --yes continues without asking\n")
        assert not server.mock.store.workspaces
    assert _check(elsewhere, *scenario, answer="y\n").returncode == 0
    agreed = _check(elsewhere, *scenario, "--yes")
    assert (agreed.returncode, agreed.stderr) == (0, "")


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["ftp://x"], "not a URL that begins with http:// or https://: 'ftp://x'"),
        (["http://[::1"], "Invalid IPv6 URL"),
        (["http://127.0.0.1:99999"], "Port out of range"),
        (["http://127.0.0.1:9", "--scenario", "x-nope"], "no scenario matches 'x-nope'; similar names: "),
        (["http://127.0.0.1:9", "--api-version", "3.1"], "unknown API version '3.1'; known: 3.0.3, "),
        (
            ["http://127.0.0.1:9", "--api-version", "3.0.10"],
            "there are no recordings of 3.0.10; there are recordings of",
        ),
        (["http://127.0.0.1:9", "--api-version", "3.0.6", "--recordings", "x"], "so it does not go with --recordings"),
        (["http://127.0.0.1:9"], "http://127.0.0.1:9 does not answer: "),
        (["http://127.0.0.1:9", "--auth-secret", ""], "auth_secret is empty: it must have at least one character"),
        (["http://127.0.0.1:9", "--purge-wait", "-1"], "argument --purge-wait: must be a number of seconds"),
        (["http://127.0.0.1:9", "--purge-wait", "none"], "argument --purge-wait: must be a number of seconds"),
        (["http://127.0.0.1:9", "--token", "日本"], "the key has characters that are not allowed in a header"),
        (["http://127.0.0.1:9", "--token", "a\nb"], "the key has characters that are not allowed in a header"),
        (["http://u:p@127.0.0.1:9"], "the URL of a server must not have a query, a fragment or a user"),
        (["http://exa mple"], "URL can't contain control characters"),
        ([f"http://{'x' * 70}.example"], "does not answer: "),
    ],
)
def test_what_cannot_start_is_one_line(arguments: list[str], complaint: str) -> None:
    done = _check(*arguments)
    [line] = done.stderr.splitlines()
    assert complaint in line
    assert (done.returncode, done.stdout) == (2, "")


# Runs the check with each signal ignored or not, whatever this process inherited: `pytest &` and nohup ignore some.
_WITH_SIGNALS = """
import os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    ignored = name in sys.argv[1].split(",")
    signal.signal(getattr(signal, name), signal.SIG_IGN if ignored else signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@contextmanager
def _check_that_waits(server: MockServer, ignored: str = "") -> Iterator["subprocess.Popen[str]"]:
    """A check that waits for a purge, started with the signals `ignored`, separated by commas."""
    waits = ["--scenario", "x-purge-frees-the-id", "--purge-wait", "600"]
    with subprocess.Popen(
        [sys.executable, "-c", _WITH_SIGNALS, ignored, *_PROGRAM[1:], server.url, *waits],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_until(lambda: server.mock.store.purges.jobs)
            yield process
        finally:
            process.kill()


@pytest.mark.process
@pytest.mark.parametrize(("name", "ignored"), [("SIGINT", ""), ("SIGTERM", ""), ("SIGHUP", ""), ("SIGINT", "SIGINT")])
def test_an_interrupted_check_cleans_up_too(
    name: str, ignored: str, make_honcho_server: Callable[..., MockServer]
) -> None:
    server = make_honcho_server(quirks="live")
    with _check_that_waits(server, ignored) as process:
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert not any(workspace.active for workspace in server.mock.store.workspaces.values())


@pytest.mark.process
def test_a_check_under_nohup_survives_the_end_of_its_terminal(make_honcho_server: Callable[..., MockServer]) -> None:
    server = make_honcho_server(quirks="live")
    with _check_that_waits(server, "SIGHUP") as process:
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: (server.mock.purge(), process.poll())[1] is not None)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "steps agree, 0 differ" in out


def test_what_an_interrupted_request_made_is_cleaned_up(
    server: MockServer, check_of: Callable[..., Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Client._exchange

    def interrupted(self: Client, *request: Any) -> ReceivedAnswer:
        exchange(self, *request)
        raise KeyboardInterrupt

    check = check_of(server.url)
    monkeypatch.setattr(Client, "_exchange", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(check.play(SCENARIOS_BY_NAME["x-session-create-minimal"]))
    monkeypatch.undo()
    assert server.mock.store.workspaces
    check.clean_up()
    server.mock.purge()
    assert not server.mock.store.workspaces


_INTERRUPTED_TWICE = """
import sys
from mockserver.parity import check, visit

def interrupted(*_):
    raise KeyboardInterrupt

visit.delete_workspace = check.Bindings.differences = interrupted
from mockserver.cli import main
main(["check", sys.argv[1], "--scenario", "x-session-create-minimal"])
"""


@pytest.mark.process
def test_what_an_impatient_user_leaves_behind_is_named(server: MockServer) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_TWICE, server.url], capture_output=True, text=True, check=False
    )
    [workspace] = server.mock.store.workspaces
    lines = ["interrupted", "interrupted again", f"left behind: workspace {workspace}"]
    assert (done.returncode, done.stderr.splitlines()) == (130, lines)


@pytest.mark.process
def test_a_reader_that_has_seen_enough_ends_it(server: MockServer) -> None:
    with subprocess.Popen(
        [*_PROGRAM, server.url, "--verbose"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait(60)) == ("", 1)
    server.mock.purge()
    assert not server.mock.store.workspaces


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        *((host, True) for host in ("localhost", "127.0.0.9", "::1", "0.0.0.0")),  # noqa: S104 - a name to be judged
        *((host, False) for host in ("example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com")),
    ],
)
def test_only_loopback_is_written_to_without_asking(host: str, is_here: bool) -> None:
    assert is_local(host) is is_here


@contextmanager
def _answering(body: bytes, times: int = 1000, status: bytes = b"200 OK") -> Iterator[str]:
    """The URL of a server that answers so many requests alike, and then accepts and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = b"HTTP/1.1 %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (status, len(body), body)

        def serve() -> None:
            for number in range(1000):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):  # A client may leave before the end of the answer.
                    connection.recv(65536)
                    if number < times:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_server_that_goes_away_is_told_and_the_rest_is_skipped(check_of: Callable[..., Check]) -> None:
    with _answering(b"{}", times=1) as url:
        check = check_of(url)
        said: list[str] = []
        twice = [SCENARIOS_BY_NAME["x-session-create-full"]] * 2
        with Explainer() as explainer:
            assert play_all(check, twice, said.append, explainer, verbose=True) == 1
        steps = len(SCENARIOS_BY_NAME["x-session-create-full"].steps)
        assert '        got      "the server does not answer: Remote end closed connection without response"' in said
        assert said[-2:] == [
            f"skipped {2 * steps - 2}: the server stopped answering",
            f"0 of {2 * steps} steps agree, 2 differ, {2 * steps - 2} skipped",
        ]
        check.clean_up()
        assert len(check.created) == 1


def test_a_server_that_goes_away_in_a_purge_is_no_success(
    make_honcho_server: Callable[..., MockServer], check_of: Callable[..., Check]
) -> None:
    server = make_honcho_server(quirks="live")
    check = check_of(server.url)
    outcomes = check.play(SCENARIOS_BY_NAME["x-purge-frees-the-id"])
    assert [next(outcomes).differences for _ in range(4)] == [[]] * 4
    server.__exit__(None, None, None)
    assert {outcome.skipped for outcome in outcomes} == {"the server stopped answering"}
    with Explainer() as explainer:
        assert play_all(check, [SCENARIOS_BY_NAME["x-purge-workspace"]], lambda _: None, explainer) == 1


@pytest.mark.deep
def test_an_early_purge_is_not_taken_for_a_difference_on_a_slow_line(
    make_honcho_server: Callable[..., MockServer], check_of: Callable[..., Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a step makes the purged session anew."""
    send = Client.send

    def late(self: Client, request: Any, **more: Any) -> ReceivedAnswer:
        time.sleep(0.01)
        return send(self, request, **more)

    monkeypatch.setattr(Client, "send", late)
    server = make_honcho_server(quirks="live", purge_after=0.15)
    walks = [SCENARIOS_BY_NAME[f"walk-{number}"] for number in (27, 28, 36)]
    verdicts = _verdicts(check_of(server.url), walks)
    assert set(verdicts) == {"agrees", "the server has already purged data that the recorded server still had"}


def test_what_hangs_on_a_step_that_differs_is_skipped(check_of: Callable[..., Check]) -> None:
    with _answering(b"{}") as url:
        verdicts = _verdicts(check_of(url), [SCENARIOS_BY_NAME["x-clone-cutoffs"]])
    assert verdicts["needs a value that an earlier step did not return"] > 0
    assert verdicts["agrees"] == 0


def test_times_that_run_backwards_differ_where_the_last_step_was_played(
    server: MockServer, check_of: Callable[..., Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bindings, "runs_backwards", lambda *_: True)
    server.mock.reset(quirks="live")
    check = check_of(server.url, purge_wait=0)
    *_, last = check.play(SCENARIOS_BY_NAME["x-session-create-minimal"])
    assert [difference.place for difference in last.differences] == ["timestamps"]
    *_, last = check.play(SCENARIOS_BY_NAME["x-purge-frees-the-id"])
    assert (last.differences, last.skipped) == ([], "the server did not purge within 0 s")


def test_a_body_that_does_not_end_is_no_answer() -> None:
    complaint = "does not answer: a body of more than 20971520 bytes"
    with (
        _answering(b" " * 21 * 1024 * 1024) as url,
        Client(url) as connection,
        pytest.raises(NoAnswer, match=complaint),
    ):
        connection.call("GET", "/health")


_ODD_BODIES = [b"[]", b"null", b'"x"', b"[[]]", b"", b"<html>", b'{"items": 1}', b'{"items": [1, null, {"id": 5}]}']


@pytest.mark.parametrize("body", _ODD_BODIES)
def test_cleaning_up_bears_any_answer(body: bytes) -> None:
    with _answering(body) as url, Client(url) as connection:
        assert delete_workspace(connection, "w") is False


def test_a_server_that_refuses_to_delete_is_not_asked_for_ever() -> None:
    with _answering(b'{"items": [{"id": "s"}]}') as url, Client(url) as connection:
        assert delete_workspace(connection, "w") is False


@pytest.mark.process
@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (b"200 OK", b"<html>", "is not a Honcho server: GET /health answered 200 <html>"),
        (b"200 OK", b"{}", "is not a Honcho server: POST /v3/workspaces/list answered 200 {}"),
        (b"307 Temporary Redirect", b"", "is not a Honcho server: GET /health answered 307"),
        (b"404 Not Found", b"no\nsuch", "is not a Honcho server: GET /health answered 404 no such"),
    ],
)
def test_what_is_no_honcho_server_is_one_line(status: bytes, body: bytes, complaint: str) -> None:
    with _answering(body, status=status) as url:
        done = _check(url)
    [line] = done.stderr.splitlines()
    assert line.endswith(f"error: {url} {complaint}")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_server_behind_a_path_is_reached(check_of: Callable[..., Check]) -> None:
    """The path goes before every other, and is taken off the redirects."""
    app = Starlette(routes=[Mount("/honcho", create_app(Mock(quirks="live")))])
    listener = listen("127.0.0.1", 0)
    behind = _Server(BoundedConfig(app, log_config=None, **UVICORN_SETTINGS))
    thread = threading.Thread(target=behind.serve_on, args=[listener])
    thread.start()
    try:
        check = check_of(f"{url_of('127.0.0.1', listener)}/honcho/")
        assert _verdicts(check, [SCENARIOS_BY_NAME["x-routing"]]) == {
            "agrees": len(SCENARIOS_BY_NAME["x-routing"].steps)
        }
        check.clean_up()
        assert not check.created
    finally:
        behind.stop()
        thread.join()
