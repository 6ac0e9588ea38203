"""The parser of the command line: errors of one line, with a suggestion for what is misspelt."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from .testing.diagnosis.suggestions import nearest_name


class CommandParser(argparse.ArgumentParser):
    """Prints an error as one line, without the usage. An unknown option or choice gets a suggestion."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")

    def read(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """The options for these arguments. Exits with the code 2 if an argument is unknown or invalid."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            parser = getattr(options, "parser", self)
            parser._refuse(unknown[0])  # noqa: SLF001 - it is of this class
        return options

    def add_command(self, commands: Any, name: str, **more: Any) -> "CommandParser":
        """Add a sub-command to `commands`, which `add_subparsers` returned. Returns its parser."""
        command: CommandParser = commands.add_parser(name, **more)
        command.set_defaults(parser=command)  # For errors about unknown options, which the outer parser finds.
        return command

    def _refuse(self, unknown: str) -> NoReturn:
        if not unknown.startswith("-"):
            self.error(f"unexpected argument: {unknown!r}")
        name = unknown.partition("=")[0]
        hint = _did_you_mean(name, (known for action in self._actions for known in action.option_strings))
        self.error(f"unknown option {name}{hint or '; --help lists all'}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            hint = _did_you_mean(str(value), known) or f"; there are {', '.join(known)}"
            raise argparse.ArgumentError(None if action.dest == "command" else action, f"there is no {value!r}{hint}")


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion with the most similar known name, or an empty string."""
    found = nearest_name(name, known)
    return "" if found is None else f"; did you mean {found}?"
