"""The model of the form that uploads a file."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticKnownError

from ..formats import json_text
from ..formats.forms import UploadedFile
from .configuration import MessageConfiguration
from .fields import Id, Metadata, Model
from .reading import Reading
from .scalars import Moment, not_of_type


def _file(value: Any) -> UploadedFile:
    if not isinstance(value, UploadedFile):
        raise ValueError(f"Expected UploadFile, received: {type(value)}")  # recorded
    return value


def _from_json(value: Any) -> Any:
    """The value of a form field whose text is JSON. None if it is not JSON (recorded in x2-upload-form)."""
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    if "\0" in value or value.startswith("\ufeff"):  # From these, JSON in bytes has its encoding. A text has none.
        return None
    try:
        return json_text.parse(value.encode("utf-8", "surrogatepass"))
    except json_text.MalformedJson:
        return None
    except json_text.InvalidJson as error:
        raise PydanticKnownError("json_invalid", {"error": error.reason}) from None


def _from_iso_format(value: Any, info: ValidationInfo) -> Any:
    """The time of a form field in ISO 8601. The live server leaves out other times (recorded in x2-upload-form)."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        if info.context is Reading.LAX or value == "null":
            return None
        raise not_of_type("date-time", "datetime_type") from None


_InForm = BeforeValidator(_from_json)
_IsFile = WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})
# An empty field of a form is left out, as all servers that parse forms with python-multipart do.
_IS_TIME = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}, {"const": ""}]},
            {"type": "null"},
        ]
    }
)
# JSON must be an object. A schema can only exclude the shortest texts of other JSON. What is not JSON is left out.
_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_NO_OBJECT = rf'^[ \t\r\n]*({_NUMBER}|true|false|"[^"\\\x00-\x1f]*"|\[[ \t\r\n]*\])[ \t\r\n]*$'
_IsJson = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "contentMediaType": "application/json", "not": {"pattern": _NO_OBJECT}},
            {"type": "null"},
        ]
    }
)


class MessageUpload(Model):
    """A form with a file and a peer. The text of the file becomes messages of the peer.

    What cannot be read as JSON or as a time is left out, as on the live server.
    """

    file: Annotated[UploadedFile, PlainValidator(_file), _IsFile]
    peer_id: Id
    metadata: Annotated[Metadata | None, _InForm, _IsJson] = None
    configuration: Annotated[MessageConfiguration | None, _InForm, _IsJson] = Field(default=None, title="Configuration")
    created_at: Annotated[Moment | None, BeforeValidator(_from_iso_format), _IS_TIME] = Field(
        default=None, title="Created At"
    )
