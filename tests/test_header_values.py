"""Every header value that the server makes is valid for both HTTP parsers of uvicorn."""

import socket
from collections.abc import Iterator
from urllib.parse import quote, unquote

import httpx
import pytest
from h11 import CLIENT, Connection, Data, EndOfMessage, Request, Response
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver import MockServer
from mockserver.fast_path import UVICORN_SETTINGS
from support.server_address import address_of


@pytest.fixture(scope="module", params=["httptools", "h11"])
def parsed_by(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A server with each parser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(UVICORN_SETTINGS, "http", request.param)
        with MockServer(cors=["*"]) as server:
            yield server


def _answer(server: MockServer, head: bytes) -> tuple[int, dict[bytes, bytes]]:
    """The status and headers of the answer. Raises RemoteProtocolError if h11 finds that they are not valid HTTP."""
    parser = Connection(CLIENT)
    parser.send(Request(method="GET", target="/", headers=[("host", "x")]))  # h11 needs the state after a request.
    parser.send(EndOfMessage())
    with socket.create_connection(address_of(server.url), timeout=10) as client:
        client.sendall(head + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while True:
            event = parser.next_event()
            if isinstance(event, Response):
                return event.status_code, dict(event.headers)
            if not isinstance(event, Data):
                parser.receive_data(client.recv(65536))


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@example("x ")
@example(" ")
@example("\t x\x7f\x00")
@given(_texts)
def test_any_path_gets_an_answer_with_its_diagnosis(parsed_by: MockServer, text: str) -> None:
    status, headers = _answer(parsed_by, f"GET /{quote(text, safe='')} HTTP/1.1".encode())
    assert status in (404, 405, 200, 307)
    if status == 404:
        assert unquote(headers[b"x-mock-diagnosis"].decode()) == list(parsed_by.mock.requests)[-1].diagnosis


@pytest.mark.parametrize(
    "target", ["?a=b", "/?a= ", "*", "//", "/%20", "/v3%20/", "/v3/workspaces/%20/sessions/", "/%"]
)
def test_odd_targets_get_an_answer(parsed_by: MockServer, target: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        assert _answer(parsed_by, f"{method} {target} HTTP/1.1".encode())[0] in (307, 400, 404, 405)


_values = st.text(st.sampled_from(" \tab\x0b\x0c\x7f\x85\xa0\xe9,"), max_size=8)


@given(_values, _values)
def test_a_preflight_with_odd_headers_gets_an_answer(parsed_by: MockServer, origin: str, wanted: str) -> None:
    head = (
        b"OPTIONS /v3/workspaces HTTP/1.1\r\nAccess-Control-Request-Method: POST\r\n"
        + f"Origin: http://x{origin}\r\nAccess-Control-Request-Headers: {wanted}".encode("latin-1")
    )
    assert _answer(parsed_by, head)[0] in (200, 400)


@given(
    st.dictionaries(
        st.text("aB-", min_size=1, max_size=4), st.text(st.characters(max_codepoint=300), max_size=6), max_size=2
    )
)
def test_headers_of_a_fault_are_sent_as_they_are_or_refused(parsed_by: MockServer, headers: dict[str, str]) -> None:
    faults = parsed_by.mock.faults
    faults.forget()
    try:
        faults.error(503, times=1, headers=headers)
    except ValueError:
        return
    _, got = _answer(parsed_by, b"GET /health HTTP/1.1")
    assert {name.lower(): value for name, value in headers.items()}.items() <= {
        name.decode(): value.decode() for name, value in got.items()
    }.items()


@pytest.mark.parametrize("value", ["b ", " b", " ", "\tb"])
def test_a_fault_with_spaces_around_a_header_value_is_refused(server: MockServer, value: str) -> None:
    with pytest.raises(ValueError, match="the value of the header 'X-A'"):
        server.mock.faults.error(503, headers={"X-A": value})
    answer = httpx.post(f"{server.url}/_mock/faults", json={"fault": "error", "status": 503, "headers": {"X-A": value}})
    assert (answer.status_code, list(server.mock.faults)) == (422, [])
