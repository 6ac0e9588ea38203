"""The figures: what is measured, and how."""

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from .servers import HERE, Server, on_cpu

SESSIONS = "/v3/workspaces/w/sessions"
_GET_OR_CREATE = '{"id":"sNUMBER"}'
_MESSAGE = '{"messages":[{"content":"hello there","peer_id":"bob"}]}'
_NEW = '{"id":"fNUMBER"}'
_FILTER = '{"filters":{"metadata":{"kind":"k7"}}}'


class Bench(NamedTuple):
    """`commands` start the servers, by name, `limit` is one that runs: raw ASGI with a fixed answer.

    `seconds` is how long each load lasts, `rounds` how often it is repeated, `many` how many sessions are many.
    """

    python: str
    commands: Mapping[str, list[str]]
    limit: Server
    seconds: int
    rounds: int
    many: int

    def started(self, name: str) -> Server:
        return Server(self.commands[name])

    def limit_rate(self) -> float:
        """Requests a second of the limit."""
        return self.limit.rate(self.seconds, SESSIONS, _GET_OR_CREATE, many=1000)

    def share(self, server: Server, path: str, body: str, **more: object) -> float:
        """The rate of a server as a share of the limit's, measured in turn, so that it holds on a noisy machine."""
        return statistics.median(
            server.rate(self.seconds, path, body, **more) / self.limit_rate() for _ in range(self.rounds)
        )

    def create(self, server: Server) -> float:
        return self.share(server, SESSIONS, _GET_OR_CREATE, many=1000)

    def list50(self, server: Server) -> float:
        return self.share(server, f"{SESSIONS}/list?size=50", "{}")


def of_stubs(bench: Bench) -> dict[str, float]:
    """What one writes by hand instead."""
    figures = {}
    for name in ("bare_starlette", "fastapi_stub"):
        if name in bench.commands:
            with bench.started(name) as server:
                figures[f"{name}_create_of_limit"] = bench.create(server)
                if name == "fastapi_stub":
                    figures[f"{name}_list50_of_limit"] = bench.list50(server)
    return figures


def of_few(bench: Bench) -> dict[str, float]:
    """Requests on a thousand sessions, and then many new ones."""
    with bench.started("mockserver") as server:
        server.rate(1, SESSIONS, _GET_OR_CREATE, many=1000)
        return {
            "create_of_limit": bench.create(server),
            "list50_of_limit": bench.list50(server),
            "message_of_limit": bench.share(server, f"{SESSIONS}/talk/messages", _MESSAGE),
            "create_new_of_limit": statistics.median(_share_of_new(bench, server) for _ in range(bench.rounds)),
        }


def _share_of_new(bench: Bench, server: Server) -> float:
    return server.rate(bench.seconds, SESSIONS, _NEW, first=_total(server)) / bench.limit_rate()


def of_many(bench: Bench) -> dict[str, float]:
    """What becomes of it as it grows: rates, pages and memory with a thousand sessions and with many."""
    figures: dict[str, float] = {}
    with bench.started("mockserver") as server:
        server.rate(1, SESSIONS, _GET_OR_CREATE, many=1000)
        create, list50, before = bench.create(server), bench.list50(server), server.memory()
        total = _filled(server, bench, _NEW)
        figures["bytes_per_session"] = (server.memory() - before) / max(1, total - 1000)
        figures["create_growth"] = bench.create(server) / create
        figures["list50_growth"] = bench.list50(server) / list50
        figures["last_page"] = _last_page(server, bench, total)
        _churn(server, total)
        figures["last_page_after_churn"] = _last_page(server, bench, _total(server))
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
        rate = server.rate(bench.seconds, f"{SESSIONS}/list?size=50", _FILTER)
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
    """From nothing to the first answer: the command, beside the imports alone; and a server in a warm process."""
    imports, begun = [], []
    for _ in range(7):
        began = time.perf_counter()
        needed = [bench.python, "-c", "import starlette.applications, uvicorn, pydantic"]
        subprocess.run(on_cpu(0, needed), check=True)
        imports.append(time.perf_counter() - began)
        with bench.started("mockserver") as server:
            begun.append(server.start_seconds)
    start, alone = statistics.median(begun), statistics.median(imports)
    life = subprocess.run([bench.python, str(HERE / "life.py")], check=True, capture_output=True, text=True)
    return {"start_ms": 1000 * start, "start_over_imports": start / alone, **json.loads(life.stdout)}


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
        get = bench.share(server, "/sessions/sNUMBER", "", method="GET", many=1000)
        list50 = bench.share(server, "/sessions?_page=1&_limit=50", "", method="GET")
        figures = {"json_server_get_of_limit": get, "json_server_list50_of_limit": list50}
    with json_server(node_modules, bench.many) as server:
        rate = server.rate(bench.seconds, "/sessions?metadata.kind=k7&_page=1&_limit=50", method="GET")
        figures["json_server_filtered_ms"] = 1000 / rate
    return figures


def of_prism(bench: Bench, node_modules: Path) -> dict[str, float]:
    """The like of Prism, which answers an example of the contract."""
    with TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        with bench.started("mockserver") as server:
            document.write_text(json.dumps(server.send("GET", "/openapi.json")), encoding="utf-8")
        with Server([str(node_modules / ".bin" / "prism"), "mock", "--port", "PORT", str(document)]) as server:
            return {"prism_create_of_limit": bench.create(server)}


def _filled(server: Server, bench: Bench, body: str) -> int:
    """Make sessions until there are many; how many there are."""
    while (total := _total(server)) < bench.many:
        server.rate(bench.seconds, SESSIONS, body, first=total)
    return total


def _total(server: Server) -> int:
    total: int = server.send("POST", f"{SESSIONS}/list?size=1", {})["total"]
    return total


def _last_page(server: Server, bench: Bench, total: int) -> float:
    """The rate of the last full page, as a share of that of the first."""
    rates = {page: bench.share(server, f"{SESSIONS}/list?size=50&page={page}", "{}") for page in (total // 50, 1)}
    return rates[total // 50] / rates[1]


def _milliseconds(work: Callable[[int], float]) -> float:
    return 1000 * statistics.median([work(number) for number in range(50)])
