"""What `--honcho-log FILE` adds to a session: a file with the requests of the tests that failed."""

from pathlib import Path

import pytest

_TITLE = "honcho "


class FailureLog:
    """The plugin that writes the file. If no test failed it is empty, also if an earlier session had failures.

    With pytest-xdist the controller writes it, from the reports of the workers.
    """

    def __init__(self, path: Path) -> None:
        """Raises UsageError if the file cannot be written."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")
        except OSError as error:
            raise pytest.UsageError(f"--honcho-log: cannot write {path}: {error.strerror or error}") from None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Append the sections of a failed report that are about mock servers."""
        sections = [(title, text) for title, text in report.sections if title.startswith(_TITLE)]
        if not (report.failed and sections):
            return
        with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"=== {report.nodeid} ({report.when})\n")
            for title, text in sections:
                file.write(f"--- {title}\n{text}\n")
            file.write("\n")
