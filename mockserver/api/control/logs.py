"""The logs of requests and of webhook deliveries, under `/_mock/`."""

from collections.abc import Sequence
from typing import Any

from ...testing.delivery import Delivery
from ...testing.exchange import Exchange
from ...testing.log import Log
from ...testing.registry import UnknownName
from ...testing.text import shortened
from ...wire import control as wire
from ...wire import deliveries as wire_deliveries
from ..operation import Call, Reply, Router

router = Router("request log")

_PATH = "/_mock/requests"
_DELIVERIES = "/_mock/deliveries"


@router.operation("GET", _PATH, answers={200: "Requests"}, query=wire.RequestQuery, access=None)
def list_requests(call: Call) -> Reply:
    """The requests in the log that match, in order; all, or at most `limit` after the number `after`."""
    criteria, after, limit = _window(call)
    return _requests(call, call.mock.requests.where(**criteria), after, limit)


@router.operation("GET", _PATH + "/{number}", answers={200: "Request", 404: "Problem"}, access=None)
def get_request(call: Call) -> Reply:
    """One request, by its number."""
    number = call.path["number"]
    for exchange in call.mock.requests:
        if str(exchange.number) == number:
            return 200, exchange.as_json()
    raise UnknownName(f"the log has no request {shortened(number)}")


@router.operation(
    "POST",
    _PATH + "/assert",
    answers={200: "Requests", 409: "Problem"},
    query=wire.WaitQuery,
    body=wire.RequestAssertion,
    access=None,
)
def assert_requests(call: Call) -> Reply:
    """Get the requests that match. If the assertion fails, the response is a 409 that lists the nearest requests and
    their differences.
    """
    requests, assertion = call.mock.requests, call.body
    if assertion.order is not None:
        return _requests(call, requests.assert_order(*(step.given() for step in assertion.order)))
    bounds = {"times": assertion.times, "at_least": assertion.at_least, "at_most": assertion.at_most}
    return _requests(call, requests.assert_called(**bounds, **assertion.like.given()))


@router.operation("DELETE", _PATH, answers={204: None}, query=wire.OfWorkspace, access=None)
def forget_requests(call: Call) -> Reply:
    """Remove the requests from the log, all or those of one workspace."""
    call.mock.requests.forget(call.query.workspace)
    return 204, None


@router.operation("GET", _DELIVERIES, answers={200: "Deliveries"}, query=wire_deliveries.DeliveryListQuery, access=None)
def list_deliveries(call: Call) -> Reply:
    """The webhook deliveries in the log that match, in order; all, or at most `limit` after the number `after`."""
    criteria, after, limit = _window(call)
    return _deliveries(call, call.mock.deliveries.where(**criteria), after, limit)


@router.operation(
    "POST",
    _DELIVERIES + "/assert",
    answers={200: "Deliveries", 409: "Problem"},
    query=wire.WaitQuery,
    body=wire_deliveries.DeliveryAssertion,
    access=None,
)
def assert_deliveries(call: Call) -> Reply:
    """Get the deliveries that match. If the assertion fails, the response is a 409 that lists the nearest deliveries
    and their differences.
    """
    deliveries, assertion = call.mock.deliveries, call.body
    criteria = assertion.like.given()
    if assertion.at_least is not None and assertion.at_most is None:
        return _deliveries(call, deliveries.wait_for(timeout=0, at_least=assertion.at_least, **criteria))
    bounds = {"times": assertion.times, "at_least": assertion.at_least, "at_most": assertion.at_most}
    return _deliveries(call, deliveries.assert_sent(**bounds, **criteria))


@router.operation("DELETE", _DELIVERIES, answers={204: None}, query=wire.OfWorkspace, access=None)
def forget_deliveries(call: Call) -> Reply:
    """Remove the deliveries from the log, all or those of one workspace, and cancel those that are pending."""
    call.mock.deliveries.forget(call.query.workspace)
    return 204, None


def _window(call: Call) -> tuple[dict[str, Any], int, int | None]:
    """The criteria of the query, and its parameters `after` and `limit`."""
    criteria = call.query.given()
    return criteria, criteria.pop("after", 0), criteria.pop("limit", None)


def _requests(call: Call, found: list[Exchange], after: int = 0, limit: int | None = None) -> Reply:
    return 200, _listed("requests", call.mock.requests, found, after, limit)


def _deliveries(call: Call, found: list[Delivery], after: int = 0, limit: int | None = None) -> Reply:
    return 200, _listed("deliveries", call.mock.deliveries, found, after, limit)


def _listed(
    name: str, log: Log[Any], found: Sequence[Exchange | Delivery], after: int, limit: int | None
) -> dict[str, Any]:
    following = [entry for entry in found if entry.number > after]
    listed = following[:limit]
    last = listed[-1].number if listed else after
    return {
        name: [entry.as_json() for entry in listed],
        "total": len(found),
        "dropped": log.dropped,
        "next": last if len(listed) < len(following) else None,
    }
