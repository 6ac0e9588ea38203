"""The figures: what is measured, and how."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from .fixture_cost import (
    EMPTY,
    HONCHO_ENV,
    HONCHO_SERVER,
    HTTPSERVER,
    RESPX,
    UNUSED,
    microseconds_per_test,
    milliseconds_of_the_first_test,
    suites_written,
)
from .loads import LOADS, NEW, SESSIONS, Load, create, list50, total_sessions
from .servers import HERE, Server, Throughput, on_cpu

_FILTER = '{"filters":{"metadata":{"kind":"k7"}}}'


class Bench(NamedTuple):
    """`commands` start the servers, by name. `limit` is a running server: raw ASGI with a fixed answer.

    `seconds` is how long each load lasts, `rounds` how often it is repeated, `many` how many sessions are many.
    """

    python: str
    commands: Mapping[str, list[str]]
    limit: Server
    seconds: int
    rounds: int
    many: int

    @property
    def run(self) -> list[str]:
        """The start of a command that takes a module and its arguments."""
        return [self.python, "-m"]

    def started(self, name: str) -> Server:
        return Server(self.commands[name])

    def limit_rate(self) -> float:
        """Requests per second of the limit."""
        return create(self.limit, self.seconds).per_second

    def share(self, server: Server, load: Load) -> float:
        """The rate of a server as a share of the limit's, measured in turn, so that it holds on a noisy machine."""
        return statistics.median(load(server, self.seconds).per_second / self.limit_rate() for _ in range(self.rounds))


def of_stubs(bench: Bench) -> dict[str, float]:
    """What one writes by hand instead."""
    figures = {}
    for name in ("bare_starlette", "fastapi_stub"):
        if name in bench.commands:
            with bench.started(name) as server:
                figures[f"{name}_create_of_limit"] = bench.share(server, create)
                if name == "fastapi_stub":
                    figures[f"{name}_list50_of_limit"] = bench.share(server, list50)
    return figures


def of_few(bench: Bench) -> dict[str, float]:
    """Requests on a thousand sessions, and then many new ones."""
    with bench.started("mockserver") as server:
        create(server, 1)
        return {f"{name}_of_limit": bench.share(server, load) for name, load in LOADS.items()}


def of_many(bench: Bench) -> dict[str, float]:
    """What becomes of it as it grows: rates, pages and memory with a thousand sessions and with many."""
    figures: dict[str, float] = {}
    with bench.started("mockserver") as server:
        create(server, 1)
        creates, lists, before = bench.share(server, create), bench.share(server, list50), server.memory()
        total = _filled(server, bench, NEW)
        figures["bytes_per_session"] = (server.memory() - before) / max(1, total - 1000)
        figures["create_growth"] = bench.share(server, create) / creates
        figures["list50_growth"] = bench.share(server, list50) / lists
        figures["last_page"] = _last_page(server, bench, total)
        _churn(server, total)
        figures["last_page_after_churn"] = _last_page(server, bench, total_sessions(server))
        return {**figures, **_of_messages(server, bench)}


def _churn(server: Server, total: int) -> None:
    """Delete every tenth session, the newest first, and make another after each."""
    for page in range(total // 100, 0, -1):
        rows = server.send("POST", f"{SESSIONS}/list?size=100&page={page}", {})["items"]
        for row in rows[::10]:
            server.send("DELETE", f"{SESSIONS}/{row['id']}")
            server.send("POST", SESSIONS, {"id": f"after-{row['id']}"})


def _of_messages(server: Server, bench: Bench) -> dict[str, float]:
    """What messages take, and how long it takes to clone ten thousand of them."""

    def say(session: str, batches: int) -> None:
        for number in range(batches):
            said = [{"content": f"message {number} {place}", "peer_id": "bob"} for place in range(100)]
            server.send("POST", f"{SESSIONS}/{session}/messages", {"messages": said})

    say("warm", 20)
    before = server.memory()
    say("many", bench.many // 100)
    figures = {"bytes_per_message": (server.memory() - before) / bench.many}
    say("long", 100)
    took = []
    for _ in range(9):
        began = time.perf_counter()
        server.send("POST", f"{SESSIONS}/long/clone")
        took.append(time.perf_counter() - began)
    return {**figures, "clone_10k_ms": 1000 * statistics.median(took)}


def filtered(bench: Bench) -> dict[str, float]:
    """Milliseconds of a list of those with a value in their metadata, one of a hundred of many."""
    body = json.loads(_FILTER)
    with bench.started("mockserver") as server:
        _filled(server, bench, '{"id":"fNUMBER","metadata":{"kind":"kGROUP"}}')
        began = time.perf_counter()
        server.send("POST", f"{SESSIONS}/list?size=50", body)
        first = time.perf_counter() - began
        rate = server.throughput(bench.seconds, f"{SESSIONS}/list?size=50", _FILTER).per_second
        mixed = _milliseconds(lambda number: _alternately(server, number, body))
    return {"filtered_first_ms": 1000 * first, "filtered_ms": 1000 / rate, "filtered_after_change_ms": mixed}


def _alternately(server: Server, number: int, body: Any) -> float:
    """Seconds of a filtered list after one session was made and another changed."""
    server.send("POST", SESSIONS, {"id": f"n{number}", "metadata": {"kind": "k7"}})
    server.send("PUT", f"{SESSIONS}/f{number + 1}", {"metadata": {"kind": "k7"}})
    began = time.perf_counter()
    server.send("POST", f"{SESSIONS}/list?size=50", body)
    return time.perf_counter() - began


def starts(bench: Bench) -> dict[str, float]:
    """The command from nothing to its first answer, over the imports alone; and a server in a warm process."""
    imports, begun = [], []
    for _ in range(7):
        began = time.perf_counter()
        needed = [bench.python, "-c", "import starlette.applications, uvicorn, pydantic"]
        subprocess.run(on_cpu(0, needed), check=True)
        imports.append(time.perf_counter() - began)
        with bench.started("mockserver") as server:
            begun.append(server.start_seconds)
    start, alone = statistics.median(begun), statistics.median(imports)
    warm = mockserver_life(bench.run) | _printed(bench.run, "resets")
    return {"start_ms": 1000 * start, "start_over_imports": start / alone, **warm}


def mockserver_life(run: Sequence[str]) -> dict[str, float]:
    """What `MockServer()` costs. `run` is the start of a command that takes a module."""
    return _printed(run, "mockserver_life")


def _printed(run: Sequence[str], module: str, *arguments: str) -> dict[str, float]:
    """The figures that a module of this folder prints as JSON."""
    done = subprocess.run([*run, module, *arguments], cwd=HERE, capture_output=True, text=True, check=False)
    figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else sys.exit(done.stderr)
    return figures


def fixture_cost(bench: Bench, *, with_respx: bool = False) -> dict[str, float]:
    """What fixtures cost a test, next to the fixtures of pytest-httpserver and respx."""
    suites = (EMPTY, UNUSED, HONCHO_SERVER, HONCHO_ENV, HTTPSERVER, *([RESPX] if with_respx else []))
    with suites_written(bench.run, suites) as folder:
        costs = microseconds_per_test(bench.run, folder, suites, bench.rounds)
        first = milliseconds_of_the_first_test(bench.run, folder, bench.rounds)
    total = {f"{suite.name}_test_us": cost for suite, cost in zip(suites, costs, strict=True)}
    empty, ours, all_three, other = (
        total[f"{suite.name}_test_us"] for suite in (EMPTY, HONCHO_SERVER, HONCHO_ENV, HTTPSERVER)
    )
    return {
        **total,
        "fixture_us": ours - empty,
        "fixture_over_httpserver": (ours - empty) / (other - empty),
        "env_over_httpserver": (all_three - empty) / (other - empty),
        "first_test_ms": first,
    }


def in_process(bench: Bench) -> dict[str, float]:
    """A request without a socket, next to one route of Starlette."""
    return _printed(bench.run, "in_process")


def large_states(bench: Bench) -> dict[str, float]:
    """Control methods, a query and a purge on a large state: a tenth as many sessions as there are many."""
    return _printed(bench.run, "large_states", str(bench.many // 10))


def crowded(bench: Bench) -> dict[str, float]:
    """A hundred connections: at full speed, and the 99th percentile of the latency at half of it; and an open page."""
    many = 100

    def p99(server: Server) -> float:
        rate = server.throughput(bench.seconds, SESSIONS, '{"id":"s"}', connections=many).per_second
        pause = 1000 * many / (rate / 2)
        return server.throughput(bench.seconds, SESSIONS, '{"id":"s"}', connections=many, delay=pause).p99_ms

    def hundred(server: Server, seconds: int) -> Throughput:
        return server.throughput(seconds, SESSIONS, '{"id":"s"}', connections=many)

    with bench.started("mockserver") as server:
        create(server, 1)
        figures = {
            "create_100_of_limit": bench.share(server, hundred),
            "p99_100_over_limit": statistics.median(p99(server) / p99(bench.limit) for _ in range(bench.rounds)),
        }
        alone = bench.share(server, create)
        with server.open_stream("/_mock/events"):
            figures["create_with_page"] = bench.share(server, create) / alone
    return figures


@contextmanager
def json_server(node_modules: Path, many: int) -> Iterator[Server]:
    """json-server over as many sessions."""
    rows = [
        {
            "id": f"s{number}",
            "is_active": True,
            "workspace_id": "w",
            "metadata": {"kind": f"k{number % 100}"},
            "configuration": {},
            "created_at": "2026-11-20T18:30:44.055363Z",
        }
        for number in range(many)
    ]
    with TemporaryDirectory() as folder:
        database = Path(folder) / "sessions.json"
        database.write_text(json.dumps({"sessions": rows}), encoding="utf-8")
        command = [str(node_modules / ".bin" / "json-server"), "--port", "PORT", "--quiet", str(database)]
        with Server(command, "/sessions/s1") as server:
            yield server


def of_json_server(bench: Bench, node_modules: Path) -> dict[str, float]:
    """The like of json-server: one session, a page of 50 of a thousand, and the filtered list over many."""
    with json_server(node_modules, 1000) as server:
        get = partial(Server.throughput, path="/sessions/sNUMBER", method="GET", many=1000)
        page = partial(Server.throughput, path="/sessions?_page=1&_limit=50", method="GET")
        figures = {
            "json_server_get_of_limit": bench.share(server, get),
            "json_server_list50_of_limit": bench.share(server, page),
        }
    with json_server(node_modules, bench.many) as server:
        path = "/sessions?metadata.kind=k7&_page=1&_limit=50"
        figures["json_server_filtered_ms"] = 1000 / server.throughput(bench.seconds, path, method="GET").per_second
    return figures


def of_prism(bench: Bench, node_modules: Path) -> dict[str, float]:
    """The like of Prism, which answers an example of the contract."""
    with TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        with bench.started("mockserver") as server:
            document.write_text(json.dumps(server.send("GET", "/openapi.json")), encoding="utf-8")
        with Server([str(node_modules / ".bin" / "prism"), "mock", "--port", "PORT", str(document)]) as server:
            return {"prism_create_of_limit": bench.share(server, create)}


def _filled(server: Server, bench: Bench, body: str) -> int:
    """Make sessions until there are many; how many there are."""
    while (total := total_sessions(server)) < bench.many:
        server.throughput(bench.seconds, SESSIONS, body, first=total)
    return total


def _last_page(server: Server, bench: Bench, total: int) -> float:
    """The rate of the last full page, as a share of the rate of the first."""
    last, first = (
        bench.share(server, partial(Server.throughput, path=f"{SESSIONS}/list?size=50&page={page}", body="{}"))
        for page in (total // 50, 1)
    )
    return last / first


def _milliseconds(work: Callable[[int], float]) -> float:
    return 1000 * statistics.median([work(number) for number in range(50)])
