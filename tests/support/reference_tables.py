"""The tables of the documentation that are derived from the declarations in the code.

A page has a table between the lines `<!-- NAME -->` and `<!-- /NAME -->`. `TABLES` maps each name to the page and to
the function that makes the table. To add a table, add a function and an entry there, and the two lines to the page.
"""

import argparse
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from mockserver.api.control.endpoint import OPERATIONS as CONTROL_OPERATIONS
from mockserver.api.operation import Operation
from mockserver.asgi import OPERATIONS
from mockserver.cli import _parser
from mockserver.domain.changes import CHANGES, VERSIONS
from mockserver.domain.profile import table_of_changes
from mockserver.domain.quirks import Quirks
from mockserver.parity.recordings import recorded_versions
from mockserver.pytest_plugin import pytest_addoption
from mockserver.testing.data import data_file
from mockserver.testing.fault_kinds import KINDS, Kind
from mockserver.testing.faults import RULE_ARGUMENTS, Rule
from mockserver.testing.options import OPTIONS, Option

from .pages import ROOT, text_of
from .served_documents import document


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    columns = head.split(" | ")
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("|" + "".join(f" {cell} |" if cell else " |" for cell in cells) for cells in lines)


def _options() -> str:
    rows = []
    for name, option in OPTIONS.items():
        default = "`None`" if option.default is None else f"`{option.default!r}`".replace("'", '"')
        rows.append((f"`{name}`", default, _flag(name, option), option.help))
    return _table("option | default in Python | command line | meaning", rows)


def _flag(name: str, option: Option) -> str:
    """The option of `serve` with its default there, if it is another one."""
    if name == "world":
        return "`--world FILE` (not `demo`)"
    if option.flag is None:
        return "no"
    if option.flag.turns_off:
        return f"`--no-{name}`"
    shown = {
        command: "that of the upstream" if value is None else f"{value:g}"
        for command, value in option.flag.defaults.items()
    }
    defaults = ", ".join(f"{command}: {value}" for command, value in shown.items())
    return f"`--{name.replace('_', '-')} {option.flag.metavar}`" + (f" ({defaults})" if defaults else "")


def _faults() -> str:
    """Each kind: its call, its help, and whether the request is carried out."""
    rows = []
    for kind in KINDS.values():
        arguments = [
            argument.name if argument.is_required else f"{argument.name}={argument.default!r}".replace("'", '"')
            for argument in kind.arguments()
        ]
        carries_out: Any = kind.carries_out
        depends = isinstance(carries_out, property) and carries_out is not Kind.carries_out
        carried_out = str(carries_out.__doc__) if depends else "Yes" if carries_out else "No"
        rows.append((f"`{kind.name}({', '.join(arguments)})`", kind.help, carried_out))
    return _table("fault | what the client gets | carried out", rows)


def _fault_arguments() -> str:
    rows = [(f"`{name}`", argument.help) for name, (argument, _) in RULE_ARGUMENTS.items()]
    return _table("argument | meaning", rows)


def _quirks() -> str:
    rows = []
    for quirk in Quirks.catalogue():
        versions, scenario = quirk.metadata["versions"], quirk.metadata["scenario"]
        having = "all" if versions == VERSIONS else f"up to {versions[-1]}"
        rows.append((f"`{quirk.name}`", quirk.metadata["why"], having, f"`{scenario}`" if scenario else ""))
    return _table("quirk | the live server, and the default | versions | recording", rows)


def _versions() -> str:
    rows = []
    for version in VERSIONS:
        changes = sum(change.first == version for change in CHANGES)
        mended = sum(
            quirk.metadata["versions"][-1] != VERSIONS[-1]
            and VERSIONS.index(quirk.metadata["versions"][-1]) + 1 == VERSIONS.index(version)
            for quirk in Quirks.catalogue()
        )
        recorded = "yes" if version in recorded_versions() else ""
        rows.append((version, str(changes + mended or ""), recorded))
    return _table("version | changes since the one before | recordings", rows)


def _changes() -> str:
    return table_of_changes(VERSIONS[0], VERSIONS[-1])


def _operations() -> str:
    rows = [(one.tag or "", f"`{one.name}`", f"`{one.method} {one.path}`") for one in OPERATIONS]
    return _table("about | operation | request", rows)


def _help_of(operation: Operation) -> str:
    """The first paragraph of the handler's docstring."""
    return " ".join((inspect.getdoc(operation.handler) or "").partition("\n\n")[0].split())


# Names that go together, and the link that stands for them in the table of the control plane.
_GROUPS: list[tuple[set[str], str]] = [
    (set(OPTIONS), "the [options](options.md)"),
    (
        {argument.name for kind in KINDS.values() for argument in kind.arguments()} | set(RULE_ARGUMENTS),
        "the [arguments of the fault](faults.md#all-faults)",
    ),
    (
        set(Rule.__annotations__) - set(RULE_ARGUMENTS) - {"predicate", "query", "body"},
        "[criteria](requests.md#criteria)",
    ),
]


def _fields(model: Any) -> list[str]:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ["a world"] if model is not None else []
    names = dict.fromkeys(model.model_fields)
    shown = []
    for group, link in _GROUPS:
        if group <= names.keys():
            names = {name: None for name in names if name not in group}
            shown.append(link)
    return [*(f"`{name}`" for name in names), *shown]


def _control_plane() -> str:
    rows = [
        (f"`{one.method} {one.path}`", _help_of(one), ", ".join([*_fields(one.query), *_fields(one.body)]))
        for one in CONTROL_OPERATIONS
    ]
    return _table("request | what it does | query or body", rows)


def _command(name: str, beyond: str | None = None) -> Callable[[], str]:
    """A function that makes the table of the arguments of a command, without those that the command `beyond` has."""

    def table() -> str:
        others = set() if beyond is None else {name for name, _ in arguments_of(commands()[beyond])}
        return _table("argument | meaning", [row for row in arguments_of(commands()[name]) if row[0] not in others])

    return table


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """The parser of each command, in order."""
    [action] = [one for one in _parser()._actions if isinstance(one, argparse._SubParsersAction)]
    choices: Mapping[str, argparse.ArgumentParser] = action.choices
    return choices


def arguments_of(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """The arguments of a command with their help, in order."""
    formatter = argparse.HelpFormatter(parser.prog)
    rows = []
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        values = "" if action.nargs == 0 else action.metavar or (action.choices and "NAME") or action.dest.upper()
        name = " ".join(filter(None, [", ".join(action.option_strings), str(values)]))
        shown = formatter._expand_help(action)
        if action.choices is not None:
            shown += ": " + ", ".join(map(str, action.choices))
        rows.append((f"`{name}`", shown))
    return rows


class PytestParser:
    """Takes the options and settings of the plugin."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def getgroup(self, _: str) -> "PytestParser":
        return self

    def addoption(self, name: str, **more: Any) -> None:
        self.rows.append((f"`{name} {more.get('metavar', '')}".rstrip() + "`", more["help"]))

    def addini(self, name: str, text: str, **_: Any) -> None:
        self.rows.append((f"`{name}`, in the configuration file", text))


def _pytest() -> str:
    parser: Any = PytestParser()
    pytest_addoption(parser)
    return _table("option or setting | meaning", parser.rows)


def _added_answers() -> str:
    """The answers that the command `contract` adds to each operation of the published document."""
    published = json.loads(data_file("sessions-openapi.json").read_text(encoding="utf-8"))

    def added(contract: Any, path: str, method: str) -> set[str]:
        ours, theirs = (one["paths"][path][method]["responses"] for one in (contract, published))
        return set(ours.keys() - theirs.keys())

    rows = []
    for operation in OPERATIONS:
        path, method = operation.path, operation.method.lower()
        if method in published["paths"].get(path, {}):
            always = added(document("contract"), path, method)
            with_auth = added(document("contract with tokens"), path, method) - always
            rows.append((f"`{operation.name}`", ", ".join(sorted(always)), ", ".join(sorted(with_auth))))
    return _table("operation | more answers | with `--auth`", rows)


# The name of each table, its page, and the function that makes it.
TABLES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "options": ("docs/options.md", _options),
    "faults": ("docs/faults.md", _faults),
    "fault arguments": ("docs/faults.md", _fault_arguments),
    "quirks": ("docs/versions.md", _quirks),
    "versions": ("docs/versions.md", _versions),
    "changes": ("docs/versions.md", _changes),
    "operations": ("docs/api.md", _operations),
    "control plane": ("docs/control-plane.md", _control_plane),
    "pytest": ("docs/pytest.md", _pytest),
    "added answers": ("docs/contract-testing.md", _added_answers),
    "serve": ("docs/command-line.md", _command("serve")),
    "demo": ("docs/command-line.md", _command("demo", beyond="serve")),
    "compare": ("docs/command-line.md", _command("compare", beyond="serve")),
    "check": ("docs/command-line.md", _command("check")),
    "record": ("docs/command-line.md", _command("record")),
    "healthcheck": ("docs/command-line.md", _command("healthcheck")),
    "contract": ("docs/command-line.md", _command("contract")),
    "versions command": ("docs/command-line.md", _command("versions")),
}


def names_in_pages() -> set[str]:
    """The names of all tables that pages have."""
    return {
        name
        for path in ROOT.glob("docs/*.md")
        for name in re.findall(r"^<!-- (?!/)(.*) -->$", path.read_text("utf-8"), re.MULTILINE)
    }


def with_table(name: str) -> str:
    """The text of the page of a table, with the table as it should be. Raises ValueError if the page has no place."""
    page, make = TABLES[name]
    text = text_of(page)
    place = re.compile(rf"(?<=^<!-- {name} -->\n).*?(?=^<!-- /{name} -->$)", re.DOTALL | re.MULTILINE)
    if len(place.findall(text)) != 1:
        raise ValueError(f"{page} has no place for the table {name!r}")
    return place.sub(lambda _: make() + "\n", text)
