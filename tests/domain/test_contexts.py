"""Contexts: what fits into so many tokens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from mockserver.domain import contexts, knowledge, tokens
from mockserver.domain.contexts import PeerView
from mockserver.domain.errors import NotFound
from mockserver.domain.knowledge import Choice

_conclusions = st.lists(st.tuples(st.sampled_from(["tea", "coffee in bed", "walks"]), st.sampled_from([None, "s"])))
_choice = st.builds(
    Choice,
    session_id=st.sampled_from([None, "s"]),
    query=st.sampled_from([None, "", "tea", "bed"]),
    top_k=st.one_of(st.none(), st.integers(1, 5)),
    distance=st.one_of(st.none(), st.floats(0, 1)),
    frequent=st.booleans(),
    at_most=st.one_of(st.none(), st.integers(1, 5)),
)


def _mock(lengths: list[int], summaries: dict[str, Any] | None = None, concluded: list[Any] | None = None) -> Mock:
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
    return Mock(world={"workspaces": {"w": {"peers": [{"id": "al"}], "sessions": [session], "conclusions": known}}})


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


@given(_conclusions, _choice)
def test_a_representation_has_the_conclusions_that_were_chosen_oldest_first(
    concluded: list[tuple[str, str | None]], choice: Choice
) -> None:
    mock = _mock([], concluded=concluded)
    rows = list(mock.store.workspaces["w"].extras.conclusions.values())
    chosen = knowledge.chosen(mock.store, "w", "al", "al", choice)
    assert [row for row in rows if row in chosen] == chosen
    assert len(chosen) <= (choice.at_most or knowledge.CONCLUSIONS_SHOWN)
    assert all(choice.session_id in (None, row["session_id"]) for row in chosen)
    wanted = [row for row in rows if choice.session_id in (None, row["session_id"])]
    if not choice.query:
        assert chosen == wanted[-(choice.at_most or knowledge.CONCLUSIONS_SHOWN) :]
    if choice.query and choice.frequent:
        assert len(chosen) == min(len(wanted), choice.at_most or knowledge.CONCLUSIONS_SHOWN)
    text = knowledge.text(chosen)
    assert text.count("\n") == (len(chosen) + 2 if chosen else 0)
    assert not chosen or text.endswith(f"] {chosen[-1]['content']}\n")


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


def test_without_a_wish_the_newest_25_conclusions_are_shown() -> None:
    mock = _mock([], concluded=[(f"number {number}", None) for number in range(30)])
    for choice in (Choice(), Choice(query="number", top_k=40)):
        assert len(knowledge.chosen(mock.store, "w", "al", "al", choice)) == 25
    shown = knowledge.chosen(mock.store, "w", "al", "al", Choice(at_most=3, top_k=40, query="number 7"))
    assert len(shown) == 3
    far = knowledge.chosen(mock.store, "w", "al", "al", Choice(query="elephants", distance=0.1))
    assert far == []


def test_a_summary_covers_all_messages_unless_it_says_to_which() -> None:
    mock = _mock([4] * 3, {"short": {"content": "They met."}})
    context = contexts.of_session(mock.store, "w", "s", None, PeerView(), summarized=True)
    assert (context["summary"]["message_id"], context["messages"]) == ("m2", [])


def test_messages_have_what_a_summary_leaves_of_the_tokens() -> None:
    mock = _mock([4] * 6, {"short": {"content": "They met.", "message_id": "m0", "token_count": 8}})
    context = contexts.of_session(mock.store, "w", "s", 20, PeerView(), summarized=True)
    assert [message["id"] for message in context["messages"]] == ["m3", "m4", "m5"]
