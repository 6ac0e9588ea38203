"""Faults and scripts for other languages."""

from ..testing.rules import Fault
from ..testing.scripts import Script
from ..wire import control as wire
from .operation import Call, Reply, Router

router = Router("faults and scripts")

_FAULTS = "/_mock/faults"
_SCRIPTS = "/_mock/scripts"


@router.operation("GET", _FAULTS, answers={200: "list[Fault]"}, query=wire.OfWorkspace, access=None)
def list_faults(call: Call) -> Reply:
    """The rules in force, all or those that name a workspace, in the order in which they are asked."""
    return 200, [one.as_json() for one in call.mock.faults if _is_of(one, call.query.workspace)]


@router.operation("POST", _FAULTS, answers={201: "Fault"}, body=wire.FaultRule, access=None)
def add_fault(call: Call) -> Reply:
    """Set a rule."""
    rule = call.body.given()
    return 201, call.mock.faults.add(rule.pop("fault"), **rule).as_json()


@router.operation("GET", _FAULTS + "/{name}", answers={200: "Fault", 404: "Problem"}, access=None)
def get_fault(call: Call) -> Reply:
    """A rule, and how often it fired."""
    return 200, call.mock.faults[call.path["name"]].as_json()


@router.operation("POST", _FAULTS + "/{name}/release", answers={200: "Fault", 404: "Problem"}, access=None)
def release_fault(call: Call) -> Reply:
    """Send the answers that a rule holds; it is over."""
    fault = call.mock.faults[call.path["name"]]
    fault.release()
    return 200, fault.as_json()


@router.operation("DELETE", _FAULTS + "/{name}", answers={204: None, 404: "Problem"}, access=None)
def remove_fault(call: Call) -> Reply:
    """Take a rule away; what it holds is answered."""
    call.mock.faults.remove(call.path["name"])
    return 204, None


@router.operation("DELETE", _FAULTS, answers={204: None}, query=wire.OfWorkspace, access=None)
def remove_faults(call: Call) -> Reply:
    """Take all rules away, or those that name this workspace."""
    call.mock.faults.forget(call.query.workspace)
    return 204, None


@router.operation("GET", _SCRIPTS, answers={200: "list[Script]"}, query=wire.OfWorkspace, access=None)
def list_scripts(call: Call) -> Reply:
    """The scripted answers, all or those that name a workspace, and how many of each were used."""
    return 200, [one.as_json() for one in call.mock.scripts if _is_of(one, call.query.workspace)]


@router.operation("POST", _SCRIPTS, answers={201: "Script"}, body=wire.ScriptRule, access=None)
def add_script(call: Call) -> Reply:
    """Say what an operation that needs a model answers."""
    script = call.body.given()
    return 201, call.mock.scripts.add(script.pop("operation", None), *script.pop("answers"), **script).as_json()


@router.operation("DELETE", _SCRIPTS + "/{name}", answers={204: None, 404: "Problem"}, access=None)
def remove_script(call: Call) -> Reply:
    """Take scripted answers away."""
    call.mock.scripts.remove(call.path["name"])
    return 204, None


@router.operation("DELETE", _SCRIPTS, answers={204: None}, query=wire.OfWorkspace, access=None)
def remove_scripts(call: Call) -> Reply:
    """Take all scripts away, or those that name this workspace."""
    call.mock.scripts.forget(call.query.workspace)
    return 204, None


def _is_of(rule: Fault | Script, workspace: str | None) -> bool:
    return workspace in (None, rule.pattern.criteria.get("workspace"))
