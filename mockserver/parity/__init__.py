"""Compares any server with the recordings of the real server, over HTTP: `python -m mockserver check`."""
