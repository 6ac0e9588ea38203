"""Runs a module with the `mockserver` of one checkout: `python run_checkout.py CHECKOUT MODULE [ARGUMENT...]`.

An installed `mockserver`, also an editable one, comes later on the path. The process ends with an error if it imports
another one nevertheless.
"""

import runpy
import sys
from pathlib import Path


def main() -> None:
    _, checkout, module, *arguments = sys.argv
    sys.path.insert(0, checkout)
    import mockserver

    if Path(mockserver.__file__).parent.parent.resolve() != Path(checkout).resolve():
        sys.exit(f"mockserver is imported from {mockserver.__file__}, not from {checkout}")
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
