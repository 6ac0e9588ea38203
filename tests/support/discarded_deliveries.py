"""Keeps a mock from sending its webhook deliveries."""

from typing import Any, cast

from mockserver import Mock


class _DiscardingSender:
    """A webhook sender that sends nothing: its deliveries stay pending."""

    def send(self, delivery: object) -> None:
        """Leave the delivery pending."""

    def cancel(self, workspace: str | None = None) -> None:
        """Do nothing: there is no delivery to stop."""


def discard_deliveries(mock: Mock) -> None:
    """Make the mock log its webhook deliveries without sending them.

    For tests whose webhook URLs must not be called, or that make thousands of deliveries.
    """
    mock.deliveries._sender = cast("Any", _DiscardingSender())
