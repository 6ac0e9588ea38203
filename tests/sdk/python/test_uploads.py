"""Files that become messages, in every form in which the SDK takes a file."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import honcho as sdk
import pytest
from honcho import Honcho

from sdk.python.witnessing import Use
from support.pdf_files import page_text, pdf


def test_bytes_become_a_message(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    [message] = use(session).upload_file(("notes.txt", "grüße\nthere".encode(), "text/plain"), peer="alice")
    assert (message.peer_id, message.session_id, message.content) == ("alice", "first", "grüße\nthere")
    assert use(session).get_message(message.id).content == "grüße\nthere"


def test_an_open_file_becomes_a_message(client: Honcho, use: Use, tmp_path: Path) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    (tmp_path / "notes.txt").write_bytes(b"from a file")
    with (tmp_path / "notes.txt").open("rb") as file:
        [message] = use(session).upload_file(file, alice)
    assert message.content == "from a file"


def test_a_stream_of_bytes_becomes_a_message(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    [message] = use(session).upload_file(("a.json", BytesIO(b'{"a": 1}'), "application/json"), peer="alice")
    assert message.content == '{"a": 1}'


def test_what_is_said_of_a_file_is_said_of_its_messages(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    long_ago = datetime(2024, 2, 29, 12, tzinfo=UTC)
    [message] = use(session).upload_file(
        ("notes.txt", b"hello", "text/plain"),
        peer="alice",
        metadata={"source": "a file"},
        configuration={"reasoning": {"enabled": False}},
        created_at=long_ago,
    )
    assert (message.metadata, message.created_at) == ({"source": "a file"}, long_ago)


def test_a_pdf_becomes_a_message_with_its_text(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    file = ("notes.pdf", pdf(page_text(b"likes tea"), page_text(b"is tall")), "application/pdf")
    [message] = use(session).upload_file(file, peer="alice")
    assert "likes tea" in message.content
    assert "is tall" in message.content


def test_a_long_file_becomes_several_messages(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    text = "".join(f"line {number}\n" for number in range(5000))
    messages = use(session).upload_file(("long.txt", text.encode(), "text/plain"), peer="alice")
    assert len(messages) > 1
    assert all(len(message.content) <= 25_000 for message in messages)
    assert [message.id for message in use.all(use(session).messages())] == [message.id for message in messages]


def test_a_file_of_another_type_is_refused(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    with pytest.raises(sdk.APIError, match="Unsupported file type: image/png") as raised:
        use(session).upload_file(("a.png", b"\x89PNG", "image/png"), peer="alice")
    assert raised.value.status == 415
