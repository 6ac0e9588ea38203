"""Diagnoses: why a request was refused, in one sentence that knows the state of the server."""
