"""Sessions against a model that is nothing but lists: whatever is done, in whatever order, both agree."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mockserver import Mock, create_app
from mockserver.domain.changes import CONTRACT, VERSIONS, Changes
from support.direct_client import Answer, DirectClient
from support.examples import examples

_W = "/v3/workspaces/w"
_contents = st.lists(
    st.tuples(st.sampled_from(["bob", "al", "eve"]), st.text("ab ", max_size=3)), min_size=1, max_size=3
)
_metadata = st.none() | st.dictionaries(st.sampled_from("kv"), st.integers(0, 3) | st.booleans(), max_size=2)


@dataclass
class Modelled:
    """A session as a list of what was said in it."""

    id: str
    metadata: dict[str, Any] = field(default_factory=dict)
    said: list[tuple[str, str]] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    is_active: bool = True


class Sessions(RuleBasedStateMachine):
    api_version = CONTRACT
    sessions = Bundle("sessions")

    @initialize()
    def start(self) -> None:
        self.client = DirectClient(create_app(Mock(api_version=self.api_version)))
        self.model: list[Modelled] = []
        self.made_ids: list[str] = []

    def call(self, method: str, path: str, body: Any = None, **query: object) -> Answer:
        return self.client.call(method, _W + path, body, **query)

    def find(self, id_: str) -> Modelled | None:
        return next((session for session in self.model if session.id == id_), None)

    @rule(target=sessions, id_=st.sampled_from(["a", "b", "c", "list"]), metadata=_metadata)
    def get_or_create(self, id_: str, metadata: dict[str, int] | None) -> str:
        answer = self.call("POST", "/sessions", {"id": id_, "metadata": metadata})
        known = self.find(id_)
        if known is not None and not known.is_active:
            assert answer.status == 404
            return id_
        if known is None:
            known = Modelled(id_)
            self.model.append(known)
        if metadata is not None and metadata != known.metadata:  # A value that is equal in Python changes nothing.
            known.metadata = metadata
        assert (answer.status, answer.json["id"]) == (200, id_)
        assert repr(answer.json["metadata"]) == repr(known.metadata)
        return id_

    @rule(id_=sessions, said=_contents)
    def say(self, id_: str, said: list[tuple[str, str]]) -> None:
        batch = [{"peer_id": peer, "content": content} for peer, content in said]
        answer = self.call("POST", f"/sessions/{id_}/messages", {"messages": batch})
        known = self.find(id_)
        if known is not None and not known.is_active:
            assert answer.status == 404
            return
        if known is None:  # It was purged, and begins anew.
            known = Modelled(id_)
            self.model.append(known)
        assert answer.status == 201
        known.said += said
        known.message_ids += [message["id"] for message in answer.json]
        self.made_ids += [message["id"] for message in answer.json]

    @rule(id_=sessions)
    def delete(self, id_: str) -> None:
        answer = self.call("DELETE", f"/sessions/{id_}")
        known = self.find(id_)
        if known is None or not known.is_active:
            assert answer.status == 404
        else:
            assert answer.status == 202
            known.is_active = False

    @rule()
    def purge(self) -> None:
        answer = self.client.call("POST", "/_mock/purge")
        assert answer.json == {"purged": sum(not session.is_active for session in self.model)}
        self.model = [session for session in self.model if session.is_active]

    @rule(target=sessions, id_=sessions, data=st.data())
    def clone(self, id_: str, data: st.DataObject) -> str:
        original = self.find(id_)
        cutoffs = [None, *range(len(original.said))] if original else [None]
        cutoff = data.draw(st.sampled_from(cutoffs))
        query = {} if original is None or cutoff is None else {"message_id": original.message_ids[cutoff]}
        answer = self.call("POST", f"/sessions/{id_}/clone", **query)
        if original is None or not original.is_active:
            assert answer.status == 404
            return id_
        assert answer.status == 201
        clone = Modelled(answer.json["id"], original.metadata)
        clone.said = original.said[: None if cutoff is None else cutoff + 1]
        clone.message_ids = [message["id"] for message in self.messages(clone.id)]
        self.made_ids += [clone.id, *clone.message_ids]
        self.model.append(clone)
        return clone.id

    @rule(id_=sessions, other=sessions)
    def a_cut_off_of_another_session_makes_no_clone(self, id_: str, other: str) -> None:
        known, foreign = self.find(id_), self.find(other)
        if known is not None and foreign is not None and known is not foreign and foreign.message_ids:
            answer = self.call("POST", f"/sessions/{id_}/clone", message_id=foreign.message_ids[0])
            assert answer.status == 404

    def messages(self, id_: str) -> list[Any]:
        answer = self.call("POST", f"/sessions/{id_}/messages/list", size=100)
        return list(answer.json["items"])

    @invariant()
    def pages_of_every_size_part_the_active_sessions(self) -> None:
        active = [session.id for session in self.model if session.is_active]
        for size in range(1, len(active) + 2):
            pages = -(-len(active) // size)
            listed: list[str] = []
            for page in range(1, pages + 2):
                answer = self.call("POST", "/sessions/list", page=page, size=size).json
                assert (answer["total"], answer["pages"], answer["page"]) == (len(active), pages, page)
                assert all(item["is_active"] for item in answer["items"])
                listed += [item["id"] for item in answer["items"]]
            assert listed == active
        newest_first = self.call("POST", "/sessions/list", size=100, reverse=True).json["items"]
        is_reversible = Changes.flags_of(self.api_version)["reversible_lists"]
        assert [item["id"] for item in newest_first] == (active[::-1] if is_reversible else active)

    @invariant()
    def every_session_holds_what_was_said_in_it(self) -> None:
        for session in self.model:
            messages = self.messages(session.id)
            assert [(message["peer_id"], message["content"]) for message in messages] == session.said
            assert [message["id"] for message in messages] == session.message_ids
            if session.is_active:
                assert self.call("POST", "/sessions", {"id": session.id}).json["metadata"] == session.metadata

    @invariant()
    def ids_that_the_server_makes_do_not_repeat(self) -> None:
        assert len(set(self.made_ids)) == len(self.made_ids)


class OldestSessions(Sessions):
    api_version = VERSIONS[0]


class NewestSessions(Sessions):
    api_version = VERSIONS[-1]


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=examples(40), stateful_step_count=50)
TestOldestSessions = OldestSessions.TestCase
TestNewestSessions = NewestSessions.TestCase
TestOldestSessions.settings = TestNewestSessions.settings = settings(
    max_examples=examples(15, brief=3), stateful_step_count=50
)
