"""What a model would answer: chat, representations, context and summaries, as a user of the SDK meets them."""

import honcho as sdk
import httpx
import pytest
from honcho import Honcho

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_a_chat_answers_what_was_scripted(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    honcho_server.mock.scripts.add("chat", "Blue.", "Blue, as I said.", peer="alice")
    alice, session = use(client).peer("alice"), use(client).session("first", peers=["alice", "bob"])
    assert use(alice).chat("Which colour?") == "Blue."
    assert use(alice).chat("Sure?", target="bob", session=session, reasoning_level="high") == "Blue, as I said."
    asked = honcho_server.mock.requests.where("chat")[-1].body
    assert asked == {
        "query": "Sure?",
        "stream": False,
        "target": "bob",
        "session_id": "first",
        "reasoning_level": "high",
    }


def test_a_chat_answers_without_a_script(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    answer = use(alice).chat("Which colour?")
    assert answer is None or isinstance(answer, str)


def test_a_chat_is_streamed_in_pieces(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    honcho_server.mock.scripts.add("chat", ["Blue, ", "or «grün» ", "— 你好 🎉."])
    alice = use(client).peer("alice")
    use(client).session("first", peers=["alice", "bob"])
    stream = use(alice).chat_stream("Which colour?", target="bob", session="first", reasoning_level="low")
    assert not stream.is_complete
    assert use.all(stream) == ["Blue, ", "or «grün» ", "— 你好 🎉."]
    assert stream.get_final_response() == {"content": "Blue, or «grün» — 你好 🎉."}
    assert stream.is_complete


def test_a_stream_that_is_cut_raises_after_its_first_pieces(
    honcho_server: MockServer, client: Honcho, use: Use
) -> None:
    honcho_server.mock.scripts.add("chat", ["Blue, ", "or ", "green, ", "or "])
    honcho_server.mock.faults.disconnect("body", operation="chat")
    stream = use(use(client).peer("alice")).chat_stream("Which colour?")
    with pytest.raises(httpx.RemoteProtocolError):
        use.all(stream)
    assert "Blue, or ".startswith(stream.get_final_response()["content"])
    assert not stream.is_complete


def test_a_refused_stream_raises_when_it_is_read(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    stream = use(alice).chat_stream("x" * 10_001)
    with pytest.raises(sdk.UnprocessableEntityError):
        use.all(stream)


def test_a_representation_is_of_a_peer_a_target_or_a_session(client: Honcho, use: Use) -> None:
    alice, session = use(client).peer("alice"), use(client).session("first", peers=["alice", "bob"])
    assert use(alice).representation() == ""
    use(alice.conclusions).create([{"content": "likes tea", "session_id": "first"}, {"content": "is tall"}])
    use(alice.conclusions_of("bob")).create([{"content": "a friend"}])
    assert "is tall" in use(alice).representation()
    assert "a friend" in use(alice).representation(target="bob")
    of_session = use(alice).representation(session=session)
    assert "likes tea" in of_session
    assert "is tall" not in of_session
    assert use(session).representation(alice) == of_session
    assert use(session).representation("alice", target="bob") == use(alice).representation(session, target="bob")


def test_a_representation_takes_all_its_options(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    alice, session = use(client).peer("alice"), use(client).session("first", peers="alice")
    use(alice.conclusions).create([{"content": "likes tea", "session_id": "first"}])
    options = {"search_query": "tea", "search_top_k": 3, "search_max_distance": 0.9, "include_most_frequent": True}
    for told in (
        use(alice).representation(**options, max_conclusions=10),
        use(session).representation(alice, **options, max_conclusions=10),
        use(alice.conclusions).representation(**options, max_conclusions=10),
        use(alice).context(**options, max_conclusions=10).representation,
        use(session).context(peer_target="alice", **options, max_conclusions=10).peer_representation,
    ):
        assert "likes tea" in told


def test_the_context_of_a_peer_is_its_representation_and_card(client: Honcho, use: Use) -> None:
    alice, bob = use(client).peer("alice"), use(client).peer("bob")
    context = use(alice).context()
    assert (context.peer_id, context.target_id, context.peer_card) == ("alice", "alice", None)
    use(alice).set_card(["a friend"], target=bob)
    use(alice.conclusions_of(bob)).create([{"content": "likes tea"}])
    context = use(alice).context(target=bob)
    assert (context.peer_id, context.target_id, context.peer_card) == ("alice", "bob", ["a friend"])
    assert "likes tea" in context.representation


def test_the_context_of_a_session_is_ready_for_a_model(client: Honcho, use: Use) -> None:
    user, robot = use(client).peer("user"), use(client).peer("robot")
    session = use(client).session("first", peers=[user, robot])
    use(session).add_messages([user.message("Hello?"), robot.message("Hello!")])
    context = use(session).context()
    assert (context.session_id, len(context), context.summary) == ("first", 2, None)
    assert context.to_openai(assistant=robot) == [
        {"role": "user", "name": "user", "content": "Hello?"},
        {"role": "assistant", "name": "robot", "content": "Hello!"},
    ]
    assert context.to_anthropic(assistant="robot") == [
        {"role": "user", "content": "user: Hello?"},
        {"role": "assistant", "content": "Hello!"},
    ]


def test_a_context_with_a_target_begins_with_what_is_known_of_it(client: Honcho, use: Use) -> None:
    user, robot = use(client).peer("user"), use(client).peer("robot")
    session = use(client).session("first", peers=[user, robot])
    [message] = use(session).add_messages(user.message("Some tea?"))
    use(robot.conclusions_of(user)).create([{"content": "likes tea"}])
    use(robot).set_card(["a guest"], target=user)
    context = use(session).context(
        summary=False, tokens=1000, peer_target="user", peer_perspective="robot", search_query=message
    )
    assert "likes tea" in context.peer_representation
    assert context.peer_card == ["a guest"]
    roles = [told["role"] for told in context.to_openai(assistant="robot")]
    assert roles == ["system", "system", "user"]


def test_a_context_stays_within_its_tokens(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    sent = use(session).add_messages([alice.message(f"message number {number}") for number in range(6)])
    budget = sent[-1].token_count + sent[-2].token_count
    kept = use(session).context(tokens=budget, summary=False)
    assert [message.id for message in kept.messages] == [message.id for message in sent[-2:]]


def test_a_session_without_summaries_says_so(client: Honcho, use: Use) -> None:
    summaries = use(use(client).session("first")).summaries()
    assert (summaries.id, summaries.short_summary, summaries.long_summary) == ("first", None, None)


def test_a_summary_comes_with_the_session_and_its_context(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    [message] = use(session).add_messages(alice.message("I drink tea all day, and coffee never."))
    honcho_server.mock.summarize("first", "They spoke of tea.")
    [later] = use(session).add_messages(alice.message("And you?"))
    short = use(session).summaries().short_summary
    assert (short.content, short.message_id, short.summary_type) == ("They spoke of tea.", message.id, "short")
    context = use(session).context()
    assert (context.summary.content, context.messages[-1].id) == ("They spoke of tea.", later.id)
    assert {"role": "system", "content": "<summary>They spoke of tea.</summary>"} in context.to_openai(assistant="bot")


def test_scripted_answers_are_of_the_form_that_the_sdk_reads(
    honcho_server: MockServer, client: Honcho, use: Use
) -> None:
    scripts, alice, session = honcho_server.mock.scripts, use(client).peer("alice"), use(client).session("first")
    scripts.add("get_representation", "All about Alice.")
    scripts.add("get_peer_context", {"representation": "All about Alice.", "peer_card": ["is tall"]})
    scripts.add("get_session_context", {"peer_representation": "All about Alice."})
    scripts.add("chat", None)
    assert use(alice).representation() == "All about Alice."
    assert use(alice).context().peer_card == ["is tall"]
    assert use(session).context(peer_target="alice").peer_representation == "All about Alice."
    assert use(alice).chat("Who am I?") is None
