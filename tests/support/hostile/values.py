"""JSON values at the limits of what the API accepts and beyond, and their encoding."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

Json = Any

IDS = ("a", "b", "c", "d")
_OPERATORS = ("gte", "lte", "gt", "lt", "ne", "in", "contains", "icontains")
_COLUMNS = (
    *("id", "metadata", "created_at", "is_active", "workspace_id", "session_id", "peer_id", "token_count"),
    *("observer_id", "observed_id"),
)
_KEYS = ("k", "n", "t", "l", "o", "", "\0", "é", "in")

TEXTS = (
    *("", " ", "*", "\0", "a\0b", "null", "true", "nan", "-inf", "12", " 12.0 ", "-1", "1e999", "1e-999", "9" * 400),
    *("é", "e\u0301", "\u202e", "\U0001f600", "\ufeff", "\uffff", "\u2028", "İ", "../..", "a/b", "a b", "%", "\\", '"'),
    *("<|endoftext|>", "\ud800", "2024-01-01", "2024-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    *("0001-01-01T00:00:00+00:01", "2024-02-30T00:00:00Z", "x" * 512, "x" * 513, "é" * 300),
)
NUMBERS = (
    *(0, -0.0, 1, -1, 0.5, 10, 20, 100, 101, 2**31, 2**63, -(2**63) - 1, 2**64, 1e308, 5e-324, -1e16),
    *(10**400, 10**4_299, float("nan"), float("inf"), float("-inf")),
)


def scalar(random: Random) -> Json:
    return random.choice((None, True, False, random.choice(NUMBERS), random.choice(TEXTS), random.choice(TEXTS)))


def anything(random: Random, depth: int = 3) -> Json:
    """Any JSON value, and sometimes one that JSON cannot express, such as NaN."""
    if depth == 0 or random.random() < 0.5:
        return scalar(random)
    size = random.choice((0, 1, 1, 2, 3))
    if random.random() < 0.5:
        return [anything(random, depth - 1) for _ in range(size)]
    return {random.choice(_KEYS): anything(random, depth - 1) for _ in range(size)}


def nested(levels: int, inner: Json, key: str | None = None) -> Json:
    """`inner` inside this many lists, or this many objects under `key`."""
    for _ in range(levels):
        inner = [inner] if key is None else {key: inner}
    return inner


def metadata(random: Random) -> Json:
    """Metadata of every size up to the limits, and slightly beyond."""
    sizes: tuple[Callable[[], Json], ...] = (
        dict,
        lambda: {key: scalar(random) for key in _KEYS},
        lambda: {"n": random.randint(0, 9), "t": random.choice(("9", "10", "x")), "l": [1, [2], {"k": None}]},
        lambda: {"l": list(range(random.choice((10, 10, 300, 1_000))))},
        lambda: {f"key{number}": number for number in range(random.choice((99, 100, 101)))},
        lambda: nested(random.choice((4, 5, 6)), 1, "k"),
        lambda: {"deep": nested(random.choice((100, 180, 190, 198, 199, 200, 210)), 1)},
        lambda: {"t": random.choice(TEXTS) * random.choice((1, 30))},
        lambda: {"k": anything(random)},
    )
    return random.choice(sizes)()


def filters(random: Random, depth: int = 0) -> Json:
    """A filter document of any shape, usually valid."""
    document: dict[str, Json] = {}
    if depth == 0 and random.random() < 0.005:
        heavy = random.choice(({"l": list(range(1_000))}, {"t": {"contains": "y"}}, {"l": {"icontains": "y"}}))
        return {"AND": [{"NOT": [{"metadata": heavy}]}] * random.choice((100, 1_000))}
    if depth == 0 and random.random() < 0.1:
        return {"observer_id": random.choice(IDS), "observed_id": random.choice(IDS)}
    for _ in range(random.choice((0, 1, 1, 1, 2, 4))):
        if random.random() < 0.4 and depth < 7:
            members = [filters(random, depth + 1) for _ in range(random.choice((0, 1, 2, 3)))]
            document[random.choice(("AND", "OR", "NOT"))] = members if random.random() < 0.95 else anything(random)
        elif random.random() < 0.01:
            document["OR"] = [{"created_at": {"lt": "2024-01-01"}}] * random.choice((500, 9_990, 10_001))
        else:
            document[random.choice(_COLUMNS)] = _condition(random, 2)
    return document


def _condition(random: Random, depth: int) -> Json:
    choice = random.random()
    if choice < 0.2:
        return anything(random, 1)
    if choice < 0.3:
        return random.choice((*IDS, "*", True, False, 0, "2024-01-01T00:00:00Z"))
    if choice < 0.4:
        return metadata(random)
    if choice < 0.6 and depth:
        return {random.choice(_KEYS): _condition(random, depth - 1)}
    return {_operator(random): _operand(random) for _ in range(random.choice((1, 1, 2, 3)))}


def _operator(random: Random) -> str:
    return random.choice(_OPERATORS) if random.random() < 0.95 else random.choice(("eq", "GTE", "", "not", "\0"))


def _operand(random: Random) -> Json:
    choice = random.random()
    if choice < 0.3:
        return scalar(random)
    if choice < 0.6:
        return random.choice((*IDS, 1, 5, "5", "2024-01-01T00:00:00Z", "2124-01-01", "x"))
    if choice < 0.8:
        return [scalar(random) for _ in range(random.choice((0, 1, 3, 20)))]
    if choice < 0.82:
        return list(range(random.choice((1_000, 20_000))))
    return anything(random)


def mutated(random: Random, value: Json) -> Json:
    """The value with one part of it, at any depth, replaced, removed, repeated or moved."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(list(value))
        rest = {name: entry for name, entry in value.items() if name != key}
        choice = random.random()
        if choice < 0.1:
            return rest
        if choice < 0.2:
            return {**rest, random.choice(TEXTS): value[key]}
        return {**value, key: mutated(random, value[key])}
    if isinstance(value, list) and value and random.random() < 0.8:
        index = random.randrange(len(value))
        if random.random() < 0.1:
            return value * random.choice((0, 2, 101))
        return [*value[:index], mutated(random, value[index]), *value[index + 1 :]]
    ways: tuple[Callable[[], Json], ...] = (
        lambda: scalar(random),
        lambda: anything(random),
        lambda: nested(random.choice((1, 5, 190, 201, 400)), value),
        lambda: {random.choice(_KEYS): value},
        lambda: str(value) if not isinstance(value, int) else float(value % 1_000),
    )
    return random.choice(ways)()


def text_of(random: Random, value: Json) -> bytes:
    """The value encoded as JSON in a random style."""
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice((None, None, None, 1)))
    return text.encode("utf-8", "surrogatepass")


def corrupted(random: Random, text: bytes) -> bytes:
    """The JSON text with a random error; sometimes it stays valid."""
    index = random.randrange(len(text) + 1)
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: text[:index],
        lambda: text[:index] + bytes([random.randrange(256)]) + text[index:],
        lambda: text[:index] + random.choice((b"NaN", b"-Infinity", b"1e999", b"\xff", b"\0", b"\xed\xa0\x80", b"//")),
        lambda: text.replace(b"{", b'{"id": 1, "id": "a", "metadata": 7, "filters": {}, ', 1),
        lambda: text.replace(b":", b": " + b"9" * random.choice((309, 4_300, 5_000)) + b", " + b'"z":', 1),
        lambda: text.replace(b":", b": 1e" + b"9" * random.choice((1, 3, 30)) + b', "z":', 1),
        lambda: text.replace(b'"', b'"' + random.choice((rb"\ud83d", rb"\u0000", rb"\uDC00\uD800", rb"\x", b"\t")), 1),
        lambda: b"[" * random.choice((199, 201, 50_000)) + text,
        lambda: text.replace(b"{", b'{"o":' * random.choice((3, 199, 20_000)) + b"{", 1),
        lambda: text + random.choice((b" ", b"\0", b",", b"{}", text)),
        lambda: text.decode("utf-8", "replace").encode(random.choice(("utf-8-sig", "utf-16", "utf-16-be", "utf-32"))),
        lambda: random.choice(
            (b"", b" ", b"null", b"[]", b"{}", b'""', b"0", b"true", b"\xff", b"\0", b"\xef\xbb\xbf")
        ),
    )
    return random.choice(ways)()
