"""Holds any server to the recordings of the real one, over HTTP: `python -m mockserver check`."""
