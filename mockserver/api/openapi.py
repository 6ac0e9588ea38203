"""The served OpenAPI document, derived from the declarations of the operations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import DictSchema, EnumSchema

from ..domain.changes import CONTRACT
from ..wire import answers
from ..wire import schemas as named_schemas
from ..wire.fields import NAMED, Id
from ..wire.versions import as_of
from .operation import Operation, operations_of

_REF = "#/components/schemas/{model}"
_SUCCESS = "Successful Response"
_REASONS = {
    400: "Limit Exceeded",
    401: "Unauthorized",
    404: "Not Found",
    405: "Disabled",
    409: "Conflict",
    413: "File Too Large",
    415: "Unsupported File Type",
    422: "Validation Error",
}
_REASONS_OF_FORMS = {400: "Unreadable Form"}
_TOKEN: dict[str, list[str]] = {"HTTPBearer": []}

Json = dict[str, Any]


_API = {
    "title": "Honcho API",
    "summary": "A stateful fake for tests",
    "description": "A fake server of the Honcho API. It keeps its state in memory, and runs no model.",
}
# What each tag is about. A document lists the tags of its operations, in this order.
TAGS = {
    "workspaces": "A workspace holds peers, sessions and conclusions, apart from all other workspaces.",
    "peers": "A peer is a participant, such as a user or an agent.",
    "sessions": "A session is a conversation between peers.",
    "messages": "A message is what a peer says in a session.",
    "conclusions": "A conclusion is what one peer observes about another, or about itself.",
    "keys": "A key is a token that gives access to a workspace, a peer or a session.",
    "webhooks": "A webhook is a URL that receives the events of a workspace.",
    "state": "The state of the fake, its clock, its background work, snapshots and worlds.",
    "request log": "The requests and webhook deliveries of the fake, and assertions on them.",
    "coverage": "Which operations and answers of the API were used.",
    "faults and scripts": "Faults make requests fail, and scripts answer in the place of a model.",
    "page": "What the page in the browser shows and controls.",
}
_CONTACT = {"name": "The maintainers of honcho-mockserver"}
_SERVER = {"url": "/", "description": "The server that answers with this document"}


def document_of(
    operations: Iterable[Operation], *, authenticated: bool, version: str = CONTRACT, info: Mapping[str, str] = _API
) -> Json:
    """The OpenAPI 3.1 document of these operations in a version of the API, with authentication on or off."""
    listed = operations_of(operations, version)
    by_name = {operation.name: operation for operation in listed}
    schemas = _Schemas(version)
    paths: Json = {}
    for operation in listed:
        described = _operation(operation, by_name, schemas)
        if operation.access is not None:
            _add_security(described, schemas, authenticated)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    tags = {operation.tag for operation in listed}
    return {
        "openapi": "3.1.0",
        "info": {**info, "version": version, "contact": _CONTACT},
        "servers": [_SERVER],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items() if name in tags],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions(),
            "securitySchemes": {"HTTPBearer": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Generator(GenerateJsonSchema):
    """Generates the schemas of the published document with any version of pydantic."""

    def dict_schema(self, schema: DictSchema) -> Json:
        # pydantic before 2.11 leaves this out.
        return {"additionalProperties": True, **super().dict_schema(schema)}

    def enum_schema(self, schema: EnumSchema) -> Json:
        # For an enum with one member, versions of pydantic write `const`, `enum` or both.
        described = super().enum_schema(schema)
        if "const" in described:
            described["enum"] = [described.pop("const")]
        return described


class _Schemas:
    """Collects the schemas that operations refer to, as a version of the API has them."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._definitions: Json = {}
        self._named = named_schemas.by_name(version)

    def of(self, type_: Any, title: str | None = None) -> Json:
        """The schema of a type, with references to its models. `title` replaces the name of the type."""
        adapter = TypeAdapter(as_of(type_, self._version))
        schema: Json = self._with_references(
            _without_absent_defaults(adapter.json_schema(ref_template=_REF, schema_generator=_Generator))
        )
        self._definitions.update(schema.pop("$defs", {}))
        if title is not None:
            schema["title"] = title
        title = schema.get("title")
        if title is not None and schema.get("type") == "object" and "properties" in schema:
            name = re.sub(r"\W", "_", title)
            self._definitions[name] = schema
            return {"$ref": _REF.format(model=name)}
        return schema

    def _with_references(self, schema: Any) -> Any:
        """The schema, or list of schemas, with a reference to each named one, which is then among the definitions."""
        if isinstance(schema, list):
            return [self._with_references(entry) for entry in schema]
        if not isinstance(schema, dict):
            return schema
        named = {key: self._with_references(value) for key, value in schema.items() if key != NAMED}
        return named if NAMED not in schema else {**named, **self._reference(schema[NAMED])}

    def _reference(self, name: str) -> Json:
        if name not in self._definitions:
            self._definitions[name] = {}  # until it is complete
            self._definitions[name] = self._with_references(self._named[name])
        return {"$ref": _REF.format(model=name)}

    def definitions(self) -> Json:
        return dict(sorted(self._definitions.items()))


def _operation(operation: Operation, by_name: dict[str, Operation], schemas: _Schemas) -> Json:
    described: Json = {} if operation.tag is None else {"tags": [operation.tag]}
    described |= {
        "summary": operation.summary,
        "description": _description(operation.handler.__doc__),
        "operationId": operation.operation_id,
    }
    parameters = _path_parameters(operation, schemas) + _query_parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _body(operation, schemas)
    described["responses"] = _responses(operation, by_name, schemas)
    return described


def _add_security(described: Json, schemas: "_Schemas", authenticated: bool) -> None:
    """Declare that the operation needs a token, and its 401; or, without authentication, that a token is optional."""
    described["security"] = [_TOKEN] if authenticated else [_TOKEN, {}]
    if authenticated:
        described["responses"]["401"] = _response(_REASONS[401], answers.Problem, schemas)


def _description(docstring: str | None) -> str:
    return "\n".join(line.strip() for line in (docstring or "").strip().splitlines())


def _path_parameters(operation: Operation, schemas: _Schemas) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {
                "type": "string",
                "title": name.replace("_", " ").title(),
                **(schemas.of(Id) if name in operation.new_ids else {}),
            },
        }
        for name, _ in operation.places
    ]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    properties = TypeAdapter(as_of(operation.query_type, operation.version)).json_schema()["properties"]
    # The published document lists `reverse` before the page.
    names = sorted(properties, key=lambda name: name != "reverse")
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": _without_absent_defaults(properties[name]),
            **({"description": properties[name]["description"]} if "description" in properties[name] else {}),
        }
        for name in names
    ]


def _without_absent_defaults(schema: Json) -> Json:
    """The schema without the defaults that stand for "not given", null and "": the published document has none."""
    kept = {key: value for key, value in schema.items() if not (key == "default" and value in (None, ""))}
    return {key: _without_absent_defaults(value) if isinstance(value, dict) else value for key, value in kept.items()}


def _body(operation: Operation, schemas: _Schemas) -> Json:
    if operation.form is not None:
        return _form(operation, operation.form, schemas)
    schema = schemas.of(operation.body_type)
    if not operation.body_required:
        schema = {"anyOf": [schema, {"type": "null"}]}
    if operation.body_description is not None:
        schema["description"] = operation.body_description
    if operation.body_title is not None:
        schema["title"] = operation.body_title
    content = {"content": {"application/json": {"schema": schema}}}
    return {"required": True, **content} if operation.body_required else content


def _form(operation: Operation, files: Mapping[str, str], schemas: _Schemas) -> Json:
    """A form, with its name in the published document and the content types of its files."""
    schema = schemas.of(operation.body_type, f"Body_{operation.operation_id}")
    encoding = {name: {"contentType": types} for name, types in files.items()}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}


def _responses(operation: Operation, by_name: dict[str, Operation], schemas: _Schemas) -> Json:
    responses: Json = {}
    success = next(iter(operation.answers))
    reasons = _REASONS if operation.form is None else {**_REASONS, **_REASONS_OF_FORMS}
    for status, shape in operation.answers.items():
        reason = _SUCCESS if status == success else reasons[status]
        response: Json = {"description": reason}
        if shape is not None:
            response = _response(reason, answers.SHAPES[shape], schemas)
        if status == success and operation.streams:
            response["content"]["text/event-stream"] = {}
        if status == success and operation.links:
            response["links"] = {
                name: {
                    "operationId": by_name[name].operation_id,
                    "parameters": dict(link.parameters),
                    **({"requestBody": dict(link.body)} if link.body else {}),
                }
                for name, link in operation.links.items()
                if name in by_name  # A document may have some of the operations only.
            }
        responses[str(status)] = response
    if operation.is_validated:
        responses["422"] = _response(_REASONS[422], answers.HTTPValidationError, schemas)
    return responses


def _response(reason: str, shape: Any, schemas: _Schemas) -> Json:
    return {"description": reason, "content": {"application/json": {"schema": schemas.of(shape)}}}
