"""What an upload brings: the fields of its form, and the text that is in its file."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticKnownError

from ..domain.errors import FileTooLarge, Unprocessable, UnsupportedFile
from . import json_text
from .configuration import MessageConfiguration
from .extras import needs
from .fields import CONTENT_LIMIT, Id, Metadata, Model, Moment, without_control_tokens, without_nul
from .form import File, InvalidForm, fields

FILE_BYTES_LIMIT = 5_242_880

_PLACE = ("body", "file")
_ENDS = ("\n\n", "\n", ". ", " ")


def _file(given: Any) -> File:
    if not isinstance(given, File):
        raise ValueError(f"Expected UploadFile, received: {type(given)}")
    return given


def _from_json(given: Any) -> Any:
    """The JSON in a field of a form, which is a text."""
    if not isinstance(given, str):
        raise PydanticKnownError("string_type")
    try:
        return json_text.parse(given.encode("utf-8", "surrogatepass"))
    except json_text.InvalidJson as error:
        raise PydanticKnownError("json_invalid", {"error": error.reason}) from None


_InForm = BeforeValidator(_from_json)
_IsFile = WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})
_IsJson = WithJsonSchema({"anyOf": [{"type": "string", "contentMediaType": "application/json"}, {"type": "null"}]})


class MessageUpload(Model):
    """A file and whose messages it becomes; `metadata` and `configuration` are JSON, each in a text."""

    file: Annotated[File, PlainValidator(_file), _IsFile]
    peer_id: Id
    metadata: Annotated[Metadata | None, _InForm, _IsJson] = None
    configuration: Annotated[MessageConfiguration | None, _InForm, _IsJson] = Field(default=None, title="Configuration")
    created_at: Moment | None = None


def pieces_of(file: File) -> list[str]:
    """The text of a file, in pieces that fit into messages; one empty piece where it has none.

    A piece ends with a paragraph, else with a line, a sentence or a word, where one ends in time.

    Raises FileTooLarge, UnsupportedFile, and Unprocessable for what is not of the type that it is said to be.
    """
    text: str = without_nul(_text_of(file))
    try:
        without_control_tokens(text)
    except ValueError as error:
        raise Unprocessable(str(error), _PLACE, file) from None
    return list(_parted(text)) or [""]


def _parted(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > CONTENT_LIMIT:
        ends = (text.rfind(mark, start + 1, start + CONTENT_LIMIT) + len(mark) for mark in _ENDS)
        end = next((end for end in ends if end > start + CONTENT_LIMIT // 2), start + CONTENT_LIMIT)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _text_of(file: File) -> str:
    if file["size"] > FILE_BYTES_LIMIT:
        raise FileTooLarge(f"File size ({file['size']} bytes) exceeds maximum allowed size ({FILE_BYTES_LIMIT} bytes)")
    media_type = file.media_type or ""
    if media_type.startswith("text/"):
        return _decoded(file)
    if media_type == "application/json":
        return _checked_json(file)
    if media_type == "application/pdf":
        return _text_of_pdf(file)
    raise UnsupportedFile(file["content_type"])


def _decoded(file: File) -> str:
    """The text of a file: UTF-8, UTF-16 where it begins with its mark, else Latin-1, which takes anything."""
    is_utf_16 = file.content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    with suppress(UnicodeDecodeError):
        return file.content.decode("utf-16" if is_utf_16 else "utf-8")
    return file.content.decode("latin-1")


def _checked_json(file: File) -> str:
    """The text as it is, where it is JSON in UTF-8."""
    try:
        text = file.content.decode()
    except UnicodeDecodeError as error:
        sentence = f"The file is no text in UTF-8: {error.reason} at byte {error.start}"
        raise Unprocessable(sentence, _PLACE, file) from None
    try:
        json_text.parse(file.content)
    except json_text.InvalidJson as error:
        raise Unprocessable(f"The file is no JSON: {error.reason} at offset {error.place}", _PLACE, file) from None
    return text


def read_ahead(content_type: bytes | None, body: bytes) -> None:
    """Read what takes long of a form, the PDF in it, so that `pieces_of` need not; from any thread."""
    from . import pdf  # Few upload one.

    with suppress(InvalidForm):
        file = fields(content_type, body).get("file")
        if isinstance(file, File) and file.media_type == "application/pdf" and file["size"] <= FILE_BYTES_LIMIT:
            pdf.read_ahead(file.content)


def _text_of_pdf(file: File) -> str:
    from . import pdf  # Few upload one.

    try:
        return pdf.text_of(file.content)
    except ImportError:
        raise UnsupportedFile(file["content_type"], needs("Reading a PDF", "pdf")) from None
    except pdf.Unreadable as error:
        raise Unprocessable(f"The PDF cannot be read: {error}", _PLACE, file) from None
