"""The default profile takes only values that have the type in the contract; the quirk `lax_types` takes others too."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.started_mock import StartedMock, start_mock

_W = "/v3/workspaces/w"
_MESSAGE = {"content": "hi", "peer_id": "bob"}


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


# Each body has one field to fill in, with the type that the contract gives it.
_BODIES: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], bool]]] = {
    "observe_me": (f"{_W}/sessions", lambda value: {"id": "s", "peers": {"bob": {"observe_me": value}}}, _is_boolean),
    "enabled": (
        f"{_W}/sessions",
        lambda value: {"id": "s", "configuration": {"dream": {"enabled": value}}},
        _is_boolean,
    ),
    "messages_per_long_summary": (
        "/v3/workspaces",
        lambda value: {"id": "w", "configuration": {"summary": {"messages_per_long_summary": value}}},
        _is_integer,
    ),
    "created_at": (
        f"{_W}/sessions/s/messages",
        lambda value: {"messages": [{**_MESSAGE, "created_at": value}]},
        _is_string,
    ),
    "limit": (f"{_W}/search", lambda value: {"query": "hi", "limit": value}, _is_integer),
    "search_max_distance": (f"{_W}/peers/bob/representation", lambda value: {"search_max_distance": value}, _is_number),
    "stream": (f"{_W}/peers/bob/chat", lambda value: {"query": "hi", "stream": value}, _is_boolean),
}
_QUERIES: dict[tuple[str, str, str], Callable[[str], bool]] = {
    ("reverse", "POST", f"{_W}/sessions/list"): lambda text: text in ("true", "false"),
    ("page", "POST", f"{_W}/sessions/list"): lambda text: text.lstrip("-").isdecimal() and text.isascii(),
    ("search_max_distance", "GET", f"{_W}/peers/bob/context"): lambda text: "e" in text or text[-1:].isdecimal(),
}
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | st.sampled_from([0.0, 1.0, 20.0, 0.5, 10.5, "", "0", "1", "20", "20.0", " 20", "true", "True", "yes", "off", "x"])
    | st.sampled_from(["2024-01-01", "2024-01-01T00:00:00Z", "1700000000", [], {}])
)
_TEXTS = st.sampled_from(
    ["true", "false", "True", "1", "0", "yes", "on", "", "1.0", "+1", " 1", "1_0", "01", "1e0", "0.5", ".5", "x"]
)


def _both() -> tuple[StartedMock, StartedMock]:
    return start_mock(), start_mock(quirks="lax_types")


@pytest.mark.parametrize("field", _BODIES)
@given(value=_SCALARS)
def test_a_body_takes_what_the_live_server_takes_if_the_type_is_that_of_the_contract(field: str, value: Any) -> None:
    path, fill, has_type = _BODIES[field]
    default, lax = (started.client.call("POST", path, fill(value)) for started in _both())
    is_of_type = value is None or has_type(value)
    assert (default.status < 300) is (lax.status < 300 and is_of_type)
    if lax.status == 422:
        assert default.json == lax.json  # What both refuse has the same error.
    if default.status < 300:
        assert default.status == lax.status


@pytest.mark.parametrize(("parameter", "method", "path"), _QUERIES)
@given(text=_TEXTS)
@example(text="0")
def test_a_query_takes_booleans_and_numbers_as_they_are_written_in_json(
    parameter: str, method: str, path: str, text: str
) -> None:
    default, lax = (started.client.send(method, path, query=urlencode({parameter: text})) for started in _both())
    is_of_type = _QUERIES[parameter, method, path](text)
    assert (default.status == 200) is (lax.status == 200 and is_of_type)


def test_a_value_of_another_type_is_refused_with_the_quirk_that_takes_it() -> None:
    answer = start_mock().client.call("POST", f"{_W}/peers/bob/chat", {"query": "hi", "stream": "1"})
    assert answer.status == 422
    assert answer.json == {
        "detail": [
            {
                "type": "bool_type",
                "loc": ["body", "stream"],
                "msg": "Input should be a valid boolean",
                "input": "1",
                "ctx": {"contract": "boolean"},
            }
        ]
    }
    diagnosis = unquote(answer.headers["x-mock-diagnosis"])
    assert diagnosis == "body.stream: the contract says boolean; the live server would take '1' (quirk lax_types)"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        *((text, 422) for text in ("0", "1700000000.5", "{}", "true", "soon")),
        *((text, 201) for text in ("20240101", "null", "")),
    ],
)
def test_a_form_takes_only_a_time_as_created_at(given: str, status: int) -> None:
    parts = {"peer_id": "bob", "created_at": given}
    form = "".join(
        f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts.items()
    )
    file = '--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\ncontent-type: text/plain\r\n\r\nhi\r\n--x--'
    answer = start_mock().client.send(
        "POST",
        f"{_W}/sessions/s/messages/upload",
        [(form + file).encode()],
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status == status, json.loads(answer.body)
