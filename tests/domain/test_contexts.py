"""Contexts: what fits into so many tokens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from mockserver.domain import conclusions, contexts, knowledge, tokens
from mockserver.domain.contexts import PeerView
from mockserver.domain.errors import NotFound
from mockserver.domain.knowledge import Choice
from mockserver.domain.search.text_index import TextIndex

_conclusions = st.lists(st.tuples(st.sampled_from(["tea", "coffee in bed", "walks"]), st.sampled_from([None, "s"])))
_choice = st.builds(
    Choice,
    session_ids=st.sampled_from([None, ("s",)]),
    query=st.sampled_from([None, "", "tea", "bed"]),
    top_k=st.one_of(st.none(), st.integers(1, 5)),
    distance=st.one_of(st.none(), st.floats(0, 1)),
    frequent=st.booleans(),
    at_most=st.one_of(st.none(), st.integers(1, 5)),
)


def _mock(
    lengths: list[int],
    summaries: dict[str, Any] | None = None,
    concluded: list[Any] | None = None,
    quirks: str = "none",
) -> Mock:
    """One session with messages of so many tokens, and what was concluded of al."""
    messages = [
        {"id": f"m{place}", "peer_id": "al", "content": "x", "token_count": count}
        for place, count in enumerate(lengths)
    ]
    session = {"id": "s", "messages": messages, "summaries": summaries or {}}
    known = [
        {"content": content, "observer_id": "al", "observed_id": "al", "session_id": session_id}
        for content, session_id in concluded or []
    ]
    workspace = {"peers": [{"id": "al"}], "sessions": [session], "conclusions": known}
    return Mock(world={"workspaces": {"w": workspace}}, quirks=quirks)


@given(st.lists(st.integers(0, 9)), st.one_of(st.none(), st.integers(-5, 60)))
def test_the_newest_messages_that_fit_are_there_and_the_one_before_does_not_fit(
    lengths: list[int], limit: int | None
) -> None:
    mock = _mock(lengths)
    messages = contexts.of_session(mock.store, "w", "s", limit, PeerView(), summarized=True)["messages"]
    taken = [message["token_count"] for message in messages]
    most = contexts.TOKENS_LIMIT if limit is None else limit
    assert taken == lengths[len(lengths) - len(taken) :]
    assert sum(taken) <= max(most, 0)
    assert len(taken) == len(lengths) or sum(taken) + lengths[-len(taken) - 1] > most


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 200), st.booleans())
def test_a_summary_takes_its_share_of_the_tokens_or_is_not_there(
    short: int, long: int, limit: int, summarized: bool
) -> None:
    kept = {
        "short": {"content": "They met.", "message_id": "m3", "token_count": short},
        "long": {"content": "They met, and talked.", "message_id": "m1", "token_count": long},
    }
    mock = _mock([10] * 6, kept)
    context = contexts.of_session(mock.store, "w", "s", limit, PeerView(), summarized=summarized)
    fitting = [count for count in (short, long) if count <= 0.4 * limit]
    summary = context["summary"]
    assert (summary["token_count"] if summary else None) == (max(fitting) if fitting and summarized else None)
    said = sum(message["token_count"] for message in context["messages"]) + (summary["token_count"] if summary else 0)
    assert said <= limit
    covered = int(summary["message_id"][1:]) if summary else -1
    assert all(int(message["id"][1:]) > covered for message in context["messages"])


def _shares(choice: Choice) -> tuple[int, int, int]:
    """How many of the nearest, of the most frequent and of the newest there are at most."""
    total = 100 if choice.at_most is None else choice.at_most
    near = 0 if not choice.query else total // 3 if choice.top_k is None else min(choice.top_k, total)
    frequent = 0 if not choice.frequent else total // 3 if choice.query else total // 2
    frequent = min(frequent, total - near)
    return near, frequent, total - near - frequent


@given(_conclusions, _choice, st.booleans())
def test_a_representation_has_the_nearest_the_most_frequent_and_the_newest_oldest_first(
    concluded: list[tuple[str, str | None]], choice: Choice, leaks: bool
) -> None:
    """With the quirk, the session limits only the newest."""
    mock = _mock([], concluded=concluded, quirks="knowledge_crosses_sessions" if leaks else "none")
    rows = list(mock.store.workspaces["w"].extras.conclusions.values())
    of_session = [row for row in rows if choice.session_ids is None or row["session_id"] in choice.session_ids]
    searched = rows if leaks else of_session
    near, frequent, newest = _shares(choice)
    wanted = [
        *TextIndex().nearest(choice.query or "", conclusions.newest_first(searched), near, choice.distance),
        *searched[:frequent],
        *conclusions.newest_first(of_session)[:newest],
    ]
    chosen = knowledge.chosen(mock.store, "w", "al", "al", choice)
    assert chosen == [row for row in rows if row in wanted]
    assert leaks or all(row in of_session for row in chosen)
    text = knowledge.text(chosen)
    lines = {(row["created_at"][:19], row["content"]) for row in chosen}
    assert text.count("\n") == (len(lines) + 2 if chosen else 0)
    assert [line.partition("] ")[2] for line in text.splitlines()[2:]] == list(
        {(row["created_at"][:19], row["content"]): row["content"] for row in chosen}.values()
    )


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        (Choice(at_most=3), [24, 25, 26]),
        (Choice(at_most=25), list(range(2, 27))),
        (Choice(), list(range(27))),
        (Choice(frequent=True, at_most=4), [0, 1, 25, 26]),
        (Choice(frequent=True, at_most=1), [26]),
        (Choice(query="fact number 7", at_most=2), [25, 26]),
        (Choice(query="fact number 7", at_most=4), [7, 24, 25, 26]),
        (Choice(query="fact number 7", top_k=1, at_most=2), [7, 26]),
        (Choice(query="fact number 7", top_k=1, at_most=1), [7]),
        (Choice(query="fact number 7", distance=0.0, at_most=3), [7, 25, 26]),
        (Choice(query="elephants", distance=0.0, at_most=3), [25, 26]),
        (Choice(query="fact number 7", top_k=1, frequent=True, at_most=3), [0, 7, 26]),
        (Choice(query="fact number 7", top_k=1, frequent=True, at_most=2), [7, 26]),
    ],
)
def test_the_shares_of_a_representation(choice: Choice, shown: list[int]) -> None:
    mock = _mock([], concluded=[(f"fact number {number}", None) for number in range(27)])
    rows = knowledge.chosen(mock.store, "w", "al", "al", choice)
    assert [row["content"] for row in rows] == [f"fact number {number}" for number in shown]


def test_equal_lines_of_one_second_appear_once() -> None:
    mock = _mock([], concluded=[("tea", None), ("tea", "s"), ("coffee in bed", None), ("tea", None)])
    rows = knowledge.chosen(mock.store, "w", "al", "al", Choice())
    sames = [{**row, "created_at": f"2026-01-01T00:00:01.00000{place}Z"} for place, row in enumerate(rows)]
    assert [line[22:] for line in knowledge.text(sames).splitlines()[2:]] == ["tea", "coffee in bed"]
    sames[-1]["created_at"] = "2026-01-01T00:00:02Z"
    assert knowledge.text(sames).count("tea") == 2


def test_what_is_known_of_a_peer_is_counted_before_the_messages() -> None:
    mock = _mock([4] * 6, concluded=[("al likes tea", None)])
    workspace = mock.store.workspaces["w"]
    mock.store.put_card(workspace, "al", "al", ["tall", "quiet"])
    of_al = PeerView("al")
    rows = knowledge.chosen(mock.store, "w", "al", "al", Choice())
    known = knowledge.token_count(rows) + tokens.count("tall\nquiet")
    context = contexts.of_session(mock.store, "w", "s", known + 9, of_al, summarized=True)
    assert len(context["messages"]) == 2
    assert context["peer_card"] == ["tall", "quiet"]
    assert context["peer_representation"] == knowledge.text(rows)
    with pytest.raises(NotFound, match="Peer bob not found in workspace w"):
        contexts.of_session(mock.store, "w", "s", known + 9, PeerView("al", "bob"), summarized=True)


def test_a_summary_covers_all_messages_unless_it_says_to_which() -> None:
    mock = _mock([4] * 3, {"short": {"content": "They met."}})
    context = contexts.of_session(mock.store, "w", "s", None, PeerView(), summarized=True)
    assert (context["summary"]["message_id"], context["messages"]) == ("m2", [])


def test_messages_have_what_a_summary_leaves_of_the_tokens() -> None:
    mock = _mock([4] * 6, {"short": {"content": "They met.", "message_id": "m0", "token_count": 8}})
    context = contexts.of_session(mock.store, "w", "s", 20, PeerView(), summarized=True)
    assert [message["id"] for message in context["messages"]] == ["m3", "m4", "m5"]
