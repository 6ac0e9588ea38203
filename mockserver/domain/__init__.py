"""The rules of the API over plain dicts: no HTTP, no pydantic, no threads, no real time outside `clock`."""
