"""Parses forms into fields with Starlette's parser, as the real server does."""

import logging
from collections.abc import Coroutine
from typing import Any, cast
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

# The limits of Starlette: the number of fields, the number of files, and the size of a field that is not a file.
FIELDS_LIMIT = 1_000
FIELD_BYTES = 1024 * 1024
NO_BOUNDARY = "Missing boundary in multipart."

# The parser logs a warning about each broken form. The answer has the same message, so keep the warning off standard
# error.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_INVALID = "Invalid multipart data."
_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"


class InvalidForm(Exception):
    """The content type says that the body is a form, but the body is broken. The real server has the same message."""


class UploadedFile(dict[str, Any]):
    """A file in a form. Its JSON has `filename`, `content_type` (or None) and `size` in bytes."""

    def __init__(self, filename: str, content_type: str | None, content: bytes) -> None:
        super().__init__(filename=filename, content_type=content_type, size=len(content))
        self.content = content


def fields(content_type: bytes | None, body: bytes) -> dict[str, str | UploadedFile]:
    """The fields by name, empty if the content type is not a form. If a name is repeated, the last counts.

    Raises InvalidForm.
    """
    media_type = _media_type(content_type)
    if content_type is not None and media_type == _MULTIPART:
        return _multipart(content_type, body)
    return _urlencoded(body) if media_type == _URLENCODED else {}


def is_form(content_type: bytes | None) -> bool:
    """Whether `fields` parses a body of this content type."""
    return _media_type(content_type) in (_MULTIPART, _URLENCODED)


def _media_type(content_type: bytes | None) -> str:
    # Before 0.0.34, python-multipart keeps the case.
    return parse_options_header(content_type)[0].decode("latin-1").lower()


def _urlencoded(body: bytes) -> dict[str, str | UploadedFile]:
    # Use the parser of the standard library, because the one in older versions of Starlette has no limits.
    if any(len(pair) > FIELD_BYTES for pair in body.split(b"&", FIELDS_LIMIT)):
        raise InvalidForm(f"Field exceeded maximum size of {FIELD_BYTES // 1024}KB.")
    try:
        return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_LIMIT))
    except ValueError:
        raise InvalidForm(f"Too many fields. Maximum number of fields is {FIELDS_LIMIT}.") from None


class _InMemoryParser(MultiPartParser):
    """Keeps every file in memory: the endpoint has bounded the body already, and a handler must not wait for a disk."""

    # The size above which a file goes to the disk. Older versions of Starlette use the first name.
    max_file_size = spool_max_size = 1 << 62

    def close_files(self) -> None:
        """Close all files. Starlette does not close the file of a truncated part, which causes a ResourceWarning."""
        for file in self._files_to_close_on_error:
            file.close()


class _WholeBody:
    """An asynchronous iterator over one chunk. An async generator would leave its clean-up to the event loop."""

    def __init__(self, body: bytes) -> None:
        self._chunks = [body]

    def __aiter__(self) -> "_WholeBody":
        return self

    async def __anext__(self) -> bytes:
        if not self._chunks:
            raise StopAsyncIteration
        return self._chunks.pop()


def _multipart(content_type: bytes, body: bytes) -> dict[str, str | UploadedFile]:
    # Only the boundary, because Starlette decodes every field with the charset, and decoding takes quadratic time with
    # some of them (punycode).
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if boundary is None:
        raise InvalidForm(NO_BOUNDARY)
    headers = Headers(raw=[(b"content-type", b'multipart/form-data; boundary="' + _quoted(boundary) + b'"')])
    parser = _InMemoryParser(headers, cast("Any", _WholeBody(body)))
    try:
        form = _result(parser.parse())
        return {name: _value(value) for name, value in form.multi_items()}
    except MultiPartException as error:
        raise InvalidForm(error.message) from None
    except (FormParserError, ValueError):  # Older versions of Starlette do not catch FormParserError.
        raise InvalidForm(_INVALID) from None
    finally:
        parser.close_files()


def _quoted(parameter: bytes) -> bytes:
    return parameter.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _value(value: str | UploadFile) -> str | UploadedFile:
    if isinstance(value, str):
        return value
    return UploadedFile(value.filename or "", value.content_type, value.file.read())


def _result(parsing: Coroutine[Any, Any, FormData]) -> FormData:
    """Run the parser without an event loop: with the body and the files in memory, it never waits."""
    try:
        parsing.send(None)
    except StopIteration as done:
        return cast("FormData", done.value)
    raise RuntimeError("the form parser waits for something")  # pragma: no cover - see above
