"""Scripts: which answer a request gets that needs a model."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from mockserver.testing.exchanges import Exchange


class _Chat:
    name = "chat"
    id_in_body = None


def _asked(peer: str = "al", content: bytes = b'{"query": "Colour?"}') -> Exchange:
    head = {"method": "POST", "path": "/", "query_string": b"", "headers": []}
    return Exchange(1, 0, head, _Chat(), {"workspace_id": "w", "peer_id": peer}, content)


def _answer(mock: Mock, exchange: Exchange) -> Any:
    script = mock.scripts.answering(exchange)
    return None if script is None else script.next(exchange)


@given(st.lists(st.text(), min_size=1, max_size=5), st.integers(0, 8))
def test_answers_come_in_order_and_the_last_one_stays(answers: list[str], calls: int) -> None:
    mock = Mock()
    script = mock.scripts.add("chat", *answers)
    given = [_answer(mock, _asked()) for _ in range(calls)]
    assert given == (answers + answers[-1:] * calls)[:calls]
    assert script.used == calls


def test_a_script_answers_what_it_is_for_and_the_latest_is_asked_first() -> None:
    mock = Mock()
    mock.scripts.add("chat", "I do not know.")
    mock.scripts.add("chat", "Blue.", peer="al")
    mock.scripts.add("chat", "Yes.", body={"query": "Really?"}, name="really")
    mock.scripts.add("get_representation", "Nothing.")
    assert [_answer(mock, _asked(peer)) for peer in ("al", "bob")] == ["Blue.", "I do not know."]
    assert _answer(mock, _asked(content=b'{"query": "Really?"}')) == "Yes."
    mock.scripts.remove("really")
    assert _answer(mock, _asked(content=b'{"query": "Really?"}')) == "Blue."
    assert [script.name for script in mock.scripts] == ["chat-1", "chat-2", "get_representation-4"]


def test_an_answer_may_be_made_of_the_request() -> None:
    mock = Mock()
    mock.scripts.add("chat", lambda request: f"{request.peer}: {request.body['query']}")
    assert _answer(mock, _asked()) == "al: Colour?"
    assert repr(mock.scripts["chat-1"]).startswith("<Script 'chat-1': ")


def test_a_request_without_a_script_has_no_answer() -> None:
    assert _answer(Mock(), _asked()) is None


def test_scripts_are_forgotten_at_a_reset_all_or_those_of_a_workspace() -> None:
    mock = Mock()
    for name in ("w", "v", None):
        mock.scripts.add("chat", "x", workspace=name, name=str(name))
    mock.reset(workspace="w")
    assert [script.name for script in mock.scripts] == ["v", "None"]
    mock.reset()
    assert len(mock.scripts) == 0


@pytest.mark.parametrize(
    ("arguments", "options", "complaint"),
    [
        (("chatt", "x"), {}, "'chatt' is not scripted; did you mean 'chat'"),
        (("clone_session", "x"), {}, "'clone_session' is not scripted"),
        (("chat",), {}, "a script of 'chat' needs an answer"),
        (("chat", "x"), {"name": "taken"}, "there is a script 'taken' already"),
        (("chat", "x"), {"colour": 1}, "a request has no 'colour'"),
    ],
)
def test_a_wrong_script_says_what_is_wrong_and_is_not_set(
    arguments: tuple[str, ...], options: dict[str, Any], complaint: str
) -> None:
    mock = Mock()
    mock.scripts.add("chat", "x", name="taken")
    with pytest.raises(ValueError, match=complaint):
        mock.scripts.add(*arguments, **options)
    assert len(mock.scripts) == 1
    with pytest.raises(KeyError, match="there is no script 'other'"):
        mock.scripts.remove("other")
