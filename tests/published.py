"""Prints where the served OpenAPI document differs from the published one, with the reason.

    python tests/published.py DOCUMENT [--write]

With `--write` it also updates the digests that the tests compare with.
"""

import json
import re
import sys
from pathlib import Path

from support.published_document import DEPARTURES, DIGESTS, differences, digests, served_document, shape


def main() -> None:
    published = shape(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    if "--write" in sys.argv:
        DIGESTS.write_text(json.dumps(digests(published), indent=1) + "\n", encoding="utf-8")
    served = shape(served_document())
    for place, difference in differences(served, published):
        reason = next((why for pattern, why in DEPARTURES.items() if re.search(pattern, place)), "NOT EXPLAINED")
        print(f"{place.removeprefix(' > ')}\n    {difference[:300]}\n    ({reason})")
    print(f"{len(served)} operations of {len(published)}")


if __name__ == "__main__":
    main()
