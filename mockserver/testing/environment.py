"""Reads the options of a mock from environment variables, for servers that a command or a process manager starts."""

import os
from collections.abc import Mapping
from typing import Any

from .diagnosis.suggestions import nearest_name
from .options import OPTIONS, Option, Options, settings_of

_PREFIX = "HONCHO_MOCK_"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def variable_of(option: str) -> str:
    """The name of the environment variable for an option, such as HONCHO_MOCK_QUIRKS."""
    return _PREFIX + option.upper()


def options_from_environment(variables: Mapping[str, str] = os.environ) -> Options:
    """The options that environment variables set.

    The values are written as on the command line. An option that is repeatable there takes values with commas. An
    empty value means that the option is not set. Variables that are similar to none of the known ones are ignored,
    because Kubernetes sets such names for a service that is called honcho-mock.

    Raises ValueError for an invalid value and for a misspelt name; the message has the name of the variable. Raises
    ImportError as the constructor of Mock does.
    """
    _refuse_misspelt(variables)
    found: Any = {}
    for name in sorted(OPTIONS, key="world".__eq__):  # The check of a world takes time, so it is the last one.
        text = variables.get(variable_of(name), "")
        if not text:
            continue
        try:
            found[name] = _read(OPTIONS[name], text)
            settings_of(**found)
        except ValueError as error:
            raise ValueError(f"{variable_of(name)}: {error}") from None
    options: Options = found
    return options


def _read(option: Option, text: str) -> Any:
    if option.flag is None:
        return text
    if option.flag.turns_off:
        if text not in _BOOLEANS:
            raise ValueError(f"must be true or false, not {text!r}")
        return _BOOLEANS[text]
    if option.flag.repeatable:
        return [option.flag.read(part.strip()) for part in text.split(",")]
    return option.flag.read(text)


def _refuse_misspelt(variables: Mapping[str, str]) -> None:
    for variable in variables:
        name = variable.removeprefix(_PREFIX).lower()
        if not variable.startswith(_PREFIX) or name in OPTIONS:
            continue
        meant = nearest_name(name, OPTIONS)
        if meant is not None:
            raise ValueError(f"there is no environment variable {variable}; did you mean {variable_of(meant)}?")
