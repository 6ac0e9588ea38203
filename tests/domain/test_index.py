"""What is listed by a value in metadata is what going through all sessions finds, whatever was done before."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mockserver import Mock
from mockserver.domain import sessions
from mockserver.domain.errors import InvalidFilter, NotFound
from mockserver.domain.filters.tables import session_filter
from mockserver.domain.index import _KEYS, hashable
from mockserver.testing.snapshots import Snapshot
from support.examples import examples

_ids = st.sampled_from(["a", "b", "c", "d"])
_keys = st.sampled_from(["kind", "n"])
# Some that equal each other, and some that only seem to; few, so that several sessions have the same one.
_values = st.sampled_from(
    [0, 0.0, -0.0, False, 1, 1.0, True, None, "", "1", "*", [1], [], {}, {"in": 1}, 2e30, 2 * 10**30]
)
_metadata = st.dictionaries(_keys, _values)


class Listing(RuleBasedStateMachine):
    """Sessions come, change, go and come back; lists ask for them in between."""

    def __init__(self) -> None:
        super().__init__()
        self.mock = Mock(world={"workspaces": {"w": {}}})
        self.snapshots: list[Snapshot] = []
        self.asked: list[dict[str, Any]] = [{}]

    @rule(id_=_ids, metadata=_metadata)
    def put(self, id_: str, metadata: dict[str, Any]) -> None:
        try:
            sessions.get_or_create(self.mock.store, "w", id_, metadata)
        except NotFound:
            self.mock.purge(id_)

    @rule(id_=_ids)
    def delete(self, id_: str) -> None:
        try:
            sessions.delete(self.mock.store, "w", id_)
        except NotFound:
            self.mock.purge(id_)

    @rule()
    def keep(self) -> None:
        self.snapshots.append(self.mock.snapshot())

    @rule(place=st.integers(0, 9))
    def go_back(self, place: int) -> None:
        if self.snapshots:
            self.mock.restore(self.snapshots[place % len(self.snapshots)])

    @rule()
    def split(self) -> None:
        self.mock, self.snapshots = self.mock.fork(), []

    @rule(key=_keys, value=_values)
    def ask(self, key: str, value: Any) -> None:
        self.asked.append({"metadata": {key: value}})

    @rule(key=_keys, value=_values, operator=st.sampled_from(["AND", "OR", "NOT"]))
    def ask_what_may_fail(self, key: str, value: Any, operator: str) -> None:
        """What is no number cannot be compared with one; whether that is asked must not depend on the index."""
        self.asked.append({"metadata": {key: value}, operator: [{"metadata": {"kind": {"gt": 3}}}]})
        self.asked.append({"metadata": {"n": value, "kind": {"ne": 3}}, operator: [{"metadata": {"n": {"gt": 3}}}]})

    @invariant()
    def lists_are_those_of_a_search_of_all(self) -> None:
        store = self.mock.store
        for filters in self.asked[-4:]:
            try:
                matches = session_filter(filters)
                rows = [one.row for one in store.workspaces["w"].active if matches is None or matches(one.row)]
            except InvalidFilter:
                with pytest.raises(InvalidFilter):
                    sessions.list_(store, "w", 1, 100, False, session_filter(filters))
                continue
            page = sessions.list_(store, "w", 1, 100, False, session_filter(filters))
            assert (page["items"], page["total"]) == (rows, len(rows))


TestListing = Listing.TestCase
TestListing.settings = settings(max_examples=examples(60), stateful_step_count=30)


def test_sessions_with_the_same_value_are_listed_oldest_first() -> None:
    world = {"workspaces": {"w": {"sessions": [{"id": id_, "metadata": {"n": id_}} for id_ in "abc"]}}}
    store = Mock(world=world).store

    def listed() -> list[str]:
        page = sessions.list_(store, "w", 1, 50, False, session_filter({"metadata": {"n": "b"}}))
        return [row["id"] for row in page["items"]]

    assert listed() == ["b"]
    sessions.get_or_create(store, "w", "c", {"n": "b"})
    sessions.get_or_create(store, "w", "a", {"n": "b"})
    assert listed() == ["a", "b", "c"]
    sessions.get_or_create(store, "w", "b", {"n": "a"})
    assert listed() == ["a", "c"]


def test_a_key_that_is_missing_is_not_null() -> None:
    store = Mock(world={"workspaces": {"w": {"sessions": [{"id": "s"}]}}}).store
    for metadata, total in (({}, 0), ({"n": None}, 1), ({}, 0)):
        sessions.get_or_create(store, "w", "s", metadata)
        assert sessions.list_(store, "w", 1, 50, False, session_filter({"metadata": {"n": None}}))["total"] == total


def test_values_that_nothing_has_any_more_take_no_room() -> None:
    store = Mock(world={"workspaces": {"w": {"sessions": [{"id": "s", "metadata": {"n": -1}}]}}}).store
    sessions.list_(store, "w", 1, 50, False, session_filter({"metadata": {"n": 1}}))
    for number in range(100):
        sessions.get_or_create(store, "w", "s", {"n": number})
    index = store.workspaces["w"].index
    assert index is not None
    assert list(index._keys["n"]) == [hashable(99)]


def test_only_so_many_keys_are_kept() -> None:
    store = Mock(world={"workspaces": {"w": {"sessions": [{"id": "s", "metadata": {"k1": 1}}]}}}).store
    for number in range(_KEYS * 2):
        sessions.list_(store, "w", 1, 50, False, session_filter({"metadata": {f"k{number}": 1}}))
    index = store.workspaces["w"].index
    assert index is not None
    assert len(index._keys) == _KEYS
    assert sessions.list_(store, "w", 1, 50, False, session_filter({"metadata": {"k1": 1}}))["total"] == 1
