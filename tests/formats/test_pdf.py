"""The text of PDFs; whatever a PDF is made for, it ends, and with a reason."""

import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from mockserver.formats import pdf
from support.pdf_files import first_free_number, page_text, pdf_of_objects, stream, without_table
from support.pdf_files import pdf as pdf_of
from support.waiting import wait_until

_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


@pytest.mark.process
@pytest.mark.parametrize("texts", [[], [b"Hello"], [b"Hello", b"", b"World"]], ids=len)
def test_the_text_is_that_of_the_pages_with_their_numbers(texts: list[bytes]) -> None:
    expected = [f"[Page {number}]\n{text.decode()}" for number, text in enumerate(texts, 1) if text]
    assert pdf.text_of(pdf_of(*map(page_text, texts))) == "\n\n".join(expected)


@pytest.mark.process
def test_one_without_a_table_of_its_objects_is_read() -> None:
    assert pdf.text_of(without_table(pdf_of(page_text(b"Hello")))) == "[Page 1]\nHello"


def _encrypted(password: str) -> bytes:
    writer, out = pypdf.PdfWriter(clone_from=BytesIO(pdf_of(page_text(b"Hello")))), BytesIO()
    writer.encrypt(password, "of the owner", algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


@pytest.mark.process
def test_one_that_is_locked_is_refused_and_one_that_is_open_to_readers_is_read() -> None:
    assert pdf.text_of(_encrypted("")) == "[Page 1]\nHello"
    with pytest.raises(pdf.Unreadable, match="not been decrypted"):
        pdf.text_of(_encrypted("secret"))


def _laughs() -> bytes:
    """Forms that show each other ten times, twelve deep."""
    first, forms = first_free_number(1), []
    for place in range(12):
        following = b"/XObject << /X %d 0 R >>" % (first + place + 1)
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F 3 0 R >> %s >>" % following
        forms.append(stream(b"/X Do " * 10 if place < 11 else b"BT /F 9 Tf (ha) Tj ET", head))
    return pdf_of(stream(b"/X Do " * 10), resources=b"/XObject << /X %d 0 R >>" % first, more=forms)


def _packed(content: bytes) -> bytes:
    return pdf_of(stream(zlib.compress(content, 9), b"/Filter /FlateDecode"))


# Some of them are large: each is built by its test.
_HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: b"hello " * 1000,
    "cut": lambda: pdf_of(page_text(b"Hello"))[:300],
    "pages in pages": lambda: pdf_of_objects([_CATALOGUE, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]),
    "no catalogue": lambda: pdf_of_objects([b"null"]),
    "nested objects": lambda: pdf_of_objects([b"[" * 100_000]),
    "nested contents": lambda: pdf_of(stream(b"[" * 200_000)),
    "much in little": lambda: _packed(b"(" + b"x" * 200_000_000 + b") Tj"),
    "many in little": lambda: _packed(b"BT (x) Tj ET " * 1_000_000),
    "forms in forms": _laughs,
}


@pytest.mark.process
@pytest.mark.parametrize("name", _HOSTILE)
def test_one_that_is_made_for_harm_is_read_or_refused_with_a_reason(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_LIMIT", 1.0)
    outcome = _outcome(_HOSTILE[name]())
    assert outcome.startswith("refused: ") or set(outcome.split()) <= {"ha", "x", "[Page", "1]"}
    assert len(outcome) < 6_000_000
    assert "\n" not in outcome or not outcome.startswith("refused: ")


def _outcome(content: bytes) -> str:
    try:
        return pdf.text_of(content)
    except pdf.Unreadable as error:
        return f"refused: {error}"


@pytest.mark.process
def test_one_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_LIMIT", 0.001)
    with pytest.raises(pdf.Unreadable, match=r"it takes longer than 0\.001 seconds"):
        pdf.text_of(pdf_of(page_text(b"Hello")))


@pytest.mark.process
def test_one_that_breaks_its_reader_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "__file__", "nowhere.py")
    with pytest.raises(pdf.Unreadable, match="the reader crashed"):
        pdf.text_of(b"")


@pytest.mark.process
def test_one_with_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_LIMIT", 100.0)
    page = stream(b"BT /F 12 Tf " + b"(%s) Tj " % (b"x" * 10_000) * 100 + b"ET")
    with pytest.raises(pdf.Unreadable, match="it has more than 5242880 characters"):
        pdf.text_of(pdf_of(*[page] * 6))


def test_without_the_extra_nothing_is_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)

    def request() -> None:
        pdf.begin_request()
        pdf.read_ahead(pdf_of(page_text(b"hello")), pdf.Reader())
        assert pdf._ahead.get() == {}

    copy_context().run(request)


def test_what_is_read_ahead_is_read_once_for_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[bytes] = []

    def counted(_: pdf.Reader, content: bytes) -> str | pdf.Unreadable:
        reads.append(content)
        return "hello" if content == b"good" else pdf.Unreadable("no PDF")

    monkeypatch.setattr(pdf.Reader, "outcome", counted)

    def request() -> None:
        pdf.begin_request()
        for content in (b"good", b"bad"):
            copy_context().run(pdf.read_ahead, content, pdf.Reader())  # as in a thread

    first, second = copy_context(), copy_context()
    first.run(request)
    second.run(request)
    assert len(reads) == 4
    for context in (first, second):
        assert context.run(pdf.text_of, b"good") == "hello"
        with pytest.raises(pdf.Unreadable, match="no PDF"):
            context.run(pdf.text_of, b"bad")
        assert context[pdf._ahead] == {}
    assert len(reads) == 4
    assert (first.run(pdf.text_of, b"good"), len(reads)) == ("hello", 5)


_SLOW = _packed(b"BT (x) Tj ET " * 1_000_000)
_KILLED = """
import sys, threading
sys.path.insert(0, {tests!r})
from formats.test_pdf import _SLOW
from mockserver.formats import pdf
pdf.SECONDS_LIMIT = 600
reader = pdf.Reader()
threading.Thread(target=reader.outcome, args=[_SLOW]).start()
while reader._process is None:
    pass
print(reader._process.pid, flush=True)
sys.stdin.read()
"""


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_ends_when_its_parent_is_killed() -> None:
    program = _KILLED.format(tests=str(Path(__file__).parent.parent))
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        reader = int(parent.stdout.readline())
        assert _runs(reader)
        parent.kill()
    wait_until(lambda: not _runs(reader))


@pytest.mark.process
def test_a_reader_that_is_stopped_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_LIMIT", 600)
    reader = pdf.Reader()
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(reader.outcome, _SLOW)
        wait_until(lambda: reader._process is not None)
        reader.stop()
        assert str(reading.result()) == "the server ended while it was read"
    assert str(reader.outcome(_SLOW)) == "the server ended while it was read"
