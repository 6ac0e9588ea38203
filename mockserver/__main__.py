"""python -m mockserver, and the command honcho-mockserver."""

from .fast_path import imports_without_garbage_collection

with imports_without_garbage_collection():
    from .cli import main

if __name__ == "__main__":
    main()
