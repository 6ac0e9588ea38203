"""Describes requests and answers, which are bytes, in the format of the recordings."""

import json
from base64 import b64encode
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from ..formats import forms, json_text
from .matching import AUTHORITY, ReceivedAnswer
from .recordings import Json
from .sent import SentRequest

# All other headers of requests say nothing about the API, or may be secret.
_KEPT = ("origin", "access-control-request-method", "access-control-request-headers")
_KEPT_OF_ANSWERS = ("allow", "location")


def request_as_step(request: SentRequest) -> Json:
    """The `request` of a step."""
    step: dict[str, Any] = {"method": request.method, "path": request.path}
    query = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    if query:
        step["query"] = dict(query) if len(dict(query)) == len(query) else [list(pair) for pair in query]
    headers = {name: value for name, value in request.headers if name in _KEPT}
    step |= _body_as_step(request, headers)
    return step | ({"headers": headers} if headers else {})


def answer_as_step(answer: ReceivedAnswer) -> Json:
    """The `response` of a step. A body that is neither JSON nor text is left out."""
    step: dict[str, Any] = {"status": answer.status}
    headers = {name: answer.headers[name] for name in _KEPT_OF_ANSWERS if name in answer.headers}
    if "location" in headers:
        headers["location"] = AUTHORITY.sub("", headers["location"])
    type_ = answer.headers.get("content-type", "")
    if json_text.is_json(type_.encode("latin-1", "replace")) and (document := answer.document()) is not None:
        step["json"] = document
    elif answer.body:
        headers["content-type"] = type_
        if type_.startswith(("text/plain", "text/event-stream")) and (text := _decoded(answer.body)) is not None:
            step["text"] = text
    return step | ({"headers": headers} if headers else {})


def _body_as_step(request: SentRequest, headers: dict[str, str]) -> Json:
    """The keys of the step for the body. Adds the content type to the headers if the keys do not imply it."""
    body, type_ = request.body, request.header("content-type")
    if not body:
        return {}
    raw_type = None if type_ is None else type_.encode("latin-1", "replace")
    if raw_type is not None and forms.is_form(raw_type) and (form := _form(raw_type, body)) is not None:
        return form
    if json_text.is_json(raw_type):
        with suppress(ValueError, RecursionError):  # Invalid JSON is recorded as it is.
            document = json.loads(body, object_pairs_hook=_unique, parse_constant=_refused)
            if type_ is not None and type_ != "application/json":
                headers["content-type"] = type_
            return {"json": document}
    if type_ is not None:
        headers["content-type"] = type_
    text = _decoded(body)
    if text is None:
        return {"base64": b64encode(body).decode()}
    return {"text": text}


def _form(content_type: bytes, body: bytes) -> Json:
    """The fields and files of a form. None if the format of the recordings cannot express it."""
    with suppress(forms.InvalidForm):
        fields = forms.fields(content_type, body)
        texts = {name: value for name, value in fields.items() if isinstance(value, str)}
        files = {name: _file(value) for name, value in fields.items() if not isinstance(value, str)}
        parts = body.lower().count(b"content-disposition:") if b"multipart" in content_type else body.count(b"=")
        if parts == len(fields) and None not in files.values():
            return {"form": texts, "files": files} if files else {"form": texts}
    return None


def _file(file: forms.UploadedFile) -> Json:
    text, type_ = _decoded(file.content), file["content_type"]
    return None if text is None or type_ is None else {"name": file["filename"], "type": type_, "text": text}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object with these keys. Raises ValueError if a key is repeated: the recording would lose a value."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is repeated")
    return dict(pairs)


def _refused(constant: str) -> Any:
    raise ValueError(f"not JSON: {constant}")


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
