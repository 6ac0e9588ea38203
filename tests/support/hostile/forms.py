"""Multipart forms, valid and broken, with files of every kind."""

from random import Random
from typing import Any

from ..pdf_files import page_text, pdf
from . import values

Json = Any

CONTENT_TYPE = "multipart/form-data; boundary=b"
_FILES: tuple[tuple[str, bytes], ...] = (
    ("text/plain", b"hello"),
    ("text/plain; charset=utf-8", "\u00e9\u2028\0 ".encode() * 10_000),
    ("text/csv", b""),
    ("text/plain", b"\xff\xfe\0"),
    ("text/plain", b"<|endoftext|>"),
    ("application/json", b'{"a": [1]}'),
    ("application/json", b"[" * 50_000),
    ("application/json", b'{"a": NaN, "b": 1e999}'),
    ("application/octet-stream", bytes(range(256))),
    ("multipart/mixed; boundary=b", b"--c\r\n"),
)
_PDFS = (pdf(page_text(b"Hello")), pdf(page_text(b"Hello"))[:200], b"%PDF-1.7\n" + b"[" * 10_000)
_PIECES = (
    *(b"--b\r\n", b"\r\n--b--\r\n", b"--", b"\r\n", b"\n", b"\r\n\r\n", b"\r\n--b ", b"\0", b"\xff", b":", b";", b'"'),
    *(
        b"Content-Disposition: form-data\r\n",
        b'Content-Disposition: form-data; name="file"; filename="\\',
        b"X: y\r\n" * 9,
    ),
)


def body(random: Random, fields: Json) -> bytes:
    """A form with these fields; `file` is a random file, whatever its value is."""
    parts = []
    for name, value in fields.items():
        if name == "file":
            content_type, content = random.choice(_FILES)
            if random.random() < 0.02:  # The server reads each PDF in a new process.
                content_type, content = "application/pdf", random.choice(_PDFS)
            head = f'name="{name}"; filename="a.txt"\r\nContent-Type: {content_type}'
            parts.append(_part(head, content))
        else:
            is_json = name in ("metadata", "configuration") and random.random() < 0.9
            text = values.text_of(random, values.metadata(random)) if is_json else str(value).encode("utf-8", "replace")
            parts.append(_part(f'name="{name}"', text))
    return b"".join(parts) + b"--b--\r\n"


def broken(random: Random, form: bytes) -> bytes:
    """The form with random bytes inserted or removed."""
    for _ in range(random.choice((1, 1, 2, 5))):
        index, length = random.randrange(len(form) + 1), random.choice((0, 0, 1, 5, 30))
        form = form[:index] + random.choice(_PIECES) + form[index + length :]
    return form * random.choice((1, 1, 1, 1, 20))


def _part(disposition: str, content: bytes) -> bytes:
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
