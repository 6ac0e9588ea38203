"""Prints where the served OpenAPI document differs from the published one of the same version, with the reason.

    python tests/published.py DOCUMENT [--write]

The version is the one that the document names. With `--write` it also updates the digests that the tests compare with.
"""

import json
import re
import sys
from pathlib import Path

from support.published_document import departures_of, differences, digests, served_document, shape, write_digests


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    version = document["info"]["version"]
    published = shape(document)
    if "--write" in sys.argv:
        write_digests(version, digests(published))
    served = shape(served_document(version))
    for place, difference in differences(served, published):
        reasons = departures_of(version).items()
        reason = next((why for pattern, why in reasons if re.search(pattern, place)), "NOT EXPLAINED")
        print(f"{place.removeprefix(' > ')}\n    {difference[:300]}\n    ({reason})")
    print(f"{len(served)} operations of {len(published)}")


if __name__ == "__main__":
    main()
