"""The state of a running demo script: how far it is, and whether it is paused."""

from collections.abc import Mapping
from threading import Condition
from typing import Any

_RESTARTS = "The demo restarts"


class DemoState:
    """`mock.play`: the state that the thread of a demo shares with the page and the control plane.

    You can call the methods from any thread.

    Attributes:
        scene: A sentence that says what happens now.
        step: The number of the last step, from 1. 0 before the first.
        steps: How many steps the script has.
        is_paused: Whether the script waits for `resume`.
    """

    def __init__(self, steps: int, *, is_paused: bool = False) -> None:
        self.scene = ""
        self.step = 0
        self.steps = steps
        self.is_paused = is_paused
        self._is_restarting = self._is_state_empty = False
        self._changed = Condition()

    def pause(self) -> None:
        """Send no requests until `resume`."""
        self.is_paused = True

    def resume(self) -> None:
        """Continue after `pause`."""
        with self._changed:
            self.is_paused = False
            self._changed.notify_all()

    def restart(self) -> None:
        """Go back to the first step, whether paused or not. The script first deletes what it created before."""
        self._restart(is_state_empty=False)

    def reset(self, settings: Mapping[str, Any]) -> None:  # noqa: ARG002 - every part of the mock has this method
        """Go back to the first step after a reset of the mock, which leaves nothing to delete."""
        self._restart(is_state_empty=True)

    def wait(self, seconds: float) -> bool:
        """Wait for this many seconds, then for as long as the script is paused. Returns False at once on a restart."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_restarting, seconds)
            self._changed.wait_for(lambda: self._is_restarting or not self.is_paused)
            return not self._is_restarting

    def show(self, step: int, scene: str) -> None:
        """Set the progress of the script. Until the next round begins, a restart keeps the progress that it set."""
        with self._changed:
            if not self._is_restarting:
                self.step, self.scene = step, scene

    def rewind(self) -> bool:
        """Begin the next round of the script. Returns whether something from the last round may still need deletion."""
        with self._changed:
            is_state_empty = self._is_state_empty
            self._is_restarting = self._is_state_empty = False
            self.scene, self.step = _RESTARTS, 0
            return not is_state_empty

    def as_json(self) -> dict[str, Any]:
        """The state as JSON, as in the answer of `GET /_mock/play`."""
        return {"paused": self.is_paused, "scene": self.scene, "step": self.step, "steps": self.steps}

    def _restart(self, *, is_state_empty: bool) -> None:
        with self._changed:
            self._is_restarting = True
            self.scene, self.step = _RESTARTS, 0
            # If a reset and a restart come before the next round, the reset decides.
            self._is_state_empty = self._is_state_empty or is_state_empty
            self._changed.notify_all()
