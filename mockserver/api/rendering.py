"""Pages to bytes: a row never changes, so it is rendered once and its bytes are kept."""

from collections.abc import Sequence

from pydantic_core import to_json

from ..domain.records import Row

# So many rows are kept at most, of so many bytes each; longer ones gain little: it is the count of values that costs.
_ROWS = 4_096
_BYTES = 1_000


class RenderedRows:
    """The bytes of rows that were listed, by the identity of the row; the rows are held too, so it stays theirs."""

    def __init__(self) -> None:
        self._contents: dict[int, bytes] = {}
        self._rows: list[Row] = []

    def page(self, page: Row) -> bytes:
        """The JSON of a page, as `to_json` writes it."""
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
        """The bytes of each row; those that were not kept are from now on."""
        if len(self._rows) > _ROWS - len(rows):
            self._contents.clear()
            self._rows.clear()
        contents = []
        for row in rows:
            content = self._contents.get(id(row))
            if content is None:
                content = to_json(row)
                if len(content) <= _BYTES:
                    self._contents[id(row)] = content
                    self._rows.append(row)
            contents.append(content)
        return contents
