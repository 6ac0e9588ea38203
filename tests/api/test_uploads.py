"""Uploads: the text of a file becomes messages like any others."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from mockserver import MockServer
from mockserver.api import uploads
from mockserver.domain import tokens
from mockserver.formats.pdf import Reader
from support.direct_client import Answer, DirectClient
from support.pdf_files import page_text, pdf, without_table
from support.started_mock import Start, start_mock
from support.waiting import wait_until

_MESSAGES = "/v3/workspaces/w/sessions/s/messages"
_BOB = {"peer_id": "bob"}
_LIMIT = 5_242_880


def _upload(
    client: DirectClient,
    content: bytes = b"hello",
    content_type: str = "text/plain",
    form: dict[str, str] = _BOB,
    path: str = f"{_MESSAGES}/upload",
) -> Answer:
    files = {"file": ("a.txt", content, content_type)}
    request = httpx.Request("POST", "http://x", data=form, files=files)
    return client.send("POST", path, [request.read()], headers={"content-type": request.headers["content-type"]})


def _total(client: DirectClient) -> int:
    return int(client.call("POST", f"{_MESSAGES}/list").json["total"])


_texts = st.builds(
    lambda piece, times: piece * times,
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
    st.sampled_from([0, 1, 6_000, 12_500, 25_000]),
)


@given(_texts)
@example("ä" * 25_000)
@example("ä" * 25_001)
def test_pieces_in_their_order_are_the_text_and_none_is_small_without_need(start: Start, text: str) -> None:
    _, client = start()
    answer = _upload(client, text.encode())
    kept = text.replace("\0", "")
    contents = [message["content"] for message in answer.json]
    assert answer.status == 201
    assert "".join(contents) == kept
    assert all(12_500 < len(content) <= 25_000 for content in contents[:-1])
    assert len(contents[-1]) <= 25_000


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("x" * 20_000 + "\n\n" + "y" * 3_000 + "\n" + "z" * 9_000, ["x\n\n", "z"]),
        ("x" * 20_000 + "\n" + "y. " * 3_000, ["x\n", ". "]),
        ("word " * 6_000, ["word ", "word "]),
        ("A sentence. " + "word " * 4_000 + "end. " + "word " * 6_000, ["end. ", "word "]),
        ("x" * 30_000, ["x", "x"]),
        ("x\n\n" + "y" * 30_000, ["y", "y"]),
    ],
    ids=["paragraph", "line", "word", "sentence", "nothing", "early"],
)
def test_a_piece_ends_where_the_text_does(start: Start, text: str, ends: list[str]) -> None:
    _, client = start()
    contents = [message["content"] for message in _upload(client, text.encode()).json]
    assert "".join(contents) == text
    assert [content[-len(end) :] for content, end in zip(contents, ends, strict=False)] == ends


@pytest.mark.parametrize(
    ("content", "text"),
    [("ä".encode(), "ä"), ("ä".encode("utf-16"), "ä"), ("ä".encode("latin-1"), "ä"), (b"\xff\xfea", "\xff\xfea")],
    ids=["utf-8", "utf-16", "latin-1", "no utf-16"],
)
def test_a_text_is_read_in_the_encoding_that_it_has(start: Start, content: bytes, text: str) -> None:
    _, client = start()
    assert [message["content"] for message in _upload(client, content).json] == [text]


def test_each_of_its_messages_raises_a_unit_of_work_unless_its_own_configuration_says_no(start: Start) -> None:
    _, client = start()
    off = {"configuration": '{"reasoning": {"enabled": false}}'}
    for form, units in ((_BOB, 2), ({**_BOB, **off}, 2), ({**_BOB, "configuration": "{}"}, 4)):
        assert len(_upload(client, b"x" * 25_001, form=form).json) == 2
        assert client.call("GET", "/v3/workspaces/w/queue/status").json["pending_work_units"] == units


def test_its_messages_are_like_any_others(start: Start) -> None:
    _, client = start(frozen_at="2026-03-01T12:00:00Z")
    given_fields = {
        **_BOB,
        "metadata": '{"k": [1, "\\u00e4"]}',
        "configuration": '{"reasoning": {"enabled": false}}',
        "created_at": "2024-01-01T01:00:00+01:00",
    }
    client.call("POST", _MESSAGES, {"messages": [{"peer_id": "al", "content": "before"}]})
    made = _upload(client, b"two words " * 4_000, form=given_fields).json
    assert made == client.call("POST", f"{_MESSAGES}/list").json["items"][1:]
    assert [message["id"] for message in made] == list(dict.fromkeys(message["id"] for message in made))
    for message in made:
        expected = {
            "peer_id": "bob",
            "session_id": "s",
            "workspace_id": "w",
            "metadata": {"k": [1, "ä"]},
            "created_at": "2024-01-01T00:00:00Z",
            "token_count": tokens.count(message["content"]),
        }
        assert {name: value for name, value in message.items() if name not in ("id", "content")} == expected
    members = client.call("GET", "/v3/workspaces/w/sessions/s/peers").json["items"]
    assert [member["id"] for member in members] == ["al", "bob"]
    assert _upload(client).json[0]["created_at"] == "2026-03-01T12:00:00Z"


def test_with_the_quirk_the_time_is_answered_as_it_was_sent(start: Start) -> None:
    _, client = start(quirks="echoed_created_at")
    sent = "2024-01-01T01:00:00+01:00"
    [made] = _upload(client, form={**_BOB, "created_at": sent}).json
    assert made["created_at"] == sent
    assert client.call("GET", f"{_MESSAGES}/{made['id']}").json["created_at"] == "2024-01-01T00:00:00Z"


@pytest.mark.process
@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        ("text/plain; charset=utf-8", b"hello", "hello"),
        ("text/Markdown", "ä\r\n\u2028\ufeff".encode(), "ä\r\n\u2028\ufeff"),
        ("text/csv", b"", ""),
        ("text/json", b"{ }", "{ }"),
        ("application/json", b' {"b" :1, "a": [2.50, null, true], "b": 2}\n', '{"b": 2, "a": [2.5, null, true]}'),
        ("application/json", b'"\\u00e9\\ud83d\\ude42"', '"é🙂"'),
        ("application/json", b"[NaN, 1e400, -1e400]", "[NaN, Infinity, -Infinity]"),
        ("application/json", b"", ""),
        ("application/json", b" \n\t", ""),
        (
            "application/pdf",
            pdf(page_text(b"One"), page_text(b""), page_text(b"Two")),
            "[Page 1]\nOne\n\n[Page 3]\nTwo",
        ),
        ("application/pdf", without_table(pdf(page_text(b"One"))), "[Page 1]\nOne"),
    ],
)
def test_files_become_text(start: Start, content_type: str, content: bytes, text: str) -> None:
    [made] = _upload(start().client, content, content_type).json
    assert made["content"] == text


_SUPPORTED = "Supported types: ['PDFProcessor', 'TextProcessor', 'JSONProcessor']"


@pytest.mark.process
@pytest.mark.parametrize(
    ("content_type", "content", "status", "complaint"),
    [
        ("application/octet-stream", b"x", 415, f"Unsupported file type: application/octet-stream. {_SUPPORTED}"),
        ("image/png", b"x" * _LIMIT, 415, f"Unsupported file type: image/png. {_SUPPORTED}"),
        ("application/ld+json", b"{}", 415, f"Unsupported file type: application/ld+json. {_SUPPORTED}"),
        ("TEXT/PLAIN", b"x", 415, f"Unsupported file type: TEXT/PLAIN. {_SUPPORTED}"),
        ("text", b"x", 415, f"Unsupported file type: text. {_SUPPORTED}"),
        ("application/json; charset=utf-8", b"1", 415, "Unsupported file type: application/json; charset=utf-8. Supp"),
        (
            "image/png",
            b"x" * (_LIMIT + 1),
            413,
            "File size (5242881 bytes) exceeds maximum allowed size (5242880 bytes)",
        ),
        *(
            ("application/json", content, 422, "Uploaded JSON is invalid")
            for content in (b'{"a": }', b"[1,]", b"nul", b"[" * 100_000, b'"\\ud800"', b"\xef\xbb\xbf1")
        ),
        *(
            ("application/json", content, 422, "JSON uploads must be UTF-8 encoded")
            for content in (b"\xff\xfe1\0", b'"\xe9"', b"\xc3")
        ),
        ("application/pdf", b"hello", 422, "The PDF cannot be read: "),
        ("text/plain", b"a<|endoftext|>", 422, "Encountered text corresponding to disallowed special token "),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_other_files_are_refused_and_nothing_is_stored(
    start: Start, content_type: str, content: bytes, status: int, complaint: str
) -> None:
    mock, client = start()
    answer = _upload(client, content, content_type)
    assert answer.status == status
    detail = answer.json["detail"]
    if status == 422:
        [entry] = detail
        assert (entry["loc"], entry["input"]["size"]) == (["body", "file"], len(content))
        detail = entry["msg"]
    assert detail.startswith(complaint)
    assert not mock.store.workspaces
    failing = ("application/pdf", "text/plain") if b"\\ud800" not in content else (content_type,)
    live = _upload(start(quirks="live").client, content, content_type)
    if status == 422 and content_type in failing:
        assert (live.status, live.json["detail"]) == (500, "An unexpected error occurred")
        assert live.headers["x-mock-diagnosis"].endswith("; the live server fails here (quirk inner_failures)")
    else:
        assert live.json["detail"].startswith(complaint)


def test_a_file_of_another_type_is_told_which_types_are_taken(start: Start) -> None:
    mock, client = start()
    _upload(client, b"x", "application/octet-stream")
    assert mock.requests[-1].diagnosis == (
        "the type of the file is 'application/octet-stream'; text/plain (or any text), application/json and application/pdf "
        "are accepted"
    )


def test_a_file_may_have_as_many_bytes_as_the_limit_says(start: Start) -> None:
    _, client = start()
    assert _upload(client, b"word " * (_LIMIT // 5)).status == 201
    assert _total(client) == -(-(_LIMIT // 5 * 5) // 25_000)


def test_without_the_extra_a_pdf_is_refused_by_its_name(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    answer = _upload(start().client, pdf(page_text(b"x")), "application/pdf")
    assert answer.status == 415
    assert answer.json["detail"].endswith('Reading a PDF needs the extra pdf: pip install "honcho-mockserver[pdf]"')


@pytest.mark.parametrize(
    ("form", "entries"),
    [
        ({}, [("missing", ["body", "peer_id"], None)]),
        ({"peer_id": ""}, [("missing", ["body", "peer_id"], None)]),
        ({"peer_id": "no id"}, [("string_pattern_mismatch", ["body", "peer_id"], "no id")]),
        ({**_BOB, "metadata": '{"a": NaN}'}, [("json_invalid", ["body", "metadata"], '{"a": NaN}')]),
        ({**_BOB, "metadata": "[1]"}, [("dict_type", ["body", "metadata"], [1])]),
        (
            {**_BOB, "metadata": json.dumps(dict.fromkeys(map(str, range(101))))},
            [("value_error", ["body", "metadata"], dict.fromkeys(map(str, range(101))))],
        ),
        (
            {**_BOB, "configuration": '{"reasoning": {"enabled": "maybe"}}'},
            [("bool_parsing", ["body", "configuration", "reasoning", "enabled"], "maybe")],
        ),
        (
            {"metadata": "[]", "created_at": "0001-01-01T00:00+01:00"},
            [
                ("missing", ["body", "peer_id"], None),
                ("dict_type", ["body", "metadata"], []),
                ("value_error", ["body", "created_at"], "0001-01-01T00:00:00+01:00"),
            ],
        ),
    ],
)
def test_wrong_fields_are_told_by_their_places_and_nothing_is_stored(
    start: Start, form: dict[str, str], entries: list[tuple[str, list[str], Any]]
) -> None:
    mock, client = start()
    answer = _upload(client, form=form)
    assert answer.status == 422
    assert [(entry["type"], entry["loc"], entry["input"]) for entry in answer.json["detail"]] == entries
    assert not mock.store.workspaces


@pytest.mark.parametrize("metadata", ["", "null", "{}"])
def test_fields_that_may_be_left_out_may_be_empty(start: Start, metadata: str) -> None:
    [made] = _upload(start().client, form={**_BOB, "metadata": metadata, "configuration": "", "created_at": ""}).json
    assert made["metadata"] == {}


@pytest.mark.parametrize("quirks", ["none", "live"])
@pytest.mark.parametrize(
    "form",
    [
        *(
            {name: text}
            for name in ("metadata", "configuration")
            for text in ("{", "[1,]", "nul", "noon", "O\0yy", "\ufeff[1]")
        ),
    ],
)
def test_what_cannot_be_read_is_left_out(start: Start, quirks: str, form: dict[str, str]) -> None:
    _, client = start(quirks=quirks, frozen_at="2026-03-01T12:00:00Z")
    [made] = _upload(client, form={**_BOB, **form}).json
    assert (made["metadata"], made["created_at"]) == ({}, "2026-03-01T12:00:00Z")


_other_json: st.SearchStrategy[Any] = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.just([])
)


@given(st.one_of(_other_json.map(json.dumps), st.text()))
def test_the_document_excludes_only_metadata_that_is_refused(text: str) -> None:
    client, described = _with_description()
    status = _upload(client, form={**_BOB, "metadata": text}).status
    is_excluded = not Draft202012Validator(described).is_valid(text)
    assert status == 422 if is_excluded else status == 201 or json.loads(text) is not None


@cache
def _with_description() -> tuple[DirectClient, Any]:
    """A client, and the schema of the field `metadata`."""
    client = start_mock().client
    schemas = client.call("GET", "/openapi.json").json["components"]["schemas"]
    [form] = [schema for name, schema in schemas.items() if name.startswith("Body_create_messages_with_file")]
    return client, form["properties"]["metadata"]


@pytest.mark.parametrize("text", ["noon", "1704067200", "2024-02-30", "null"])
def test_live_leaves_out_a_time_that_cannot_be_read(start: Start, text: str) -> None:
    _, client = start(quirks="live", frozen_at="2026-03-01T12:00:00Z")
    [made] = _upload(client, form={**_BOB, "created_at": text}).json
    assert made["created_at"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("20240101", "2024-01-01T00:00:00Z"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01 10:00", "2024-01-01T10:00:00Z"),
        ("2024-01-01T10:00:00+02:00", "2024-01-01T08:00:00Z"),
    ],
)
def test_a_time_is_read_as_iso_8601(start: Start, sent: str, kept: str) -> None:
    [made] = _upload(start().client, form={**_BOB, "created_at": sent}).json
    assert made["created_at"] == kept


def _sent(client: DirectClient, body: bytes, content_type: str) -> Answer:
    return client.send("POST", f"{_MESSAGES}/upload", [body], headers={"content-type": content_type})


def test_a_text_is_no_file_and_a_file_no_text(start: Start) -> None:
    client = start().client
    request = httpx.Request(
        "POST",
        "http://x",
        data={"file": "hello"},
        files=[(name, ("f", b"\xff", "text/plain")) for name in ("peer_id", "metadata", "created_at")],
    )
    answer = _sent(client, request.read(), request.headers["content-type"])
    entries = {entry["loc"][1]: (entry["type"], entry["msg"]) for entry in answer.json["detail"]}
    assert entries == {
        "file": ("value_error", "Value error, Expected UploadFile, received: <class 'str'>"),
        "peer_id": ("string_type", "Input should be a valid string"),
        "metadata": ("string_type", "Input should be a valid string"),
        "created_at": ("datetime_type", "Input should be a valid datetime"),
    }
    assert answer.json["detail"][1]["input"] == {"filename": "f", "content_type": "text/plain", "size": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "missing"),
    [
        (b"", "multipart/form-data; boundary=b", ["peer_id", "file"]),
        (b'{"peer_id": "bob", "file": "x"}', "application/json", ["peer_id", "file"]),
        (b"{", "application/json", ["peer_id", "file"]),
        (b"peer_id=bob", "application/x-www-form-urlencoded", ["file"]),
    ],
)
def test_what_a_form_lacks_is_missing(start: Start, body: bytes, content_type: str, missing: list[str]) -> None:
    answer = _sent(start().client, body, content_type)
    told = [{"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None} for name in missing]
    assert (answer.status, answer.json) == (422, {"detail": told})


def test_a_form_that_cannot_be_read_is_a_400(start: Start) -> None:
    client = start().client
    for content_type, detail in (
        ("multipart/form-data", "Missing boundary in multipart."),
        ("multipart/form-data; boundary=b", "Invalid multipart data."),
    ):
        answer = _sent(client, b"--c\r\n", content_type)
        assert (answer.status, answer.json) == (400, {"detail": detail})
    path = "/v3/workspaces/{workspace_id}/sessions/{session_id}/messages/upload"
    answers = client.call("GET", "/openapi.json").json["paths"][path]["post"]["responses"]
    assert answers["400"]["description"] == "Unreadable Form"


def test_a_deleted_session_takes_no_file(start: Start) -> None:
    _, client = start()
    client.call("POST", "/v3/workspaces/w/sessions", {"id": "s"})
    client.call("DELETE", "/v3/workspaces/w/sessions/s")
    answer = _upload(client)
    assert (answer.status, answer.headers["x-mock-diagnosis"]) == (
        404,
        "session 's' was deleted by request #2 and awaits its purge",
    )
    assert _upload(client, path="/v3/workspaces/no%20id/sessions/s/messages/upload").status == 422


def test_the_document_describes_it_as_published(start: Start) -> None:
    document = start().client.call("GET", "/openapi.json").json
    operation = document["paths"]["/v3/workspaces/{workspace_id}/sessions/{session_id}/messages/upload"]["post"]
    content = operation["requestBody"]["content"]
    name = "Body_create_messages_with_file_v3_workspaces__workspace_id__sessions__session_id__messages_upload_post"
    encoding = {"file": {"contentType": "text/plain"}}
    form = {"schema": {"$ref": f"#/components/schemas/{name}"}, "encoding": encoding}
    assert content == {"multipart/form-data": form}
    schema = document["components"]["schemas"][name]
    assert (list(schema["properties"]), schema["required"], schema["title"]) == (
        ["file", "peer_id", "metadata", "configuration", "created_at"],
        ["file", "peer_id"],
        name,
    )
    assert schema["properties"]["file"] == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "title": "File",
    }
    assert [kind["type"] for kind in schema["properties"]["metadata"]["anyOf"]] == ["string", "null"]


def test_the_journal_tells_the_fields_and_the_file(start: Start) -> None:
    mock, client = start()
    _upload(client, b"\xff\xfe", form={**_BOB, "metadata": '{"k": 1}'})
    told = {
        "file": {"filename": "a.txt", "content_type": "text/plain", "size": 2},
        "peer_id": "bob",
        "metadata": '{"k": 1}',
    }
    mock.requests.assert_called("create_messages_with_file", body={"file": {"filename": "a.txt"}, "peer_id": "bob"})
    [request] = mock.requests.where(body=told)
    assert request.body["file"].content == b"\xff\xfe"
    [listed] = client.call("GET", "/_mock/requests").json["requests"]
    assert listed["body"] == told
    _sent(client, b"--x\xff", "multipart/form-data; boundary=b")
    assert client.call("GET", "/_mock/requests", status=400).json["requests"][0]["body"] == "--x�"


def test_a_fault_finds_its_upload_by_a_field(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503, operation="create_messages_with_file", body={"peer_id": "bob"})
    assert [_upload(client, form={"peer_id": peer}).status for peer in ("al", "bob")] == [201, 503]


@pytest.mark.parametrize(
    ("body", "content_type", "diagnosis"),
    [
        (
            b'{"peer_id": "bob"}',
            "application/json",
            "the body was not parsed as a form: its content type is 'application/json', not multipart/form-data (and 1 more)",
        ),
        (
            b"--b",
            "multipart/form-data",
            "the content type 'multipart/form-data' has no boundary: leave the header out, so that the client sets it",
        ),
        (b"--c", "multipart/form-data; boundary=b", "Invalid multipart data."),
        (b"peer_id=bob", "application/x-www-form-urlencoded", "body.file: Field required (input null)"),
    ],
)
def test_a_form_that_is_none_has_a_hint(start: Start, body: bytes, content_type: str, diagnosis: str) -> None:
    assert _sent(start().client, body, content_type).headers["x-mock-diagnosis"] == diagnosis


def test_json_in_a_field_that_cannot_be_stored_is_told_by_its_name(start: Start) -> None:
    answer = _upload(start().client, form={**_BOB, "metadata": '{"a": NaN}'})
    assert answer.headers["x-mock-diagnosis"].startswith("body.metadata is not JSON: ")


def test_a_body_without_a_content_type_has_a_hint(start: Start) -> None:
    answer = start().client.send("POST", f"{_MESSAGES}/upload", [b"x"])
    told = "the body was not parsed as a form: it has no content type, so not multipart/form-data (and 1 more)"
    assert answer.headers["x-mock-diagnosis"] == told


def test_the_limit_of_a_file_is_that_of_the_api() -> None:
    assert uploads.FILE_BYTES_LIMIT == _LIMIT


@pytest.mark.process
def test_others_are_answered_while_a_pdf_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = threading.Event(), threading.Event()
    read = uploads.read_ahead

    def slowly(content_type: bytes | None, body: bytes, reader: Reader) -> None:
        reading.set()
        go_on.wait(60)
        read(content_type, body, reader)

    monkeypatch.setattr(uploads, "read_ahead", slowly)
    with MockServer() as server, ThreadPoolExecutor() as pool:
        files = {"file": ("a.pdf", pdf(page_text(b"hello")), "application/pdf")}
        url = f"{server.url}/v3/workspaces/w/sessions/s/messages/upload"
        upload = pool.submit(httpx.post, url, data=_BOB, files=files, timeout=60)
        assert reading.wait(60)
        assert httpx.get(f"{server.url}/health").status_code == 200
        go_on.set()
        assert [message["content"] for message in upload.result().json()] == ["[Page 1]\nhello"]
        broken = {"file": ("a.pdf", b"no PDF", "application/pdf")}
        assert httpx.post(url, data=_BOB, files=broken).status_code == 422
        unreadable = httpx.post(url, content=b"application/pdf", headers={"content-type": "multipart/form-data"})
        assert unreadable.status_code == 400


def test_each_upload_of_the_same_pdf_is_read_outside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the server answers nobody while it reads one."""
    count = 3
    all_read = threading.Barrier(count)
    threads: list[str] = []

    def noted(_: Reader, __: bytes) -> str:
        threads.append(threading.current_thread().name)
        if len(threads) <= count:
            all_read.wait(60)
        return "hello"

    monkeypatch.setattr(Reader, "outcome", noted)
    with MockServer() as server, ThreadPoolExecutor() as pool:
        files = {"file": ("a.pdf", b"the same", "application/pdf")}
        url = f"{server.url}/v3/workspaces/w/sessions/s/messages/upload"
        uploads = [pool.submit(httpx.post, url, data=_BOB, files=files, timeout=60) for _ in range(count)]
        assert [upload.result().json()[0]["content"] for upload in uploads] == ["hello"] * count
    assert len(threads) == count


@pytest.mark.process
def test_a_server_ends_while_a_pdf_is_read(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("mockserver.formats.pdf.SECONDS_LIMIT", 600)
    slow = pdf(b"BT (x) Tj ET " * 300_000)
    started: list[Reader] = []
    outcome = Reader.outcome

    def noted(reader: Reader, content: bytes) -> object:
        started.append(reader)
        return outcome(reader, content)

    monkeypatch.setattr(Reader, "outcome", noted)
    with ThreadPoolExecutor() as pool:
        with MockServer() as server:
            files = {"file": ("a.pdf", slow, "application/pdf")}
            url = f"{server.url}/v3/workspaces/w/sessions/s/messages/upload"
            upload = pool.submit(httpx.post, url, data=_BOB, files=files, timeout=60)
            wait_until(lambda: started)
        with suppress(httpx.RemoteProtocolError, httpx.ReadError):  # The server may close the connection first.
            assert upload.result().status_code == 422
    assert str(started[0].outcome(slow)) == "the server ended while it was read"
    assert not caplog.records
