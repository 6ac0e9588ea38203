"""Operations on faults and scripts, in the control plane."""

from functools import reduce
from operator import or_
from typing import Any, Literal, get_args, get_origin

from pydantic import Field, create_model

from ...testing.fault_kinds import KINDS, Kind
from ...testing.faults import RULE_ARGUMENTS, Fault
from ...testing.scripts import Script
from ...wire import control as wire
from ..operation import Call, Reply, Router

router = Router("faults and scripts")

_FAULTS = "/_mock/faults"
_SCRIPTS = "/_mock/scripts"


def _members() -> dict[str, Any]:
    """The fields of the request body that adds a fault: the kind, the arguments of all kinds, and the arguments of
    `Rule`.

    Arguments with the same name in several kinds are one field. `Faults.add` checks which ones a kind takes.
    """
    kinds = "\n".join(f"- `{kind.name}`: {kind.help}" for kind in KINDS.values())
    fault: Any = Literal[tuple(KINDS)]
    members: dict[str, Any] = {"fault": (fault, Field(description=kinds))}
    types: dict[str, list[Any]] = {}
    helps: dict[str, dict[str, list[str]]] = {}
    for kind in KINDS.values():
        for argument in kind.arguments():
            types.setdefault(argument.name, []).append(argument.type)
            default = "" if argument.default in (None, False) or argument.is_required else f" ({argument.default})"
            text = argument.declared.help + default
            helps.setdefault(argument.name, {}).setdefault(text, []).append(kind.name)
    for name, of_kinds in types.items():
        described = "; ".join(f"{', '.join(kinds)}: {text}" for text, kinds in helps[name].items())
        members[name] = (reduce(or_, of_kinds) | None, Field(default=None, description=described))
    for name, (rule, type_) in RULE_ARGUMENTS.items():
        members[name] = (type_, Field(default=None, description=rule.help))
    return members


_FaultRule = create_model("FaultRule", __base__=wire.FaultCriteria, __doc__="A fault and its requests.", **_members())


@router.operation("GET", "/_mock/fault-kinds", answers={200: "list[FaultKind]"}, access=None)
def list_fault_kinds(call: Call) -> Reply:
    """The kinds of faults with their arguments."""
    return 200, [_kind_as_json(kind) for kind in KINDS.values()]


@router.operation("GET", _FAULTS, answers={200: "list[Fault]"}, query=wire.OfWorkspace, access=None)
def list_faults(call: Call) -> Reply:
    """List the active faults, in order. With a workspace, list only the faults whose criteria name it. The first fault
    that fires applies to a request.
    """
    return 200, [fault.as_json() for fault in call.mock.faults if _names(fault, call.query.workspace)]


@router.operation("POST", _FAULTS, answers={201: "Fault"}, body=_FaultRule, access=None)
def add_fault(call: Call) -> Reply:
    """Add a fault."""
    rule = call.body.given()
    return 201, call.mock.faults.add(rule.pop("fault"), **rule).as_json()


@router.operation("GET", _FAULTS + "/{name}", answers={200: "Fault", 404: "Problem"}, access=None)
def get_fault(call: Call) -> Reply:
    """A fault, and how often it fired."""
    return 200, call.mock.faults[call.path["name"]].as_json()


@router.operation("POST", _FAULTS + "/{name}/release", answers={200: "Fault", 404: "Problem"}, access=None)
def release_fault(call: Call) -> Reply:
    """Send the answers that a fault holds. The fault is then over."""
    fault = call.mock.faults[call.path["name"]]
    fault.release()
    return 200, fault.as_json()


@router.operation("DELETE", _FAULTS + "/{name}", answers={204: None, 404: "Problem"}, access=None)
def remove_fault(call: Call) -> Reply:
    """Remove a fault, and send the answers that it holds."""
    call.mock.faults.remove(call.path["name"])
    return 204, None


@router.operation("DELETE", _FAULTS, answers={204: None}, query=wire.OfWorkspace, access=None)
def remove_faults(call: Call) -> Reply:
    """Remove all faults, or those that name a workspace."""
    call.mock.faults.forget(call.query.workspace)
    return 204, None


@router.operation("GET", _SCRIPTS, answers={200: "list[Script]"}, query=wire.OfWorkspace, access=None)
def list_scripts(call: Call) -> Reply:
    """List the scripts and how many requests each one answered. With a workspace, list only the scripts whose criteria
    name it.
    """
    return 200, [script.as_json() for script in call.mock.scripts if _names(script, call.query.workspace)]


@router.operation("POST", _SCRIPTS, answers={201: "Script"}, body=wire.ScriptRule, access=None)
def add_script(call: Call) -> Reply:
    """Script the answers of an operation that needs a model."""
    script = call.body.given()
    return 201, call.mock.scripts.add(script.pop("operation", None), *script.pop("answers"), **script).as_json()


@router.operation("DELETE", _SCRIPTS + "/{name}", answers={204: None, 404: "Problem"}, access=None)
def remove_script(call: Call) -> Reply:
    """Remove a script."""
    call.mock.scripts.remove(call.path["name"])
    return 204, None


@router.operation("DELETE", _SCRIPTS, answers={204: None}, query=wire.OfWorkspace, access=None)
def remove_scripts(call: Call) -> Reply:
    """Remove all scripts, or those that name a workspace."""
    call.mock.scripts.forget(call.query.workspace)
    return 204, None


def _names(rule: Fault | Script, workspace: str | None) -> bool:
    return workspace in (None, rule.pattern.criteria.get("workspace"))


def _kind_as_json(kind: type[Kind]) -> dict[str, Any]:
    arguments = [
        {
            "name": argument.name,
            "help": argument.declared.help,
            "is_required": argument.is_required,
            "choices": list(get_args(argument.type)) if _is_choice(argument.type) else None,
            "proposed": argument.default if argument.declared.example is None else argument.declared.example,
        }
        for argument in kind.arguments()
    ]
    return {"name": kind.name, "help": kind.help, "arguments": arguments}


def _is_choice(type_: Any) -> bool:
    return get_origin(type_) is Literal
