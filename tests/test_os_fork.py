"""A process that is forked while a server runs holds nothing of the server."""

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no os.fork"),
]

_PROGRAM = """
import os, socket, sys, warnings
import httpx
from mockserver import MockServer
from mockserver.fast_path import UVICORN_SETTINGS

if sys.argv[1] == "plain":
    UVICORN_SETTINGS.update(loop="asyncio", http="h11")
warnings.simplefilter("ignore")  # Python 3.12 warns about forks of processes with threads.
go_on, told = os.pipe()
with MockServer() as server, socket.create_connection((
    "127.0.0.1", httpx.URL(server.url).port)) as client, httpx.Client(base_url=server.url) as other:
    client.sendall(b"GET /health HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert other.get("/health").status_code == 200
    child = os.fork()
    if child == 0:
        os.close(told)
        opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
        del server, client, other
        import gc
        gc.collect()
        for descriptor in opened:
            os.fstat(descriptor)  # Nothing of the server closed it.
        os.read(go_on, 1)
        os._exit(0)
    assert other.get("/health").status_code == 200
    assert httpx.post(f"{server.url}/v3/workspaces", json={"id": "w"}).status_code == 200
    server.mock.reset()
    assert httpx.post(f"{server.url}/v3/workspaces/list").json()["total"] == 0
    server.__exit__(None, None, None)
    client.settimeout(20)
    assert client.recv(65536) == b""  # It hangs if the child holds the socket.
    try:
        httpx.get(f"{server.url}/health", timeout=20)
    except httpx.ConnectError:
        pass
    else:
        raise AssertionError("something listens")
assert os.waitpid(child, os.WNOHANG) == (0, 0)
os.close(told)
assert os.waitpid(child, 0)[1] == 0
print("done")
"""


@pytest.mark.parametrize("loop", ["fast", "plain"])
def test_a_forked_process_does_not_keep_the_port(loop: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, loop], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
