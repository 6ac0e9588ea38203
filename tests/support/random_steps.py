"""Random steps for a mock, and their runner. The same steps on equal mocks have the same effect."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from mockserver import Mock, create_app
from mockserver.testing.registry import UnknownName

from .direct_client import Answer, DirectClient
from .discarded_deliveries import discard_deliveries

_workspaces = st.sampled_from(["w", "v"])
_sessions = st.sampled_from(["a", "b", 0, 1])
_peers = st.sampled_from(["bob", "al", "eve"])
_maybe_metadata = st.one_of(st.none(), st.dictionaries(st.sampled_from("kv"), st.integers(0, 3), max_size=2))
_configuration = st.sampled_from(
    [{}, {"own": [1]}, {"summary": {"enabled": True}}, {"own": None}, {"reasoning": {"enabled": False}}]
)
_settings = st.fixed_dictionaries({}, optional={"observe_me": st.booleans(), "observe_others": st.booleans()})
_members = st.dictionaries(_peers, _settings, max_size=2)
_batches = st.lists(
    st.tuples(_peers, st.text("ab ", max_size=3), st.sampled_from([None, 2020, 2030])), min_size=1, max_size=3
)

# The name of a method of StepRunner, and its arguments. A number stands for a session, message, conclusion or webhook
# whose id the server generated earlier in the run.
steps = st.one_of(
    st.tuples(st.just("workspace"), _workspaces, _maybe_metadata, _configuration),
    st.tuples(st.just("peer"), _workspaces, _peers, _maybe_metadata),
    st.tuples(st.just("session"), _workspaces, _sessions, _maybe_metadata, _configuration, _members),
    st.tuples(st.just("say"), _workspaces, _sessions, _batches),
    st.tuples(st.just("set"), _workspaces, _sessions, _members),
    st.tuples(st.just("leave"), _workspaces, _sessions, _peers),
    st.tuples(st.just("configure"), _workspaces, _sessions, _peers, _settings),
    st.tuples(st.just("annotate"), _workspaces, _sessions, st.integers(0, 3), _maybe_metadata),
    st.tuples(st.just("clone"), _workspaces, _sessions, st.one_of(st.none(), st.integers(0, 3))),
    st.tuples(st.just("conclude"), _workspaces, _peers, _peers, st.one_of(st.none(), _sessions)),
    st.tuples(st.just("forget"), _workspaces, st.integers(0, 3)),
    st.tuples(st.just("card"), _workspaces, _peers, _peers, st.lists(st.text("ab ", max_size=3), max_size=2)),
    st.tuples(st.just("summarize"), _workspaces, _sessions, st.sampled_from(["short", "long"])),
    st.tuples(st.just("dream"), _workspaces, _peers, _peers),
    st.tuples(st.just("work"), st.one_of(st.none(), _workspaces), st.one_of(st.none(), st.integers(0, 3))),
    st.tuples(st.just("begin"), st.one_of(st.none(), _workspaces), st.integers(0, 3)),
    st.tuples(st.just("webhook"), _workspaces, st.integers(0, 2)),
    st.tuples(st.just("drop_webhook"), _workspaces, st.integers(0, 2)),
    st.tuples(st.just("delete"), _workspaces, _sessions),
    st.tuples(st.just("delete_workspace"), _workspaces),
    st.tuples(st.just("purge"), st.one_of(st.none(), _workspaces)),
    st.tuples(st.just("fail"), st.integers(1, 2)),
    st.tuples(st.just("freeze"), st.sampled_from([2019, 2031])),
    st.tuples(st.just("advance"), st.sampled_from([0.5, 3])),
    st.tuples(st.just("resume")),
)

# Creates data that the random steps can change.
first_steps: list[tuple[Any, ...]] = [
    ("say", "w", "a", [("bob", "1", None), ("al", "2", None)]),
    ("session", "w", "b", {"k": 1}, {}, {"bob": {}, "eve": {}}),
    ("leave", "w", "b", "eve"),
    ("say", "v", "a", [("bob", "3", 2020), ("eve", "4", None)]),
    ("conclude", "w", "bob", "al", "a"),
    ("card", "w", "bob", "eve", ["tall"]),
    ("summarize", "w", "a", "short"),
    ("dream", "w", "bob", "bob"),
    ("webhook", "w", 0),
]


class StepRunner:
    """Runs steps on a mock, and remembers the ids that the server generated; `known` has those of an earlier run."""

    def __init__(self, mock: Mock, known: "StepRunner | None" = None) -> None:
        self.mock = mock
        discard_deliveries(mock)  # A run makes thousands of them, and no server listens at their URLs.
        self.client = DirectClient(create_app(mock))
        self.sessions: list[str] = list(known.sessions) if known else []
        self.messages: list[str] = list(known.messages) if known else []
        self.conclusions: list[str] = list(known.conclusions) if known else []
        self.webhooks: list[str] = list(known.webhooks) if known else []

    def run(self, steps: Iterable[tuple[Any, ...]]) -> list[Answer]:
        return [answer for step in steps if (answer := self.run_one(step)) is not None]

    def run_one(self, step: tuple[Any, ...]) -> Answer | None:
        answer: Answer | None = getattr(self, f"_{step[0]}")(*step[1:])
        return answer

    def _call(self, method: str, workspace: str, path: str, body: Any = None, **query: object) -> Answer:
        return self.client.call(method, f"/v3/workspaces/{workspace}{path}", body, **query)

    def _id(self, generated: list[str], chosen: int | str) -> str:
        if isinstance(chosen, str):
            return chosen
        return generated[chosen % len(generated)] if generated else "none"

    def _at(self, session: int | str) -> str:
        return f"/sessions/{self._id(self.sessions, session)}"

    def _workspace(self, workspace: str, metadata: Any, configuration: Any) -> Answer:
        return self._call("PUT", workspace, "", {"metadata": metadata, "configuration": configuration})

    def _peer(self, workspace: str, peer: str, metadata: Any) -> Answer:
        return self._call("POST", workspace, "/peers", {"id": peer, "metadata": metadata})

    def _session(self, workspace: str, session: int | str, metadata: Any, configuration: Any, members: Any) -> Answer:
        body = {
            "id": self._id(self.sessions, session),
            "metadata": metadata,
            "configuration": configuration,
            "peers": members,
        }
        return self._call("POST", workspace, "/sessions", body)

    def _say(self, workspace: str, session: int | str, messages: list[tuple[str, str, int | None]]) -> Answer:
        batch = [
            {"peer_id": peer, "content": content, "created_at": f"{year}-01-01T00:00:00+02:00" if year else None}
            for peer, content, year in messages
        ]
        answer = self._call("POST", workspace, f"{self._at(session)}/messages", {"messages": batch})
        self.messages += [message["id"] for message in answer.json] if answer.status == 201 else []
        return answer

    def _set(self, workspace: str, session: int | str, members: Any) -> Answer:
        return self._call("PUT", workspace, f"{self._at(session)}/peers", members)

    def _leave(self, workspace: str, session: int | str, peer: str) -> Answer:
        return self._call("DELETE", workspace, f"{self._at(session)}/peers", [peer])

    def _configure(self, workspace: str, session: int | str, peer: str, settings: Any) -> Answer:
        return self._call("PUT", workspace, f"{self._at(session)}/peers/{peer}/config", settings)

    def _annotate(self, workspace: str, session: int | str, message: int, metadata: Any) -> Answer:
        path = f"{self._at(session)}/messages/{self._id(self.messages, message)}"
        return self._call("PUT", workspace, path, {"metadata": metadata})

    def _clone(self, workspace: str, session: int | str, message: int | None) -> Answer:
        query = {} if message is None else {"message_id": self._id(self.messages, message)}
        answer = self._call("POST", workspace, f"{self._at(session)}/clone", **query)
        self.sessions += [answer.json["id"]] if answer.status == 201 else []
        return answer

    def _conclude(self, workspace: str, observer: str, observed: str, session: int | str | None) -> Answer:
        session_id = None if session is None else self._id(self.sessions, session)
        draft = {"content": "so", "observer_id": observer, "observed_id": observed, "session_id": session_id}
        answer = self._call("POST", workspace, "/conclusions", {"conclusions": [draft, draft]})
        self.conclusions += [one["id"] for one in answer.json] if answer.status == 201 else []
        return answer

    def _forget(self, workspace: str, conclusion: int) -> Answer:
        return self._call("DELETE", workspace, f"/conclusions/{self._id(self.conclusions, conclusion)}")

    def _card(self, workspace: str, observer: str, observed: str, card: list[str]) -> Answer:
        return self._call("PUT", workspace, f"/peers/{observer}/card", {"peer_card": card}, target=observed)

    def _summarize(self, workspace: str, session: int | str, kind: Any) -> None:
        with suppress(UnknownName):
            self.mock.summarize(self._id(self.sessions, session), "so", kind=kind, workspace=workspace)

    def _dream(self, workspace: str, observer: str, observed: str) -> Answer:
        body = {"observer": observer, "observed": observed, "dream_type": "omni"}
        return self._call("POST", workspace, "/schedule_dream", body)

    def _work(self, workspace: str | None, units: int | None) -> None:
        self.mock.work(workspace=workspace, units=units)

    def _begin(self, workspace: str | None, units: int) -> None:
        self.mock.begin_work(workspace=workspace, units=units)

    def _webhook(self, workspace: str, number: int) -> Answer:
        answer = self._call("POST", workspace, "/webhooks", {"url": f"http://127.0.0.1/{number}"})
        self.webhooks += [answer.json["id"]] if answer.status < 300 else []
        return answer

    def _drop_webhook(self, workspace: str, number: int) -> Answer:
        return self._call("DELETE", workspace, f"/webhooks/{self._id(self.webhooks, number)}")

    def _delete(self, workspace: str, session: int | str) -> Answer:
        return self._call("DELETE", workspace, self._at(session))

    def _delete_workspace(self, workspace: str) -> Answer:
        return self._call("DELETE", workspace, "")

    def _purge(self, workspace: str | None) -> None:
        self.mock.purge(workspace=workspace)

    def _fail(self, times: int) -> None:
        self.mock.fail_purges(times)

    def _freeze(self, year: int) -> None:
        from datetime import UTC, datetime

        self.mock.clock.freeze(datetime(year, 1, 1, tzinfo=UTC))

    def _advance(self, seconds: float) -> None:
        self.mock.clock.advance(seconds)

    def _resume(self) -> None:
        self.mock.clock.resume()
