"""Encodes the `form` and the `files` of a recorded request."""

from urllib.parse import urlencode

from ..domain.clock import Ids
from .recordings import Json


def encoded(form: Json, files: Json) -> tuple[bytes, str]:
    """A body and its content type: multipart/form-data if there are files, else urlencoded.

    `form` maps names to strings. `files` maps names to objects with `name`, `type` and `text`.
    """
    if not files:
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    boundary = Ids().new()
    parts = [_part(boundary, f'name="{name}"', "", text) for name, text in form.items()]
    for name, file in files.items():
        filename = f'; filename="{file["name"]}"' if file["name"] else ""
        parts.append(_part(boundary, f'name="{name}"{filename}', f"Content-Type: {file['type']}\r\n", file["text"]))
    return "".join([*parts, f"--{boundary}--\r\n"]).encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str, header: str, text: str) -> str:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{header}\r\n{text}\r\n"
