"""Forms to fields: multipart/form-data and urlencoded, with the leniency and in the words of the server's framework.

The standard library's parser of mail reads them too, and takes ten seconds where parts are nested, or many, on purpose.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

# As many, and as much of each but a file, as the framework takes.
FIELDS_LIMIT = 1_000
FIELD_BYTES = 1024 * 1024
NO_BOUNDARY = "Missing boundary in multipart."
_BOUNDARY_LIMIT = 256
_HEADERS_LIMIT = 8
_HEADER_BYTES = 4_224

_BLANK_LINE = b"\r\n\r\n"
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PARAMETER = r';[ \t]*([^=;\s]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^;]*)'


class InvalidForm(Exception):
    """A body that cannot be taken apart, though its content type says that it is a form."""


class File(dict[str, Any]):
    """A file in a form: as JSON its `filename`, `content_type` (or null) and `size` in bytes; `content` are those."""

    def __init__(self, filename: str, content_type: str | None, content: bytes) -> None:
        super().__init__(filename=filename, content_type=content_type, size=len(content))
        self.content = content

    @property
    def media_type(self) -> str | None:
        """The content type in small letters, without its parameters."""
        given: str | None = self["content_type"]
        return None if given is None else _taken_apart(given)[0]


def fields(content_type: bytes | None, body: bytes) -> dict[str, str | File]:
    """The fields by name; of one that comes twice the last counts. None of them where the body is no form by its type.

    Raises InvalidForm.
    """
    media_type, parameters = _taken_apart("" if content_type is None else content_type.decode("latin-1"))
    if media_type == "multipart/form-data":
        return dict(_multipart(body, parameters.get("boundary")))
    return _urlencoded(body) if media_type == "application/x-www-form-urlencoded" else {}


def is_form(content_type: bytes | None) -> bool:
    """Whether `fields` would look for fields in a body of this type."""
    media_type = _taken_apart("" if content_type is None else content_type.decode("latin-1"))[0]
    return media_type in ("multipart/form-data", "application/x-www-form-urlencoded")


def _urlencoded(body: bytes) -> dict[str, str | File]:
    if any(len(pair) > FIELD_BYTES for pair in body.split(b"&", FIELDS_LIMIT)):
        raise InvalidForm(f"Field exceeded maximum size of {FIELD_BYTES // 1024}KB.")
    try:
        return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_LIMIT))
    except ValueError:
        raise InvalidForm(f"Too many fields. Maximum number of fields is {FIELDS_LIMIT}.") from None


def _multipart(body: bytes, boundary: str | None) -> Iterator[tuple[str, str | File]]:
    """The parts in order. What comes before the first boundary is refused, a part that does not end is left out."""
    if boundary is None:
        raise InvalidForm(NO_BOUNDARY)
    counts = {"files": 0, "fields": 0}
    for head, content in _parts(body, boundary):
        name, value = _field(head, content)
        kind = "files" if isinstance(value, File) else "fields"
        counts[kind] += 1
        if counts[kind] > FIELDS_LIMIT:
            raise InvalidForm(f"Too many {kind}. Maximum number of {kind} is {FIELDS_LIMIT}.")
        yield name, value


def _parts(body: bytes, boundary: str) -> Iterator[tuple[bytes, bytes]]:
    """The head and the content of each part."""
    delimiter = re.compile(rb"\r\n--" + re.escape(boundary.encode("latin-1")) + rb"(?:(--)|[ \t]*(?=\r\n))")
    text = b"\r\n" + body.lstrip(b"\r\n")
    is_sound = 0 < len(boundary) <= _BOUNDARY_LIMIT
    found = delimiter.match(text) if is_sound else None
    if found is None and (len(text) > 2 or not is_sound):
        raise InvalidForm("Invalid multipart data.")
    while found is not None and not found[1]:
        place = found.end()
        blank_line = text.find(_BLANK_LINE, place)
        start = blank_line + len(_BLANK_LINE)
        found = delimiter.search(text, start) if blank_line >= 0 else None
        if found is not None:
            yield text[place + 2 : blank_line], text[start : found.start()]


def _field(head: bytes, content: bytes) -> tuple[str, str | File]:
    headers = _headers(head)
    _, options = _taken_apart(headers.get(b"content-disposition", b"").decode("latin-1"))
    if "name" not in options:
        raise InvalidForm('The Content-Disposition header field "name" must be provided.')
    name = _text(options["name"].encode("latin-1"))
    if "filename" in options:
        content_type = headers.get(b"content-type")
        given = None if content_type is None else content_type.decode("latin-1")
        return name, File(_text(options["filename"].encode("latin-1")), given, content)
    if len(content) > FIELD_BYTES:
        raise InvalidForm(f"Part exceeded maximum size of {FIELD_BYTES // 1024}KB.")
    return name, _text(content)


def _headers(head: bytes) -> dict[bytes, bytes]:
    """The headers of a part by name in small letters. Raises InvalidForm for what is none, too many, or too long."""
    lines = head.split(b"\r\n", _HEADERS_LIMIT) if head else []
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        is_one = name and colon and not name.translate(None, _TOKEN) and b"\r" not in value
        if not is_one or len(line) > _HEADER_BYTES or len(lines) > _HEADERS_LIMIT:
            raise InvalidForm("Invalid multipart data.")
        headers[name.lower()] = value.strip(b" \t")
    return headers


def _taken_apart(header: str) -> tuple[str, dict[str, str]]:
    """The value of a header in small letters, and its parameters; those of the extended form (`filename*`) are none."""
    value, semicolon, rest = header.partition(";")
    parameters: dict[str, str] = {}
    for found in re.finditer(_PARAMETER, semicolon + rest):
        name, given = found[1].lower(), found[2].strip(" \t")
        if len(given) > 1 and given[0] == given[-1] == '"':
            given = re.sub(r"\\(.)", r"\1", given[1:-1])
        if "*" not in name:
            parameters[name] = given
    return value.strip().lower(), parameters


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
