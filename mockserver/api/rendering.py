"""Renders pages of lists, and keeps the JSON of each row: see `fast_path.py`."""

from collections.abc import Sequence

from pydantic_core import to_json

from ..domain.index import as_read
from ..domain.records import Row
from ..formats.json_text import may_have_exponent

# The maximum number of rows to keep, and the maximum size of a row in bytes. A longer row gains little: the time to
# render a row depends on the number of values, not of bytes.
_ROWS_LIMIT = 4_096
_ROW_BYTES_LIMIT = 1_000


class RenderedRows:
    """The JSON of rows by their `id()`. It relies on the rule that a stored row never changes.

    It also keeps the rows, because Python reuses the `id()` of an object that is gone.
    """

    def __init__(self) -> None:
        self._contents: dict[int, bytes] = {}
        self._rows: list[Row] = []

    def page(self, page: Row) -> bytes:
        """The JSON of a page: the same bytes as `to_json`, except that large floats are written as integers (see
        `as_stored`).
        """
        try:
            items = b",".join(map(self._contents.__getitem__, map(id, page["items"])))
        except KeyError:
            items = b",".join(self._rendered(page["items"]))
        return b'{"items":[%b],"total":%d,"page":%d,"size":%d,"pages":%d}' % (
            items,
            page["total"],
            page["page"],
            page["size"],
            page["pages"],
        )

    def _rendered(self, rows: Sequence[Row]) -> list[bytes]:
        """The JSON of each row. The JSON of short rows is cached."""
        if len(self._rows) > _ROWS_LIMIT - len(rows):
            self._contents.clear()
            self._rows.clear()
        contents = []
        for row in rows:
            content = self._contents.get(id(row))
            if content is None:
                content = to_json(row)
                if may_have_exponent(content):
                    content = to_json(as_read(row))
                if len(content) <= _ROW_BYTES_LIMIT:
                    self._contents[id(row)] = content
                    self._rows.append(row)
            contents.append(content)
        return contents
