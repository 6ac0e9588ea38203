"""Builds PDF files, valid or hostile, from raw objects."""

from collections.abc import Sequence


def pdf(*pages: bytes, resources: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF whose pages have these streams as contents; the objects in `more` are numbered from `first_free_number` on."""
    kids = [3 + 2 * index + 1 for index in range(len(pages))]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for kid, contents in zip(kids, pages, strict=True):
        own = b"<< /Font << /F 3 0 R >> %s >>" % resources
        objects.append(b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources %s >>" % (kid + 1, own))
        objects.append(contents)
    return pdf_of_objects([*objects, *more])


def first_free_number(pages: int) -> int:
    """The number of the first object after those of this many pages."""
    return 4 + 2 * pages


def page_text(text: bytes) -> bytes:
    """The contents of a page that shows this text."""
    return stream(b"BT /F 12 Tf 10 100 Td (%s) Tj ET" % text)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def pdf_of_objects(objects: Sequence[bytes]) -> bytes:
    """A PDF file of these objects; the first one is the catalog."""
    out, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def without_table(content: bytes) -> bytes:
    """The PDF without the table of its objects, and without the pointer to the table; only the trailer stays."""
    before, _, after = content.partition(b"xref\n")
    return before + after[after.index(b"trailer") : after.index(b"startxref")]
