"""python -m mockserver, and the command honcho-mockserver."""

import gc

# What is imported stays: to look through it for garbage again and again takes a tenth of the start.
gc.disable()
from .cli import main  # noqa: E402 - see above

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
