"""The text of an uploaded file, in pieces that fit into messages."""

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ..domain.errors import FileTooLarge, InnerFailure, Unprocessable, UnsupportedFile
from ..domain.nul import text_without_nul
from ..domain.profile import Profile
from ..extras import needs
from ..formats.forms import InvalidForm, UploadedFile, fields
from ..formats.json_text import has_lone_surrogate
from ..wire.fields import CONTENT_LIMIT, without_control_tokens

if TYPE_CHECKING:
    from ..formats.pdf import Reader

FILE_BYTES_LIMIT = 5_242_880

# The `loc` of the 422 for a file.
_LOCATION = ("body", "file")
_PDF = "application/pdf"
_INVALID_JSON = "Uploaded JSON is invalid"
_NOT_UTF_8 = "JSON uploads must be UTF-8 encoded"
_UNCHECKED_JSON = "this version of the API does not check that the file is JSON"
# Where a piece may end, best first: after a paragraph, a line, a sentence, a word.
_ENDS = ("\n\n", "\n", ". ", " ")


class _Unusable(Exception):
    """The live server fails on this file. The message says why."""


def pieces_of(file: UploadedFile, profile: Profile) -> list[str]:
    """The text of a file, in pieces of at most CONTENT_LIMIT characters; one empty piece for an empty text.

    A piece ends with a paragraph if one ends in its second half; else with a line, a sentence or a word, tried in this
    order.

    Raises FileTooLarge, UnsupportedFile, and Unprocessable for a file that does not match its content type, or
    InnerFailure where the live server fails.
    """
    try:
        text = _text_of(file, profile)
        if profile.inner_failures and not profile.drops_nul and "\0" in text:
            raise InnerFailure("the database cannot store a NUL character")
        return list(_split(_spoken(text))) or [""]
    except _Unusable as error:
        refusal = Unprocessable(str(error), _LOCATION, file)
        raise (InnerFailure(str(error), refusal) if profile.inner_failures else refusal) from None


def _spoken(text: str) -> str:
    """The text as the content of messages."""
    try:
        return without_control_tokens(text_without_nul(text))
    except ValueError as error:
        raise _Unusable(str(error)) from None


def read_ahead(content_type: bytes | None, body: bytes, reader: "Reader") -> None:
    """Read the PDF in a form, if there is one, so that `pieces_of` finds its text. You may call it in any thread."""
    from ..formats import pdf  # Uploads of PDFs are rare.

    with suppress(InvalidForm):
        file = fields(content_type, body).get("file")
        if isinstance(file, UploadedFile) and file["content_type"] == _PDF and file["size"] <= FILE_BYTES_LIMIT:
            pdf.read_ahead(file.content, reader)


def _split(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > CONTENT_LIMIT:
        ends = (text.rfind(mark, start + 1, start + CONTENT_LIMIT) + len(mark) for mark in _ENDS)
        end = next((end for end in ends if end > start + CONTENT_LIMIT // 2), start + CONTENT_LIMIT)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _text_of(file: UploadedFile, profile: Profile) -> str:
    if file["size"] > FILE_BYTES_LIMIT:
        raise FileTooLarge(f"File size ({file['size']} bytes) exceeds maximum allowed size ({FILE_BYTES_LIMIT} bytes)")
    # As on the live server, content types are case-sensitive, and only text types may have parameters
    # (x2-upload-texts).
    content_type = file["content_type"] or ""
    if content_type.startswith("text/"):
        return _decoded(file)
    if content_type == "application/json":
        return _restated_json(file, profile)
    if content_type == _PDF:
        return _text_of_pdf(file)
    raise UnsupportedFile(file["content_type"])


def _decoded(file: UploadedFile) -> str:
    """The text of a file in UTF-8, or in UTF-16 if it begins with a byte order mark; else read as Latin-1."""
    is_utf_16 = file.content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    with suppress(UnicodeDecodeError):
        return file.content.decode("utf-16" if is_utf_16 else "utf-8")
    return file.content.decode("latin-1")


def _restated_json(file: UploadedFile, profile: Profile) -> str:
    """The value of a JSON file, written again as Python writes it; "" for a blank file (recorded in x2-upload-json).

    NaN and Infinity are accepted, because the result is text. With the quirk `inner_failures`, blank and invalid files
    fail in versions without the change `checks_uploaded_json`.
    """
    fails = profile.inner_failures and not profile.checks_uploaded_json
    try:
        text = file.content.decode()
        restated = json.dumps(json.loads(text), ensure_ascii=False) if text.strip() else ""
    except (ValueError, RecursionError) as error:
        is_other_text = isinstance(error, UnicodeDecodeError)
        refusal = Unprocessable(_NOT_UTF_8 if is_other_text else _INVALID_JSON, _LOCATION, file)
        raise InnerFailure(_UNCHECKED_JSON, refusal, "checks_uploaded_json") if fails else refusal from None
    if fails and not restated:
        raise InnerFailure(_UNCHECKED_JSON, change="checks_uploaded_json")
    if has_lone_surrogate(restated):
        raise _Unusable(_INVALID_JSON)
    return restated


def _text_of_pdf(file: UploadedFile) -> str:
    from ..formats import pdf  # Uploads of PDFs are rare.

    try:
        return pdf.text_of(file.content)
    except ImportError:
        raise UnsupportedFile(file["content_type"], needs("Reading a PDF", "pdf")) from None
    except pdf.Unreadable as error:
        raise _Unusable(f"The PDF cannot be read: {error}") from None  # recorded in x2-upload-pdf
