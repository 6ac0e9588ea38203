"""Prints which tables of the documentation differ from the declarations in the code.

    python tests/reference.py [--write]

With `--write` it also writes these tables into their pages.
"""

import sys

from support.pages import ROOT, text_of
from support.reference_tables import TABLES, with_table


def main() -> None:
    for name, (page, _) in TABLES.items():
        text = with_table(name)
        if text != text_of(page):
            print(f"{page}: {name}")
            if "--write" in sys.argv:
                (ROOT / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
