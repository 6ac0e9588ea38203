"""Checkouts of the project, and the commands that run them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .servers import HERE

WORKING_TREE = HERE.parent.parent


class GitError(Exception):
    """Git refused; the message is its reason."""


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A git worktree of the revision in a temporary folder, removed at the end. Raises GitError."""
    with TemporaryDirectory() as folder:
        worktree = Path(folder) / "checkout"
        try:
            _output(_git(WORKING_TREE, "worktree", "add", "--detach", "--", str(worktree), revision))
            yield worktree
        finally:
            _git(WORKING_TREE, "worktree", "remove", "--force", str(worktree))  # Fails if git did not add it.


def commit_of(checkout: Path) -> str:
    """The abbreviated commit, with `-dirty` if a tracked file differs from it."""
    return _output(_git(checkout, "describe", "--always", "--dirty", "--exclude=*"))


def run_in(checkout: Path, python: str) -> list[str]:
    """The start of a command, before a module and its arguments, that runs with the `mockserver` of this checkout."""
    return [python, str(HERE / "run_checkout.py"), str(checkout)]


def _git(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(checkout), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _output(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode != 0:
        raise GitError(done.stderr.strip().rpartition("\n")[2])
    return done.stdout.strip()
