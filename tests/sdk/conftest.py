"""The witnesses in Python run in a process of their own for each version, not in this one."""

collect_ignore = ["python"]
