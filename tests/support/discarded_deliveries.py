"""Keeps a mock from sending its webhook deliveries."""

from mockserver import Mock


def discard_deliveries(mock: Mock) -> None:
    """Make the mock log its webhook deliveries without sending them.

    For tests whose webhook URLs must not be called, or that make thousands of deliveries.
    """
    mock.deliveries.is_sending = False
