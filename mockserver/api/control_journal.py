"""The journal, and deliveries to webhooks, for other languages."""

from ..testing.delivery import Delivery
from ..testing.exchanges import Exchange
from ..testing.registry import UnknownName
from ..testing.wording import shortened
from ..wire import control as wire
from ..wire import deliveries as wired
from .operation import Call, Reply, Router

router = Router("journal")

_PATH = "/_mock/requests"
_DELIVERIES = "/_mock/deliveries"


@router.operation("GET", _PATH, answers={200: "Requests"}, query=wire.Listed, access=None)
def list_requests(call: Call) -> Reply:
    """The requests that the journal has, in order, and how many fell out of it."""
    like = call.query.given()
    after, limit = like.pop("after", 0), like.pop("limit", None)
    found = [exchange for exchange in call.mock.requests.where(**like) if exchange.number > after]
    return _requests(call, found[:limit])


@router.operation("GET", _PATH + "/{number}", answers={200: "Request", 404: "Problem"}, access=None)
def get_request(call: Call) -> Reply:
    """One request, with its bodies."""
    number = call.path["number"]
    for exchange in call.mock.requests:
        if str(exchange.number) == number:
            return 200, exchange.as_json()
    raise UnknownName(f"the journal has no request {shortened(number)}")


@router.operation(
    "POST",
    _PATH + "/assert",
    answers={200: "Requests", 409: "Problem"},
    query=wire.Waiting,
    body=wire.Called,
    access=None,
)
def assert_requests(call: Call) -> Reply:
    """The requests that are like this; 409, with the nearest calls and what differs, where they are not there."""
    requests, asked = call.mock.requests, call.body
    if asked.order is not None:
        return _requests(call, requests.assert_order(*(step.given() for step in asked.order)))
    like = asked.like.given()
    if asked.at_least is not None:
        return _requests(call, requests.wait_for(timeout=0, at_least=asked.at_least, **like))
    return _requests(call, requests.assert_called(times=asked.times, **like))


@router.operation("DELETE", _PATH, answers={204: None}, query=wire.OfWorkspace, access=None)
def forget_requests(call: Call) -> Reply:
    """Forget the requests, all or those of one workspace."""
    call.mock.requests.forget(call.query.workspace)
    return 204, None


@router.operation("GET", _DELIVERIES, answers={200: "Deliveries"}, query=wired.LikeDelivered, access=None)
def list_deliveries(call: Call) -> Reply:
    """What was sent to webhooks, in order, what became of it, and how many fell out."""
    return _deliveries(call, call.mock.deliveries.where(**call.query.given()))


@router.operation(
    "POST",
    _DELIVERIES + "/assert",
    answers={200: "Deliveries", 409: "Problem"},
    query=wire.Waiting,
    body=wired.Delivered,
    access=None,
)
def assert_deliveries(call: Call) -> Reply:
    """The deliveries that are like this; 409, with the nearest and what differs, where they are not there."""
    deliveries, asked = call.mock.deliveries, call.body
    like = asked.like.given()
    if asked.at_least is not None:
        return _deliveries(call, deliveries.wait_for(timeout=0, at_least=asked.at_least, **like))
    return _deliveries(call, deliveries.assert_sent(times=asked.times, **like))


@router.operation("DELETE", _DELIVERIES, answers={204: None}, query=wire.OfWorkspace, access=None)
def forget_deliveries(call: Call) -> Reply:
    """Forget the deliveries, all or those of one workspace; those that are not over are given up."""
    call.mock.deliveries.forget(call.query.workspace)
    return 204, None


def _deliveries(call: Call, found: list[Delivery]) -> Reply:
    deliveries = [delivery.as_json() for delivery in found]
    return 200, {"deliveries": deliveries, "dropped": call.mock.deliveries.dropped}


def _requests(call: Call, found: list[Exchange]) -> Reply:
    return 200, {"requests": [exchange.as_json() for exchange in found], "dropped": call.mock.requests.dropped}
