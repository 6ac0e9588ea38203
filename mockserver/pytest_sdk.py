"""Clients of the official SDK for Python, for the fixtures `honcho_client` and `async_honcho_client`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_INSTALL = "install it with: python -m pip install honcho-ai"


class NoSdk(Exception):
    """The official SDK is missing, or it is too old. The message says what to install."""


@contextmanager
def client(environment: Mapping[str, str]) -> Iterator[Any]:
    """A `Honcho` client of the server, with the key and the workspace in these variables. It is closed at the end.

    Raises NoSdk.
    """
    try:
        sdk = import_module("honcho")
    except ImportError as error:
        raise NoSdk(f"the official SDK honcho-ai is not installed ({error}); {_INSTALL}") from None
    if not hasattr(sdk, "Honcho"):  # On PyPI, another project has the name `honcho`.
        raise NoSdk(f"the module honcho, {sdk.__file__}, is not the official SDK honcho-ai; {_INSTALL}")
    url, workspace_id = environment["HONCHO_URL"], environment["HONCHO_WORKSPACE_ID"]
    made = sdk.Honcho(base_url=url, api_key=environment.get("HONCHO_API_KEY"), workspace_id=workspace_id)
    try:
        yield made
    finally:
        # The SDK has no public method to close its connections.
        close = getattr(getattr(made, "_http", None), "close", None)
        if close is not None:
            close()


def async_form(client: Any) -> Any:
    """The form of the client whose methods are coroutines. Raises NoSdk if the SDK has none."""
    form = getattr(client, "aio", None)
    if form is None:
        raise NoSdk("the installed honcho-ai has no `Honcho.aio`; honcho-ai 2 or newer has it")
    return form
