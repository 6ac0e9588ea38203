"""The contract as a document for tools: the published one of four operations, and what this project adds to it."""

import json
from collections.abc import Iterable

from ..testing.data import data_file
from .openapi import Json, document_of
from .operation import Operation


def contract_of(operations: Iterable[Operation], *, authenticated: bool) -> Json:
    """The published document with the additions: answers that it does not list, and rules that it leaves out.

    Its paths and schemas come from the declarations of `operations`, as in the served document: for a published
    operation that is the published text and the additions. Tools take the methods that a path lists for all that it
    has, so the paths have their other operations too. Security is that of a server with authentication on or off.
    """
    published: Json = json.loads(data_file("sessions-openapi.json").read_text(encoding="utf-8"))
    listed = [operation for operation in operations if operation.path in published["paths"]]
    described = document_of(listed, authenticated=authenticated)
    return {**published, **{part: described[part] for part in ("tags", "paths", "components")}}
