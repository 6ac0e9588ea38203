"""Calls the parsers directly with hostile inputs: they may raise only the errors that they declare."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from mockserver import Mock, WorldError
from mockserver.domain.errors import InvalidFilter, Unauthorized
from mockserver.domain.filters import tables
from mockserver.formats import forms as form_parser
from mockserver.formats import json_text
from mockserver.formats.keyring import Keyring
from mockserver.testing.data import data_file

from . import forms, values
from .report import Report

Json = Any
Case = tuple[Callable[[], object], object]

_TABLES = (tables.workspace_filter, tables.peer_filter, tables.session_filter, tables.message_filter)
_WORLD = json.loads(data_file("demo.json").read_text(encoding="utf-8"))
_KEYRING = Keyring("a secret of the tests")
_DECLARED = (json_text.InvalidJson, form_parser.InvalidForm, InvalidFilter, Unauthorized, WorldError)


def _json(random: Random) -> Case:
    text = values.text_of(random, values.anything(random, 4))
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        text = values.corrupted(random, text)

    def parse() -> None:
        value = json_text.parse(text)
        json.dumps(
            value, allow_nan=False, ensure_ascii=False
        ).encode()  # The server must be able to send back what it accepts.

    return parse, text


def _content_type(random: Random) -> Case:
    header = values.corrupted(random, b'application/json; charset="utf-8"')[:200]
    return lambda: json_text.is_json(header), header


def _form(random: Random) -> Case:
    fields = {"file": None, "peer_id": "a", "metadata": None}
    body = forms.body(random, fields)
    for _ in range(random.choice((0, 1, 1, 2))):
        body = forms.broken(random, body)
    header = (
        forms.CONTENT_TYPE.encode() if random.random() < 0.8 else values.corrupted(random, forms.CONTENT_TYPE.encode())
    )
    return lambda: form_parser.fields(header[:5_000], body), (header, body)


def _filter(random: Random) -> Case:
    # The JSON parser reads filters and rows before the filters see them.
    try:
        text = values.text_of(random, [values.filters(random), values.metadata(random)])
        document, metadata = json_text.parse(text)
    except json_text.InvalidJson:
        document, metadata = {}, {}
    if random.random() < 0.2:
        document = {"metadata": document}
    compiler = random.choice(_TABLES)

    def match() -> None:
        matches = compiler(document)
        if matches is not None:
            matches(_row(metadata))

    return match, (compiler.__name__, document, metadata)


def _row(metadata: Json) -> dict[str, Json]:
    ids = dict.fromkeys(("id", "workspace_id", "session_id", "peer_id"), "a")
    return {**ids, "metadata": metadata, "created_at": "2024-01-01T00:00:00Z", "is_active": True, "token_count": 5}


def _token(random: Random) -> Case:
    claims = {name: values.anything(random, 1) for name in ("t", "exp", "ad", "w", "p", "s") if random.random() < 0.5}
    token = _KEYRING.sign_claims(claims)
    if random.random() < 0.5:
        token = values.corrupted(random, token.encode()).decode("latin-1")
    return lambda: _KEYRING.read(token, random.choice((0, 2**51))), token


def _world(random: Random) -> Case:
    document = _WORLD
    for _ in range(random.choice((0, 1, 1, 2, 5))):
        document = values.mutated(random, document)
    return lambda: Mock(world=document), document


def _world_file(random: Random) -> Case:
    text = values.corrupted(random, values.text_of(random, values.mutated(random, _WORLD)))

    def load() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "world.json"
            path.write_bytes(text)
            Mock(world=path)

    return load, text


def _world_name(random: Random) -> Case:
    name: Any = random.choice((*values.TEXTS, "/" + "x" * 5_000, "/proc", "/nowhere/" * 3, 7, b"world", [], 1.5))
    return lambda: Mock(world=name), name


PARSERS: dict[str, tuple[Callable[[Random], Case], float]] = {
    "json": (_json, 0.4),
    "content type": (_content_type, 0.05),
    "form": (_form, 0.05),
    "token": (_token, 0.1),
    "filter": (_filter, 0.3),
    "world": (_world, 0.1),
    "world file": (_world_file, 0.03),
    "name of a world": (_world_name, 0.02),
}


def drawn(random: Random) -> tuple[str, Callable[[], object], object]:
    """The name of a parser, a call of it, and the input of the call."""
    [name] = random.choices(list(PARSERS), [weight for _, weight in PARSERS.values()])
    call, given = PARSERS[name][0](random)
    return name, call, given


def is_accepted(call: Callable[[], object]) -> bool:
    """Whether the parser accepts its input; False if it raises a declared error. Other exceptions propagate."""
    try:
        call()
    except _DECLARED:
        return False
    return True


def try_parsers(report: Report, seed: str, count: int, seconds: float) -> None:
    """Call the parsers with this many inputs, and report what they raise and how long they take."""
    for number in range(count):
        name, call, given = drawn(Random(f"{seed} parser {number}"))
        start = time.monotonic()
        try:
            accepted = is_accepted(call)
        except Exception as error:  # noqa: BLE001 - any other exception is a failure
            report.fail(f"{name}: {error!r}", f"seed {seed}, parser {number}: {str(given)[:2_000]!r}")
            if report.is_full():
                return
            continue
        report.parsed[name, "accepted" if accepted else "refused"] += 1
        elapsed = time.monotonic() - start
        report.slowest = max(report.slowest, (elapsed, name))
        if elapsed > seconds:
            report.fail(f"{name} took {elapsed:.1f} s", f"seed {seed}, parser {number}: {str(given)[:2_000]!r}")
