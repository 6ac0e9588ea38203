"""Many clients at once on one server: every request is whole, as if they had come one after the other."""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from random import Random
from typing import Any, NamedTuple

import pytest

from mockserver import MockServer

CLIENTS = 32
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.deep) for seed in (2, 3)))

_W = "/v3/workspaces/w"
_SHARED = ("one", "two", "three")
# In which turn half of the clients delete which of them.
_ENDS = {5: "one", 8: "two"}

Work = Callable[["Client"], None]


class Answer(NamedTuple):
    status: int
    json: Any


class Client:
    """One of those who come at once: a number, a connection and a run of chances of its own."""

    def __init__(self, server: MockServer, number: int, seed: int) -> None:
        self.number = number
        self.random = Random(f"{seed} {number}")
        self._connection = HTTPConnection(server.url.removeprefix("http://"), timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"content-type": "application/json"})
        response = self._connection.getresponse()
        return Answer(response.status, json.loads(response.read() or b"null"))

    def close(self) -> None:
        self._connection.close()


def _all_at_once(server: MockServer, seed: int, work: Work, beside: Callable[[], object] | None = None) -> None:
    """Have every client do its work, all from the same moment; `beside` is repeated meanwhile in a thread of its own."""
    barrier = threading.Barrier(CLIENTS)
    over = threading.Event()

    def visit(number: int) -> None:
        client = Client(server, number, seed)
        client.call("GET", "/health")  # Connected before the moment.
        barrier.wait(60)
        try:
            work(client)
        finally:
            client.close()

    def repeat() -> None:
        while beside is not None and not over.wait(0.002):
            beside()

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        aside = pool.submit(repeat)
        try:
            for visited in [pool.submit(visit, number) for number in range(CLIENTS)]:
                visited.result()
        finally:
            over.set()
        aside.result()


def _listed(server: MockServer, path: str) -> list[Any]:
    """All entries of a list, page by page."""
    client = Client(server, -1, 0)
    entries: list[Any] = []
    page = pages = 1
    while page <= pages:
        answer = client.call("POST", f"{path}?size=100&page={page}").json
        entries += answer["items"]
        page, pages = page + 1, answer["pages"]
    client.close()
    return entries


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("quirks", ["none", "live"])
def test_an_id_that_all_ask_for_is_made_once(quirks: str, seed: int) -> None:
    ids = [f"id{number}" for number in range(10)]
    answers: defaultdict[tuple[str, str], list[Answer]] = defaultdict(list)

    def ask(client: Client) -> None:
        asked = [(path, id_) for id_ in ids for path in ("/v3/workspaces", f"{_W}/peers", f"{_W}/sessions")]
        for path, id_ in client.random.sample(asked[:], len(asked)) if client.number % 2 else asked:
            body = {"id": id_} if path != f"{_W}/sessions" else {"id": id_, "peers": {id_: {}}}
            answers[path, id_].append(client.call("POST", path, body))

    with MockServer(quirks=quirks) as server:
        _all_at_once(server, seed, ask)
        for path in ("/v3/workspaces", f"{_W}/peers", f"{_W}/sessions"):
            rows = {row["id"]: row for row in _listed(server, f"{path}/list")}
            assert len(rows) == len(_listed(server, f"{path}/list"))
            assert rows.keys() - {"w"} == set(ids)
            for id_ in ids:
                given = answers[path, id_]
                assert len(given) == CLIENTS
                assert {answer.json["created_at"] for answer in given} == {rows[id_]["created_at"]}
                made = Counter(answer.status for answer in given)[201]
                # A peer may have come with a session before anyone asked for it by name.
                least = 0 if path.endswith("/peers") else 1
                assert (least if quirks == "live" else 0) <= made <= (1 if quirks == "live" else 0)


class Log:
    """What the clients were told, in the order of each one's own requests."""

    def __init__(self) -> None:
        self.batches: defaultdict[str, list[tuple[int, list[str]]]] = defaultdict(list)  # by session: client, ids
        self.clones: list[tuple[str, str, str | None]] = []  # original, clone, cut-off
        self.statuses: Counter[tuple[str, int]] = Counter()

    def append(self, client: Client, session: str) -> list[Any]:
        """Send a batch of messages that tell whose they are and where in it they stand."""
        size = client.random.choice((1, 2, 5, 20))
        turn = len(self.batches[session])
        batch = [{"content": f"{client.number} {turn} {n}", "peer_id": f"p{client.number}"} for n in range(size)]
        answer = client.call("POST", f"{_W}/sessions/{session}/messages", {"messages": batch})
        self.statuses["append", answer.status] += 1
        if answer.status != 201:
            return []
        assert [message["content"] for message in answer.json] == [message["content"] for message in batch]
        self.batches[session].append((client.number, [message["id"] for message in answer.json]))
        return list(answer.json)

    def clone(self, client: Client, session: str, cutoff: str | None) -> str | None:
        query = "" if cutoff is None else f"?message_id={cutoff}"
        answer = client.call("POST", f"{_W}/sessions/{session}/clone{query}")
        self.statuses["clone", answer.status] += 1
        if answer.status != 201:
            return None
        self.clones.append((session, answer.json["id"], cutoff))
        return str(answer.json["id"])


def _check_batches(messages: list[Any], batches: list[tuple[int, list[str]]]) -> None:
    """Every batch is there, whole and in one piece, each client's in its order, and there is nothing else."""
    places = {message["id"]: place for place, message in enumerate(messages)}
    assert len(places) == len(messages) == sum(len(ids) for _, ids in batches)
    last: dict[int, int] = {}
    for client, ids in batches:
        first = places[ids[0]]
        assert [places[id_] for id_ in ids] == list(range(first, first + len(ids)))
        assert first > last.get(client, -1)
        last[client] = first


@pytest.mark.parametrize("seed", SEEDS)
def test_no_message_is_lost_and_clones_are_beginnings_of_their_originals(seed: int) -> None:
    log = Log()

    def talk(client: Client) -> None:
        mine: list[tuple[str, str]] = []
        for _ in range(12):
            session = client.random.choice(_SHARED)
            if client.random.random() < 0.65 or not mine:
                said = log.append(client, session)
                mine += [(session, message["id"]) for message in said]
            else:
                known = client.random.choice(mine)
                log.clone(client, *(known if client.random.random() < 0.5 else (session, None)))

    with MockServer() as server:
        _all_at_once(server, seed, talk, beside=server.mock.purge)
        held = {session: _listed(server, f"{_W}/sessions/{session}/messages/list") for session in _SHARED}
        copies = {clone: _listed(server, f"{_W}/sessions/{clone}/messages/list") for _, clone, _ in log.clones}
        sessions = [row["id"] for row in _listed(server, f"{_W}/sessions/list")]

    assert {status for _, status in log.statuses} <= {201, 404}
    assert log.statuses["append", 404] == 0
    assert sorted(sessions) == sorted({*_SHARED, *(clone for _, clone, _ in log.clones)})
    for session in _SHARED:
        _check_batches(held[session], log.batches[session])
    for original, clone, cutoff in log.clones:
        copied, source = copies[clone], held[original]
        assert [_said(message) for message in copied] == [_said(message) for message in source[: len(copied)]]
        if cutoff is not None:
            assert source[len(copied) - 1]["id"] == cutoff
        else:
            # A whole one ends between two batches.
            assert len(copied) in {0, *_ends(source, log.batches[original])}
    assert len({message["id"] for copy in copies.values() for message in copy}) == sum(map(len, copies.values()))


def _said(message: Any) -> tuple[Any, ...]:
    return message["content"], message["peer_id"], message["metadata"], message["token_count"]


def _ends(messages: list[Any], batches: list[tuple[int, list[str]]]) -> set[int]:
    """How many messages there were after each batch."""
    places = {message["id"]: place for place, message in enumerate(messages)}
    return {places[ids[-1]] + 1 for _, ids in batches}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deleted_session_takes_nothing_more_until_its_purge(seed: int) -> None:
    log = Log()
    gone = {session: threading.Event() for session in _SHARED}
    left: dict[str, int] = {}

    def delete(client: Client, session: str) -> None:
        answer = client.call("DELETE", f"{_W}/sessions/{session}")
        gone[session].set()
        log.statuses["delete", answer.status] += 1
        if answer.status == 202:
            assert session not in left
            left[session] = client.call("POST", f"{_W}/sessions/{session}/messages/list").json["total"]

    def talk(client: Client) -> None:
        for turn in range(12):
            session = _ENDS.get(turn) or client.random.choice(_SHARED)
            was_gone = gone[session].is_set()
            chance = client.random.random()
            if turn in _ENDS and chance < 0.5:
                delete(client, session)
            elif chance < 0.2:
                log.clone(client, session, None)
            elif chance < 0.3:
                answer = client.call("POST", f"{_W}/sessions", {"id": session})
                log.statuses["get", answer.status] += 1
                assert not (was_gone and answer.status == 200)
            else:
                said = log.append(client, session)
                assert not (was_gone and said)

    with MockServer() as server:
        client = Client(server, -1, 0)
        for session in _SHARED:
            client.call("POST", f"{_W}/sessions", {"id": session})
        _all_at_once(server, seed, talk)
        for session in _SHARED:
            client.call("DELETE", f"{_W}/sessions/{session}")
            messages = _listed(server, f"{_W}/sessions/{session}/messages/list")
            _check_batches(messages, log.batches[session])
            assert left.get(session, len(messages)) == len(messages)
        assert {status for _, status in log.statuses} <= {200, 201, 202, 404}
        assert left.keys() == set(_ENDS.values())
        assert min(log.statuses["append", 201], log.statuses["append", 404], log.statuses["delete", 404]) > 0
        assert server.mock.purge() == len(_SHARED)
        assert _listed(server, f"{_W}/sessions/one/messages/list") == []
        assert client.call("POST", f"{_W}/sessions", {"id": "one"}).status == 200
        client.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_that_die_and_rise_again_hold_what_was_said_since(seed: int) -> None:
    """With purges in between, an id begins anew many times; each of its lives holds whole batches, in order."""
    log = Log()
    purged: list[int] = []

    def talk(client: Client) -> None:
        for _ in range(15):
            session = client.random.choice(_SHARED)
            if client.random.random() < 0.15:
                answer = client.call("DELETE", f"{_W}/sessions/{session}")
                log.statuses["delete", answer.status] += 1
            elif client.random.random() < 0.2:
                log.clone(client, session, None)
            else:
                log.append(client, session)

    with MockServer() as server:
        _all_at_once(server, seed, talk, beside=lambda: purged.append(server.mock.purge()))
        purged.append(server.mock.purge())
        alive = {row["id"] for row in _listed(server, f"{_W}/sessions/list")}
        for session in _SHARED:
            messages = _listed(server, f"{_W}/sessions/{session}/messages/list")
            assert session in alive or not messages
            there = {message["id"] for message in messages}
            kept = [(client, ids) for client, ids in log.batches[session] if there.intersection(ids)]
            _check_batches(messages, kept)
    assert {status for _, status in log.statuses} <= {201, 202, 404}
    assert sum(purged) == log.statuses["delete", 202] > 0
