"""Writes requests and answers as a scenario, in the format of the recordings."""

import json
import os
from pathlib import Path
from threading import Lock
from typing import Self

from .described import answer_as_step, request_as_step
from .matching import ReceivedAnswer
from .placeholders import Placeholders
from .sent import SentRequest
from .shapes import without_varying


class Recorder:
    """Writes a file with one scenario. Each call of `record` adds a step to it.

    The file is complete after each step, so a crash loses at most the request in flight. Only its owner can read it.
    Ids and times that the server generated become placeholders.

    No credentials reach the file. Of the headers it has only the content type and those of CORS. URLs lose their user,
    and keys are masked wherever they occur.

    As a context manager, it closes the file at the end. Raises FileExistsError if the file exists, unless `overwrite`,
    and OSError if it cannot be written.
    """

    def __init__(self, path: Path, about: str, *, overwrite: bool = False) -> None:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
        descriptor = os.open(path, flags, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        if os.name == "posix":
            os.fchmod(descriptor, 0o600)  # A file that is overwritten keeps its mode otherwise.
        self._lock = Lock()
        self._placeholders = Placeholders()
        self.steps = 0
        self._file.write(json.dumps({"name": path.stem, "about": about, "steps": []}).removesuffix("]}").encode())
        self._end = self._file.tell()
        self._complete()

    def record(self, request: SentRequest, answer: ReceivedAnswer) -> None:
        """Add a step. You may call this in several threads. Does nothing after `close`."""
        with self._lock:
            if self._file.closed:
                return
            text = json.dumps(self._step(request, answer))
            self._file.seek(self._end)
            self._file.write(f"{', ' if self.steps else ''}{text}".encode())
            self._end = self._file.tell()
            self.steps += 1
            self._complete()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _step(self, request: SentRequest, answer: ReceivedAnswer) -> dict[str, object]:
        placeholders = self._placeholders
        placeholders.hide(request.credentials())
        sent, received = request_as_step(request), answer_as_step(answer)
        placeholders.saw_request(sent)
        if request.path == "/v3/keys" and answer.status == 200:
            placeholders.hide(_texts(received.get("json")))
        received, more = without_varying(sent, received, placeholders.workspaces)
        recorded = placeholders.in_answer(received)
        return {"request": placeholders.in_request(sent), "response": recorded, **more}

    def _complete(self) -> None:
        """Write the end of the scenario after the last step. The next step overwrites it."""
        self._file.write(f'], "time_order": {json.dumps(self._placeholders.time_order())}}}\n'.encode())
        self._file.truncate()
        self._file.flush()


def _texts(value: object) -> list[str]:
    return [text for text in value.values() if isinstance(text, str)] if isinstance(value, dict) else []
