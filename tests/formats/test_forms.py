"""Forms are read as the real server's framework reads them: to the byte, and with no error but InvalidForm."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.formats.forms import FIELD_BYTES, FIELDS_LIMIT, InvalidForm, UploadedFile, fields, is_form
from mockserver.parity.forms import encoded

_TYPE = b"multipart/form-data; boundary=b"
_NO_NAME = 'The Content-Disposition header field "name" must be provided.'
_INVALID = "Invalid multipart data."

_names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=1, max_size=5)
_contents = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from([b"\r\n", b"--", b"b", b"--b", b"--b--", b"\n", b"\r", b" "]), max_size=8).map(b"".join),
)


def _part(name: str, content: bytes, filename: str | None = None, content_type: str | None = None) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    head += "" if filename is None else f'; filename="{filename}"'
    head += "" if content_type is None else f"\r\nContent-Type: {content_type}"
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


_PEER = _part("peer_id", b"bob")
_FILE = _part("file", b"hello", "a.txt", "text/plain")
_END = b"--b--\r\n"


def _read(body: bytes, content_type: bytes | None = _TYPE) -> Any:
    """The fields, files as tuples of name, type and content; or the message of the error."""
    try:
        found = fields(content_type, body)
    except InvalidForm as error:
        return str(error)
    return {
        name: (value["filename"], value["content_type"], value.content) if isinstance(value, UploadedFile) else value
        for name, value in found.items()
    }


def _has_delimiter(content: bytes) -> bool:
    """Whether the content has the boundary in it. A client chooses a boundary that does not occur."""
    return b"\r\n--b" in b"\r\n" + content + b"\r\n"


@given(st.dictionaries(_names, st.tuples(_contents.filter(lambda content: not _has_delimiter(content)), st.booleans())))
def test_what_was_put_into_a_form_comes_out_to_the_byte(given_parts: dict[str, tuple[bytes, bool]]) -> None:
    body = b"".join(
        _part(name, content, name, "image/png") if is_file else _part(name, content)
        for name, (content, is_file) in given_parts.items()
    )
    found = fields(_TYPE, body + _END)
    assert found.keys() == given_parts.keys()
    for name, (content, is_file) in given_parts.items():
        value = found[name]
        if isinstance(value, UploadedFile):
            assert (value.content, value) == (
                content,
                {"filename": name, "content_type": "image/png", "size": len(content)},
            )
        else:
            assert value.encode() == content or value.encode("latin-1") == content
        assert isinstance(value, UploadedFile) is is_file


@given(st.dictionaries(_names, st.binary(max_size=60), min_size=1), st.dictionaries(st.text("ab"), st.text()))
def test_what_httpx_sends_is_read(files: dict[str, bytes], form: dict[str, str]) -> None:
    sent = httpx.Request(
        "POST", "http://x", data=form, files={f"f{name}": (name, content) for name, content in files.items()}
    )
    found = fields(sent.headers["content-type"].encode(), sent.read())
    assert {name: value for name, value in found.items() if isinstance(value, str)} == form
    assert {value["filename"]: value.content for value in found.values() if isinstance(value, UploadedFile)} == files


@given(
    st.dictionaries(st.text("ab", min_size=1), st.text(st.characters(exclude_categories=["Cs"]))), st.text("xy\r\n-")
)
def test_what_a_recording_says_is_sent_and_read(form: dict[str, str], text: str) -> None:
    body, content_type = encoded(form, {"file": {"name": "a.txt", "type": "text/plain", "text": text}})
    assert _read(body, content_type.encode()) == {**form, "file": ("a.txt", "text/plain", text.encode())}
    body, content_type = encoded(form, None)
    assert _read(body, content_type.encode()) == form


@given(st.lists(st.sampled_from([_PEER, _FILE, _END, b"--b\r\n", b"\r\n", b"--", b":", b"\xff", b"x", b"\r\n--b"])))
def test_any_bytes_are_fields_or_one_complaint(pieces: list[bytes]) -> None:
    read = _read(b"".join(pieces))
    assert isinstance(read, dict) or read in (_NO_NAME, _INVALID)


_GOOD = {"peer_id": "bob", "file": ("a.txt", "text/plain", b"hello")}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (_PEER + _FILE + _END, _GOOD),
        (b"\r\n\n" + _PEER + _FILE + _END, _GOOD),
        (_PEER + _FILE + _END + b"what follows", _GOOD),
        (_PEER + _FILE + b"--b--", _GOOD),
        (_PEER + _FILE, {"peer_id": "bob"}),
        (_PEER + _FILE[:-2], {"peer_id": "bob"}),
        (_PEER + _END + _FILE + _END, {"peer_id": "bob"}),
        (b"", {}),
        (_END, {}),
        (b"hello", _INVALID),
        (b"what comes before\r\n" + _PEER + _END, _INVALID),
        ((_PEER + _END).replace(b"\r\n", b"\n"), _INVALID),
        (b"--bX\r\n" + _PEER + _END, _INVALID),
        (_part("f", b"x\r\n--bc\r\ny", "f") + _END, {"f": ("f", None, b"x\r\n--bc\r\ny")}),
        (_part("f", b"x\n--b\ny", "f") + _END, {"f": ("f", None, b"x\n--b\ny")}),
        (_part("f", b"--b", "f") + _END, {"f": ("f", None, b"--b")}),
        (_part("f", b"", "") + _END, {"f": ("", None, b"")}),
        (_part("a", b"1") + _part("a", b"2") + _END, {"a": "2"}),
        (_part("a", b"1", "f") + _part("a", b"2") + _END, {"a": "2"}),
        (_part("a", b"b\xff") + _END, {"a": "b\xff"}),
        (b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" + _END, _NO_NAME),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + _END, _NO_NAME),
        (b"--b\r\n\r\nx\r\n" + _END, _NO_NAME),
        (b"--b\r\n\r\n--b--", _NO_NAME),
        (b"--b\r\nfoo\r\n\r\nx\r\n" + _END, _INVALID),
        (b"--b\r\nX y: z\r\n\r\nx\r\n" + _END, _INVALID),
        (b"--b\r\nX: a\rb\r\n\r\nx\r\n" + _END, _INVALID),
        (b"--b\r\nX: " + b"y" * 5_000 + b"\r\n\r\nx\r\n" + _END, _INVALID),
        (b"--b\r\n" + b"X: y\r\n" * 9 + b"\r\nx\r\n" + _END, _INVALID),
        (b"--b\r\n" + b"X: y\r\n" * 7 + _PEER[5:] + _END, {"peer_id": "bob"}),
        (b'--b\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\nx\r\n' + _END, _INVALID),
        (b"--b\r\nCONTENT-disposition: Attachment;NAME=a\r\n\r\nx\r\n" + _END, {"a": "x"}),
        (b'--b\r\nContent-Disposition: form-data; name="a;\\"b"; x\r\n\r\nx\r\n' + _END, {'a;"b': "x"}),
        (b"--b\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''a\r\n\r\nx\r\n" + _END, {"f": "x"}),
        (_part("f", b"x", "ä.txt") + _END, {"f": ("ä.txt", None, b"x")}),
        (b"".join(_part(f"a{n}", b"") for n in range(FIELDS_LIMIT)) + _FILE + _END, None),
        (
            b"".join(_part(f"a{n}", b"") for n in range(FIELDS_LIMIT + 1)) + _END,
            "Too many fields. Maximum number of fields is 1000.",
        ),
        (
            b"".join(_part(f"a{n}", b"", "f") for n in range(FIELDS_LIMIT + 1)) + _END,
            "Too many files. Maximum number of files is 1000.",
        ),
        (_part("a", b"x" * FIELD_BYTES) + _END, {"a": "x" * FIELD_BYTES}),
        (_part("a", b"x" * (FIELD_BYTES + 1)) + _END, "Part exceeded maximum size of 1024KB."),
        (_part("f", b"x" * (FIELD_BYTES + 1), "f") + _END, {"f": ("f", None, b"x" * (FIELD_BYTES + 1))}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_forms_are_read_as_starlette_reads_them(body: bytes, expected: Any) -> None:
    assert _read(body) == expected if expected is not None else len(_read(body)) == FIELDS_LIMIT + 1


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (b"Multipart/Form-Data; Boundary=b", _GOOD),
        (b'multipart/form-data; charset=utf-7; boundary="b"', _GOOD),
        (b"multipart/form-data", "Missing boundary in multipart."),
        (b"multipart/form-data; boundary=", _INVALID),
        (b"multipart/form-data; boundary=" + b"b" * 257, _INVALID),
        (b"multipart/form-data; boundary=c", _INVALID),
        (b"multipart/form-data; boundary=b; charset=none", _GOOD),
        (b"multipart/form-data; boundary=b; charset=undefined", _GOOD),
        (b"multipart/form-data; boundary=b; charset=punycode", _GOOD),  # decoding it takes quadratic time
        (b"multipart/form-data; boundary=b; charset=unicode_escape", _GOOD),
        (b"multipart/mixed; boundary=b", {}),
        (b"application/json", {}),
        (None, {}),
    ],
)
def test_the_content_type_says_whether_there_is_a_form(content_type: bytes | None, expected: Any) -> None:
    assert _read(_PEER + _FILE + _END, content_type) == expected
    assert is_form(content_type) is (expected != {})


_URLENCODED = b"application/x-www-form-urlencoded; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"a=1&b=x+y%C3%A4&a=2&c=&d", {"a": "2", "b": "x yä", "c": "", "d": ""}),
        (b"", {}),
        (b"a=%ff", {"a": "�"}),
        (b"a=" + b"x" * FIELD_BYTES, "Field exceeded maximum size of 1024KB."),
        (b"a&" * (FIELDS_LIMIT + 1), "Too many fields. Maximum number of fields is 1000."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_urlencoded_forms_are_forms(body: bytes, expected: Any) -> None:
    assert _read(body, _URLENCODED) == expected
    assert is_form(_URLENCODED)
