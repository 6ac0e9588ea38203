"""Diagnoses: why a request was refused, in one sentence that takes the state of the server into account."""
