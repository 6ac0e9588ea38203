"""Random requests to a served document: valid ones, ones that break its schemas, and ones to unknown paths."""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from . import forms, values
from .schema_values import SchemaValues

Json = Any

_ODD_SEGMENTS = (
    *("%", "%zz", "%00", "%ff%fe", "%2F", "%2e%2e", "..", ".", "*", "~", "a%20b", "%F0%9F%98%80", "%ed%a0%80", "a;b"),
    *("x" * 512, "x" * 513, "x" * 20_000, "%41" * 600, "list", "peers", "sessions", "-", "_", "{session_id}", "%25"),
)
_ODD_QUERIES = (
    *(
        "page=0",
        "page=-1",
        "page=" + "9" * 30,
        "page=" + "9" * 4_299,
        "page=9&page=%31",
        "page",
        "size=100",
        "size=101",
    ),
    *("size=1&page=2", "size=%00", "size=1e1", "size= 7", "reverse=maybe", "reverse=1", "reverse", "reverse=null"),
    *("message_id=", "message_id=%ff", "message_id=a&message_id=b", "&&&;;==%", "%%%=%zz", "a=" + "b" * 20_000),
    *("x=1&" * 1_000, "page=\u0661".encode().decode("latin-1"), "?", "#", "page=+1", "size=1.0", "filters={}"),
)
_CONTENT_TYPES = (
    *("text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=", "text/json", "é"),
    *("application/json; charset=utf-16", "application/problem+json", "APPLICATION/JSON;;;=", "application/", "json"),
    *("application/json, text/html", 'application/json; x="', "/" * 2_000),
)
_UNKNOWN_PATHS = (
    *("/", "//", "/v3", "/v3/", "/v4/workspaces", "/v3//workspaces", "/v3/workspaces/a/sessions/a/", "/openapi.json/"),
    *("/v3/workspaces/a/sessions//messages", "/_mock", "/_mock/", "/_mock/other", "/_mock/reset/", "/docs", "/health/"),
    *("/%2e%2e/%2e%2e/etc/passwd", "/v3/workspaces/%2F/sessions", "/v3" * 3_000, "/" * 5_000, "/health?" + "a" * 9_000),
)
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND")
# A reference to a schema such as `Session`, or to a page of it. Paths name a WebhookEndpoint `endpoint`.
_ROW_SCHEMA = re.compile(r'schemas/(?:Page_)?(?:Webhook)?([A-Z][a-z]+)_?"')


class Request(NamedTuple):
    """The bytes of a request, its operation, if it has one, and the ids in its path and query."""

    kind: str
    label: str
    operation: "Operation | None"
    data: bytes
    ids: Mapping[str, str] = {}


@dataclass(frozen=True)
class Operation:
    """The parts of an operation in the document that define its requests."""

    method: str
    path: str
    ids: tuple[str, ...]
    query: Mapping[str, Json]
    body: Json
    form: Json
    id_name: str | None  # the path parameter that takes the ids of the rows in the response

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def weight(self) -> float:
        """How often the operation is drawn. Deletes are rare, so that most requests find rows."""
        return 0.25 if self.method == "DELETE" and self.path.endswith("_id}") else 1.0


def operations_of(document: Json) -> list[Operation]:
    """All operations in the document."""
    return [
        _operation(method.upper(), path, described)
        for path, item in document["paths"].items()
        for method, described in item.items()
    ]


def _operation(method: str, path: str, described: Json) -> Operation:
    parameters = described.get("parameters", [])
    content = described.get("requestBody", {}).get("content", {})
    success = json.dumps([answer for status, answer in described["responses"].items() if status.startswith("2")])
    row_schema = _ROW_SCHEMA.search(success)
    return Operation(
        method,
        path,
        tuple(parameter["name"] for parameter in parameters if parameter["in"] == "path"),
        {parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"},
        content.get("application/json", {}).get("schema"),
        content.get("multipart/form-data", {}).get("schema"),
        f"{row_schema[1].lower()}_id" if row_schema else None,
    )


class Requests:
    """Draws requests, with ids from the responses to earlier requests."""

    def __init__(self, document: Json, authority: str, token: str, random: Random) -> None:
        self.operations = operations_of(document)
        self._weights = [operation.weight for operation in self.operations]
        self._schemas = SchemaValues(document, random)
        self._authority = authority
        self._token = token
        self._random = random
        self._rows: deque[Mapping[str, str]] = deque(maxlen=60)

    def learn(self, operation: Operation, within: Mapping[str, str], status: int, body: bytes) -> None:
        """Remember the ids of the rows in a response, for later requests."""
        if not 200 <= status < 300 or operation.id_name is None or len(body) > 50_000:
            return
        answer = json.loads(body)
        rows = answer if isinstance(answer, list) else answer.get("items", [answer])
        for row in rows[-3:]:
            ids = {name: value for name, value in row.items() if name.endswith("_id") and value}
            ids.setdefault("workspace_id", within.get("workspace_id", ids.get("id", "")))
            self._rows.append({**ids, operation.id_name: row["id"]} if "id" in row else ids)

    def valid(self) -> Request:
        """A request that matches the schemas, with values at their limits. Most of them succeed."""
        operation = self._drawn()
        return self._request("adversarial", operation, body=self._body(operation))

    def against_the_schema(self) -> Request:
        """A request with a part that breaks the schema, or a body that is not JSON."""
        random, operation = self._random, self._drawn()
        body, choice = self._body(operation), random.random()
        if body is not None and operation.form is not None:
            body = forms.broken(random, body)
        elif body is not None and choice < 0.5:
            body = values.text_of(random, values.mutated(random, json.loads(body)))
        elif body is not None and choice < 0.8:
            body = values.corrupted(random, body)
        elif choice < 0.85:
            body = values.text_of(random, values.anything(random))
        return self._request("schema", operation, body=body, is_odd=body is None or choice >= 0.8)

    def outside_the_api(self) -> Request:
        """A request to the control plane, to an unknown path, or with a method that the path does not allow."""
        random = self._random
        choice = random.random()
        if choice < 0.02:
            return self._plain("control", "POST", "/_mock/reset")
        if choice < 0.2:
            return self._plain("control", "POST", "/_mock/purge")
        if choice < 0.3:
            odd_host = random.choice(
                ("evil.example", "[::1", "localhost, x", "", "127.0.0.1:99999999", "é", "x" * 3_000)
            )
            return self._plain("control", "POST", "/_mock/reset", host=odd_host)
        if choice < 0.6:
            operation = self._drawn()
            return self._plain("unknown", random.choice(_METHODS), self._path(operation, self._ids(operation), 0.1))
        return self._plain("unknown", random.choice(_METHODS), random.choice(_UNKNOWN_PATHS))

    def read_only(self) -> bytes:
        """A complete request that changes nothing."""
        reads = [one for one in self.operations if one.method == "GET" or one.path.endswith("/list")]
        operation = self._random.choice(reads)
        return self._request("raw", operation, body=self._body(operation)).data

    def _drawn(self) -> Operation:
        return self._random.choices(self.operations, self._weights)[0]

    def _body(self, operation: Operation) -> bytes | None:
        if operation.form is not None:
            return forms.body(self._random, self._schemas.value(operation.form))
        if operation.body is None:
            return None
        return values.text_of(self._random, self._schemas.value(operation.body))

    def _ids(self, operation: Operation) -> dict[str, str]:
        """Ids for the path and the query, usually those of one known row."""
        random = self._random
        wanted = {*operation.ids, *(name for name in operation.query if name.endswith("_id"))}
        fitting = [row for row in self._rows if wanted <= row.keys()] or [
            row for row in self._rows if wanted.intersection(operation.ids) <= row.keys()
        ]
        if random.random() < (
            0.8 if operation.method == "DELETE" else 0.3
        ):  # Prefer a row of the kind that the operation is about to a row inside it.
            fitting = [row for row in fitting if row.keys() == wanted] or fitting
        row = random.choice(fitting) if fitting and random.random() < 0.85 else {}
        return {name: row.get(name) or random.choice(values.IDS) for name in sorted(wanted)}

    def _path(self, operation: Operation, ids: Mapping[str, str], odd: float) -> str:
        path = operation.path
        for name in operation.ids:
            is_odd = self._random.random() < odd
            path = path.replace(f"{{{name}}}", self._random.choice(_ODD_SEGMENTS) if is_odd else quote(ids[name]))
        return path

    def _query(self, operation: Operation, ids: Mapping[str, str], odd: float) -> str:
        random = self._random
        if random.random() < odd:
            return "?" + "&".join(random.choices(_ODD_QUERIES, k=random.choice((1, 1, 2, 3))))
        given = {name: schema for name, schema in operation.query.items() if random.random() < 0.5}
        drawn = [(name, ids.get(name) or self._schemas.value(schema)) for name, schema in given.items()]
        return "?" + "&".join(f"{name}={quote(str(value), errors='replace')}" for name, value in drawn) if drawn else ""

    def _request(self, kind: str, operation: Operation, *, body: bytes | None, is_odd: bool = False) -> Request:
        random, odd = self._random, 0.5 if is_odd else 0.02
        ids = self._ids(operation)
        target = self._path(operation, ids, odd if operation.ids else 0) + self._query(operation, ids, odd)
        usual = "application/json" if operation.form is None else forms.CONTENT_TYPE
        content_type = random.choice(_CONTENT_TYPES) if is_odd and random.random() < 0.3 else usual
        data = self._encoded(operation.method, target, content_type, body, self._authority)
        return Request(kind, operation.label, operation, data, ids)

    def _plain(self, kind: str, method: str, target: str, host: str | None = None) -> Request:
        authority = self._authority if host is None else host
        label = f"{method} {target}" if kind == "control" else "no operation"
        return Request(kind, label, None, self._encoded(method, target, None, None, authority))

    def _encoded(self, method: str, target: str, content_type: str | None, body: bytes | None, host: str) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"host: {host}"]
        if self._random.random() < 0.97:
            lines.append(f"authorization: Bearer {self._token}")
        else:
            lines += [f"authorization: {odd}" for odd in self._odd_tokens()]
        if content_type is not None and body is not None:
            lines.append(f"content-type: {content_type}")
        if body is None:
            lines.append("content-length: 0")
        elif self._random.random() < 0.1:
            lines.append("transfer-encoding: chunked")
            body = chunked(self._random, body)
        else:
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + (body or b"")

    def _odd_tokens(self) -> list[str]:
        """Values of authorization headers with no token, a wrong one, or several."""
        random, token = self._random, self._token
        corrupted = values.corrupted(random, token.encode()).decode("latin-1")[:5_000]
        corrupted = "".join(character for character in corrupted if character.isprintable())
        odd = (
            "",
            "Bearer",
            "Bearer ",
            "Bearer  x",
            "Basic abc",
            f"bearer {token}",
            "Bearer a.b.c",
            f"Bearer {corrupted}",
        )
        return random.choices(
            (*odd, f"Bearer {token} {token}", f"Bearer {'x' * 20_000}"), k=random.choice((0, 1, 1, 2))
        )


def chunked(random: Random, body: bytes) -> bytes:
    """The body in chunks of a random size."""
    size = random.choice((1, 7, 1_000)) if len(body) < 2_000 else 60_000
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
