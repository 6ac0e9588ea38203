"""Stores recordings of another version of the API, as differences from those of the contract.

    python tests/differences.py VERSION FILE...

Each line of a file is a recorded scenario, as in `fixtures/recordings`. Scenarios that the contract does not have there
are left out.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from mockserver.parity.recordings import DIFFERENCES
from mockserver.testing.data import data_file
from support.replay import SCENARIOS_BY_NAME, lines_of_differences


def main() -> None:
    version, *files = sys.argv[1:]
    recorded = [json.loads(line) for file in files for line in _lines(Path(file))]
    known = [scenario for scenario in recorded if scenario["name"] in SCENARIOS_BY_NAME]
    stored = data_file("recordings") / Path(DIFFERENCES.format(version)).relative_to("recordings")
    stored.write_text("".join(lines_of_differences(known)), encoding="utf-8")
    print(f"{len(known)} of {len(recorded)} scenarios, to {stored}")


def _lines(path: Path) -> Iterable[str]:
    return path.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
