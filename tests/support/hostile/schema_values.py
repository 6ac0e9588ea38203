"""Random values that match a JSON schema, mostly at the limits of what it allows."""

from collections.abc import Callable
from random import Random
from typing import Any

from . import values

Json = Any

# URLs of webhooks: invalid, or a local port that no server listens on.
_URLS = (
    *("http://127.0.0.1:9/", "HTTP://127.0.0.1:9/a b?c=d#e", "https://127.0.0.1:9/", "http://[::1]:9/", "http://[::1"),
    *(
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://u:p@127.0.0.1:9",
        "http://127.0.0.1:9/\r\nX: y",
        "http://",
    ),
    *(
        "http://a..b/",
        "http://\u2028/",
        "http://:9/",
        "http:///",
        "ftp://127.0.0.1:9/",
        "http://127.0.0.1:9/" + "x" * 2_100,
    ),
)
_MOMENTS = ("2024-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+14:00", "1969-12-31T23:59:60Z")


class SchemaValues:
    """Draws values for the schemas of one document."""

    def __init__(self, document: Json, random: Random) -> None:
        self._definitions: dict[str, Json] = document.get("components", {}).get("schemas", {})
        self._random = random
        self._by_name: dict[str, Callable[[Random], Json]] = {"filters": values.filters, "metadata": values.metadata}
        self._by_type: dict[str, Callable[[Json, str], Json]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._number,
            "number": self._number,
            "boolean": lambda *_: self._random.random() < 0.5,
            "null": lambda *_: None,
        }

    def value(self, schema: Json, name: str = "") -> Json:
        """A value that matches the schema; `name` is the name of its field."""
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            # The last option is usually null: draw it less often than the others.
            last = -1 if self._random.random() < 0.15 else self._random.randrange(max(1, len(options) - 1))
            return self.value(options[last], name)
        if "$ref" in schema:
            return self.value(self._definitions[schema["$ref"].rsplit("/", 1)[-1]], name)
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        if name in self._by_name and schema.get("type") == "object":
            return self._by_name[name](self._random)
        draw = self._by_type.get(schema.get("type", ""))
        return values.anything(self._random) if draw is None else draw(schema, name)

    def _object(self, schema: Json, _: str) -> Json:
        random = self._random
        fields: dict[str, Json] = schema.get("properties", {})
        required = schema.get("required", ())
        drawn = {
            field: self.value(inner, field)
            for field, inner in fields.items()
            if field in required or random.random() < 0.5
        }
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            count = random.choice((0, 1, 2, 4)) if random.random() < 0.97 else 12
            ids = [*values.IDS, *(f"peer{number}" for number in range(count))]
            drawn |= {random.choice(ids): self.value(others, "") for _ in range(count)}
        elif others is True and random.random() < 0.2:
            drawn[random.choice(values.TEXTS)] = values.anything(random, 2)
        return drawn

    def _array(self, schema: Json, name: str) -> Json:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 4)
        count = self._random.randint(least, min(most, least + 2)) if self._random.random() < 0.98 else most
        return [self.value(schema.get("items", {}), name) for _ in range(count)]

    def _string(self, schema: Json, name: str) -> str:
        random = self._random
        if schema.get("format") == "date-time":
            return random.choice(_MOMENTS)
        if schema.get("format") == "uri":
            return random.choice(_URLS)
        if "pattern" in schema or name.endswith("_id"):
            rare = "x" * int(schema.get("maxLength", 512)) if random.random() < 0.2 else f"spare{random.randrange(20)}"
            return rare if random.random() < 0.15 else random.choice(values.IDS)
        if random.random() < 0.02 and "maxLength" in schema:
            return random.choice(("x", "é", " ", "\U0001f600")) * int(schema["maxLength"] - random.choice((0, 0, 1)))
        return random.choice((*values.IDS, random.choice(values.TEXTS)))

    def _number(self, schema: Json, _: str) -> int:
        least, most = int(schema.get("minimum", 0)), int(schema.get("maximum", 10**6))
        return self._random.choice((least, least, least + 1, min(least + 15, most), most))
