"""An answer agrees where it says what was recorded, and each place where it does not is told."""

import json
from typing import Any

import pytest

from mockserver.parity.matching import Bindings, ReceivedAnswer

_TIME = "2024-01-01T00:00:00.000001Z"
_ID = "abcdefghijklmnopqrstu"
_CLOCK = "2024-01-01 10:00:00"
_PAGE = {"items": [{"id": "b"}, {"id": "a"}], "total": 2}
_OTHER_WAY_ROUND = {"items": [{"id": "a"}, {"id": "b"}], "total": 2}


def _places(recorded: dict[str, Any], status: int, body: Any, headers: dict[str, str] | None = None) -> list[str]:
    step = {"response": recorded, "unordered": recorded.get("unordered", False)}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [found.place for found in Bindings().differences(step, ReceivedAnswer(status, headers or {}, content))]


@pytest.mark.parametrize(
    ("recorded", "status", "body", "places"),
    [
        ({"status": 200, "json": {"a": 1}}, 200, {"a": 1.0}, []),
        ({"status": 200, "json": {"a": 1}}, 200, {"a": True}, ["body.a"]),
        ({"status": 200, "json": {"a": 1}}, 200, {"a": "1"}, ["body.a"]),
        ({"status": 200, "json": {"a": 1}}, 200, {}, ["body.a"]),
        ({"status": 200, "json": {"a": 1}}, 200, {"a": 1, "b": None}, ["body.b"]),
        ({"status": 200, "json": {"a": 1, "b": 2}}, 200, {"a": 2, "b": 1}, ["body.a", "body.b"]),
        ({"status": 200, "json": {"a": None}}, 200, {"a": 0}, ["body.a"]),
        ({"status": 200, "json": {"a": {}}}, 200, {"a": []}, ["body.a"]),
        ({"status": 200, "json": [1, 2]}, 200, [1, 2], []),
        ({"status": 200, "json": [1, 2]}, 200, [2, 1], ["body[0]", "body[1]"]),
        ({"status": 200, "json": [1, 2]}, 200, [1], ["body (entries)"]),
        ({"status": 200, "json": [1]}, 200, [1, 2], ["body (entries)"]),
        ({"status": 200, "json": _PAGE}, 200, _OTHER_WAY_ROUND, ["body.items[0].id", "body.items[1].id"]),
        ({"status": 200, "json": _PAGE, "unordered": True}, 200, _OTHER_WAY_ROUND, []),
        ({"status": 200, "json": _PAGE, "unordered": True}, 200, {"items": 5, "total": 2}, ["body.items"]),
        ({"status": 200, "json": {}}, 200, b"<html>", ["body"]),
        ({"status": 200, "json": {}}, 200, b"[" * 100_000, ["body"]),
        ({"status": 201, "json": {"a": 1}}, 200, {"a": 1}, ["status"]),
        ({"status": 201, "json": {"a": 1}}, 200, {"a": 2}, ["status", "body.a"]),
        ({"status": 404, "json": {"a": 1}}, 422, {"a": 2}, ["status"]),
        ({"status": 404, "json": {"a": 1}}, 404, {"a": 2}, ["body.a"]),
        ({"status": 500, "json": {}}, 422, {}, []),
        ({"status": 500, "json": {}}, 503, {}, []),
        ({"status": 500, "json": {}}, 404, {}, ["status"]),
        ({"status": 500, "json": {}}, 200, {}, ["status"]),
        ({"status": 422, "json": {}}, 500, {}, ["status"]),
        ({"status": 200, "json": "<id:1>"}, 200, _ID, []),
        ({"status": 200, "json": "<id:1>"}, 200, _ID[1:], ["body"]),
        ({"status": 200, "json": ["<id:1>", "<id:2>"]}, 200, [_ID, _ID], ["body[1]"]),
        ({"status": 200, "json": ["<id:1>", "<id:1>"]}, 200, [_ID, _ID[::-1]], ["body[1]"]),
        ({"status": 200, "json": ["<id:1>", "at <id:1>"]}, 200, [_ID, f"at {_ID}"], []),
        ({"status": 200, "json": "<time:1>"}, 200, _TIME, []),
        ({"status": 200, "json": "<time:1>"}, 200, "2024-01-01T00:00:00+00:00", ["body"]),
        ({"status": 200, "json": "<time:1>"}, 200, "2024-13-01T00:00:00Z", ["body"]),
        ({"status": 200, "json": "<time:1>"}, 200, 5, ["body"]),
        (
            {"status": 200, "json": "see https://errors.pydantic.dev/2.10/v/missing"},
            200,
            "see https://errors.pydantic.dev/2.99/v/missing",
            [],
        ),
        ({"status": 200, "json": "<any>"}, 200, "tea", []),
        ({"status": 200, "json": "<any>"}, 200, None, []),
        ({"status": 200, "json": "at <clock>, <clock>"}, 200, "at 2024-01-01 10:00:00, 2025-01-01 10:00:00", []),
        ({"status": 200, "json": "at <clock>"}, 200, "at noon", ["body"]),
        ({"status": 200, "json": "<lines>[<clock>] a\n[<clock>] b"}, 200, f"[{_CLOCK}] b\n[{_CLOCK}] a", []),
        ({"status": 200, "json": "<lines>[<clock>] a\n[<clock>] b"}, 200, f"[{_CLOCK}] b\n[{_CLOCK}] c", ["body"]),
        ({"status": 200, "json": {"<id:1>": {"n": 1}}}, 200, {_ID: {"n": 1}}, []),
        ({"status": 200, "json": {"<id:1>": {"n": 1}}}, 200, {_ID: {"n": 2}}, [f"body.{_ID}.n"]),
        ({"status": 200, "json": {"<id:1>": 1, "<id:2>": 2}}, 200, {_ID: 2, _ID[::-1]: 1}, []),
        ({"status": 200, "json": {"<id:1>": {"id": "<id:1>"}}}, 200, {_ID: {"id": _ID}}, []),
        ({"status": 400, "text": "no"}, 400, b"no", []),
        ({"status": 400, "text": "no"}, 400, b"yes", ["text"]),
    ],
)
def test_where_an_answer_parts_from_the_recorded_one(
    recorded: dict[str, Any], status: int, body: Any, places: list[str]
) -> None:
    assert _places(recorded, status, body) == places


@pytest.mark.parametrize(
    ("name", "recorded", "got", "agrees"),
    [
        ("allow", "POST", "GET, POST", True),
        ("allow", "GET, POST", "POST", False),
        ("location", "/v3/x?a=1", "http://127.0.0.1:8000/v3/x?a=1", True),
        ("location", "/v3/x", "http://127.0.0.1:8000/v3/y", False),
        ("location", "/v3/x", None, False),
    ],
)
def test_headers_agree_as_far_as_they_were_recorded(name: str, recorded: str, got: str | None, agrees: bool) -> None:
    found = _places({"status": 307, "headers": {name: recorded}}, 307, b"", {} if got is None else {name: got})
    assert found == ([] if agrees else [name])


_PIECE = 'data: {"delta": {"content": "a"}, "done": false}\n\n'
_END = 'data: {"done": true}\n\n'


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        (_PIECE + _END, True),
        (_PIECE * 3 + _END, True),
        (_END, False),
        (_PIECE, False),
        (_END + _PIECE, False),
        (_PIECE.replace('"a"', "1") + _END, False),
        (_PIECE.replace("false", "true") + _END, False),
        ("data: 1\n\n" + _END, False),
        ("a", False),
        ("", False),
    ],
)
def test_a_stream_agrees_whatever_its_pieces_say(text: str, agrees: bool) -> None:
    assert _places({"status": 200, "text": "<sse>"}, 200, text.encode()) == ([] if agrees else ["text"])


def test_what_an_answer_did_not_give_is_lacking() -> None:
    bindings = Bindings()
    bindings.differences(
        {"response": {"status": 200, "json": ["<id:1>"]}}, ReceivedAnswer(200, {}, json.dumps([_ID]).encode())
    )
    assert bindings.filled({"<id:1>": ["in <id:1>", 5]}) == {_ID: [f"in {_ID}", 5]}
    assert not bindings.lack({"path": "/<id:1>"})
    assert bindings.lack({"path": "/", "json": ["<id:2>"]})
